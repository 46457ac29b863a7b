/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-test.h"

#include "moor-fd.h"
#include "moor-rule-set.h"

#include <fcntl.h>
#include <string.h>

/* A system in a temporary folder, and rules as text. */
typedef struct
{
  char *root;
  int root_dfd;
  MoorRuleHost *host;
} System;

static inline void
system_open (System *system, MoorPathStyle style)
{
  system->root = moor_test_dir_new ();
  system->root_dfd = open (system->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true (system->root_dfd >= 0);
  system->host = moor_rule_host_new (style, system->root_dfd);
}

static inline void
system_close (System *system)
{
  moor_rule_host_free (system->host);
  moor_fd_close (system->root_dfd);
  moor_test_dir_free (system->root);
}

/* A file below the system's root; folders are made. */
static inline void
system_write (const System *system, const char *path, const char *content)
{
  moor_test_write (system->root, path[0] == '/' ? path + 1 : path, content);
}

static inline void
system_make_dir (const System *system, const char *path)
{
  g_autofree char *full = g_build_filename (system->root, path, NULL);

  assert_int_equal (g_mkdir_with_parents (full, 0755), 0);
}

static inline void
add_rules (MoorRuleSet *set, const char *name, const char *xml)
{
  g_autoptr(GBytes) bytes = g_bytes_new (xml, strlen (xml));
  g_autoptr(GError) error = NULL;

  if (!moor_rule_set_add_file (set, name, bytes, &error))
    fail_msg ("%s is refused: %s", name, error->message);
}

static inline MoorRuleOutcome *
evaluate_set (MoorRuleSet *set, const MoorRuleHost *host, MoorRulesSide side)
{
  g_autoptr(GError) error = NULL;
  MoorRuleOutcome *outcome = moor_rule_set_evaluate (set, host, side, NULL, &error);

  assert_no_gerror (error);
  return outcome;
}

/* A whole file around @components. */
static inline char *
migration (const char *url_id, const char *components)
{
  return g_strdup_printf ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                          "<migration urlid=\"%s\">%s</migration>",
                          url_id, components);
}

static inline MoorRuleOutcome *
evaluate (const MoorRuleHost *host, const char *components)
{
  g_autoptr(MoorRuleSet) set = moor_rule_set_new ();
  g_autofree char *xml = migration ("urn:test", components);

  add_rules (set, "test.xml", xml);
  return evaluate_set (set, host, MOOR_RULES_AT_SOURCE);
}

static inline const char *
user_name (const MoorRuleHost *host, int user)
{
  return user < 0 ? "system"
                  : ((const MoorRuleUser *) g_ptr_array_index (host->users, (guint) user))->name;
}

/* "include alice /home/alice/x [*]", a line for each item, in their order. */
static inline char *
items_text (const MoorRuleHost *host, const MoorRuleOutcome *outcome)
{
  static const char *const kinds[] = { "include",        "exclude", "never",    "merge",
                                       "move",           "modify",  "clean up", "keep attributes",
                                       "drop attributes" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < outcome->items->len; i++)
    {
      const MoorRuleItem *item = g_ptr_array_index (outcome->items, i);
      g_autofree char *pattern = moor_pattern_format (item->pattern, host->style);

      g_string_append_printf (text, "%s %s %s\n", kinds[item->kind], user_name (host, item->user),
                              pattern);
    }
  return g_string_free (text, FALSE);
}

static inline void
assert_items (const MoorRuleHost *host, const MoorRuleOutcome *outcome, const char *expected)
{
  g_autofree char *text = items_text (host, outcome);

  assert_string_equal (text, expected);
}

static inline const MoorFinding *
find_finding (const MoorRuleOutcome *outcome, const char *code)
{
  for (guint i = 0; i < outcome->findings->len; i++)
    {
      const MoorFinding *finding = g_ptr_array_index (outcome->findings, i);

      if (g_str_equal (finding->code, code))
        return finding;
    }
  return NULL;
}
