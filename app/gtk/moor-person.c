/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-person.h"

#include <glib/gi18n.h>

#include "moor-words.h"

/**
 * MoorPerson:
 *
 * One person of the chosen system, as the Profiles place shows them: what
 * "profiles" told, and what "estimate" has found so far.  Emits "changed" when
 * something else is to be shown.  Main thread only.
 */
struct _MoorPerson
{
  GObject parent_instance;

  char *name;
  char *full_name;
  char *home;
  char *picture;
  char *state;
  char *problem;
  guint uid;
  gint64 last_used_s;
  gboolean in_use;
  gboolean reachable;
  gboolean selected;

  MoorMeasure measure;
  guint64 n_files;
  guint64 n_objects;
  guint64 n_bytes;
  guint64 n_copy_bytes;
  guint64 n_excluded;
  guint64 n_excluded_bytes;
  double low_s;
  double high_s;
  GPtrArray *troubles; /* (element-type MoorTrouble) (owned) */
};

G_DEFINE_FINAL_TYPE (MoorPerson, moor_person, G_TYPE_OBJECT)

enum
{
  PROP_SELECTED = 1,
  N_PROPS
};

enum
{
  CHANGED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void
moor_person_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MoorPerson *self = MOOR_PERSON (object);

  if (id == PROP_SELECTED)
    g_value_set_boolean (value, self->selected);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
moor_person_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  MoorPerson *self = MOOR_PERSON (object);

  if (id == PROP_SELECTED)
    moor_person_set_selected (self, g_value_get_boolean (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
moor_person_finalize (GObject *object)
{
  MoorPerson *self = MOOR_PERSON (object);

  g_free (self->name);
  g_free (self->full_name);
  g_free (self->home);
  g_free (self->picture);
  g_free (self->state);
  g_free (self->problem);
  g_ptr_array_unref (self->troubles);

  G_OBJECT_CLASS (moor_person_parent_class)->finalize (object);
}

static void
moor_person_class_init (MoorPersonClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = moor_person_get_property;
  object_class->set_property = moor_person_set_property;
  object_class->finalize = moor_person_finalize;

  properties[PROP_SELECTED] = g_param_spec_boolean ("selected", NULL, NULL, FALSE,
                                                    G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY
                                                        | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[CHANGED] = g_signal_new ("changed", MOOR_TYPE_PERSON, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
moor_person_init (MoorPerson *self)
{
  self->troubles = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_trouble_free);
}

/**
 * moor_person_new:
 * @profile: one of the profiles of a "profiles" answer
 * @client: knows whose files may be read
 *
 * Returns: (transfer full): a new person, not measured yet
 */
MoorPerson *
moor_person_new (JsonObject *profile, MoorClient *client)
{
  MoorPerson *self = g_object_new (MOOR_TYPE_PERSON, NULL);
  const char *full_name = moor_json_text (profile, "full-name");

  self->name = g_strdup (moor_json_text (profile, "name"));
  self->full_name = g_strdup (full_name != NULL && *full_name != '\0' ? full_name : self->name);
  self->home = g_strdup (moor_json_text (profile, "home"));
  self->picture = g_strdup (moor_json_text (profile, "picture"));
  self->state = g_strdup (moor_json_text (profile, "state"));
  self->problem = g_strdup (moor_json_text (profile, "problem"));
  self->uid = (guint) moor_json_count (profile, "uid");
  self->reachable = moor_client_can_reach (client, self->uid);
  self->last_used_s = (gint64) moor_json_count (profile, "last-used");
  self->in_use = moor_json_flag (profile, "in-use");
  self->selected = moor_json_flag (profile, "selected") && moor_person_get_selectable (self);
  return self;
}

const char *
moor_person_get_name (MoorPerson *self)
{
  return self->name;
}

const char *
moor_person_get_full_name (MoorPerson *self)
{
  return self->full_name;
}

const char *
moor_person_get_home (MoorPerson *self)
{
  return self->home;
}

const char *
moor_person_get_picture (MoorPerson *self)
{
  return self->picture;
}

const char *
moor_person_get_problem (MoorPerson *self)
{
  return self->problem;
}

guint
moor_person_get_uid (MoorPerson *self)
{
  return self->uid;
}

gint64
moor_person_get_last_used (MoorPerson *self)
{
  return self->last_used_s;
}

gboolean
moor_person_get_selected (MoorPerson *self)
{
  return self->selected;
}

void
moor_person_set_selected (MoorPerson *self, gboolean selected)
{
  selected = selected && moor_person_get_selectable (self);
  if (self->selected == selected)
    return;
  self->selected = selected;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SELECTED]);
}

gboolean
moor_person_get_reachable (MoorPerson *self)
{
  return self->reachable;
}

/**
 * moor_person_get_selectable:
 *
 * Returns: whether there is a home that can be captured, and may be
 */
gboolean
moor_person_get_selectable (MoorPerson *self)
{
  return self->reachable
         && (g_strcmp0 (self->state, "ready") == 0 || g_strcmp0 (self->state, "no-account") == 0);
}

MoorMeasure
moor_person_get_measure (MoorPerson *self)
{
  return self->measure;
}

guint64
moor_person_get_n_files (MoorPerson *self)
{
  return self->n_files;
}

guint64
moor_person_get_n_objects (MoorPerson *self)
{
  return self->n_objects;
}

guint64
moor_person_get_n_bytes (MoorPerson *self)
{
  return self->n_bytes;
}

guint64
moor_person_get_copy_bytes (MoorPerson *self)
{
  return self->n_copy_bytes;
}

guint64
moor_person_get_n_excluded (MoorPerson *self)
{
  return self->n_excluded;
}

guint64
moor_person_get_excluded_bytes (MoorPerson *self)
{
  return self->n_excluded_bytes;
}

/**
 * moor_person_get_seconds:
 * @out_low_s: (out): linking takes at least so long; negative while unknown
 * @out_high_s: (out): and at most so long
 */
void
moor_person_get_seconds (MoorPerson *self, double *out_low_s, double *out_high_s)
{
  *out_low_s = self->low_s;
  *out_high_s = self->high_s;
}

GPtrArray *
moor_person_get_troubles (MoorPerson *self)
{
  return self->troubles;
}

static gboolean
needs_attention (MoorPerson *self)
{
  for (guint i = 0; i < self->troubles->len; i++)
    {
      const MoorTrouble *trouble = g_ptr_array_index (self->troubles, i);

      if (trouble->severity > MOOR_SEVERITY_NOTE)
        return TRUE;
    }
  return FALSE;
}

/**
 * moor_person_get_state_text:
 * @out_icon: (out): name of the icon that goes with it
 *
 * Returns: the person's state in a word or two
 */
const char *
moor_person_get_state_text (MoorPerson *self, const char **out_icon)
{
  *out_icon = "dialog-warning-symbolic";
  if (g_strcmp0 (self->state, "no-home") == 0)
    {
      *out_icon = "action-unavailable-symbolic";
      return _ ("No home folder");
    }
  if (g_strcmp0 (self->state, "volume-missing") == 0)
    return _ ("Disk not connected");
  if (g_strcmp0 (self->state, "unreadable") == 0)
    return _ ("Cannot be read");
  if (!self->reachable)
    {
      *out_icon = "changes-prevent-symbolic";
      return _ ("Not yours");
    }
  if (self->in_use)
    {
      *out_icon = "system-users-symbolic";
      return _ ("In use");
    }
  if (!self->selected)
    {
      *out_icon = "list-remove-symbolic";
      return _ ("Not chosen");
    }
  if (needs_attention (self))
    return _ ("Needs attention");
  if (self->measure == MOOR_MEASURE_WORKING)
    {
      *out_icon = "content-loading-symbolic";
      return _ ("Measuring…");
    }
  if (g_strcmp0 (self->state, "no-account") == 0)
    {
      *out_icon = "dialog-information-symbolic";
      return _ ("No local account");
    }
  *out_icon = "emblem-ok-symbolic";
  return _ ("Ready");
}

/**
 * moor_person_reset_measure:
 *
 * Forgets what an earlier estimate found.
 */
void
moor_person_reset_measure (MoorPerson *self)
{
  self->measure = MOOR_MEASURE_NONE;
  self->n_files = self->n_objects = self->n_bytes = 0;
  self->n_copy_bytes = self->n_excluded = self->n_excluded_bytes = 0;
  self->low_s = self->high_s = -1;
  g_ptr_array_set_size (self->troubles, 0);
}

/**
 * moor_person_take_event:
 * @event: of the kind profile, for this person
 *
 * Takes over how far the estimate is.
 */
void
moor_person_take_event (MoorPerson *self, const MoorEvent *event)
{
  gboolean working = g_strcmp0 (event->state, "working") == 0;

  self->measure = working || g_strcmp0 (event->state, "waiting") == 0 ? MOOR_MEASURE_WORKING
                                                                      : MOOR_MEASURE_DONE;
  self->n_objects = MAX (self->n_objects, event->done_objects);
  self->n_files = MAX (self->n_files, event->done_objects);
  self->n_bytes = MAX (self->n_bytes, event->done_bytes);
  moor_person_notify (self);
}

/**
 * moor_person_take_estimate:
 * @estimate: this person's part of the answer
 *
 * Takes over the exact numbers.
 */
void
moor_person_take_estimate (MoorPerson *self, JsonObject *estimate)
{
  self->measure = MOOR_MEASURE_DONE;
  self->n_files = moor_json_count (estimate, "files");
  self->n_objects = self->n_files + moor_json_count (estimate, "directories");
  self->n_bytes = moor_json_count (estimate, "bytes");
  self->n_copy_bytes = moor_json_count (estimate, "copy-bytes");
  self->n_excluded = moor_json_count (estimate, "excluded");
  self->n_excluded_bytes = moor_json_count (estimate, "excluded-bytes");
  self->low_s = moor_json_number (estimate, "seconds-low", -1);
  self->high_s = moor_json_number (estimate, "seconds-high", -1);
  moor_person_notify (self);
}

/**
 * moor_person_add_trouble:
 * @trouble: something that concerns this person
 */
void
moor_person_add_trouble (MoorPerson *self, const MoorTrouble *trouble)
{
  moor_troubles_add (self->troubles, trouble, TRUE);
  moor_person_notify (self);
}

/**
 * moor_person_notify:
 *
 * Says that something else is to be shown.
 */
void
moor_person_notify (MoorPerson *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

/**
 * moor_troubles_add:
 * @troubles: (element-type MoorTrouble): what is known so far
 * @trouble: what came
 * @by_person: whether each person is counted apart
 *
 * Adds @trouble to the one of the same kind, or at the end.
 */
void
moor_troubles_add (GPtrArray *troubles, const MoorTrouble *trouble, gboolean by_person)
{
  MoorTrouble *added;

  for (guint i = 0; i < troubles->len; i++)
    {
      MoorTrouble *known = g_ptr_array_index (troubles, i);

      if (known->cause == trouble->cause && known->severity == trouble->severity
          && (!by_person || g_strcmp0 (known->profile, trouble->profile) == 0))
        {
          known->n += trouble->n;
          return;
        }
    }
  added = moor_trouble_new (trouble->example);
  added->n = trouble->n;
  g_ptr_array_add (troubles, added);
}
