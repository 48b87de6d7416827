/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of lock kinds.  What a word is shown to first, comes first. */
#include <config.h>

#include "locks/kind.h"

const struct dlk_lock_kind *const dlk_lock_kinds[] = {
	&dlk_kind_mutex,
	&dlk_kind_rt_mutex, /* before rwsem: it finds rwsems with readers, too */
	&dlk_kind_rwsem,
	&dlk_kind_folio,
};

const unsigned dlk_lock_kind_count = sizeof(dlk_lock_kinds) / sizeof(dlk_lock_kinds[0]);
