/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-client.h"

G_BEGIN_DECLS

/**
 * MoorMeasure:
 *
 * How far an estimate is with one person.
 */
typedef enum
{
  MOOR_MEASURE_NONE,
  MOOR_MEASURE_WORKING,
  MOOR_MEASURE_DONE,
} MoorMeasure;

#define MOOR_TYPE_PERSON (moor_person_get_type ())
G_DECLARE_FINAL_TYPE (MoorPerson, moor_person, MOOR, PERSON, GObject)

MoorPerson *moor_person_new (JsonObject *profile, MoorClient *client);

const char *moor_person_get_name (MoorPerson *self);
const char *moor_person_get_full_name (MoorPerson *self);
const char *moor_person_get_home (MoorPerson *self);
const char *moor_person_get_picture (MoorPerson *self);
const char *moor_person_get_problem (MoorPerson *self);
guint moor_person_get_uid (MoorPerson *self);
gint64 moor_person_get_last_used (MoorPerson *self);
gboolean moor_person_get_selected (MoorPerson *self);
void moor_person_set_selected (MoorPerson *self, gboolean selected);
gboolean moor_person_get_reachable (MoorPerson *self);
gboolean moor_person_get_selectable (MoorPerson *self);

MoorMeasure moor_person_get_measure (MoorPerson *self);
guint64 moor_person_get_n_files (MoorPerson *self);
guint64 moor_person_get_n_objects (MoorPerson *self);
guint64 moor_person_get_n_bytes (MoorPerson *self);
guint64 moor_person_get_copy_bytes (MoorPerson *self);
guint64 moor_person_get_n_excluded (MoorPerson *self);
guint64 moor_person_get_excluded_bytes (MoorPerson *self);
void moor_person_get_seconds (MoorPerson *self, double *out_low_s, double *out_high_s);
GPtrArray *moor_person_get_troubles (MoorPerson *self);
const char *moor_person_get_state_text (MoorPerson *self, const char **out_icon);

void moor_person_reset_measure (MoorPerson *self);
void moor_person_take_event (MoorPerson *self, const MoorEvent *event);
void moor_person_add_trouble (MoorPerson *self, const MoorTrouble *trouble);
void moor_person_take_estimate (MoorPerson *self, JsonObject *estimate);
void moor_person_notify (MoorPerson *self);

void moor_troubles_add (GPtrArray *troubles, const MoorTrouble *trouble, gboolean by_person);

G_END_DECLS
