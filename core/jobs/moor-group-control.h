/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-config-file.h"
#include "moor-system.h"

G_BEGIN_DECLS

/**
 * MoorGroupControl:
 * @config: whose <ProfileControl>
 * @computers: (element-type utf8): what the domain of local users may be called: the old
 *   computer's name and the new one's
 *
 * Which groups people belong to after a restore, as a Config.xml says it.
 */
typedef struct
{
  const MoorConfigFile *config; /* (not owned) */
  GPtrArray *computers;         /* (not owned) */
} MoorGroupControl;

const MoorConfigGroupChange *moor_group_control_find (const MoorGroupControl *control,
                                                      const char *login,
                                                      gboolean is_migrated,
                                                      const char *group);
char *moor_group_control_resolve (const char *written, MoorSystem *target, const char *const *more);

G_END_DECLS
