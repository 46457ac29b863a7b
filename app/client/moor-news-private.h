/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-client.h"

G_BEGIN_DECLS

MoorNews *moor_news_new (void);
void moor_news_free (MoorNews *news);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MoorNews, moor_news_free)

void moor_news_add (MoorNews *news, const MoorEvent *event);

G_END_DECLS
