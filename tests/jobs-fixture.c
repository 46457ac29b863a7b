/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs-fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "moor-fd.h"

static const char *const old_files[][2] = {
  { "etc/os-release", "ID=debian\nPRETTY_NAME=\"Old system\"\n" },
  { "etc/hostname", "oldbox\n" },
  { "etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
                  "alice:x:1000:1000:Alice Archer,,,:/home/alice:/bin/bash\n"
                  "bob:x:1001:1001:Bob:/home/bob:/bin/bash\n" },
  { "etc/shadow", "root:*:19000:0:99999:7:::\nalice:" JOBS_HASH ":19000:0:99999:7:::\n"
                  "bob:!:19000:0:99999:7:::\n" },
  { "etc/group", "root:x:0:\nalice:x:1000:\nbob:x:1001:\n" },
  { "etc/gshadow", "root:*::\nalice:!::\nbob:!::\n" },
  { "etc/subuid", "alice:100000:65536\n" },
  { "etc/subgid", "alice:100000:65536\n" },
  { "etc/login.defs", "UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\n" },
  { "usr/bin/old-tool", "old" },
  { "var/lib/service/data", "rows" },
  { "srv/site/index.html", "hello" },
};

static const char *const new_files[][2] = {
  { "etc/os-release", "ID=debian\nPRETTY_NAME=\"New system\"\n" },
  { "etc/hostname", "newbox\n" },
  { "etc/passwd", "root:x:0:0:root:/root:/bin/bash\n" },
  { "etc/shadow", "root:*:20000:0:99999:7:::\n" },
  { "etc/group", "root:x:0:\n" },
  { "etc/gshadow", "root:*::\n" },
  { "etc/subuid", "" },
  { "etc/subgid", "" },
  { "etc/login.defs", "UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\n" },
  { "etc/skel/.profile", "# profile\n" },
  { "usr/bin/new-tool", "new" },
  { "var/lib/service/data", "fresh" },
};

static const struct
{
  const char *path;
  const char *content;
  guint uid;
} homes[] = {
  { "home/alice/.bashrc", "alias ll='ls -l'\n", JOBS_ALICE },
  { "home/alice/.cache/thumbnails/one", "again", JOBS_ALICE },
  { "home/alice/Documents/letter.txt", "Dear Bob", JOBS_ALICE },
  { "home/alice/Documents/old/tax.txt", "0", JOBS_ALICE },
  { "home/alice/Pictures/a.jpg", "picture", JOBS_ALICE },
  { "home/alice/data", "data of alice", JOBS_ALICE },
  { "home/bob/notes.txt", "notes", JOBS_BOB },
  { "home/bob/music/song.ogg", "la", JOBS_BOB },
};

/* Where @below_root is on this machine. */
char *
jobs_path (const JobsFixture *fixture, const char *below_root)
{
  return g_build_filename (fixture->root, below_root, NULL);
}

/* Gives every directory on the way from home/NAME to the file to the owner, too. */
static void
own (const JobsFixture *fixture, const char *below_root, guint uid)
{
  g_autofree char *at = g_strdup (below_root);

  while (strchr (at, '/') != NULL && !g_str_equal (at, "home"))
    {
      g_autofree char *path = jobs_path (fixture, at);
      char *slash = strrchr (at, '/');

      if (geteuid () == 0)
        assert_int_equal (lchown (path, uid, uid), 0);
      *slash = '\0';
    }
}

/* Writes a file that belongs to @uid, as do the folders it needs.  It is saved as
 * programs do: a new file takes the name, whatever length that has. */
void
jobs_write (const JobsFixture *fixture, const char *below_root, const char *content, guint uid)
{
  g_autofree char *folder = g_path_get_dirname (below_root);
  g_autofree char *first = g_build_filename (folder, ".new", NULL);
  g_autofree char *from = jobs_path (fixture, first);
  g_autofree char *to = jobs_path (fixture, below_root);

  moor_test_write (fixture->root, first, content);
  assert_int_equal (rename (from, to), 0);
  if (g_str_has_prefix (below_root, "home/"))
    own (fixture, below_root, uid);
}

/* Removes a file or a whole tree below the root. */
void
jobs_remove (const JobsFixture *fixture, const char *below_root)
{
  g_autofree char *path = jobs_path (fixture, below_root);

  jobs_command ("rm", "-rf", path, NULL);
}

static void
add_words (GPtrArray *argv, const char *next, va_list args)
{
  for (; next != NULL; next = va_arg (args, const char *))
    g_ptr_array_add (argv, (gpointer) next);
}

/* Runs a program, which has to end well. */
void
jobs_command (const char *first, ...)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  va_list args;

  va_start (args, first);
  add_words (argv, first, args);
  va_end (args);
  g_ptr_array_add (argv, NULL);
  assert_true (moor_test_run ((const char *const *) argv->pdata, NULL));
}

/**
 * jobs_mount:
 * @below_root: where, a folder that is made if there is none
 * @first: what mount(8) is to be told besides
 *
 * Mounts something until jobs_unmount() or the end of the fixture.
 */
void
jobs_mount (JobsFixture *fixture, const char *below_root, const char *first, ...)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *path = jobs_path (fixture, below_root);
  va_list args;

  assert_int_equal (g_mkdir_with_parents (path, 0755), 0);
  g_ptr_array_add (argv, (gpointer) "mount");
  va_start (args, first);
  add_words (argv, first, args);
  va_end (args);
  g_ptr_array_add (argv, path);
  g_ptr_array_add (argv, NULL);
  assert_true (moor_test_run ((const char *const *) argv->pdata, NULL));
  g_ptr_array_add (fixture->mounts, g_steal_pointer (&path));
}

/* Unmounts everything that jobs_mount() mounted, the latest first. */
void
jobs_unmount (JobsFixture *fixture)
{
  for (; fixture->mounts->len > 0;
       g_ptr_array_set_size (fixture->mounts, (int) fixture->mounts->len - 1))
    {
      const char *path = g_ptr_array_index (fixture->mounts, fixture->mounts->len - 1);

      if (umount2 (path, 0) < 0)
        (void) umount2 (path, MNT_DETACH);
    }
}

static void
write_all (const char *root, const char *const files[][2], gsize n_files)
{
  g_autofree char *shadow = g_build_filename (root, "etc/shadow", NULL);

  for (gsize i = 0; i < n_files; i++)
    moor_test_write (root, files[i][0], files[i][1]);
  assert_int_equal (chmod (shadow, 0640), 0);
}

static void
write_homes (const JobsFixture *fixture)
{
  g_autofree char *a = jobs_path (fixture, "home/alice/Pictures/a.jpg");
  g_autofree char *b = jobs_path (fixture, "home/alice/Pictures/b.jpg");
  g_autofree char *last = jobs_path (fixture, "home/alice/last");
  g_autofree char *alice = jobs_path (fixture, "home/alice");

  for (gsize i = 0; i < G_N_ELEMENTS (homes); i++)
    jobs_write (fixture, homes[i].path, homes[i].content, homes[i].uid);
  assert_int_equal (link (a, b), 0);
  assert_int_equal (symlink ("Documents/letter.txt", last), 0);
  if (geteuid () == 0)
    assert_int_equal (lchown (last, JOBS_ALICE, JOBS_ALICE), 0);
  assert_int_equal (chmod (alice, 0750), 0);
}

/* Puts a different system into the root, as an image would: without people. */
void
jobs_unpack_image (const JobsFixture *fixture)
{
  g_autofree char *home = jobs_path (fixture, "home");

  write_all (fixture->root, new_files, G_N_ELEMENTS (new_files));
  assert_int_equal (g_mkdir_with_parents (home, 0755), 0);
}

/* In memory everything is much faster; where that cannot be, a folder does. */
static void
mount_memory (JobsFixture *fixture)
{
  if (geteuid () == 0 && g_mkdir (fixture->root, 0755) == 0
      && mount ("tmpfs", fixture->root, "tmpfs", 0, "mode=0755,size=64m") == 0)
    fixture->volume.mount_point = g_strdup (fixture->root);
}

/* Puts alice and bob into the system that is there now: nobody has to make them. */
void
jobs_add_people (const JobsFixture *fixture)
{
  for (gsize i = 0; i < G_N_ELEMENTS (old_files); i++)
    {
      if (g_str_equal (old_files[i][0], "etc/passwd") || g_str_equal (old_files[i][0], "etc/group")
          || g_str_equal (old_files[i][0], "etc/shadow"))
        moor_test_write (fixture->root, old_files[i][0], old_files[i][1]);
    }
}

/**
 * jobs_fixture_new:
 * @fs_type: (nullable): the root gets a file system of its own of this type;
 *   "tmpfs" where many of them are needed
 *
 * Makes the old system with alice and bob.
 */
JobsFixture *
jobs_fixture_new (const char *fs_type, guint size_mib)
{
  JobsFixture *fixture = g_new0 (JobsFixture, 1);

  fixture->dir = moor_test_dir_new ();
  assert_int_equal (chmod (fixture->dir, 0755), 0);
  fixture->root = g_build_filename (fixture->dir, "root", NULL);
  fixture->store = g_build_filename (fixture->root, "StateStore", "s1", NULL);
  fixture->mounts = g_ptr_array_new_with_free_func (g_free);
  fixture->issues = g_ptr_array_new_with_free_func ((GDestroyNotify) moor_issue_free);
  if (g_strcmp0 (fs_type, "tmpfs") == 0)
    mount_memory (fixture);
  else if (fs_type != NULL)
    assert_true (moor_test_volume_new (fixture->dir, "root", fs_type, size_mib, &fixture->volume));
  write_all (fixture->root, old_files, G_N_ELEMENTS (old_files));
  write_homes (fixture);
  return fixture;
}

void
jobs_fixture_free (JobsFixture *fixture)
{
  jobs_unmount (fixture);
  moor_test_volume_free (&fixture->volume);
  moor_test_dir_free (fixture->dir);
  g_free (fixture->root);
  g_free (fixture->store);
  g_ptr_array_unref (fixture->mounts);
  g_ptr_array_unref (fixture->issues);
  g_free (fixture->message);
  g_free (fixture);
}

int
jobs_setup (void **state)
{
  *state = jobs_fixture_new (NULL, 0);
  return 0;
}

int
jobs_teardown (void **state)
{
  jobs_fixture_free (*state);
  return 0;
}

/* Removes everything from the root but the store: what an image installer does
 * that knows nothing of it. */
void
jobs_clear_root (const JobsFixture *fixture)
{
  g_autoptr(GDir) dir = g_dir_open (fixture->root, 0, NULL);
  const char *name;

  assert_non_null (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      if (!g_str_equal (name, "StateStore") && !g_str_equal (name, "lost+found"))
        jobs_remove (fixture, name);
    }
}

gboolean
jobs_can_make_accounts (void)
{
  return geteuid () == 0 && g_file_test ("/usr/sbin/useradd", G_FILE_TEST_IS_EXECUTABLE);
}

static void
sink_cb (const MoorEvent *event, gpointer user_data)
{
  JobsFixture *fixture = user_data;

  if (event->kind == MOOR_EVENT_ISSUE)
    g_ptr_array_add (fixture->issues, moor_issue_copy (event->issue));
  if (event->kind == MOOR_EVENT_PROGRESS && event->fraction >= 0)
    {
      fixture->fraction_fell = fixture->fraction_fell || event->fraction < fixture->fraction;
      fixture->fraction = event->fraction;
    }
  if (fixture->on_event != NULL)
    fixture->on_event (event, fixture->user_data);
}

static JsonObject *
make_request (const JobsFixture *fixture, const char *operation, const char *members)
{
  g_autofree char *text = g_strdup_printf ("{%s}", members != NULL ? members : "");
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) node = json_from_string (text, &error);
  JsonObject *request;

  assert_no_gerror (error);
  request = json_object_ref (json_node_get_object (node));
  json_object_set_string_member (request, "operation", operation);
  if (!json_object_has_member (request, "root"))
    json_object_set_string_member (request, "root", fixture->root);
  if (!json_object_has_member (request, "store"))
    json_object_set_string_member (request, "store", fixture->store);
  return request;
}

/**
 * jobs_try:
 * @members: (nullable): more members of the request, as JSON
 *
 * Runs a request, whatever comes of it.
 */
MoorExit
jobs_try (JobsFixture *fixture, const char *operation, const char *members, JsonObject **out_result)
{
  g_autoptr(JsonObject) request = make_request (fixture, operation, members);
  g_autoptr(GError) error = NULL;
  MoorExit code;

  g_ptr_array_set_size (fixture->issues, 0);
  fixture->fraction = 0;
  fixture->fraction_fell = FALSE;
  code = moor_request_run (request, fixture->sys, fixture->cancellable, sink_cb, fixture,
                           out_result, &error);
  g_free (fixture->message);
  fixture->message = g_strdup (error != NULL ? error->message : "");
  if (error == NULL)
    assert_true (code == MOOR_EXIT_COMPLETE || code == MOOR_EXIT_EXCEPTIONS);
  else
    assert_int_equal (code, moor_exit_from_error (error));
  return code;
}

static void
print_issues (const JobsFixture *fixture)
{
  for (guint i = 0; i < fixture->issues->len && i < 20; i++)
    {
      const MoorIssue *issue = g_ptr_array_index (fixture->issues, i);

      print_message ("  %s %s %s %s (%d)\n", moor_severity_id (issue->severity),
                     moor_cause_id (issue->cause), issue->path, issue->action, issue->errnum);
    }
}

/* Runs a request that has to end with @expected. */
JsonObject *
jobs_run (JobsFixture *fixture, MoorExit expected, const char *operation, const char *members)
{
  JsonObject *result = NULL;
  MoorExit code = jobs_try (fixture, operation, members, &result);

  if (code != expected)
    {
      print_issues (fixture);
      fail_msg ("%s %s ended with %d and not %d: %s", operation, members != NULL ? members : "",
                code, expected, fixture->message);
    }
  return result;
}

/* The same, when only how it ends is of interest. */
void
jobs_must (JobsFixture *fixture, MoorExit expected, const char *operation, const char *members)
{
  json_object_unref (jobs_run (fixture, expected, operation, members));
}

gint64
jobs_number (JsonObject *result, const char *member)
{
  return json_object_get_int_member_with_default (result, member, -1);
}

/* What became of one person's home in a restore, an undo or a roll back. */
const char *
jobs_how (JsonObject *result, const char *name)
{
  JsonArray *profiles = json_object_get_array_member (result, "profiles");

  for (guint i = 0; i < json_array_get_length (profiles); i++)
    {
      JsonObject *profile = json_array_get_object_element (profiles, i);

      if (g_strcmp0 (json_object_get_string_member (profile, "name"), name) == 0)
        return json_object_get_string_member (profile, "how");
    }
  return NULL;
}

gboolean
jobs_has_issue (const JobsFixture *fixture, MoorCause cause, const char *path_end)
{
  for (guint i = 0; i < fixture->issues->len; i++)
    {
      const MoorIssue *issue = g_ptr_array_index (fixture->issues, i);

      if (issue->cause == cause && g_str_has_suffix (issue->path, path_end))
        return TRUE;
    }
  return FALSE;
}

/* Whether a verification says @status of @path, which is below the home. */
gboolean
jobs_differs (JsonObject *result, const char *path, const char *status)
{
  JsonArray *all = json_object_get_array_member (result, "differences");

  for (guint i = 0; i < json_array_get_length (all); i++)
    {
      JsonObject *one = json_array_get_object_element (all, i);

      if (g_str_equal (json_object_get_string_member (one, "path"), path)
          && g_str_equal (json_object_get_string_member (one, "status"), status))
        return TRUE;
    }
  return FALSE;
}
