/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "moor-verify.h"

G_BEGIN_DECLS

MoorGate *moor_gate_new (MoorStore *store, MoorSystem *system);

G_END_DECLS
