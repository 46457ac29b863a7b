/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-volume.h"

G_BEGIN_DECLS

GPtrArray *moor_volume_list_all (GError **error); /* (element-type MoorVolume) (owned) */

G_END_DECLS
