/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "moor-event.h"

G_BEGIN_DECLS

/**
 * MoorWord:
 * @id: what the engine calls it
 * @text: what people read, translated
 * @icon: name of a symbolic icon
 */
typedef struct
{
  const char *id;
  const char *text;
  const char *icon;
} MoorWord;

const char *moor_word_phase (const char *id);
MoorWord moor_word_status (const char *id);
const char *moor_word_status_meaning (const char *id);
MoorWord moor_word_severity (MoorSeverity severity);
const char *moor_word_log_level (MoorLogLevel level);
const char *moor_word_kind (const char *id);
const char *moor_word_store_icon (const char *state);
const char *moor_word_cause (MoorCause cause);
const char *moor_word_remedy (MoorCause cause);

char *moor_words_when (gint64 time_s);
char *moor_words_day (gint64 time_s);
char *moor_words_files (guint64 n_files);
char *moor_words_objects (guint64 n_objects);
char *moor_words_people (JsonArray *names, GHashTable *full_names);
char *moor_words_elapsed (gint64 elapsed_us);
char *moor_words_took (gint64 elapsed_us);
char *moor_words_duration (double low_s, double high_s);
char *moor_words_about (double low_s, double high_s);
char *moor_words_person (const char *name, const char *full_name);
char *moor_words_system (const char *name, const char *host);
char *moor_words_moment (gint64 time_s);
char *moor_words_cause (MoorCause cause, const char *detail);
char *moor_words_error (const GError *error);

guint64 moor_json_count (JsonObject *object, const char *member);
const char *moor_json_text (JsonObject *object, const char *member);
double moor_json_number (JsonObject *object, const char *member, double fallback);
gboolean moor_json_flag (JsonObject *object, const char *member);
JsonArray *moor_json_list (JsonObject *object, const char *member);

G_END_DECLS
