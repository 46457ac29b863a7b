/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-person.h"

G_BEGIN_DECLS

guint moor_selection_count (GListModel *people);
guint64 moor_selection_count_objects (GListModel *people);
char **moor_selection_dup_names (GListModel *people);
char *moor_selection_dup_sentence (GListModel *people, JsonObject *totals, gboolean measuring);
gboolean moor_selection_all_reachable (GListModel *people);

G_END_DECLS
