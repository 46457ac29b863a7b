/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-usmt-run-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "moor-text.h"

/*
 * The diagnostics: the file that MIG_ENABLE_DIAG names, in the elements of USMT's.
 *
 *   <SystemEnvironment>, <UserEnvironment>   variables
 *   <MigUnitList>                            components, as they hold for the computer or for a
 *                                            person, and their patterns as they are understood
 *   <Perform>                                what is in the store, person by person, and what
 *                                            could not be had
 *
 * A <MigUnit> in a <Perform> holds what its patterns took in one folder after the other; it comes
 * again when another one's objects were in between.
 */

#define FLUSH_BYTES (64 * 1024)

typedef struct
{
  MoorUsmtCourse *course;
  const MoorUsmtRuled *ruled;
  GPtrArray *profiles; /* (nullable) (element-type MoorStoredProfile) (owned) */
  GString *text;       /* (owned): not written yet */
  GError *error;       /* (owned) (nullable) */
  guint32 profile;     /* whose <Perform> is open; 0: none */
  int component;       /* whose <MigUnit> is open; see the next two */
  char *folder;        /* (owned) (nullable): the last one that was looked up */
  MoorRuleState state; /* of it */
} Diag;

#define NO_UNIT (-1)    /* none is open */
#define ON_THE_WAY (-2) /* what no pattern names: folders above, or everything without rules */

static void
diag_clear (Diag *diag)
{
  g_clear_pointer (&diag->profiles, g_ptr_array_unref);
  g_string_free (diag->text, TRUE);
  g_clear_error (&diag->error);
  g_free (diag->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Diag, diag_clear)

static void
flush (Diag *diag)
{
  const char *at = diag->text->str;
  gsize n_left = diag->error == NULL ? diag->text->len : 0;

  while (n_left > 0)
    {
      ssize_t n = write (diag->course->diag_fd, at, n_left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          moor_usmt_throw (&diag->error, MOOR_USMT_INIT_OPERATING_ENVIRONMENT_FAILED,
                           "The diagnostics cannot be written: %s", g_strerror (errno));
          break;
        }
      at += n;
      n_left -= (gsize) n;
    }
  g_string_truncate (diag->text, 0);
}

static void put (Diag *diag, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* What is put in for the %s of @format is escaped. */
static void
put (Diag *diag, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_markup_vprintf_escaped (format, args);
  va_end (args);
  g_string_append (diag->text, text);
  if (diag->text->len >= FLUSH_BYTES)
    flush (diag);
}

static const char *
yes_or_no (gboolean is_so)
{
  return is_so ? "true" : "false";
}

/* `DOMAIN\user` for somebody who takes part. */
static char *
dup_account (const Diag *diag, const char *login)
{
  const GPtrArray *users = diag->course->run->users;

  for (guint i = 0; i < users->len; i++)
    {
      const MoorUsmtUser *user = users->pdata[i];

      if (g_str_equal (user->login, login))
        return moor_usmt_user_dup_account (user);
    }
  return moor_text_path (login);
}

static void
put_variables (Diag *diag, GHashTable *variables)
{
  g_autoptr(GList) names = variables != NULL ? g_hash_table_get_keys (variables) : NULL;

  names = g_list_sort (names, (GCompareFunc) strcmp);
  for (const GList *at = names; at != NULL; at = at->next)
    {
      g_autofree char *value = moor_text_path (g_hash_table_lookup (variables, at->data));

      put (diag, "      <Variable Name=\"%s\" Value=\"%s\"/>\n", (const char *) at->data, value);
    }
}

static void
put_environments (Diag *diag)
{
  const MoorUsmtRun *run = diag->course->run;
  const MoorRuleHost *host = diag->ruled->ruling.host;
  g_autofree char *root = moor_text_path (run->root);

  put (diag, "  <SystemEnvironment ComputerName=\"%s\" System=\"%s\" Root=\"%s\">\n", run->computer,
       run->system_name != NULL ? run->system_name : "", root);
  put_variables (diag, host != NULL ? host->variables : NULL);
  put (diag, "  </SystemEnvironment>\n");
  for (guint i = 0; host != NULL && i < host->users->len; i++)
    {
      const MoorRuleUser *user = g_ptr_array_index (host->users, i);
      g_autofree char *account = dup_account (diag, user->name);

      put (diag, "  <UserEnvironment User=\"%s\">\n", account);
      put_variables (diag, user->variables);
      put (diag, "  </UserEnvironment>\n");
    }
}

static const MoorRuleComponent *
get_component (const Diag *diag, int index)
{
  return g_ptr_array_index (diag->ruled->ruling.outcome->components, (guint) index);
}

/* `<System>\Name (CMXEAgent)` */
static char *
dup_unit_name (const Diag *diag, int index)
{
  const MoorRuleComponent *component;
  g_autofree char *account = NULL;

  if (index < 0)
    return g_strdup (diag->ruled->ruling.outcome != NULL ? "(on the way)" : "(whole home)");
  component = get_component (diag, index);
  if (component->user >= 0)
    {
      const MoorRuleUser *user = g_ptr_array_index (diag->ruled->ruling.host->users,
                                                    (guint) component->user);

      account = dup_account (diag, user->name);
    }
  return g_strdup_printf ("<%s>\\%s (CMXEAgent)", account != NULL ? account : "System",
                          component->path != NULL ? component->path
                                                  : component->node->display_name);
}

static const char *
group_of (MoorComponentType type)
{
  switch (type)
    {
    case MOOR_COMPONENT_APPLICATION:
      return "Applications";
    case MOOR_COMPONENT_DOCUMENTS:
      return "Documents";
    case MOOR_COMPONENT_DEVICE:
      return "Devices";
    case MOOR_COMPONENT_SYSTEM:
    default:
      return "WindowsComponents";
    }
}

static const char *
role_of (const MoorComponentNode *node)
{
  const MoorRoleNode *role = node->roles->len > 0 ? g_ptr_array_index (node->roles, 0) : NULL;

  switch (role != NULL ? role->kind : MOOR_ROLE_CONTAINER)
    {
    case MOOR_ROLE_DATA:
      return "UserData";
    case MOOR_ROLE_SETTINGS:
      return "UserSettings";
    case MOOR_ROLE_BINARIES:
      return "Binaries";
    case MOOR_ROLE_CONTAINER:
    default:
      return "Container";
    }
}

static void
put_patterns (Diag *diag, GPtrArray *items, MoorRuleKind kind, const char *type)
{
  static const char *const types[] = { "File", "Registry", "Ini" };
  gboolean open = FALSE;

  for (guint i = 0; items != NULL && i < items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (items, i);
      g_autofree char *pattern = NULL;
      g_autofree char *text = NULL;

      if (item->kind != kind)
        continue;
      if (!open)
        put (diag, "      <Patterns Type=\"%s\">\n", type);
      open = TRUE;
      pattern = moor_pattern_format (item->pattern, diag->ruled->ruling.host->style);
      text = g_utf8_make_valid (pattern, -1);
      put (diag, "        <Pattern Type=\"%s\" Path=\"%s\"/>\n", types[item->pattern->type], text);
    }
  if (open)
    put (diag, "      </Patterns>\n");
}

static void
put_unit (Diag *diag, int index, GPtrArray *items)
{
  const MoorRuleComponent *component = get_component (diag, index);
  g_autofree char *name = dup_unit_name (diag, index);

  put (diag,
       "    <MigUnit Name=\"%s\" Context=\"%s\" ConfidenceLevel=\"100\" Group=\"%s\" Role=\"%s\" "
       "Agent=\"CMXEAgent\" Selected=\"%s\" Supported=\"true\">\n",
       name, component->user >= 0 ? "User" : "System", group_of (component->node->type),
       role_of (component->node), yes_or_no (component->detected));
  put_patterns (diag, items, MOOR_RULE_INCLUDE, "Include");
  put_patterns (diag, items, MOOR_RULE_EXCLUDE, "Exclude");
  put_patterns (diag, items, MOOR_RULE_UNCONDITIONAL_EXCLUDE, "UnconditionalExclude");
  put (diag, "    </MigUnit>\n");
}

static void
put_units (Diag *diag)
{
  const MoorRuleOutcome *outcome = diag->ruled->ruling.outcome;
  g_autoptr(GPtrArray)
                 by_component = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);

  put (diag, "  <MigUnitList>\n");
  for (guint i = 0; outcome != NULL && i < outcome->components->len; i++)
    g_ptr_array_add (by_component, g_ptr_array_new ());
  for (guint i = 0; outcome != NULL && i < outcome->items->len; i++)
    {
      MoorRuleItem *item = g_ptr_array_index (outcome->items, i);

      g_ptr_array_add (g_ptr_array_index (by_component, item->component), item);
    }
  for (guint i = 0; i < by_component->len; i++)
    put_unit (diag, (int) i, g_ptr_array_index (by_component, i));
  put (diag, "  </MigUnitList>\n");
}

/* Which component's rule takes an object. */
static int
find_component (Diag *diag, const char *path, gboolean is_dir)
{
  const MoorRules *rules = diag->ruled->ruling.rules;
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  MoorDecision decision = { .rule = -1 };
  const MoorRuleItem *item;

  if (diag->ruled->ruling.outcome == NULL)
    return ON_THE_WAY;
  if (g_strcmp0 (diag->folder, folder) != 0)
    {
      diag->state = moor_ruling_start (rules, folder);
      g_free (diag->folder);
      diag->folder = g_steal_pointer (&folder);
    }
  moor_rules_decide (rules, diag->state, name, is_dir, &decision);
  item = decision.rule >= 0 && (decision.selected || decision.needs_look)
             ? moor_rules_get_item (rules, (guint) decision.rule)
             : NULL;
  return item != NULL ? (int) item->component : ON_THE_WAY;
}

static void
close_unit (Diag *diag)
{
  if (diag->component != NO_UNIT)
    put (diag, "    </MigUnit>\n");
  diag->component = NO_UNIT;
}

static void
open_unit (Diag *diag, int component)
{
  g_autofree char *name = NULL;

  if (diag->component == component)
    return;
  close_unit (diag);
  name = dup_unit_name (diag, component);
  put (diag, "    <MigUnit Name=\"%s\">\n", name);
  diag->component = component;
}

/* @error_code: why it could not be had; 0: it is in the store */
static void
put_operation (Diag *diag, const char *path, gboolean is_dir, guint32 error_code)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *whole = is_dir ? moor_text_path (path) : NULL;
  g_autofree char *shown_folder = moor_text_path (folder);
  g_autofree char *shown_name = moor_text_path (name);
  g_autofree char *shown = is_dir ? g_steal_pointer (&whole)
                                  : g_strdup_printf ("%s [%s]", shown_folder, shown_name);

  open_unit (diag, find_component (diag, path, is_dir));
  put (diag,
       "      <Operation Name=\"Store\" Type=\"File\" Path=\"%s\" SimObj=\"false\" Success=\"%s\"",
       shown, yes_or_no (error_code == 0));
  if (error_code != 0)
    put (diag, " ErrorCode=\"%u\"", error_code);
  put (diag, "/>\n");
}

static const MoorStoredProfile *
find_profile (const Diag *diag, guint32 id)
{
  for (guint i = 0; i < diag->profiles->len; i++)
    {
      const MoorStoredProfile *profile = g_ptr_array_index (diag->profiles, i);

      if (profile->id == id)
        return profile;
    }
  return NULL;
}

static void
open_perform (Diag *diag, const char *login)
{
  g_autofree char *account = login == NULL || login[0] == ':' ? g_strdup ("System")
                                                              : dup_account (diag, login);

  put (diag, "  <Perform Name=\"Gather\" User=\"%s\">\n", account);
}

static void
close_perform (Diag *diag)
{
  close_unit (diag);
  put (diag, "  </Perform>\n");
}

static gboolean
put_object (const MoorObject *object, const char *path, int dfd, gpointer user_data, GError **error)
{
  Diag *diag = user_data;
  const MoorStoredProfile *profile;

  if (object->profile != diag->profile)
    {
      if (diag->profile != 0)
        close_perform (diag);
      profile = find_profile (diag, object->profile);
      open_perform (diag, profile != NULL ? profile->name : NULL);
      diag->profile = object->profile;
    }
  put_operation (diag, path, object->kind == MOOR_KIND_DIRECTORY, 0);
  if (diag->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (diag->error));
  return FALSE;
}

static gboolean
put_stored (Diag *diag, GError **error)
{
  const char *path = diag->course->run->store;
  g_autoptr(MoorStore) store = NULL;
  gboolean put_all;

  if (path == NULL || !moor_store_exists (path))
    return TRUE;
  store = moor_store_open (path, FALSE, error);
  diag->profiles = store != NULL ? moor_store_load_profiles (store, error) : NULL;
  if (diag->profiles == NULL || !moor_store_open_parts (store, error))
    return FALSE;
  put_all = moor_usmt_each_object (store, diag->course->stop, put_object, diag, error);
  if (diag->profile != 0)
    close_perform (diag);
  return put_all;
}

static void
put_failed (Diag *diag)
{
  const GPtrArray *failed = diag->course->failed;

  for (guint i = 0; i < failed->len; i++)
    {
      const MoorIssue *issue = failed->pdata[i];

      open_perform (diag, issue->profile);
      put_operation (diag, issue->path, FALSE, MAX (moor_usmt_system_error (issue), 1));
      close_perform (diag);
    }
}

/* Opens the file that MIG_ENABLE_DIAG names, if somebody wants diagnostics. */
gboolean
moor_usmt_diag_begin (MoorUsmtCourse *course, GError **error)
{
  const char *text = g_getenv ("MIG_ENABLE_DIAG");
  g_autoptr(GError) problem = NULL;
  g_autofree char *path = NULL;

  if (text == NULL || text[0] == '\0')
    return TRUE;
  path = moor_usmt_path (course->run->paths, text, &problem);
  if (path == NULL)
    {
      moor_usmt_rethrow (error, MOOR_USMT_INIT_OPERATING_ENVIRONMENT_FAILED,
                         g_steal_pointer (&problem));
      return FALSE;
    }
  if (moor_usmt_is_in_store (course->run, path))
    return moor_usmt_throw (error, MOOR_USMT_INIT_OPERATING_ENVIRONMENT_FAILED,
                            "MIG_ENABLE_DIAG: the diagnostics cannot be kept in the store %s",
                            course->run->store);
  course->diag_fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
  if (course->diag_fd < 0)
    return moor_usmt_throw (error, MOOR_USMT_INIT_OPERATING_ENVIRONMENT_FAILED,
                            "MIG_ENABLE_DIAG: “%s” cannot be written: %s", path,
                            g_strerror (errno));
  course->failed = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_issue_free);
  return TRUE;
}

/* Without rule files there are no components and no variables. */
static gboolean
hold_rules (MoorUsmtCourse *course, MoorUsmtRuled *ruled, GError **error)
{
  return course->run->rule_files->len == 0 || moor_usmt_rule (course, ruled, error);
}

/* Writes the diagnostics: of what is in the store now, if there is one. */
gboolean
moor_usmt_diag_write (MoorUsmtCourse *course, GError **error)
{
  g_auto(MoorUsmtRuled) ruled = MOOR_USMT_RULED_INIT;
  g_auto(Diag) diag = { .course = course,
                         .ruled = &ruled,
                         .text = g_string_new (NULL),
                         .component = NO_UNIT };

  if (course->diag_fd < 0)
    return TRUE;
  if (!hold_rules (course, &ruled, error))
    return FALSE;
  put (&diag, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MigDiag>\n");
  put_environments (&diag);
  put_units (&diag);
  if (!moor_usmt_has (course->run->command, MOOR_USMT_ESTIMATE) && !put_stored (&diag, error))
    return FALSE;
  put_failed (&diag);
  put (&diag, "</MigDiag>\n");
  flush (&diag);
  if (diag.error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&diag.error));
  return FALSE;
}
