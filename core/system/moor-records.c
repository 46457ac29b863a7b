/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-records-private.h"

#include <string.h>

#include "moor-error.h"
#include "moor-text.h"

#define MAX_NAME_BYTES 255
#define NO_ID G_MAXUINT32 /* (uid_t) -1: "leave as it is" to chown */

static void
passwd_free (MoorPasswd *passwd)
{
  g_free (passwd->name);
  g_free (passwd->gecos);
  g_free (passwd->home);
  g_free (passwd->shell);
  g_free (passwd);
}

static void
group_free (MoorGroup *group)
{
  g_free (group->name);
  g_strfreev (group->members);
  g_free (group);
}

/**
 * moor_records_parse_id:
 * @out_id: (out): the user or group number that all of @text is
 *
 * Returns: %FALSE if @text is no such number
 */
gboolean
moor_records_parse_id (const char *text, guint32 *out_id)
{
  guint64 id;

  if (!g_ascii_string_to_unsigned (text, 10, 0, NO_ID - 1, &id, NULL))
    return FALSE;
  *out_id = (guint32) id;
  return TRUE;
}

/**
 * moor_records_name_is_valid:
 * @name: (nullable): a login or group name from a file
 *
 * More lenient than useradd, as what exists must be readable: names of directory
 * services have dots, backslashes and `@`.
 *
 * Returns: whether @name can be a field of passwd, one component of a path and an
 *   argument of a program
 */
gboolean
moor_records_name_is_valid (const char *name)
{
  if (!moor_name_is_valid (name) || name[0] == '-' || name[0] == '+'
      || strlen (name) > MAX_NAME_BYTES || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *at = name; *at != '\0'; at++)
    {
      if (*at == ':' || *at == ',' || g_ascii_isspace (*at) || g_ascii_iscntrl (*at))
        return FALSE;
    }
  return TRUE;
}

static void
note_bad_line (GPtrArray *problems, const char *file, guint line)
{
  g_autofree char *action = g_strdup_printf ("line %u makes no sense and was left out", line);

  if (problems != NULL)
    g_ptr_array_add (
        problems, moor_issue_new (MOOR_SEVERITY_WARNING, MOOR_CAUSE_OTHER, file, NULL, 0, action));
}

static MoorPasswd *
parse_passwd_line (const char *line)
{
  g_auto(GStrv) fields = g_strsplit (line, ":", -1);
  MoorPasswd *passwd;
  guint32 uid;
  guint32 gid;

  if (g_strv_length (fields) != 7 || !moor_records_name_is_valid (fields[0])
      || !moor_records_parse_id (fields[2], &uid) || !moor_records_parse_id (fields[3], &gid))
    return NULL;

  passwd = g_new0 (MoorPasswd, 1);
  passwd->name = g_strdup (fields[0]);
  passwd->uid = uid;
  passwd->gid = gid;
  passwd->gecos = g_strdup (fields[4]);
  passwd->home = g_strdup (fields[5]);
  passwd->shell = g_strdup (fields[6]);
  return passwd;
}

static MoorGroup *
parse_group_line (const char *line)
{
  g_auto(GStrv) fields = g_strsplit (line, ":", -1);
  MoorGroup *group;
  guint32 gid;

  if (g_strv_length (fields) != 4 || !moor_records_name_is_valid (fields[0])
      || !moor_records_parse_id (fields[2], &gid))
    return NULL;

  group = g_new0 (MoorGroup, 1);
  group->name = g_strdup (fields[0]);
  group->gid = gid;
  group->members = g_strsplit (fields[3], ",", -1);
  return group;
}

/* Calls @parse for every line that says something; `+` and `-` lines are NIS. */
static GPtrArray *
parse_lines (const char *text,
             const char *file,
             gpointer (*parse) (const char *line),
             GDestroyNotify free_func,
             GPtrArray *out_problems)
{
  GPtrArray *records = g_ptr_array_new_with_free_func (free_func);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      gpointer record;

      if (lines[i][0] == '\0' || strchr ("#+-", lines[i][0]) != NULL)
        continue;
      record = parse (lines[i]);
      if (record != NULL)
        g_ptr_array_add (records, record);
      else
        note_bad_line (out_problems, file, i + 1);
    }
  return records;
}

/**
 * moor_records_parse_passwd:
 * @text: the content of a passwd file
 * @out_problems: (nullable) (element-type MoorIssue): lines that make no sense are told here
 *
 * Returns: (transfer full) (element-type MoorPasswd): the accounts, in the order of the file
 */
GPtrArray *
moor_records_parse_passwd (const char *text, GPtrArray *out_problems)
{
  return parse_lines (text, "/etc/passwd", (gpointer (*) (const char *)) parse_passwd_line,
                      (GDestroyNotify) passwd_free, out_problems);
}

/**
 * moor_records_parse_group:
 * @text: the content of a group file
 * @out_problems: (nullable) (element-type MoorIssue): lines that make no sense are told here
 *
 * Returns: (transfer full) (element-type MoorGroup): the groups, in the order of the file
 */
GPtrArray *
moor_records_parse_group (const char *text, GPtrArray *out_problems)
{
  return parse_lines (text, "/etc/group", (gpointer (*) (const char *)) parse_group_line,
                      (GDestroyNotify) group_free, out_problems);
}

/**
 * moor_records_read_passwd:
 * @out_problems: (nullable) (element-type MoorIssue): lines that make no sense are told here
 *
 * Blocks.
 *
 * Returns: (transfer full) (element-type MoorPasswd): the accounts in @system's passwd
 */
GPtrArray *
moor_records_read_passwd (MoorSystem *system, GPtrArray *out_problems, GError **error)
{
  g_autofree char *text = moor_system_read_file (system, "/etc/passwd", NULL, error);

  return text != NULL ? moor_records_parse_passwd (text, out_problems) : NULL;
}

/**
 * moor_records_read_group:
 * @out_problems: (nullable) (element-type MoorIssue): lines that make no sense are told here
 *
 * Blocks.
 *
 * Returns: (transfer full) (element-type MoorGroup): the groups in @system's group file
 */
GPtrArray *
moor_records_read_group (MoorSystem *system, GPtrArray *out_problems, GError **error)
{
  g_autofree char *text = moor_system_read_file (system, "/etc/group", NULL, error);

  return text != NULL ? moor_records_parse_group (text, out_problems) : NULL;
}

static void
take_definition (const char *line, MoorLoginDefs *defs)
{
  const struct
  {
    const char *key;
    guint32 *value;
  } keys[] = {
    { "UID_MIN", &defs->uid_min },
    { "UID_MAX", &defs->uid_max },
    { "GID_MIN", &defs->gid_min },
    { "GID_MAX", &defs->gid_max },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      gsize length = strlen (keys[i].key);

      if (strncmp (line, keys[i].key, length) == 0 && g_ascii_isspace (line[length]))
        {
          g_autofree char *value = g_strstrip (g_strdup (line + length));

          (void) moor_records_parse_id (value, keys[i].value);
        }
    }
}

/**
 * moor_records_read_login_defs:
 * @out_defs: (out): the limits of people's numbers on @system
 *
 * Blocks.
 */
void
moor_records_read_login_defs (MoorSystem *system, MoorLoginDefs *out_defs)
{
  static const char *const files[] = { "/usr/etc/login.defs", "/etc/login.defs" };

  *out_defs = (MoorLoginDefs){ 1000, 60000, 1000, 60000 };
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *text = moor_system_read_file (system, files[i], NULL, NULL);
      g_auto(GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

      for (guint j = 0; lines[j] != NULL; j++)
        take_definition (g_strchug (lines[j]), out_defs);
    }
}

/**
 * moor_records_find_line:
 * @text: the content of a file like shadow
 * @name: the first field
 *
 * Returns: (transfer full) (nullable): the line whose first field is @name
 */
char *
moor_records_find_line (const char *text, const char *name)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  gsize length = strlen (name);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (strncmp (lines[i], name, length) == 0 && lines[i][length] == ':')
        return g_strdup (lines[i]);
    }
  return NULL;
}

/**
 * moor_records_find_ranges:
 * @text: the content of subuid or subgid
 *
 * Returns: (transfer full) (array zero-terminated=1): the "START:COUNT" ranges that @name
 *   has, or @uid where the file has numbers
 */
char **
moor_records_find_ranges (const char *text, const char *name, guint32 uid)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *number = g_strdup_printf ("%u", uid);
  g_autoptr(GStrvBuilder) ranges = g_strv_builder_new ();

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *colon = strchr (lines[i], ':');
      g_autofree char *owner = colon != NULL ? g_strndup (lines[i], (gsize) (colon - lines[i]))
                                             : NULL;

      if (owner != NULL && (strcmp (owner, name) == 0 || strcmp (owner, number) == 0))
        g_strv_builder_add (ranges, colon + 1);
    }
  return g_strv_builder_end (ranges);
}

/**
 * moor_passwd_find_name:
 *
 * Returns: (transfer none) (nullable): the account called @name
 */
const MoorPasswd *
moor_passwd_find_name (GPtrArray *passwd, const char *name)
{
  for (guint i = 0; i < passwd->len; i++)
    {
      const MoorPasswd *entry = g_ptr_array_index (passwd, i);

      if (strcmp (entry->name, name) == 0)
        return entry;
    }
  return NULL;
}

/**
 * moor_passwd_find_uid:
 *
 * Returns: (transfer none) (nullable): the first account with number @uid
 */
const MoorPasswd *
moor_passwd_find_uid (GPtrArray *passwd, guint32 uid)
{
  for (guint i = 0; i < passwd->len; i++)
    {
      const MoorPasswd *entry = g_ptr_array_index (passwd, i);

      if (entry->uid == uid)
        return entry;
    }
  return NULL;
}

/**
 * moor_group_find_name:
 *
 * Returns: (transfer none) (nullable): the group called @name
 */
const MoorGroup *
moor_group_find_name (GPtrArray *groups, const char *name)
{
  for (guint i = 0; i < groups->len; i++)
    {
      const MoorGroup *group = g_ptr_array_index (groups, i);

      if (strcmp (group->name, name) == 0)
        return group;
    }
  return NULL;
}

/**
 * moor_group_find_gid:
 *
 * Returns: (transfer none) (nullable): the first group with number @gid
 */
const MoorGroup *
moor_group_find_gid (GPtrArray *groups, guint32 gid)
{
  for (guint i = 0; i < groups->len; i++)
    {
      const MoorGroup *group = g_ptr_array_index (groups, i);

      if (group->gid == gid)
        return group;
    }
  return NULL;
}

/**
 * moor_group_has_member:
 *
 * Returns: whether @name is listed in @group
 */
gboolean
moor_group_has_member (const MoorGroup *group, const char *name)
{
  return g_strv_contains ((const char *const *) group->members, name);
}
