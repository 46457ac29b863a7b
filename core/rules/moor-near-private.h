/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Asks for one of some names; %NULL after the last. */
typedef const char *(*MoorNameAt) (guint index);

const char *moor_nearest (const char *name, MoorNameAt name_at);

G_END_DECLS
