/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-records-private.h"

G_BEGIN_DECLS

MoorProfile *moor_profile_new (void);

/**
 * MoorLook:
 * @busy: (element-type guint32): users who have processes; running system only
 * @logins: (element-type utf8 gint64) (owned): the last login of each name in wtmp
 * @lastlog_fd: -1 if there is none
 *
 * What is looked up once for all the people of a system.
 */
typedef struct
{
  MoorSystem *system;
  GHashTable *busy;
  GHashTable *logins;
  MoorFd lastlog_fd;
} MoorLook;

void moor_look_init (MoorLook *look, MoorSystem *system);
void moor_look_clear (MoorLook *look);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorLook, moor_look_clear)

void moor_look_at (MoorLook *look, MoorProfile *profile, int home_fd, int parent_fd);

G_END_DECLS
