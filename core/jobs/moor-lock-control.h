/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-config-file.h"
#include "moor-rule-host.h"

G_BEGIN_DECLS

/**
 * MoorLockControl:
 *
 * The <HardLinkStoreControl> of a Config.xml, and which files somebody has locked: which of
 * them are not linked but copied.  Immutable; any thread.
 */
typedef struct _MoorLockControl MoorLockControl;

MoorLockControl *moor_lock_control_new (const MoorConfigFile *config,
                                        const MoorRuleHost *host,
                                        const char *locks);
void moor_lock_control_free (MoorLockControl *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorLockControl, moor_lock_control_free)
gboolean moor_lock_control_knows (const MoorLockControl *control, guint64 dev, guint64 ino);
gboolean moor_lock_control_copies (const MoorLockControl *control, const char *path);

G_END_DECLS
