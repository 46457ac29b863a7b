/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moor-test.h"

#include "moor-fd.h"
#include "moor-folders.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

typedef struct
{
  char *home;
  MoorFd dfd;
} Fixture;

static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->home = moor_test_dir_new ();
  fixture->dfd = open (fixture->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true (fixture->dfd >= 0);
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_fd_close (fixture->dfd);
  moor_test_dir_free (fixture->home);
  g_free (fixture);
  return 0;
}

/* What lookup says when the person's file is @content; "-" stands for none. */
static char *
lookup (const Fixture *fixture, const char *content, const char *name)
{
  g_autoptr(GError) error = NULL;
  char *folder;

  if (content != NULL)
    moor_test_write (fixture->home, ".config/user-dirs.dirs", content);
  folder = moor_folders_lookup (fixture->dfd, name, &error);
  assert_no_gerror (error);
  return folder != NULL ? folder : g_strdup ("-");
}

static void
test_folders_have_english_names_without_a_file (void **state)
{
  static const char *const cases[][2] = {
    { "XDG_DESKTOP_DIR", "Desktop" },   { "XDG_DOWNLOAD_DIR", "Downloads" },
    { "XDG_PICTURES_DIR", "Pictures" }, { "XDG_PUBLICSHARE_DIR", "Public" },
    { "XDG_COFFEE_DIR", "-" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *folder = lookup (*state, NULL, cases[i][0]);

      assert_string_equal (folder, cases[i][1]);
    }
}

static void
test_the_person_decides_where_a_folder_is (void **state)
{
  static const struct
  {
    const char *content;
    const char *folder;
  } cases[] = {
    { "XDG_PICTURES_DIR=\"$HOME/Bilder\"\n", "Bilder" },
    { "# a comment\n  XDG_PICTURES_DIR=\"$HOME/Meine Bilder/Fotos/\"  \n", "Meine Bilder/Fotos" },
    { "XDG_PICTURES_DIR=\"$HOME/a\"\nXDG_PICTURES_DIR=\"$HOME/b\"\n", "b" },
    { "XDG_PICTURES_DIR_OLD=\"$HOME/a\"\n", "Pictures" },
    { "XDG_MUSIC_DIR=\"$HOME/Musik\"\n", "Pictures" },
    { "XDG_PICTURES_DIR=\"$HOME/caf\xe9\"\n", "caf\xe9" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *folder = lookup (*state, cases[i].content, "XDG_PICTURES_DIR");

      assert_string_equal (folder, cases[i].folder);
    }
}

static void
test_a_folder_is_never_outside_the_home (void **state)
{
  static const char *const values[] = {
    "\"$HOME\"",
    "\"$HOME/\"",
    "\"$HOME/.\"",
    "\"/srv/pictures\"",
    "\"/etc\"",
    "\"$HOME/../bob\"",
    "\"$HOME/a/../..\"",
    "\"Pictures\"",
    "\"$HOME2/a\"",
    "\"$HOME/unfinished",
    "",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *content = g_strdup_printf ("XDG_PICTURES_DIR=%s\n", values[i]);
      g_autofree char *folder = lookup (*state, content, "XDG_PICTURES_DIR");

      /* A line the shell could not read says nothing. */
      if (strcmp (values[i], "\"$HOME/unfinished") == 0)
        assert_string_equal (folder, "Pictures");
      else
        assert_string_equal (folder, "-");
    }
}

static void
test_a_link_in_place_of_the_file_is_not_followed (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *config = g_build_filename (fixture->home, ".config", NULL);
  g_autofree char *file = g_build_filename (config, "user-dirs.dirs", NULL);
  g_autoptr(GError) error = NULL;

  moor_test_write (fixture->home, "elsewhere", "XDG_PICTURES_DIR=\"$HOME/stolen\"\n");
  assert_int_equal (g_mkdir (config, 0700), 0);
  assert_int_equal (symlink ("../elsewhere", file), 0);
  assert_null (moor_folders_lookup (fixture->dfd, "XDG_PICTURES_DIR", &error));
  assert_non_null (error);
}

static void
test_a_pipe_in_place_of_the_file_does_not_block (void **state)
{
  const Fixture *fixture = *state;
  g_autofree char *config = g_build_filename (fixture->home, ".config", NULL);
  g_autofree char *file = g_build_filename (config, "user-dirs.dirs", NULL);
  g_autofree char *folder = NULL;

  assert_int_equal (g_mkdir (config, 0700), 0);
  assert_int_equal (mkfifo (file, 0600), 0);
  folder = lookup (fixture, NULL, "XDG_PICTURES_DIR");
  assert_string_equal (folder, "Pictures");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_folders_have_english_names_without_a_file, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_the_person_decides_where_a_folder_is, setup, teardown),
    cmocka_unit_test_setup_teardown (test_a_folder_is_never_outside_the_home, setup, teardown),
    cmocka_unit_test_setup_teardown (test_a_link_in_place_of_the_file_is_not_followed, setup,
                                     teardown),
    cmocka_unit_test_setup_teardown (test_a_pipe_in_place_of_the_file_does_not_block, setup,
                                     teardown),
  };

  return cmocka_run_group_tests_name ("core/folders", tests, NULL, NULL);
}
