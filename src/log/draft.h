/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_DRAFT_H
#define DLK_LOG_DRAFT_H

/**
 * @file
 * Blocks that are being read.
 *
 * Who prints at a time has a stream: the records of a caller, or all that name none.  A stream has one draft at a time, and
 * besides a report of the validator, in the middle of which other blocks stand.  Each kind of block belongs to a family, a file that says
 * which record begins it and which go on with it; what nobody takes is noise, and disturbs nothing.
 *
 * How to add a family: a file with a const struct dlk_log_family, declared at the end of this header, a row in the table of read.c.
 */

#include "log/trace.h"

struct dlk_log_reader;
struct dlk_log_draft;

struct dlk_log_family {
	/** Open a draft, or keep a block, if the record begins one of this family. */
	bool (*begin)(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		      const struct dlk_log_record *record);
	/** Take the record if it goes on with the draft; NULL: none does. */
	bool (*more)(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		     const struct dlk_log_record *record);
	/** Complete the block, which is kept then; false: it is not worth it. */
	bool (*end)(struct dlk_log_reader *reader, struct dlk_log_draft *draft);
};

struct dlk_log_draft {
	const struct dlk_log_family *family; /**< NULL: none is open. */
	struct dlk_log_block block;
	struct dlk_log_trace trace;
	struct dlk_vec held;       /**< struct dlk_log_held */
	struct dlk_vec works;      /**< struct dlk_log_work */
	struct dlk_vec classes;    /**< struct dlk_log_class */
	struct dlk_vec cpus, pids; /**< int32_t */
	unsigned step;             /**< Its family's own. */
	bool has_trace;            /**< The heading of a trace was seen. */
	bool is_followed;          /**< The last record of its stream was not its. */
};

/** Callers that are told apart at a time. */
enum { DLK_LOG_STREAMS = 16 };

struct dlk_log_stream {
	dlk_log_caller_t caller;
	uint64_t last_use; /**< 0: never. */
	struct dlk_log_draft draft, report;
	char workqueue[64]; /**< Whose pools are listed. */
};

/** Whose stack is shown next, by what stands before it. */
struct dlk_log_asked {
	int32_t pid; /**< DLK_LOG_NO_NUMBER. */
	char comm[32];
	bool is_proc; /**< By a name in /proc. */
};

/** Stacks of tasks that are known, for "<Same stack as pid 30>": the last ones. */
enum { DLK_LOG_SEEN = 64 };

struct dlk_log_seen {
	int32_t pid;
	uint32_t count;
	const struct dlk_log_frame *frames;
};

struct dlk_log_reader {
	struct dlk_ctx *ctx;
	struct dlk_log_keep keep;
	struct dlk_log_records records;
	struct dlk_log_stream streams[DLK_LOG_STREAMS];
	struct dlk_log_stream *stream; /**< Of the record that is looked at. */
	struct dlk_log_draft stall;    /**< Its lines come between others', of any caller. */
	struct dlk_vec strange;
	char release[128], arch[16];
	struct dlk_log_asked asked;
	struct dlk_log_seen seen[DLK_LOG_SEEN]; /**< Of the newer half. */
	uint32_t seen_count;
	char crash_state; /**< Of the tasks that crash shows, by its command: "foreach UN bt"; 0. */
	int32_t dumped_cpu; /**< "Task dump for CPU 3:", and in which line that stood. */
	uint32_t dumped_line;
	uint64_t clock;
	bool is_at_end;
};

/** Open a draft, after closing what it was before; its block has the record's line and time. */
void dlk_log_draft_open(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
			const struct dlk_log_family *family, enum dlk_log_block_kind kind,
			const struct dlk_log_record *record);

/** Complete and keep the block of a draft, if one is open. */
void dlk_log_draft_close(struct dlk_log_reader *reader, struct dlk_log_draft *draft);

/** Keep a block of one record; fill in the rest before with @p block. */
void dlk_log_draft_single(struct dlk_log_reader *reader, const struct dlk_log_block *block,
			  const struct dlk_log_record *record);

/** Keep the stack of a draft; it is cut also if the log ends in the midst of it. */
struct dlk_log_stack dlk_log_draft_stack(struct dlk_log_reader *reader,
					 struct dlk_log_draft *draft);

/** Add to one of a draft's vectors, up to @p limit elements; NULL if there is no room. */
void *dlk_log_draft_push(struct dlk_log_reader *reader, struct dlk_vec *vec, uint32_t limit);

/** Note the kernel's release where a line names it: "Not tainted 6.1.0 #1". */
void dlk_log_note_release(struct dlk_log_reader *reader, const char *text);

/** As dlk_log_read(), with halves of @p half_bytes (keep.h): for tests. */
enum dlk_status dlk_log_read_within(struct dlk_ctx *ctx, int fd, size_t half_bytes,
				    struct dlk_log *ret) DLK_MUST_CHECK;

/** Note whose stack the next one may be, by a line that is of no block. */
void dlk_log_tasks_note(struct dlk_log_reader *reader, const char *text);

/** Note an empty line: it ends what has no other end. */
void dlk_log_tasks_pause(struct dlk_log_reader *reader);

extern const struct dlk_log_family dlk_log_tasks;  /**< task.c */
extern const struct dlk_log_family dlk_log_helds;  /**< held.c */
extern const struct dlk_log_family dlk_log_owners; /**< owner.c */
extern const struct dlk_log_family dlk_log_cpus;   /**< cpu.c */
extern const struct dlk_log_family dlk_log_stalls; /**< stall.c; its draft is the reader's own */
extern const struct dlk_log_family dlk_log_pools;  /**< work.c */
extern const struct dlk_log_family
	dlk_log_validators; /**< validator.c; its draft is the stream's report */
extern const struct dlk_log_family dlk_log_events; /**< event.c */

#endif
