/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the tests of accounts share: an old system with alice and bob, and a new one. */

#include "moor-test.h"

#include "moor-account-private.h"
#include "moor-error.h"
#include "moor-fd.h"
#include "moor-issue.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define HASH "$6$salt$thehashofalice"
#define OLD_LINE "alice:" HASH ":19000:1:99999:7:30::"

/* Nothing but the files about accounts in each. */
typedef struct
{
  char *dir;
  char *old_root;
  char *new_root;
} Fixture;

static inline void
write_system (const char *root, const char *const files[][2], gsize n_files)
{
  for (gsize i = 0; i < n_files; i++)
    moor_test_write (root, files[i][0], files[i][1]);
}

static inline void
write_old (const char *root)
{
  static const char *const files[][2] = {
    { "etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
                    "alice:x:1000:1000:Alice Archer,,,:/home/alice:/bin/zsh\n"
                    "bob:x:1001:1001::/home/bob:/bin/bash\n" },
    { "etc/shadow", "root:*:19000:0:99999:7:::\n" OLD_LINE "\nbob:!:19000\n" },
    { "etc/group",
      "root:x:0:\nsudo:x:27:alice\nalice:x:1000:\nbob:x:1001:alice\nteam:x:1500:bob,alice\n"
      "printers:x:700:alice\n" },
    { "etc/gshadow", "root:*::\nsudo:*::alice\nalice:!::\n" },
    { "etc/subuid", "alice:200000:65536\nbob:100000:65536\n1000:400000:1000\n" },
    { "etc/subgid", "alice:200000:65536\n" },
    { "var/lib/AccountsService/users/alice",
      "[User]\nLanguage=de_DE.UTF-8\nIcon=/var/lib/AccountsService/icons/alice\n" },
    { "var/lib/AccountsService/icons/alice", "picture" },
    { "var/lib/systemd/linger/alice", "" },
    { "home/alice/letter", "x" },
    { "home/bob/letter", "x" },
  };

  write_system (root, files, G_N_ELEMENTS (files));
}

/* Only root and its group read shadow, and that shall stay so. */
static inline void
close_shadow (const char *root)
{
  g_autofree char *shadow = g_build_filename (root, "etc/shadow", NULL);

  assert_int_equal (chmod (shadow, 0640), 0);
}

static inline void
write_new (const char *root)
{
  static const char *const files[][2] = {
    { "etc/passwd", "root:x:0:0:root:/root:/bin/bash\n" },
    { "etc/shadow", "root:*:20000:0:99999:7:::\n" },
    { "etc/group", "root:x:0:\nsudo:x:27:\n" },
    { "etc/gshadow", "root:*::\nsudo:*::\n" },
    { "etc/subuid", "" },
    { "etc/subgid", "" },
    { "etc/login.defs", "UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\n" },
    { "bin/bash", "#!\n" },
  };
  g_autofree char *bash = g_build_filename (root, "bin/bash", NULL);

  write_system (root, files, G_N_ELEMENTS (files));
  close_shadow (root);
  assert_int_equal (chmod (bash, 0755), 0);
}

static inline int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->dir = moor_test_dir_new ();
  fixture->old_root = g_build_filename (fixture->dir, "old", NULL);
  fixture->new_root = g_build_filename (fixture->dir, "new", NULL);
  write_old (fixture->old_root);
  write_new (fixture->new_root);
  *state = fixture;
  return 0;
}

static inline int
teardown (void **state)
{
  Fixture *fixture = *state;

  moor_test_dir_free (fixture->dir);
  g_free (fixture->old_root);
  g_free (fixture->new_root);
  g_free (fixture);
  return 0;
}

static inline MoorSystem *
open_root (const char *root)
{
  g_autoptr(GError) error = NULL;
  MoorSystem *system = moor_system_open (root, &error);

  assert_no_gerror (error);
  return system;
}

static inline MoorAccount *
read_account (const Fixture *fixture, const char *name)
{
  g_autoptr(MoorSystem) system = open_root (fixture->old_root);
  g_autoptr(GError) error = NULL;
  MoorAccount *account = moor_account_read (system, name, &error);

  assert_no_gerror (error);
  return account;
}

static inline void
append (const char *root, const char *name, const char *text)
{
  g_autofree char *old = moor_test_read (root, name);
  g_autofree char *all = g_strconcat (old != NULL ? old : "", text, NULL);

  moor_test_write (root, name, all);
}

static inline void
remove_line (const char *root, const char *name, const char *beginning)
{
  g_autofree char *old = moor_test_read (root, name);
  g_auto(GStrv) lines = g_strsplit (old, "\n", -1);
  g_autoptr(GString) rest = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (lines[i][0] != '\0' && !g_str_has_prefix (lines[i], beginning))
        g_string_append_printf (rest, "%s\n", lines[i]);
    }
  moor_test_write (root, name, rest->str);
}
