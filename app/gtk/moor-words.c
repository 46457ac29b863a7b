/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-words.h"

#include <math.h>

#include <glib/gi18n.h>

#include "moor-profile.h"
#include "moor-text.h"

/* Ids are the engine's, texts are people's: the only place where one becomes the other. */

/* clang-format off */
static const MoorWord phases[] = {
  { "prepare", N_("Getting ready"), NULL },
  { "accounts", N_("Accounts"), NULL },
  { "scan", N_("Looking through the homes"), NULL },
  { "walk", N_("Looking through the homes"), NULL },
  { "plan", N_("Planning"), NULL },
  { "link", N_("Linking"), NULL },
  { "copy", N_("Copying"), NULL },
  { "stage", N_("Building the homes"), NULL },
  { "build", N_("Building the homes"), NULL },
  { "swap", N_("Putting the homes in place"), NULL },
  { "restore", N_("Putting everything back"), NULL },
  { "verify", N_("Checking"), NULL },
  { "compare", N_("Comparing"), NULL },
  { "sync", N_("Writing to disk"), NULL },
  { "seal", N_("Sealing the store"), NULL },
  { "delete", N_("Deleting"), NULL },
  { "remove", N_("Deleting"), NULL },
  { "finish", N_("Finishing"), NULL },
  { "probe", N_("Timing a few links"), NULL },
  { "check", N_("Looking what would be lost"), NULL },
};

static const MoorWord statuses[] = {
  { "same", N_("Same file"), "emblem-ok-symbolic" },
  { "equal-copy", N_("Equal copy"), "edit-copy-symbolic" },
  { "changed", N_("Changed"), "document-edit-symbolic" },
  { "missing", N_("Missing"), "dialog-error-symbolic" },
  { "extra", N_("Extra"), "list-add-symbolic" },
  { "metadata", N_("Metadata differs"), "dialog-warning-symbolic" },
  { "renamed", N_("Kept under another name"), "go-jump-symbolic" },
  { "inside", N_("Differences inside"), "dialog-warning-symbolic" },
  { "folder", N_("All as before"), "emblem-ok-symbolic" },
  { "unknown", N_("Not checked yet"), "dialog-question-symbolic" },
};

static const MoorWord meanings[] = {
  { "same", N_("The very same file: it never moved, and nothing was copied."), NULL },
  { "equal-copy", N_("It had to be copied, and the copy is equal."), NULL },
  { "folder", N_("Everything in it is as it was."), NULL },
  { "inside", N_("Open it, or tick “Only differences”, to see what differs."), NULL },
  { "extra", N_("It came later: the store knows nothing of it."), NULL },
};

static const MoorWord kinds[] = {
  { "file", N_("File"), NULL },
  { "directory", N_("Folder"), NULL },
  { "symlink", N_("Link to another place"), NULL },
  { "fifo", N_("Named pipe"), NULL },
  { "socket", N_("Socket"), NULL },
  { "char-device", N_("Device"), NULL },
  { "block-device", N_("Device"), NULL },
};

static const MoorWord store_icons[] = {
  { "sealed", NULL, "emblem-ok-symbolic" },
  { "restored", NULL, "emblem-ok-symbolic" },
  { "set-aside", NULL, "emblem-ok-symbolic" },
  { "wiped", NULL, "emblem-ok-symbolic" },
};
/* clang-format on */

static const MoorWord *
find_word (const MoorWord *words, guint n_words, const char *id)
{
  for (guint i = 0; i < n_words; i++)
    {
      if (g_strcmp0 (words[i].id, id) == 0)
        return &words[i];
    }
  return NULL;
}

/**
 * moor_word_phase:
 * @id: a phase of a job
 *
 * Returns: what people call it; @id itself if we have no better word
 */
const char *
moor_word_phase (const char *id)
{
  const MoorWord *word = find_word (phases, G_N_ELEMENTS (phases), id);

  return word != NULL ? _ (word->text) : id;
}

/**
 * moor_word_status:
 * @id: how an object compares: "same", "changed", ...
 *
 * Returns: its words and icon, translated
 */
MoorWord
moor_word_status (const char *id)
{
  const MoorWord *word = find_word (statuses, G_N_ELEMENTS (statuses), id);

  if (word == NULL)
    return (MoorWord){ id, id, "dialog-question-symbolic" };
  return (MoorWord){ word->id, _ (word->text), word->icon };
}

/**
 * moor_word_status_meaning:
 * @id: how an object compares
 *
 * Returns: what that means for the person, where no cause says more; may be empty
 */
const char *
moor_word_status_meaning (const char *id)
{
  const MoorWord *word = find_word (meanings, G_N_ELEMENTS (meanings), id);

  return word != NULL ? _ (word->text) : "";
}

/**
 * moor_word_severity:
 *
 * Returns: words and icon for @severity, translated
 */
MoorWord
moor_word_severity (MoorSeverity severity)
{
  switch (severity)
    {
    case MOOR_SEVERITY_ERROR:
      return (MoorWord){ "error", _ ("Not done"), "dialog-error-symbolic" };
    case MOOR_SEVERITY_WARNING:
      return (MoorWord){ "warning", _ ("Done differently"), "dialog-warning-symbolic" };
    case MOOR_SEVERITY_NOTE:
    default:
      return (MoorWord){ "note", _ ("Worth knowing"), "dialog-information-symbolic" };
    }
}

/**
 * moor_word_log_level:
 *
 * Returns: one short word for @level, translated
 */
const char *
moor_word_log_level (MoorLogLevel level)
{
  switch (level)
    {
    case MOOR_LOG_DEBUG:
      return _ ("Detail");
    case MOOR_LOG_WARNING:
      return _ ("Warning");
    case MOOR_LOG_ERROR:
      return _ ("Error");
    case MOOR_LOG_INFO:
    default:
      return _ ("Info");
    }
}

/**
 * moor_word_kind:
 * @id: kind of an object
 *
 * Returns: what people call it
 */
const char *
moor_word_kind (const char *id)
{
  const MoorWord *word = find_word (kinds, G_N_ELEMENTS (kinds), id);

  return word != NULL ? _ (word->text) : id;
}

/**
 * moor_word_store_icon:
 * @state: state of a store
 *
 * Returns: name of the icon that goes with it
 */
const char *
moor_word_store_icon (const char *state)
{
  const MoorWord *word = find_word (store_icons, G_N_ELEMENTS (store_icons), state);

  return word != NULL ? word->icon : "dialog-warning-symbolic";
}

static int
days_since (GDateTime *then, GDateTime *now)
{
  GDate day_then;
  GDate day_now;
  int year;
  int month;
  int day;

  g_date_time_get_ymd (then, &year, &month, &day);
  g_date_set_dmy (&day_then, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
  g_date_time_get_ymd (now, &year, &month, &day);
  g_date_set_dmy (&day_now, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
  return g_date_days_between (&day_then, &day_now);
}

/**
 * moor_words_when:
 * @time_s: seconds since the epoch; 0 if nobody knows
 *
 * Returns: (transfer full) (nullable): "last used yesterday"; %NULL if nobody knows
 */
char *
moor_words_when (gint64 time_s)
{
  g_autofree char *day = NULL;

  if (time_s <= 0)
    return NULL;
  day = moor_words_day (time_s);
  /* Translators: "last used today", "last used 3 March 2026" */
  return g_strdup_printf (_ ("last used %s"), day);
}

/**
 * moor_words_day:
 * @time_s: seconds since the epoch
 *
 * Returns: (transfer full): "today", "yesterday", "4 days ago", "3 March 2026"
 */
char *
moor_words_day (gint64 time_s)
{
  g_autoptr(GDateTime) then = g_date_time_new_from_unix_local (time_s);
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  int n_days;

  if (then == NULL)
    return g_strdup ("?");

  n_days = days_since (then, now);
  if (n_days == 0)
    return g_strdup (_ ("today"));
  if (n_days == 1)
    return g_strdup (_ ("yesterday"));
  if (n_days > 1 && n_days < 7)
    return g_strdup_printf (ngettext ("%d day ago", "%d days ago", (gulong) n_days), n_days);
  return g_date_time_format (then, _ ("%-d %B %Y"));
}

/**
 * moor_words_files:
 *
 * Returns: (transfer full): "1 file", "512,904 files"
 */
char *
moor_words_files (guint64 n_files)
{
  g_autofree char *count = moor_text_count (n_files);

  return g_strdup_printf (ngettext ("%s file", "%s files", (gulong) n_files), count);
}

/**
 * moor_words_objects:
 *
 * Returns: (transfer full): "1 item", "512,904 items"; folders and links count too
 */
char *
moor_words_objects (guint64 n_objects)
{
  g_autofree char *count = moor_text_count (n_objects);

  return g_strdup_printf (ngettext ("%s item", "%s items", (gulong) n_objects), count);
}

/**
 * moor_words_person:
 * @name: (nullable): login name
 * @full_name: (nullable): what people call the person; may be empty
 *
 * Returns: (transfer full): "Alice Anderson (alice)", or "alice" if that is all we know
 */
char *
moor_words_person (const char *name, const char *full_name)
{
  if (name == NULL)
    return g_strdup (full_name != NULL && *full_name != '\0' ? full_name : "?");
  /* What a system has outside people's homes. */
  if (g_str_equal (name, MOOR_SYSTEM_PROFILE))
    return g_strdup (_ ("This Computer"));
  if (full_name == NULL || *full_name == '\0' || g_str_equal (full_name, name))
    return g_strdup (name);
  /* Translators: full name and login name, "Alice Anderson (alice)" */
  return g_strdup_printf (_ ("%s (%s)"), full_name, name);
}

/**
 * moor_words_system:
 * @name: (nullable): of the operating system; from a disk that may be anybody's
 * @host: (nullable): of the computer
 *
 * Returns: (transfer full) (nullable): "bench-7, Debian GNU/Linux 12"; %NULL if we know neither
 */
char *
moor_words_system (const char *name, const char *host)
{
  g_autofree char *clean_name = moor_text_path (name != NULL ? name : "");
  g_autofree char *clean_host = moor_text_path (host != NULL ? host : "");

  if (*clean_host == '\0')
    return *clean_name != '\0' ? g_steal_pointer (&clean_name) : NULL;
  if (*clean_name == '\0')
    return g_steal_pointer (&clean_host);
  /* Translators: a computer and its system, "bench-7, Debian GNU/Linux 12" */
  return g_strdup_printf (_ ("%s, %s"), clean_host, clean_name);
}

/**
 * moor_words_people:
 * @names: (nullable): login names, or objects with "name"
 * @full_names: (nullable) (element-type utf8 utf8): what people call them, by login name
 *
 * Returns: (transfer full): "Alice Anderson, Bob Brown and carol"
 */
char *
moor_words_people (JsonArray *names, GHashTable *full_names)
{
  GString *text = g_string_new (NULL);
  guint n_names = names != NULL ? json_array_get_length (names) : 0;

  for (guint i = 0; i < n_names; i++)
    {
      JsonNode *node = json_array_get_element (names, i);
      const char *name = JSON_NODE_HOLDS_OBJECT (node)
                             ? moor_json_text (json_node_get_object (node), "name")
                             : json_node_get_string (node);
      const char *full_name = name != NULL && full_names != NULL
                                  ? g_hash_table_lookup (full_names, name)
                                  : NULL;

      if (i > 0)
        g_string_append (text, i + 1 == n_names ? _ (" and ") : ", ");
      if (g_strcmp0 (name, MOOR_SYSTEM_PROFILE) == 0)
        full_name = _ ("This Computer");
      if (full_name == NULL)
        full_name = name != NULL ? name : "?";
      g_string_append (text, full_name);
    }
  return g_string_free (text, FALSE);
}

/**
 * moor_words_elapsed:
 * @elapsed_us: microseconds
 *
 * Returns: (transfer full): "0:07", "1:02:33"
 */
char *
moor_words_elapsed (gint64 elapsed_us)
{
  gint64 seconds = elapsed_us / G_USEC_PER_SEC;

  if (seconds >= 3600)
    return g_strdup_printf ("%" G_GINT64_FORMAT ":%02d:%02d", seconds / 3600,
                            (int) (seconds / 60 % 60), (int) (seconds % 60));
  return g_strdup_printf ("%d:%02d", (int) (seconds / 60), (int) (seconds % 60));
}

/**
 * moor_words_took:
 * @elapsed_us: microseconds
 *
 * Returns: (transfer full): "9.8 s", "12 min 4 s", "1 h 2 min"
 */
char *
moor_words_took (gint64 elapsed_us)
{
  double seconds = (double) elapsed_us / G_USEC_PER_SEC;
  int minutes = (int) (seconds / 60);

  if (seconds < 1)
    return g_strdup (_ ("less than a second"));
  if (seconds < 60)
    return g_strdup_printf (_ ("%.1f s"), seconds);
  if (minutes < 60)
    return g_strdup_printf (_ ("%d min %d s"), minutes, (int) seconds % 60);
  return g_strdup_printf (_ ("%d h %d min"), minutes / 60, minutes % 60);
}

static char *
dup_with_unit (const char *number, guint unit)
{
  switch (unit)
    {
    case 0:
      return g_strdup_printf (_ ("%s s"), number);
    case 1:
      return g_strdup_printf (_ ("%s min"), number);
    default:
      return g_strdup_printf (_ ("%s h"), number);
    }
}

/* A range that is wider than a factor of two tells nothing by its lower end. */
static char *
dup_duration (double low_s, double high_s, gboolean about)
{
  static const struct
  {
    double up_to_s;
    double seconds;
  } units[] = { { 99.5, 1 }, { 90 * 60, 60 }, { HUGE_VAL, 3600 } };
  g_autofree char *number = NULL;
  g_autofree char *text = NULL;
  guint unit = 0;
  double low;
  double high;

  if (high_s <= 1.0)
    return g_strdup (_ ("under 1 s"));
  while (high_s >= units[unit].up_to_s)
    unit++;
  low = round (low_s / units[unit].seconds);
  high = ceil (high_s / units[unit].seconds);
  number = low < high && low >= 1 && high <= 2 * low ? g_strdup_printf ("%.0f–%.0f", low, high)
                                                     : g_strdup_printf ("%.0f", high);
  text = dup_with_unit (number, unit);
  if (low < 1 || high > 2 * low)
    return g_strdup_printf (_ ("up to %s"), text);
  return about ? g_strdup_printf (_ ("about %s"), text) : g_steal_pointer (&text);
}

/**
 * moor_words_duration:
 * @low_s: at least so many seconds
 * @high_s: at most so many seconds
 *
 * Returns: (transfer full): "under 1 s", "9–12 s", "up to 4 min"
 */
char *
moor_words_duration (double low_s, double high_s)
{
  return dup_duration (low_s, high_s, FALSE);
}

/**
 * moor_words_about:
 * @low_s: at least so many seconds
 * @high_s: at most so many seconds
 *
 * Returns: (transfer full): the same within a sentence, "about 9–12 s"
 */
char *
moor_words_about (double low_s, double high_s)
{
  return dup_duration (low_s, high_s, TRUE);
}

/**
 * moor_words_moment:
 * @time_s: seconds since the epoch
 *
 * Returns: (transfer full): "today, 20:18", "3 March 2026, 09:02"
 */
char *
moor_words_moment (gint64 time_s)
{
  g_autoptr(GDateTime) then = g_date_time_new_from_unix_local (time_s);
  g_autofree char *day = moor_words_day (time_s);
  g_autofree char *clock = then != NULL ? g_date_time_format (then, _ ("%H:%M")) : NULL;

  if (clock == NULL)
    return g_steal_pointer (&day);
  /* Translators: a day and a time, "today, 20:18" */
  return g_strdup_printf (_ ("%s, %s"), day, clock);
}

/**
 * moor_json_count:
 * @object: (nullable): an answer
 *
 * Returns: the number at @member; 0 if it is absent or no count
 */
guint64
moor_json_count (JsonObject *object, const char *member)
{
  double value = moor_json_number (object, member, 0);

  return value > 0 ? (guint64) value : 0;
}

/**
 * moor_json_text:
 * @object: (nullable): an answer
 *
 * Returns: (nullable): the string at @member, if there is one
 */
const char *
moor_json_text (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
}

/**
 * moor_json_number:
 * @object: (nullable): an answer
 *
 * Returns: the number at @member, or @fallback
 */
double
moor_json_number (JsonObject *object, const char *member, double fallback)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;
  GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type == G_TYPE_INT64)
    return (double) json_node_get_int (node);
  if (type == G_TYPE_DOUBLE)
    return json_node_get_double (node);
  return fallback;
}

/**
 * moor_json_flag:
 * @object: (nullable): an answer
 *
 * Returns: whether @member is there and true
 */
gboolean
moor_json_flag (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN
         && json_node_get_boolean (node);
}

/**
 * moor_json_list:
 * @object: (nullable): an answer
 *
 * Returns: (transfer none) (nullable): the array at @member, if there is one
 */
JsonArray *
moor_json_list (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}
