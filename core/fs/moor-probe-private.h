/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-volume.h"

G_BEGIN_DECLS

/* What a device says it holds: (owned) (nullable) words of libblkid. */
typedef struct
{
  char *type;
  char *uuid;
} MoorDeviceProbe;

void moor_device_probe_clear (MoorDeviceProbe *probe);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MoorDeviceProbe, moor_device_probe_clear)

char *moor_uuid_to_text (const guint8 uuid[16]);
void moor_device_probe (const char *device, MoorDeviceProbe *out_probe);
char *moor_probe_name (int fd,
                       const char *fs_type,
                       const char *device,
                       guint64 dev,
                       MoorDeviceProbe *out_probe);
gboolean moor_probe_can_link (const char *fs_type, const MoorDeviceProbe *probe);
gboolean moor_probe_can_clone (int fd, const char *fs_type);
guint64 moor_probe_max_links (int fd, const char *fs_type);
guint64 moor_probe_n_errors (int fd, const char *fs_type, guint64 dev);

G_END_DECLS
