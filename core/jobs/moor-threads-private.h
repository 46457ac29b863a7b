/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-scope.h"

G_BEGIN_DECLS

guint moor_choose_n_threads (guint wanted, GPtrArray *chosen);
guint moor_choose_n_threads_for_store (guint wanted, MoorStore *store, gboolean links);

G_END_DECLS
