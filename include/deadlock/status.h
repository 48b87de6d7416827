/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_STATUS_H
#define DEADLOCK_STATUS_H

/**
 * @file
 * What a fallible function returns, and the text that goes with it.
 *
 * A status is a plain enum: it owns nothing and cannot leak, whatever longjmps over it.  The text
 * lives in the context (struct dlk_error in context.h) and is *prepended* as the error unwinds, so
 * that it reads outside-in: "task 412 (kworker/0:1): mutex 0xffff...: owner: page not in dump".
 *
 * DLK_ERR_FAULT (the page is not there) and DLK_ERR_CORRUPT (the page says nonsense) stay apart:
 * the first is normal in a filtered dump, the second is news.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An address in the target: virtual or physical as the function says. */
typedef uint64_t dlk_addr_t;

#define DLK_STATUS_TABLE(X)                                                                        \
	X(OK, "no error")                                                                          \
	X(ERR_NOMEM, "out of memory")                                                              \
	X(ERR_SYSTEM, "system error")                                                              \
	X(ERR_FAULT, "memory not available")                                                       \
	X(ERR_CORRUPT, "corrupt data")                                                             \
	X(ERR_NOTFOUND, "not found")                                                               \
	X(ERR_UNSUPPORTED, "not supported")                                                        \
	X(ERR_INVALID, "invalid argument")                                                         \
	X(ERR_LIMIT, "limit exceeded")                                                             \
	X(ERR_CANCELED, "canceled")                                                                \
	X(ERR_LOST, "the target is gone")

enum dlk_status {
#define X(name, text) DLK_##name,
	DLK_STATUS_TABLE(X)
#undef X
};

#define DLK_MUST_CHECK __attribute__((warn_unused_result))
#define DLK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/**
 * Name a status.
 *
 * @return A static string; "unknown status" for a value outside the enum.
 *
 * Target: none.
 */
const char *dlk_status_text(enum dlk_status status);

/**
 * Tell whether an analysis cannot go on after @p status: memory is short, the user wants to stop, or
 * the target is gone.  Every other failure is a finding.
 *
 * Target: none.
 */
static inline bool dlk_status_is_fatal(enum dlk_status status)
{
	return status == DLK_ERR_NOMEM || status == DLK_ERR_CANCELED || status == DLK_ERR_LOST;
}

#endif
