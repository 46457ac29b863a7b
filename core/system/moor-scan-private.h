/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-profile-private.h"

G_BEGIN_DECLS

/**
 * MoorScan:
 * @profiles: (element-type MoorProfile) (owned): who was found so far; grows by moor_scan_add()
 * @homes_dirs: (element-type filename) (owned): directories that hold homes
 * @accounts: (element-type utf8 MoorPasswd): the first of each name in @passwd
 * @owners: (element-type guint32 MoorPasswd): the first of each number in @passwd
 * @names: (element-type utf8): the names in @profiles
 * @known: (element-type filename) (owned): homes, directories that hold homes, and all above them
 * @n_namesakes: (element-type utf8 guint) (owned): how many left over homes have that name
 *
 * One look at who has a home on a system, and indexes that keep it linear in the
 * number of accounts.
 */
typedef struct
{
  MoorSystem *system;
  MoorLoginDefs defs;
  MoorLook look;
  GPtrArray *passwd; /* (element-type MoorPasswd) (owned) */
  GPtrArray *profiles;
  GHashTable *homes_dirs;
  GHashTable *accounts;
  GHashTable *owners;
  GHashTable *names;
  GHashTable *known;
  GHashTable *n_namesakes;
} MoorScan;

void moor_scan_add (MoorScan *scan, MoorProfile *profile);
void moor_scan_add_known (MoorScan *scan, const char *path);
void moor_scan_set_problem (MoorProfile *profile, MoorProfileState state, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
gpointer moor_scan_find_outermost (GHashTable *by_home, const char *path, gboolean itself);

void moor_scan_add_orphans (MoorScan *scan);
void moor_scan_settle_overlaps (MoorScan *scan);

G_END_DECLS
