/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What takes and what releases.
 *
 * Inline functions are not calls: they are known by what they call where it does not go the fast way, and by the
 * bits and counters that they change; if the compiler has made a function of one (bit_spin_lock()) it has a row as well.  Functions that call these are followed (code/release.c), and need no row.
 * A trylock counts as a taking, since what follows it holds only if it succeeds.
 *
 * Kernel: include/linux/{mutex,rwsem,percpu-rwsem,semaphore,pagemap,srcu,completion,wait_bit}.h and what they
 * declare, v5.10 to v7.3.
 */
#include <config.h>

#include "locks/acts.h"

#define CALL(name, number)                                                                         \
	{                                                                                          \
		.how = DLK_ACT_CALL, .function = (name), .arg = (number)                           \
	}
#define CALL_OF(name, number, part)                                                                \
	{                                                                                          \
		.how = DLK_ACT_CALL, .function = (name), .arg = (number), .member = (part)         \
	}
#define CALL_IF_ZERO(name, number, others)                                                         \
	{                                                                                          \
		.how = DLK_ACT_CALL, .function = (name), .arg = (number), .zeros = (others)        \
	}
#define CALL_OF_BIT(name, number, other)                                                           \
	{                                                                                          \
		.how = DLK_ACT_CALL, .function = (name), .arg = (number), .bit_arg = (other) + 1   \
	}
#define TRY(name, number)                                                                          \
	{                                                                                          \
		.how = DLK_ACT_CALL, .function = (name), .arg = (number), .is_try = true           \
	}
#define END                                                                                        \
	{                                                                                          \
		.how = DLK_ACT_END                                                                 \
	}

static const struct dlk_act mutex_takes[] = {
	CALL("mutex_lock*", 0),    CALL("__mutex_lock*", 0),     CALL("mutex_trylock*", 0),
	CALL("ww_mutex_lock*", 0), CALL("ww_mutex_trylock*", 0), END
};
static const struct dlk_act mutex_releases[] = { CALL("mutex_unlock", 0),
						 CALL("__mutex_unlock_slowpath", 0),
						 CALL("ww_mutex_unlock", 0), END };

static const struct dlk_act rwsem_takes[] = { CALL("down_read*", 0),   CALL("__down_read*", 0),
					      CALL("down_write*", 0),  CALL("__down_write*", 0),
					      CALL("rwsem_down_*", 0), END };
static const struct dlk_act rwsem_releases[] = { CALL("up_read*", 0), CALL("__up_read", 0),
						 CALL("up_write", 0), CALL("__up_write", 0), END };

/* Where they spin, and PREEMPT_RT's. */
static const struct dlk_act rwlock_takes[] = { CALL("_raw_read_lock*", 0),
					       CALL("_raw_write_lock*", 0),
					       CALL("queued_read_lock_slowpath", 0),
					       CALL("queued_write_lock_slowpath", 0),
					       CALL("rt_read_lock", 0),
					       CALL("rt_write_lock*", 0),
					       TRY("_raw_read_trylock*", 0),
					       TRY("_raw_write_trylock*", 0),
					       END };
static const struct dlk_act rwlock_releases[] = { CALL("_raw_read_unlock*", 0),
						  CALL("_raw_write_unlock*", 0),
						  CALL("rt_read_unlock", 0),
						  CALL("rt_write_unlock", 0), END };

static const struct dlk_act spinlock_takes[] = { CALL("_raw_spin_lock*", 0),
						 CALL("__raw_spin_lock*", 0),
						 CALL("*queued_spin_lock_slowpath", 0),
						 CALL("rt_spin_lock*", 0),
						 TRY("_raw_spin_trylock*", 0),
						 TRY("__raw_spin_trylock*", 0),
						 TRY("rt_spin_trylock*", 0),
						 TRY("_atomic_dec_and_lock*", 1),
						 TRY("_atomic_dec_and_raw_lock*", 1),
						 END };
static const struct dlk_act spinlock_releases[] = { CALL("_raw_spin_unlock*", 0),
						    CALL("__raw_spin_unlock*", 0),
						    CALL("*queued_spin_unlock*", 0),
						    CALL("rt_spin_unlock", 0), END };

static const struct dlk_act percpu_takes[] = { CALL("percpu_down_read*", 0),
					       CALL("__percpu_down_read*", 0),
					       CALL("percpu_down_write", 0),
					       { .how = DLK_ACT_COUNT,
						 .member = DLK_M_percpu_rwsem_read_count },
					       END };
static const struct dlk_act percpu_releases[] = {
	CALL("percpu_up_read*", 0),
	CALL("__percpu_up_read*", 0),
	CALL("percpu_up_write", 0),
	CALL_OF("rcuwait_wake_up", 0, DLK_M_percpu_rwsem_writer),
	{ .how = DLK_ACT_COUNT, .member = DLK_M_percpu_rwsem_read_count },
	END
};

/* Write access to a file system (sb_writers): by a mount, a file or a path. */
static const char *const percpu_through[] = {
	"mnt_want_write*",  "mnt_drop_write*",   "__mnt_drop_write*",
	"done_path_create", "end_creating*",     "end_removing*",
	"end_renaming*",    "end_dirop*",        "file_start_write",
	"file_end_write",   "kiocb_start_write", "kiocb_end_write",
	"sb_start_*",       "sb_end_*",          NULL
};

static const struct dlk_act semaphore_takes[] = {
	CALL("down", 0),         CALL("down_interruptible", 0), CALL("down_killable", 0),
	CALL("down_timeout", 0), CALL("down_trylock", 0),       END
};
static const struct dlk_act semaphore_releases[] = { CALL("up", 0), END };

/*
 * PG_locked is bit 0 of a folio's first word.  What waits for a bit of it also takes that, if the behavior that it is asked
 * for is EXCLUSIVE, 0 (mm/filemap.c): such is what an inlined __lock_page() leaves.
 */
static const struct dlk_act folio_takes[] = {
	CALL("filemap_add_folio", 1),
	CALL("add_to_page_cache_l*", 0),
	CALL("__folio_lock*", 0),
	CALL("folio_lock*", 0),
	CALL("__lock_page*", 0),
	CALL("lock_page*", 0),
	CALL_IF_ZERO("wait_on_page_bit_common", 1, 1 << 2 | 1 << 4),
	CALL_IF_ZERO("folio_wait_bit_common", 0, 1 << 1 | 1 << 3),
	{ .how = DLK_ACT_BIT, .bit = 0 },
	END
};
static const struct dlk_act folio_releases[] = { CALL("folio_unlock", 0),
						 CALL("unlock_page", 0),
						 CALL("folio_end_read", 0),
						 { .how = DLK_ACT_BIT, .bit = 0 },
						 END };

static const struct dlk_act bit_takes[] = { CALL("out_of_line_wait_on_bit_lock", 0),
					    CALL_OF_BIT("bit_spin_lock", 1, 0),
					    { .how = DLK_ACT_BIT, .bit = DLK_ACT_BIT_OF_CLAIM },
					    END };
static const struct dlk_act bit_releases[] = { CALL("wake_up_bit", 0),
					       CALL("clear_and_wake_up_bit", 1),
					       CALL_OF_BIT("bit_spin_unlock", 1, 0),
					       CALL_OF_BIT("__bit_spin_unlock", 1, 0),
					       { .how = DLK_ACT_BIT, .bit = DLK_ACT_BIT_OF_CLAIM },
					       END };

static const struct dlk_act srcu_takes[] = { CALL("__srcu_read_lock*", 0), END };
static const struct dlk_act srcu_releases[] = { CALL("__srcu_read_unlock*", 0), END };

static const struct dlk_act no_takes[] = { END };
static const struct dlk_act completion_releases[] = { CALL("complete", 0), CALL("complete_all", 0),
						      CALL("complete_on_current_cpu", 0), END };

static const struct dlk_act_rules rules[DLK_KIND_COUNT] = {
	[DLK_KIND_MUTEX] = { mutex_takes, mutex_releases },
	[DLK_KIND_RWSEM] = { rwsem_takes, rwsem_releases },
	[DLK_KIND_RWLOCK] = { rwlock_takes, rwlock_releases, .is_handed_on = true,
			      .is_part = true },
	[DLK_KIND_SPINLOCK] = { spinlock_takes, spinlock_releases, .is_handed_on = true,
				.is_part = true },
	[DLK_KIND_PERCPU_RWSEM] = { percpu_takes, percpu_releases, .through = percpu_through },
	[DLK_KIND_SEMAPHORE] = { semaphore_takes, semaphore_releases },
	[DLK_KIND_FOLIO] = { folio_takes, folio_releases, true },
	[DLK_KIND_BIT] = { bit_takes, bit_releases },
	[DLK_KIND_SRCU] = { srcu_takes, srcu_releases },
	[DLK_KIND_COMPLETION] = { no_takes, completion_releases },
};

const struct dlk_act_rules *dlk_acts_of(enum dlk_kind kind)
{
	return rules[kind].releases ? &rules[kind] : NULL;
}
