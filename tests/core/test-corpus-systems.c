/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "by-the-book.h"
#include "rules-fixture.h"

/*
 * Rule files as they are in the field (below $MOORING_CORPUS/migxml), held
 * against a Windows-shaped system and against a Linux home, as a capture and as
 * a restore would.
 */

typedef struct
{
  GPtrArray *names; /* (element-type utf8) (owned) */
  GPtrArray *bytes; /* (element-type GBytes) (owned) */
} Files;

static void
files_clear (Files *files)
{
  g_clear_pointer (&files->names, g_ptr_array_unref);
  g_clear_pointer (&files->bytes, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Files, files_clear)

/* Every MigXML file that can be read. */
static void
load_files (Files *files)
{
  const char *corpus = g_getenv ("MOORING_CORPUS");
  g_autofree char *path = corpus != NULL ? g_build_filename (corpus, "migxml", NULL) : NULL;
  g_autoptr(GDir) dir = path != NULL ? g_dir_open (path, 0, NULL) : NULL;
  const char *name;

  if (dir == NULL)
    moor_test_skip ("MOORING_CORPUS names no folder of rule files");
  files->names = g_ptr_array_new_with_free_func (g_free);
  files->bytes = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *full = g_build_filename (path, name, NULL);
      g_autofree char *content = NULL;
      g_autoptr(GBytes) bytes = NULL;
      gsize length = 0;
      MoorFileKind kind = MOOR_FILE_CONFIG;

      assert_true (g_file_get_contents (full, &content, &length, NULL));
      bytes = g_bytes_new_take (g_steal_pointer (&content), length);
      if (!moor_rule_file_sniff (full, bytes, &kind, NULL) || kind != MOOR_FILE_MIGXML
          || strstr (name, "malformed") != NULL || strstr (name, "wrong") != NULL)
        continue;
      g_ptr_array_add (files->names, g_strdup (name));
      g_ptr_array_add (files->bytes, g_steal_pointer (&bytes));
    }
  assert_true (files->names->len > 10);
}

static MoorRuleSet *
set_of (const Files *files, guint index)
{
  MoorRuleSet *set = moor_rule_set_new ();
  g_autoptr(GError) error = NULL;

  moor_rule_set_add_file (set, g_ptr_array_index (files->names, index),
                          g_ptr_array_index (files->bytes, index), &error);
  assert_no_gerror (error);
  return set;
}

/* Objects as rule files of Windows have them in mind. */
static const char *const windows_paths[] = {
  "/C:/top.txt",
  "/C:/Data/song.mp3",
  "/C:/Drafts/plan.dwg",
  "/C:/Program Files/App/app.ini",
  "/C:/Users/Public/Documents/shared.doc",
  "/C:/Users/Public/Desktop/link.lnk",
  "/C:/Users/alice/notes.txt",
  "/C:/Users/alice/Documents/letter.doc",
  "/C:/Users/alice/Documents/desktop.ini",
  "/C:/Users/alice/Desktop/todo.txt",
  "/C:/Users/alice/Downloads/setup.exe",
  "/C:/Users/alice/Favorites/news.url",
  "/C:/Users/alice/Music/song.mp3",
  "/C:/Users/alice/Pictures/holiday/beach.jpg",
  "/C:/Users/alice/Videos/film.avi",
  "/C:/Users/alice/OneDrive/cloud.xlsx",
  "/C:/Users/alice/AppData/Local/Google/Chrome/User Data/Default/Bookmarks",
  "/C:/Users/alice/AppData/Local/Google/Chrome/User Data/Default/Cache/f_1",
  "/C:/Users/alice/AppData/Roaming/Mozilla/Firefox/Profiles/x.default/places.sqlite",
  "/C:/Users/alice/AppData/Roaming/Microsoft/Templates/Normal.dotm",
  "/C:/Users/alice/AppData/Roaming/Microsoft/Signatures/mine.htm",
  "/C:/Users/alice/AppData/Local/Temp/x.tmp",
  "/C:/Users/bob/Documents/book.pst",
  "/C:/Users/bob/Desktop/x.doc",
  "/C:/Windows/System32/drivers/etc/hosts",
  "/C:/Windows/Temp/y.tmp",
  "/D:/archive/old.doc",
  "/D:/film.mp4",
};

static const char *const linux_paths[] = {
  "/etc/hostname",
  "/home/alice/notes.txt",
  "/home/alice/Documents/letter.doc",
  "/home/alice/Documents/desktop.ini",
  "/home/alice/Desktop/todo.txt",
  "/home/alice/Downloads/setup.bin",
  "/home/alice/Music/song.mp3",
  "/home/alice/Pictures/holiday/beach.jpg",
  "/home/alice/Videos/film.avi",
  "/home/alice/.config/google-chrome/Default/Bookmarks",
  "/home/alice/.mozilla/firefox/x.default/places.sqlite",
  "/home/bob/Documents/book.odt",
  "/srv/data/table.csv",
  "/usr/share/doc/x.png",
};

static void
add_windows_user (MoorRuleHost *host, const char *name)
{
  static const char *const folders[][2] = {
    { "USERPROFILE", "" },
    { "CSIDL_PROFILE", "" },
    { "CSIDL_PERSONAL", "/Documents" },
    { "CSIDL_MYDOCUMENTS", "/Documents" },
    { "CSIDL_MYMUSIC", "/Music" },
    { "CSIDL_MYPICTURES", "/Pictures" },
    { "CSIDL_MYVIDEO", "/Videos" },
    { "CSIDL_DESKTOP", "/Desktop" },
    { "CSIDL_DESKTOPDIRECTORY", "/Desktop" },
    { "CSIDL_FAVORITES", "/Favorites" },
    { "APPDATA", "/AppData/Roaming" },
    { "CSIDL_APPDATA", "/AppData/Roaming" },
    { "LOCALAPPDATA", "/AppData/Local" },
    { "CSIDL_LOCAL_APPDATA", "/AppData/Local" },
  };
  g_autofree char *home = g_strconcat ("/C:/Users/", name, NULL);
  MoorRuleUser *user = moor_rule_host_add_user (host, name, home);

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_strconcat (home, folders[i][1], NULL);

      moor_rule_user_set_variable (user, folders[i][0], path);
    }
}

static void
make_windows_shape (System *system)
{
  static const char *const variables[][2] = {
    { "SYSTEMDRIVE", "/C:" },
    { "WINDIR", "/C:/Windows" },
    { "CSIDL_WINDOWS", "/C:/Windows" },
    { "SYSTEMROOT", "/C:/Windows" },
    { "PROGRAMFILES", "/C:/Program Files" },
    { "CSIDL_PROGRAM_FILES", "/C:/Program Files" },
    { "PROFILESFOLDER", "/C:/Users" },
    { "CSIDL_COMMON_DOCUMENTS", "/C:/Users/Public/Documents" },
    { "CSIDL_COMMON_DESKTOPDIRECTORY", "/C:/Users/Public/Desktop" },
    { "ALLUSERSPROFILE", "/C:/Users/Public" },
  };

  system_open (system, MOOR_PATHS_WINDOWS);
  for (gsize i = 0; i < G_N_ELEMENTS (windows_paths); i++)
    system_write (system, windows_paths[i], "content");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/C:");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "/D:");
  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    moor_rule_host_set_variable (system->host, variables[i][0], variables[i][1]);
  add_windows_user (system->host, "alice");
  add_windows_user (system->host, "bob");
}

static void
make_linux_shape (System *system)
{
  static const char *const people[] = { "alice", "bob" };

  system_open (system, MOOR_PATHS_LINUX);
  for (gsize i = 0; i < G_N_ELEMENTS (linux_paths); i++)
    system_write (system, linux_paths[i], "content");
  moor_rule_host_add_drive (system->host, MOOR_DRIVE_FIXED, "");
  moor_rule_host_set_linux_variables (system->host);
  for (gsize i = 0; i < G_N_ELEMENTS (people); i++)
    {
      g_autofree char *home = g_strconcat ("/home/", people[i], NULL);

      moor_rule_user_set_linux_variables (moor_rule_host_add_user (system->host, people[i], home),
                                          NULL);
    }
}

/* Descends from the top, as a walk does, and does not look at the object itself. */
static gboolean
is_reached (const MoorRules *rules, const char *path, gboolean *out_is_certain)
{
  g_auto(GStrv) names = g_strsplit (path + 1, "/", -1);
  MoorDecision decision = { .state = moor_rules_state_at (rules, "") };

  *out_is_certain = TRUE;
  for (guint i = 0; names[i] != NULL; i++)
    {
      const gboolean is_last = names[i + 1] == NULL;

      moor_rules_decide (rules, decision.state, names[i], !is_last, &decision);
      if (!is_last && !decision.descend)
        return FALSE;
    }
  *out_is_certain = !decision.needs_look;
  return decision.selected;
}

/* What the compiled rules decide is what the rules say one by one. */
static guint
count_taken (const char *file,
             const System *system,
             const MoorRuleOutcome *outcome,
             const char *const *paths,
             gsize n_paths)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MoorRules) rules = moor_rules_compile (outcome, system->host->style, &error);
  guint n_taken = 0;

  assert_no_gerror (error);
  for (gsize i = 0; i < n_paths; i++)
    {
      gboolean by_the_book = book_takes (outcome, MOOR_PATTERN_FILE, system->host->style, paths[i],
                                         FALSE);
      gboolean is_certain;
      gboolean reached = is_reached (rules, paths[i], &is_certain);

      if (is_certain && reached != by_the_book)
        fail_msg ("%s: “%s” is %s, but the walk %s it", file, paths[i],
                  by_the_book ? "taken" : "left out", reached ? "takes" : "leaves out");
      n_taken += by_the_book;
    }
  return n_taken;
}

/* For whom each component holds, and that what was not used is told. */
static void
check_outcome (const char *file, MoorRuleSet *set, const MoorRuleOutcome *outcome)
{
  const MoorRuleFile *read = g_ptr_array_index (moor_rule_set_get_files (set), 0);

  assert_true (outcome->components->len >= read->components->len);
  if (read->n_patterns > 0 && outcome->items->len == 0 && outcome->findings->len == 0
      && moor_rule_set_get_findings (set)->len == 0)
    fail_msg ("%s: %u patterns came to nothing, and nobody is told", file, read->n_patterns);
}

static guint
hold_against (const Files *files,
              guint index,
              const System *system,
              MoorRulesSide side,
              const char *const *paths,
              gsize n_paths)
{
  const char *file = g_ptr_array_index (files->names, index);
  g_autoptr(MoorRuleSet) set = set_of (files, index);
  g_autoptr(MoorRuleOutcome) outcome = evaluate_set (set, system->host, side);

  check_outcome (file, set, outcome);
  return count_taken (file, system, outcome, paths, n_paths);
}

static void
test_they_mean_something_on_a_windows_shaped_tree (void **state)
{
  g_auto(Files) files = { 0 };
  System system;
  guint n_files_taking = 0;

  load_files (&files);
  make_windows_shape (&system);
  for (guint i = 0; i < files.names->len; i++)
    {
      (void) hold_against (&files, i, &system, MOOR_RULES_AT_SOURCE, windows_paths,
                           G_N_ELEMENTS (windows_paths));
      if (hold_against (&files, i, &system, MOOR_RULES_AT_DESTINATION, windows_paths,
                        G_N_ELEMENTS (windows_paths))
          > 0)
        n_files_taking++;
    }
  assert_true (n_files_taking >= files.names->len / 3);
  system_close (&system);
}

static void
test_they_do_no_harm_on_a_linux_home_and_say_what_means_nothing (void **state)
{
  g_auto(Files) files = { 0 };
  System system;

  load_files (&files);
  make_linux_shape (&system);
  for (guint i = 0; i < files.names->len; i++)
    {
      g_autoptr(MoorRuleSet) set = set_of (&files, i);
      g_autoptr(MoorRuleOutcome)
                     outcome = evaluate_set (set, system.host, MOOR_RULES_AT_DESTINATION);

      for (guint j = 0; j < outcome->items->len; j++)
        {
          const MoorRuleItem *item = g_ptr_array_index (outcome->items, j);

          assert_int_not_equal (item->pattern->type, MOOR_PATTERN_REGISTRY);
        }
      (void) hold_against (&files, i, &system, MOOR_RULES_AT_SOURCE, linux_paths,
                           G_N_ELEMENTS (linux_paths));
      (void) hold_against (&files, i, &system, MOOR_RULES_AT_DESTINATION, linux_paths,
                           G_N_ELEMENTS (linux_paths));
    }
  system_close (&system);
}

/* The stock files take what people have: the same folders on either kind of system. */
static void
test_the_stock_user_file_takes_the_known_folders_on_both (void **state)
{
  g_auto(Files) files = { 0 };
  System windows;
  System unix_like;
  guint stock = 0;

  load_files (&files);
  while (stock < files.names->len
         && strstr (g_ptr_array_index (files.names, stock), "miguser-stock") == NULL)
    stock++;
  if (stock == files.names->len)
    moor_test_skip ("the stock MigUser.xml is not among the files");
  make_windows_shape (&windows);
  make_linux_shape (&unix_like);
  assert_int_equal (hold_against (&files, stock, &windows, MOOR_RULES_AT_SOURCE,
                                  (const char *const[]){
                                      "/C:/Users/alice/Documents/letter.doc",
                                      "/C:/Users/alice/Pictures/holiday/beach.jpg",
                                      "/C:/Users/alice/Desktop/todo.txt",
                                      "/C:/Windows/Temp/y.tmp",
                                  },
                                  4),
                    3);
  assert_int_equal (hold_against (&files, stock, &unix_like, MOOR_RULES_AT_SOURCE,
                                  (const char *const[]){
                                      "/home/alice/Documents/letter.doc",
                                      "/home/alice/Pictures/holiday/beach.jpg",
                                      "/home/alice/Desktop/todo.txt",
                                      "/usr/share/doc/x.png",
                                  },
                                  4),
                    3);
  system_close (&windows);
  system_close (&unix_like);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_they_mean_something_on_a_windows_shaped_tree),
    cmocka_unit_test (test_they_do_no_harm_on_a_linux_home_and_say_what_means_nothing),
    cmocka_unit_test (test_the_stock_user_file_takes_the_known_folders_on_both),
  };

  return cmocka_run_group_tests_name ("core/corpus-systems", tests, NULL, NULL);
}
