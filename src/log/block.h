/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_BLOCK_H
#define DLK_LOG_BLOCK_H

/**
 * @file
 * What a console log says, as values: each run of lines that the kernel (or crash, drgn, a collection of /proc/PID/stack)
 * printed about one thing is a block, and names its lines.
 *
 * Blocks are what stands there, and nothing more: which lock a task waits for, who holds it, and which blocks are of one hang
 * is found from them later (build.h).  What a line has before its message (times, levels, quoting, the caller's id) is gone;
 * what the id said is kept in the block, as two CPUs' lines may alternate.
 *
 * Strings live in the context's arena, are NUL-terminated, and may hold any byte that the log has but NUL: who prints
 * them escapes them.  A string that the text does not give is NULL, a number DLK_LOG_NO_...; an address 0.
 */

#include "deadlock/model.h"

/** A number that the text does not give: a pid, a CPU. */
#define DLK_LOG_NO_NUMBER (-1)
/** A time that the text does not give. */
#define DLK_LOG_NO_TIME UINT64_MAX
/** An offset or a size that the text does not give. */
#define DLK_LOG_NO_OFFSET UINT64_MAX

/** A task, as a line names it: "task syz-executor:1234", "kworker/0:1/77", "PID: 5 Comm: cat". */
struct dlk_log_who {
	const char *comm; /**< NULL if only the pid is named. */
	int32_t pid;      /**< DLK_LOG_NO_NUMBER. */
};

/** A line of a stack, innermost first. */
struct dlk_log_frame {
	const char *function; /**< "folio_wait_bit_common"; never NULL. */
	const char *
		symbol; /**< "folio_wait_bit_common+0x1a2"; the function alone if there is no offset. */
	const char *module; /**< NULL: the kernel itself. */
	const char *place;  /**< "mm/filemap.c:1320"; NULL. */
	uint64_t offset;    /**< Into the function; DLK_LOG_NO_OFFSET. */
	uint32_t line;      /**< Of the log. */
	bool is_reliable;   /**< Not marked with "?" or "(unreliable)". */
	bool is_inlined;    /**< Into the next one that is not: it has no offset. */
	enum dlk_context_kind
		on; /**< Whose it is: what stands between <IRQ> and </IRQ> is HARDIRQ (or SOFTIRQ, if the
				       function that runs softirqs is the outermost there), <NMI> is NMI, else TASK. */
};

struct dlk_log_stack {
	const struct dlk_log_frame *frames; /**< Innermost first. */
	uint32_t count;
	bool is_cut; /**< The text ends, "..." stands there, or frames are beyond the limit. */
	/** "<Same stack as pid N>": of whom; its frames are given here as well, if they were found. */
	int32_t same_as;
};

/** A task that is said to be, to wait or to run: a header line, and what follows it. */
struct dlk_log_task {
	struct dlk_log_who who;
	char state; /**< As ps(1): R S D T t Z X I P; '?' if it is not given. */
	int32_t cpu, parent;
	uint64_t hung_s; /**< "blocked for more than N seconds"; 0: it is not said to hang. */
	struct dlk_log_stack stack; /**< count 0: none was printed. */
	bool is_kthread;            /**< Its parent is 2, or it is [bracketed]. */
	bool is_exit;               /**< A state line of a task that exits. */
	const char *workqueue,
		*work; /**< "Workqueue: events flush_to_ldisc": what a worker does; NULL. */
};

/** How an entry of a list of held locks was printed. */
struct dlk_log_held {
	uint32_t line;
	dlk_addr_t lock;   /**< Also a hashed one: equal or not, no more; 0: not printed. */
	const char *class; /**< "&type->i_mutex_key#8", without the parentheses. */
	const char *usage; /**< "+.+."; NULL. */
	const char *at;    /**< "rmap_walk_file+0x1aa"; NULL if cut. */
	const char *at_function;
	uint64_t at_offset;
	const char *at_place; /**< "mm/rmap.c:2500"; NULL. */
	bool is_read_known,
		is_read; /**< Where the text says it ("RR", "at: down_read", 7.x' form). */
};

/** "N locks held by WHO:", and the list, if one follows. */
struct dlk_log_held_list {
	struct dlk_log_who who;
	uint32_t said;                      /**< N; 0 for "no locks held by". */
	const struct dlk_log_held *entries; /**< In the order of their taking. */
	uint32_t
		count; /**< Less than @c said if some are not listed; 0 also for a task that ran. */
	bool is_running; /**< No list follows: the kernel prints none of a task that runs. */
};

/** "... is blocked on a mutex likely owned by task ..." and its like. */
enum dlk_log_owner_how {
	DLK_LOG_OWNED,      /**< "likely owned by", of a mutex, or of a writer's rwsem */
	DLK_LOG_OWNED_READ, /**< the same, of a <reader> */
	DLK_LOG_LAST_HELD,  /**< "likely last held by", of a semaphore */
	DLK_LOG_NO_OWNER    /**< "owner is not found", or "likely owned by none" */
};

struct dlk_log_owner {
	struct dlk_log_who waiter, owner;
	enum dlk_kind kind; /**< MUTEX, RWSEM, SEMAPHORE, ...; DLK_KIND_COUNT. */
	enum dlk_log_owner_how how;
	bool is_reader, is_writer; /**< "<reader>" or "<writer>" at the waiter. */
	dlk_addr_t lock;           /**< 0: not printed. */
};

/** What ran on a CPU: an NMI's backtrace, what a lockup or a stall printed. */
struct dlk_log_cpu {
	int32_t cpu;
	struct dlk_log_who who; /**< The task on which it ran. */
	bool is_idle;           /**< "skipped: idling", or the idle task. */
	uint64_t stuck_s;       /**< "stuck for 23s": soft lockup; 0. */
	bool is_hard_lockup;
	struct dlk_log_frame
		ip; /**< Of RIP:, pc : and their like; function NULL if there is none. */
	struct dlk_log_stack stack;
};

/** An RCU stall, or a wait for an expedited grace period. */
struct dlk_log_stall {
	const char *flavour; /**< "rcu_preempt", "rcu_sched"; NULL. */
	bool is_self, is_expedited;
	const int32_t *cpus; /**< That hold it up. */
	uint32_t cpu_count;
	const int32_t *pids; /**< Tasks inside a read side that hold it up. */
	uint32_t pid_count;
	bool is_starved;  /**< Its own kthread did not get to run. */
	int32_t detector; /**< The CPU that says it. */
};

/** A work of a pool: "in-flight: 12:fn", "pending: fn BAR(34)". */
struct dlk_log_work {
	uint32_t line;
	const char *function;
	int32_t worker;  /**< Pid of who runs it; DLK_LOG_NO_NUMBER: pending or inactive. */
	int32_t barrier; /**< Pid of who flushes it; DLK_LOG_NO_NUMBER. */
	enum dlk_log_work_state { DLK_LOG_IN_FLIGHT, DLK_LOG_PENDING, DLK_LOG_INACTIVE } state;
};

/** A pool of workers that is listed as busy or stuck. */
struct dlk_log_pool {
	int32_t pool, cpu;
	const char *workqueue; /**< NULL. */
	uint64_t stuck_s;      /**< 0: not said to be. */
	const struct dlk_log_work *works;
	uint32_t work_count;
};

/** What a report of lockdep is about; what is said of it, and how the report begins. */
enum dlk_log_validator_kind {
	DLK_LOG_CIRCULAR,  /**< possible circular locking dependency */
	DLK_LOG_RECURSIVE, /**< possible recursive locking */
	DLK_LOG_IRQ_INVERSION, /**< SAFE -> UNSAFE, possible irq lock inversion, possible interrupt deadlock */
	DLK_LOG_INCONSISTENT, /**< inconsistent lock state */
	DLK_LOG_WAIT_CONTEXT, /**< invalid wait context */
	DLK_LOG_OTHER_MISUSE /**< bad unlock balance, held lock freed, returned to user space with locks, ... */
};

/** A class in a report, and where it was taken. */
struct dlk_log_class {
	uint32_t line;
	const char *name;           /**< "&q->lock/1", without parentheses. */
	const char *usage;          /**< "+.+."; NULL. */
	dlk_addr_t lock;            /**< 0. */
	const char *at;             /**< "f+0x1"; NULL. */
	struct dlk_log_stack stack; /**< Of the time when this was recorded. */
};

struct dlk_log_validator {
	enum dlk_log_validator_kind kind;
	const char *title; /**< "possible circular locking dependency detected", as printed. */
	struct dlk_log_who who;
	int32_t cpu;
	struct dlk_log_class wanted,
		held; /**< "is trying to acquire lock", "already holding"; name NULL: not in the text. */
	const struct dlk_log_class *chain; /**< "-> #N", from the highest number down to 0. */
	uint32_t chain_count;
	const char *from,
		*to; /**< "SOFTIRQ-ON-W", "IN-SOFTIRQ-W"; "HARDIRQ-safe", "HARDIRQ-unsafe"; NULL. */
	struct dlk_log_class first,
		second;                 /**< Of the two usages: classes and stacks; name NULL. */
	struct dlk_log_stack backtrace; /**< "stack backtrace:". */
	bool has_end;                   /**< The report is whole: it has its stack backtrace. */
};

enum dlk_log_block_kind {
	DLK_LOG_BOOT, /**< "Linux version": another boot begins. */
	DLK_LOG_TASK,
	DLK_LOG_HELD,
	DLK_LOG_OWNER,
	DLK_LOG_CPU,
	DLK_LOG_STALL,
	DLK_LOG_POOL,
	DLK_LOG_VALIDATOR,
	DLK_LOG_LOCKDEP_OFF, /**< "INFO: lockdep is turned off." */
	DLK_LOG_PANIC /**< "Kernel panic - not syncing", an oops: what follows is its doing. */
};

struct dlk_log_block {
	enum dlk_log_block_kind kind;
	uint32_t first_line, last_line; /**< From 1. */
	uint64_t time_us; /**< Since boot, or of the day; of its first line; DLK_LOG_NO_TIME. */
	union {
		const char *release; /**< BOOT; NULL: it is not given. */
		struct dlk_log_task task;
		struct dlk_log_held_list held;
		struct dlk_log_owner owner;
		struct dlk_log_cpu cpu;
		struct dlk_log_stall stall;
		struct dlk_log_pool pool;
		struct dlk_log_validator validator;
		const char *text; /**< PANIC. */
	};
};

/** A line that looks as if the kernel reported a hang by it, and is not understood. */
struct dlk_log_strange {
	uint32_t line;
	const char *text; /**< Cut to a few words. */
};

struct dlk_log {
	const struct dlk_log_block *blocks; /**< By their first lines. */
	uint32_t block_count;
	uint64_t line_count;
	const char *release; /**< Of the kernel, by whatever line says it first; NULL. */
	const char *arch;    /**< By what registers are printed; NULL. */
	const struct dlk_log_strange *strange;
	uint32_t strange_count;
	uint32_t
		dropped; /**< Blocks that are not kept: the oldest, where there are more than the limit. */
};

/**
 * Read a log to its end.
 *
 * Streams: what is kept of it is its blocks, bounded in number and size, the newest where there are more.
 *
 * @param[in]  fd   To read from, from where it stands; a regular file or a pipe, not packed.  Stays open.
 * @param[out] ret  Unchanged on error.
 * @return DLK_OK (also for a text without any block), DLK_ERR_NOMEM, DLK_ERR_SYSTEM, DLK_ERR_CANCELED.
 *
 * Ownership: all of *ret lives in @p ctx.
 * Target:    none; reads @p fd.
 */
enum dlk_status dlk_log_read(struct dlk_ctx *ctx, int fd, struct dlk_log *ret) DLK_MUST_CHECK;

/** As dlk_log_read(), of a text that is in memory. */
enum dlk_status dlk_log_read_text(struct dlk_ctx *ctx, const char *text, size_t length,
				  struct dlk_log *ret) DLK_MUST_CHECK;

#endif
