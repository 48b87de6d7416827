/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_CONTEXT_H
#define DEADLOCK_CONTEXT_H

/**
 * @file
 * The context: memory, the error text, messages and cancellation of one analysis.
 *
 * One context per analysis, used by one thread.  All memory of an analysis comes from the
 * context's arena and goes with it: nothing is freed one by one, so destroying a context is safe
 * and complete wherever a longjmp cut the analysis (crash does that).  The library never prints,
 * never exits; it calls @ref dlk_message_fn.
 */

#include <stdarg.h>

#include "deadlock/status.h"

/** The error text of a context; written by dlk_fail() and dlk_prepend(). */
struct dlk_error {
	dlk_addr_t address; /**< What could not be read; 0 if no address is involved. */
	char text[512];     /**< NUL-terminated; cut, never overrun. */
};

enum dlk_level {
	DLK_MSG_DEBUG,
	DLK_MSG_PROGRESS, /**< What is being done; for a terminal. */
	DLK_MSG_NOTICE,   /**< What the user will want to know; no problem. */
	DLK_MSG_WARNING
};

/** Takes a message (no newline at the end). */
typedef void dlk_message_fn(void *arg, enum dlk_level level, const char *text);

/** Why an analysis is to stop: what dlk_ctx.cancel leads to. */
enum dlk_cancel {
	DLK_GO_ON,
	DLK_CANCEL_ASKED, /**< The user wants it. */
	DLK_CANCEL_CPU    /**< The CPU time is used up: dlk_limits.cpu. */
};

/**
 * What an analysis may take.  The memory of its arena is bounded for everybody (dlk_ctx.budget); what is set here is
 * what the user can raise, by an option of the same name (--max-NAME): only then the errors tell of it.
 */
struct dlk_limits {
	uint64_t unpack; /**< Bytes out of packed files; 0: by what dumps have (target/unpack.h). */
	uint64_t memory; /**< Bytes of address space; the front end sees to it; 0: no limit. */
	uint64_t capture; /**< Bytes of a capture; 0: no limit. */
	unsigned cpu;     /**< Seconds of CPU time; the front end sees to it; 0: no limit. */
};

/** How far the opening of a session is: what will not be needed any more can be taken away. */
enum dlk_stage {
	DLK_STAGE_CONNECTED, /**< To no server any more, nor is a process started. */
	DLK_STAGE_OPENED     /**< All files are open that will be. */
};

/** Takes that a stage was reached. */
typedef void dlk_stage_fn(void *arg, enum dlk_stage stage);

struct dlk_arena_block;

struct dlk_ctx {
	struct dlk_arena_block *blocks; /**< All memory, newest first. */
	size_t used;                    /**< Bytes obtained from the system. */
	size_t budget;                  /**< Upper bound of @c used. */
	uint64_t unpacked;              /**< Bytes that came out of packed files. */
	struct dlk_limits limits;
	struct dlk_error err;
	dlk_message_fn *message; /**< May be NULL. */
	void *message_arg;
	dlk_stage_fn *stage; /**< May be NULL. */
	void *stage_arg;
	const volatile int *cancel; /**< An enum dlk_cancel; may be NULL. */
};

enum { DLK_DEFAULT_BUDGET_MIB = 1024 };

/**
 * Make @p ctx usable: empty arena, default budget, no callbacks.
 *
 * Ownership: the caller gives the storage and calls dlk_ctx_deinit().
 * Target:    none.
 */
void dlk_ctx_init(struct dlk_ctx *ctx);

/**
 * Give back all memory of @p ctx.  May be called again, and on a zeroed context.
 *
 * Target: none.
 */
void dlk_ctx_deinit(struct dlk_ctx *ctx);

/**
 * Take over all memory of @p other, which then has none.
 *
 * It counts as used; the budget may be exceeded by it.
 *
 * Target: none.
 */
void dlk_ctx_adopt(struct dlk_ctx *ctx, struct dlk_ctx *other);

/**
 * Allocate zeroed memory that lives as long as the context.
 *
 * @return NULL if the budget or the system's memory is exhausted.  Aligned to 16 bytes.
 *
 * Target: none.
 */
void *dlk_alloc(struct dlk_ctx *ctx, size_t size) __attribute__((malloc, alloc_size(2)));

/** As dlk_alloc(), for @p count elements of @p size bytes; NULL if the product overflows. */
void *dlk_calloc(struct dlk_ctx *ctx, size_t count, size_t size) __attribute__((malloc));

/**
 * Give back the @p size bytes at @p p that dlk_alloc() or dlk_calloc() gave, or none if @p p is NULL.
 *
 * What is big goes back at once, and counts no more; the small stays until the context ends.  It is
 * for what is replaced by a greater one, or was needed for a moment only.
 *
 * Target: none.
 */
void dlk_discard(struct dlk_ctx *ctx, void *p, size_t size);

/** Copy a string into the arena; NULL if there is no memory. */
char *dlk_strdup(struct dlk_ctx *ctx, const char *s);

/** Format a string into the arena; NULL if there is no memory. */
char *dlk_format(struct dlk_ctx *ctx, const char *fmt, ...) DLK_PRINTF(2, 3);

/**
 * Record an error text, replacing the former one, and return @p status.
 *
 * Use: `return dlk_fail(ctx, DLK_ERR_CORRUPT, "owner %#lx is not a task", owner);`
 * Target: none.
 */
enum dlk_status dlk_fail(struct dlk_ctx *ctx, enum dlk_status status, const char *fmt, ...)
	DLK_PRINTF(3, 4);

/** Put "TEXT: " before the error text, unless @p status is DLK_OK; return @p status. */
enum dlk_status dlk_prepend(struct dlk_ctx *ctx, enum dlk_status status, const char *fmt, ...)
	DLK_PRINTF(3, 4);

/** dlk_fail() for want of memory. */
enum dlk_status dlk_nomem(struct dlk_ctx *ctx);

/** Send a message to the context's callback, if there is one. */
void dlk_message(struct dlk_ctx *ctx, enum dlk_level level, const char *fmt, ...) DLK_PRINTF(3, 4);

/** Tell the front end that a stage was reached. */
void dlk_reach(struct dlk_ctx *ctx, enum dlk_stage stage);

/**
 * Tell whether the analysis is to stop.
 *
 * @return DLK_OK or DLK_ERR_CANCELED.
 *
 * Target: none.
 */
enum dlk_status dlk_check_cancel(struct dlk_ctx *ctx) DLK_MUST_CHECK;

/* A failure is never DLK_OK: said here so that compilers and analyzers know. */
static inline enum dlk_status dlk_failed(enum dlk_status status)
{
	return status != DLK_OK ? status : DLK_ERR_INVALID;
}
#define dlk_fail(...) dlk_failed(dlk_fail(__VA_ARGS__))
#define dlk_nomem(ctx) dlk_failed(dlk_nomem(ctx))

#endif
