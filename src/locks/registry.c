/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of locks of which more is known than a name, from the table of all kinds. */
#include <config.h>

#include "locks/kind.h"

#define FOLLOWED(text) &dlk_kind_##text
#define PARTLY(text) &dlk_kind_##text
#define NAMED(text) NULL

/* clang-format off */
const struct dlk_lock_kind *const dlk_lock_kinds[DLK_KIND_COUNT] = {
#define X(name, text, extent, sharing, unknown) [DLK_KIND_##name] = extent(text),
	DLK_KIND_TABLE(X)
#undef X
};
/* clang-format on */
