/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_MODEL_H
#define DEADLOCK_MODEL_H

/**
 * @file
 * The facts of an analysis: plain values, made by a builder (src/model/), read by graph and report.
 *
 * A *context* is a task, or what runs on top of one: a softirq, a hardirq, an NMI.  A *resource* is a lock,
 * a folio, a bit, ...  A *wait* says that a context cannot go on before it gets the resource; a *hold* says
 * that the resource is not to be had before the context goes on.  Every wait and every hold names
 * its evidence and how sure it is.  Elements are named by their index: nothing here points into a
 * target, and the arrays never shrink.
 *
 * What was interrupted cannot go on before that which is on top of it has returned: it waits for its CPU,
 * which the other one holds.  So an interrupt that spins for what the task below it holds is a cycle like any
 * other: task -> cpu -> softirq -> spinlock -> task.
 *
 * A context that waits for something, though no wait says for what, has an *unknown*: where it waits,
 * and why no more is known.  As long as there are such, nobody can say that there is no deadlock.
 *
 * To add a kind of lock: src/README.md.  Graph and report need no change.
 */

#include "deadlock/context.h"
#include "deadlock/kinds.h"
#include "deadlock/purposes.h"

/* clang-format off */
enum dlk_kind {
#define X(name, text, extent, sharing, unknown) DLK_KIND_##name,
	DLK_KIND_TABLE(X)
#undef X
	DLK_KIND_COUNT
};
/* clang-format on */

/* clang-format off */
enum dlk_purpose {
#define X(name, text, words) DLK_PURPOSE_##name,
	DLK_PURPOSE_TABLE(X)
#undef X
	DLK_PURPOSE_COUNT
};
/* clang-format on */

enum dlk_mode { DLK_MODE_READ, DLK_MODE_WRITE, DLK_MODE_EXCLUSIVE };

/** In rising order: a cycle is as certain as its weakest edge. */
enum dlk_confidence { DLK_POSSIBLE, DLK_LIKELY, DLK_CERTAIN };

/** evidence, JSON name, what it means; the better one first */
#define DLK_EVIDENCE_TABLE(X)                                                                      \
	X(WAITER_LIST, "waiter-list", "its waiter is linked in the queue and names it")            \
	X(BLOCKED_ON, "blocked-on", "the task's own record of what it is blocked on")              \
	X(SPINS, "spins", "its CPU spins for it, by its registers")                                \
	X(OWNER, "owner", "the owner word names it")                                               \
	X(ENDS, "ends", "it is recorded as the one that ends the wait")                            \
	X(HELD_TABLE, "held-table", "its CPU's table of the locks that it holds names it")         \
	X(READER, "reader", "the kernel lists it as inside a read side")                           \
	X(ON_TOP, "on-top", "it runs on top of the other, on the same CPU")                        \
	X(LOCKDEP, "lockdep", "lockdep lists it as held")                                          \
	X(OWNER_HINT, "owner-hint", "the owner word names it, but only as the last reader")        \
	X(CODE, "code", "a live frame of it will release the resource")                            \
	X(LIVE_FRAME, "live-frame", "a live frame of it works on the resource")                    \
	X(STACK_WORD, "stack-word", "the address stands on its live stack")                        \
	X(ON_CPU, "on-cpu", "it runs on a CPU that is waited for")                                 \
	X(QUEUE_ORDER, "queue-order", "it stands ahead in the queue")                              \
	X(FUNCTION, "function", "the function that it sleeps in")

/* clang-format off */
enum dlk_evidence_bit {
#define X(name, text, meaning) DLK_EVIDENCE_BIT_##name,
	DLK_EVIDENCE_TABLE(X)
#undef X
	DLK_EVIDENCE_COUNT
};

/** Sets of these are the evidence of a fact. */
enum dlk_evidence {
#define X(name, text, meaning) DLK_EVIDENCE_##name = 1 << DLK_EVIDENCE_BIT_##name,
	DLK_EVIDENCE_TABLE(X)
#undef X
};
/* clang-format on */

/** No index: the element does not exist or is not known. */
#define DLK_NONE UINT32_MAX

/** A duration that is not known. */
#define DLK_NS_UNKNOWN UINT64_MAX

struct dlk_frame {
	dlk_addr_t ip;    /**< Return address, or rip for the innermost frame of a running task. */
	dlk_addr_t sp;    /**< Stack pointer after the return: the frame's words lie below it. */
	dlk_addr_t start; /**< Start address of the function; 0 if no symbol covers @c ip. */
	const char *function; /**< "function"; NULL if no symbol covers @c ip. */
	const char *symbol;   /**< "function+0x1a"; NULL if no symbol covers @c ip. */
	const char *module;   /**< NULL for the kernel itself. */
	const char *line;     /**< "mm/migrate.c:1500"; NULL if unknown, or not asked for. */
	bool is_reliable;     /**< Found by the unwinder; else found by scanning the stack. */
};

/** kind, JSON name; in rising order: each runs on top of lower ones only */
#define DLK_CONTEXT_TABLE(X)                                                                       \
	X(TASK, "task")                                                                            \
	X(SOFTIRQ, "softirq")                                                                      \
	X(HARDIRQ, "hardirq")                                                                      \
	X(NMI, "nmi")

enum dlk_context_kind {
#define X(name, text) DLK_CONTEXT_##name,
	DLK_CONTEXT_TABLE(X)
#undef X
		DLK_CONTEXT_COUNT
};

struct dlk_context {
	enum dlk_context_kind kind;
	uint32_t on_top_of; /**< Of what is no task: the context that it interrupted. */
	dlk_addr_t task;    /**< Address of the task_struct, or of the task's below: with the kind,
				   the identity of a context; 0: not known. */
	int32_t pid, tgid;  /**< Of the task, or of the one below. */
	char comm[16];      /**< NUL-terminated, unprintable bytes replaced; else "softirq". */
	char state;         /**< As ps(1): R S D T t Z X I P; '?' if unknown. */
	bool is_blocked;    /**< Not on a CPU and not runnable. */
	bool is_uninterruptible; /**< State D (TASK_IDLE is not). */
	bool is_idle;            /**< A CPU's idle task. */
	bool is_kthread;
	bool is_on_cpu;
	bool are_flags_known,
		has_interrupts_off; /**< Of one that runs: whether an interrupt can come. */
	const char *
		interrupted_by; /**< What runs on top of it, and neither waits nor spins: "a hardirq in foo+0x1"; NULL. */
	bool is_unseen; /**< It runs, and where is not known, or not by whom that was called. */
	bool is_in_user; /**< It runs, or was interrupted, in user mode: it has no frames, and that is all of it. */
	int32_t cpu;          /**< The CPU it runs or last ran on; -1 if unknown. */
	uint64_t blocked_ns;  /**< Since when it is off the CPU; DLK_NS_UNKNOWN. */
	uint64_t running_ns;  /**< How long it is on its CPU, at most; DLK_NS_UNKNOWN. */
	const char *harmless; /**< If it waits, and for no lock: for what, "a timer"; else NULL. */
	enum dlk_purpose
		purpose; /**< If it sleeps: what for, by the function that it sleeps in; DLK_PURPOSE_NONE. */
	const char *
		sleeps_on; /**< Of that which it sleeps for, which one; equal for all that sleep for the same; NULL. */
	bool is_waiting_idly; /**< That is ordinary idleness: it can be woken, and is no part of a hang. */
	const struct dlk_frame *frames; /**< Innermost first; NULL if the stack was not needed. */
	uint32_t frame_count;
	uint32_t held_first, held_count; /**< What lockdep lists: in the model's @c held. */
	uint32_t log_line; /**< Where a console log tells of it; 0 of all other targets. */
};

/** The task that one of a model's contexts is, or runs on top of, by its index: each is of a lower kind than that on top of it. */
static inline uint32_t dlk_context_task(const struct dlk_context *contexts, uint32_t context)
{
	while (contexts[context].kind != DLK_CONTEXT_TASK)
		context = contexts[context].on_top_of;
	return context;
}

struct dlk_resource {
	enum dlk_kind kind;
	dlk_addr_t address;
	uint32_t part; /**< Which of several at its address, from 1: of bits the number, and one. */
	const char
		*name; /**< "i_mmap_rwsem of inode 1057, memfd:huge (hugetlbfs)"; NULL if none. */
	const char *
		state; /**< In words: "locked", "held for writing", "3 readers"; NULL if unknown. */
	const char *holders_unknown; /**< Why not all holders are known; NULL if they are. */
	uint64_t
		readers; /**< How many hold it for reading, by its own count; 0 if none or unknown. */
	bool holders_assumed; /**< That these are all is likely, no more: nothing counts them. */
	bool is_free;         /**< Its own words say that nobody holds it. */
	bool is_passed_on;    /**< is_free, and one that waits for it is awake and will take it. */
	bool is_event;        /**< No task holds it: holders_unknown says what ends it. */
	bool needs_any;       /**< One holder gone is enough (semaphore); else all must go. */
	bool is_leaked;       /**< Its owner word names no live task: nobody will let it go. */
	enum dlk_confidence leak; /**< How sure that is. */
};

struct dlk_wait {
	uint32_t context, resource;
	uint32_t position; /**< Place in the resource's queue, from 0; DLK_NONE if it has none. */
	enum dlk_mode mode;
	bool is_awake; /**< It waits without sleeping: it spins, or was interrupted. */
	bool gives_up; /**< It ends by itself, whoever has the resource: no deadlock rests on it. */
	uint32_t evidence; /**< A set of enum dlk_evidence. */
	enum dlk_confidence confidence;
	const char *at;    /**< The function that waits, "rmap_walk_file+0x1aa"; NULL if unknown. */
	const char *note;  /**< The grounds in words; NULL if the evidence says it all. */
	uint32_t log_line; /**< Where a console log says so; 0 of all other targets. */
};

/**
 * Tell whether a context waits as a wait says.  One that sleeps no more is about to have it, or has given up; one
 * that sleeps does not spin.
 */
static inline bool dlk_wait_counts(const struct dlk_context *c, const struct dlk_wait *w)
{
	return c->is_blocked != w->is_awake;
}

/** How long a wait has lasted, at most; DLK_NS_UNKNOWN. */
static inline uint64_t dlk_wait_ns(const struct dlk_context *c, const struct dlk_wait *w)
{
	return w->is_awake ? c->running_ns : c->blocked_ns;
}

struct dlk_hold {
	uint32_t context, resource;
	enum dlk_mode mode;
	uint32_t evidence; /**< A set of enum dlk_evidence. */
	enum dlk_confidence confidence;
	const char *note;  /**< "migrate_pages+0x353 will release it". */
	uint32_t log_line; /**< Where a console log says so; 0 of all other targets. */
};

/** why a wait is not understood, JSON name, the same for people */
#define DLK_WHY_TABLE(X)                                                                           \
	X(NOT_ANALYSED, "not-analysed", "this version does not analyse waits of this kind")        \
	X(NOT_FOUND, "not-found", "its waiter was not found")                                      \
	X(NO_IDEA, "not-known", "what it waits for there is not known")                            \
	X(NOT_SAID, "not-said", "the log does not say what it does")                               \
	X(SPINS, "spins", "it spins, and whom for is not known")                                   \
	X(NOT_SEEN, "not-seen",                                                                    \
	  "its CPU's registers are not known, or its stack cannot be followed")

/* clang-format off */
enum dlk_why {
#define X(name, text, meaning) DLK_WHY_##name,
	DLK_WHY_TABLE(X)
#undef X
	DLK_WHY_COUNT
};
/* clang-format on */

/** A context that waits, or may wait, and no wait says for what. */
struct dlk_unknown {
	uint32_t context;
	enum dlk_why why;
	enum dlk_kind kind; /**< Of what it waits for; DLK_KIND_COUNT if not even that is known. */
	const char *function; /**< In which it waits, "flush_work"; NULL if unknown. */
	const char *caller;   /**< Who called that, "wq1+0x6b [zoo]"; NULL if unknown. */
	const char *
		what; /**< "semaphore 0xffffffff82a3c1a0 (console_sem)", as the task records; or NULL. */
	uint64_t ns;       /**< How long it has waited, at most; DLK_NS_UNKNOWN. */
	uint32_t log_line; /**< Where a console log tells of it; 0 of all other targets. */
};

/** One way in which locks of a class were used, and the stack of the first time. */
struct dlk_usage {
	const char *text;      /**< "taken with hardirqs enabled"; a static string. */
	const char *const *at; /**< Innermost first: "rmap_walk_file+0x1aa". */
	uint32_t at_count;
};

enum { DLK_USAGE_CHARS = 4 };

/** A class of lockdep's: the locks that it takes for one and the same. */
struct dlk_lock_class {
	dlk_addr_t address; /**< Of its struct lock_class; 0 if it is known by its locks only. */
	const char *name;   /**< As the kernel prints it: "sb_writers#6", "&rq->__lock/1". */
	const char *what;   /**< If it is no lock, what it is: "RCU read side"; else NULL. */
	char usage[DLK_USAGE_CHARS + 1]; /**< As the kernel prints it: "+.+."; "" if unknown. */
	uint8_t wait_outer, wait_inner;  /**< As the kernel prints them: {3:3}. */
	const char *wait_outer_text, *wait_inner_text; /**< In words, with the usages. */
	const struct dlk_usage *usages;                /**< NULL unless asked for. */
	uint32_t usage_count;
};

/** Where a lock was taken: bits. */
enum dlk_irq { DLK_IRQ_SOFT = 1, DLK_IRQ_HARD = 2 };

/** An entry of a task's list of held locks.  The kernel makes it before the lock is obtained. */
struct dlk_held {
	uint32_t context, class;
	uint32_t resource;    /**< DLK_NONE if nobody is known to wait for it. */
	dlk_addr_t map;       /**< The lock's struct lockdep_map. */
	dlk_addr_t nest_lock; /**< Map of the lock that lets locks of one class nest; 0. */
	dlk_addr_t ip;
	const char *at; /**< Where it was taken, "ksys_write+0x5c"; NULL if no symbol covers it. */
	bool is_read;
	bool is_mode_unknown; /**< In a console log, where nothing says how; then is_read is false. */
	bool is_recursive;    /**< Read so that a waiting writer does not matter. */
	bool is_trylock;
	bool has_hardirqs_off;
	bool is_contended; /**< lock_stat saw that it had to wait for it, and not yet that it got it. */
	bool is_waited_for; /**< Not obtained yet: the task waits for it. */
	bool is_stale;      /**< It was listed, then lockdep went off; it may have been let go. */
	unsigned irq;       /**< Of enum dlk_irq: the context that took it. */
	uint32_t
		references; /**< How many nested locks of the class it stands for; 0: just itself. */
};

enum dlk_lockdep_state { DLK_LOCKDEP_ABSENT, DLK_LOCKDEP_ON, DLK_LOCKDEP_OFF };

/** What there is of lockdep. */
struct dlk_lockdep {
	enum dlk_lockdep_state state;
	const char *text; /**< One sentence on why it is not all there; NULL if it is. */
};

/** what, JSON name */
#define DLK_SAID_TABLE(X)                                                                          \
	X(SOFT_LOCKUP, "soft-lockup")                                                              \
	X(HARD_LOCKUP, "hard-lockup")                                                              \
	X(RCU_STALL, "rcu-stall")                                                                  \
	X(WORKQUEUE_LOCKUP, "workqueue-lockup")                                                    \
	X(HUNG_TASK, "hung-task")

enum dlk_said_what {
#define X(name, text) DLK_SAID_##name,
	DLK_SAID_TABLE(X)
#undef X
		DLK_SAID_COUNT
};

/** What the kernel itself has reported of a context, while that was doing what it does still: by its log in the dump. */
struct dlk_said {
	uint32_t context;
	enum dlk_said_what what;
	int32_t cpu;         /**< That was named; -1: the task was. */
	const char *flavour; /**< Of a stall: whose grace period it is, "rcu_preempt"; else NULL. */
	uint64_t seconds;    /**< For how long it has lasted, as was said; 0: it is not said. */
	uint64_t ago_ns, first_ago_ns; /**< How long before: the last time, and the first. */
	uint32_t times;
};

/** code, JSON name */
#define DLK_FINDING_TABLE(X)                                                                       \
	X(UNREADABLE, "unreadable")                                                                \
	X(CORRUPT, "corrupt")                                                                      \
	X(NO_OWNER, "no-owner")                                                                    \
	X(LEAKED_LOCK, "leaked-lock")                                                              \
	X(SLEEPS_HOLDING, "sleeps-holding")                                                        \
	X(DISAGREE, "disagree")                                                                    \
	X(LIMIT, "limit")                                                                          \
	X(OTHER_KERNEL, "other-kernel")                                                            \
	X(UNSUPPORTED, "unsupported")                                                              \
	X(NOT_TOLD, "not-told")                                                                    \
	X(LOG_AGREES, "log-agrees")                                                                \
	X(LOG_DIFFERS, "log-differs")

enum dlk_finding_code {
#define X(name, text) DLK_FINDING_##name,
	DLK_FINDING_TABLE(X)
#undef X
		DLK_FINDING_COUNT
};

struct dlk_finding {
	enum dlk_finding_code code;
	dlk_addr_t address; /**< 0 if none. */
	const char *text;
	bool is_loss; /**< Something that may matter was not seen: the report is not complete. */
};

/** A class of locks in what lockdep foretells, and where it was taken. */
struct dlk_prediction_link {
	const char *class; /**< "&q->lock/1"; NULL: the log does not name it. */
	const char *at;    /**< "f+0x1"; NULL. */
	const char *usage; /**< Of a usage that clashes with another: "SOFTIRQ-ON-W"; NULL. */
	const char *const *stack; /**< Where it was taken, innermost first: "f+0x1". */
	uint32_t stack_count;
	uint32_t log_line;
};

/**
 * What lockdep foretells, as a console log has it: that locks are taken in an order, or in a context, in which a deadlock is possible.
 * It is no hang, and no verdict rests on it.
 */
struct dlk_prediction {
	const char *title; /**< As printed: "possible circular locking dependency detected". */
	const char *comm;  /**< Of the task in which it was noticed; NULL. */
	int32_t pid;       /**< -1. */
	struct dlk_prediction_link wanted, held; /**< What it was about to take, and had. */
	const struct dlk_prediction_link
		*links; /**< The order that was seen before; of usages, the two. */
	uint32_t link_count;
	const char *meaning; /**< What can happen, in words. */
	const char *advice;  /**< "spin_lock_bh() in fib_stat()"; NULL. */
	bool is_cut;         /**< The log ends, or is torn, before the report does. */
	uint32_t log_line;
};

/** The source of an analysis, in the words of the JSON. */
struct dlk_source {
	const char *target;    /**< vmcore, qemu, crash, log */
	const char *name;      /**< File name or address. */
	const char *container; /**< elf, kdump, flattened, gdbstub, crash, text */
	const char *arch;      /**< x86_64 */
	const char *release;   /**< "6.12.117"; NULL if unknown. */
	const char *symbols;   /**< kallsyms, vmlinux, crash */
	const char *types;     /**< btf, dwarf, crash */
};

struct dlk_model {
	struct dlk_source source;
	const struct dlk_context *contexts;
	const struct dlk_resource *resources;
	const struct dlk_wait *waits;
	const struct dlk_hold *holds;
	const struct dlk_unknown *unknowns; /**< At most a few for each context. */
	const struct dlk_finding *findings;
	const struct dlk_held *held; /**< By context; each one's in the order of its taking. */
	const struct dlk_lock_class *classes;
	uint32_t context_count, resource_count, wait_count, hold_count, finding_count;
	uint32_t unknown_count;
	uint32_t held_count, class_count;
	const uint32_t
		*offline; /**< The numbers of those CPUs that are there and off line, ascending. */
	uint32_t offline_count;
	struct dlk_lockdep lockdep;
	const struct dlk_prediction *predictions; /**< Of a console log; NULL. */
	uint32_t prediction_count;
	const struct dlk_said *said; /**< By context, each thing once; NULL. */
	uint32_t said_count;
};

/** JSON name of a kind; a static string. */
const char *dlk_kind_text(enum dlk_kind kind);
/** Whether it is found who waits for things of a kind, and who holds them. */
bool dlk_kind_is_followed(enum dlk_kind kind);
/** Whether several may hold things of a kind for reading. */
bool dlk_kind_is_shared(enum dlk_kind kind);
/** Whether one that wants to read waits for the writers queued before it. */
bool dlk_kind_is_fair(enum dlk_kind kind);
/** The mode of who has, or wants, a thing of a kind for reading or not for reading. */
enum dlk_mode dlk_kind_mode(enum dlk_kind kind, bool is_read);
/** What is not known of a kind, for people; a static string. */
const char *dlk_kind_unknown(enum dlk_kind kind);
/** JSON name of what a task sleeps for; a static string. */
const char *dlk_purpose_text(enum dlk_purpose purpose);
/** What a task sleeps for, for people: "the other end of a pipe"; a static string. */
const char *dlk_purpose_words(enum dlk_purpose purpose);
/** JSON name of a kind of context; a static string. */
const char *dlk_context_text(enum dlk_context_kind kind);
/** JSON name of why a wait is not understood; a static string. */
const char *dlk_why_text(enum dlk_why why);
/** Why a wait is not understood, for people; a static string. */
const char *dlk_why_meaning(enum dlk_why why);
/** JSON name of a mode; a static string. */
const char *dlk_mode_text(enum dlk_mode mode);
/** JSON name of the best of a set of evidence; a static string. */
const char *dlk_evidence_text(uint32_t evidence);
/** What the best of a set of evidence means, for people; a static string. */
const char *dlk_evidence_meaning(uint32_t evidence);
/** Whether lockdep says the same as another, better record. */
bool dlk_evidence_is_confirmed(uint32_t evidence);
/** JSON name of a confidence; a static string. */
const char *dlk_confidence_text(enum dlk_confidence confidence);
/** JSON name of a state of lockdep; a static string. */
const char *dlk_lockdep_text(enum dlk_lockdep_state state);
/** JSON name of the context that took a lock, of bits of enum dlk_irq; a static string. */
const char *dlk_irq_text(unsigned irq);
/** JSON name of what the kernel has reported; a static string. */
const char *dlk_said_text(enum dlk_said_what what);
/** JSON name of a finding's code; a static string. */
const char *dlk_finding_text(enum dlk_finding_code code);

#endif
