/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log from its first line to its last: each record is shown to what is open, then to what may begin. */
#include <config.h>

#include <string.h>

#include "log/draft.h"
#include "log/ip.h"

enum { MAX_STRANGE = 32, MAX_STRANGE_TEXT = 100 };

static const struct dlk_log_family *const families[] = {
	&dlk_log_tasks, &dlk_log_helds,      &dlk_log_owners, &dlk_log_stalls,
	&dlk_log_cpus,  &dlk_log_validators, &dlk_log_pools,  &dlk_log_events,
};

static void init_draft(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	*draft = (struct dlk_log_draft){
		.trace = { .ctx = reader->ctx,
			   .keep = &reader->keep,
			   .frames = DLK_VEC_INIT(struct dlk_log_frame) },
		.held = DLK_VEC_INIT(struct dlk_log_held),
		.works = DLK_VEC_INIT(struct dlk_log_work),
		.classes = DLK_VEC_INIT(struct dlk_log_class),
		.cpus = DLK_VEC_INIT(int32_t),
		.pids = DLK_VEC_INIT(int32_t),
	};
}

static void close_stream(struct dlk_log_reader *reader, struct dlk_log_stream *stream)
{
	dlk_log_draft_close(reader, &stream->draft);
	dlk_log_draft_close(reader, &stream->report);
}

static void close_all(struct dlk_log_reader *reader)
{
	for (unsigned i = 0; i < DLK_LOG_STREAMS; i++)
		close_stream(reader, &reader->streams[i]);
	dlk_log_draft_close(reader, &reader->stall);
}

/* That of its caller; of who has been silent for the longest time, if there is none. */
static struct dlk_log_stream *stream_of(struct dlk_log_reader *reader,
					const struct dlk_log_record *record)
{
	struct dlk_log_stream *oldest = &reader->streams[0];

	if (reader->stream && (reader->stream->caller == record->caller || !record->has_stamp))
		return reader->stream;
	for (unsigned i = 0; i < DLK_LOG_STREAMS; i++) {
		struct dlk_log_stream *stream = &reader->streams[i];

		if (stream->last_use && stream->caller == record->caller)
			return stream;
		if (stream->last_use < oldest->last_use)
			oldest = stream;
	}
	close_stream(reader, oldest);
	oldest->caller = record->caller;
	return oldest;
}

static bool is_any_open(const struct dlk_log_reader *reader)
{
	for (unsigned i = 0; i < DLK_LOG_STREAMS; i++)
		if (reader->streams[i].draft.family || reader->streams[i].report.family)
			return true;
	return reader->stall.family;
}

/* The draft that the record has just opened; NULL if it is a block by itself. */
static struct dlk_log_draft *opened_by(struct dlk_log_reader *reader,
				       const struct dlk_log_record *record)
{
	struct dlk_log_draft *drafts[] = { &reader->stream->draft, &reader->stream->report,
					   &reader->stall };

	for (unsigned i = 0; i < sizeof(drafts) / sizeof(drafts[0]); i++)
		if (drafts[i]->family && drafts[i]->block.first_line == record->line)
			return drafts[i];
	return NULL;
}

/* If it is time to, which is when no draft is cut by that, or when it cannot wait.  What the record has begun has strings in the
 * half that becomes the older one, so it is begun anew. */
static void turn_if_full(struct dlk_log_reader *reader, const struct dlk_log_family *family,
			 const struct dlk_log_record *record)
{
	struct dlk_log_draft *opened;

	if (!dlk_log_keep_is_full(&reader->keep, false))
		return;
	opened = opened_by(reader, record);
	if (opened)
		opened->family = NULL;
	if (is_any_open(reader) && !dlk_log_keep_is_full(&reader->keep, true)) {
		if (opened)
			opened->family = family;
		return;
	}
	close_all(reader);
	dlk_log_keep_turn(&reader->keep);
	memset(reader->seen, 0, sizeof(reader->seen));
	if (opened)
		(void)family->begin(reader, &reader->stream->draft, record);
}

static bool goes_on(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		    const struct dlk_log_record *record)
{
	if (!draft->family || !draft->family->more || !draft->family->more(reader, draft, record))
		return false;
	/* One that was held back may come late. */
	if (draft->block.last_line < record->last_line)
		draft->block.last_line = record->last_line;
	draft->is_followed = false;
	return true;
}

/* A trace, or a CPU's registers, of which nobody has said that they are his: all that follows is of something else. */
static bool is_of_others(const char *text)
{
	return dlk_log_is_trace_heading(text) || !strncmp(text, "------------[ cut here", 22) ||
	       !strncmp(text, "CPU: ", 5) || !strncmp(text, "Pid: ", 5);
}

/* What the kernel reports about hangs begins so, and has one of these words. */
static void note_strange(struct dlk_log_reader *reader, const struct dlk_log_record *record)
{
	static const char *const words[] = { "hung",  "blocked",  "lockup",     "LOCKUP",
					     "stall", "deadlock", "locks held", "lock held" };
	struct dlk_log_strange *strange;
	const char *text = record->text;

	if (strncmp(text, "INFO: ", 6) && strncmp(text, "BUG: ", 5) &&
	    strncmp(text, "rcu: INFO: ", 11) && strncmp(text, "watchdog: ", 10))
		return;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strstr(text, words[i]))
			continue;
		strange = dlk_log_draft_push(reader, &reader->strange, MAX_STRANGE);
		if (strange) {
			strange->line = record->line;
			strange->text = dlk_format(reader->ctx, "%.*s", MAX_STRANGE_TEXT, text);
		}
		return;
	}
}

static void take(struct dlk_log_reader *reader, const struct dlk_log_record *record)
{
	struct dlk_log_stream *stream = stream_of(reader, record);
	struct dlk_log_draft *draft = &stream->draft;

	reader->stream = stream;
	stream->last_use = ++reader->clock;
	if (goes_on(reader, draft, record))
		return;
	draft->is_followed = true;
	if (goes_on(reader, &stream->report, record) || goes_on(reader, &reader->stall, record))
		return;
	for (unsigned i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (families[i]->begin(reader, draft, record)) {
			/* In a report stand lists of held locks, and nothing else. */
			if (families[i] != &dlk_log_helds && families[i] != &dlk_log_validators)
				dlk_log_draft_close(reader, &stream->report);
			turn_if_full(reader, families[i], record);
			return;
		}
	if (is_of_others(record->text))
		close_stream(reader, stream);
	note_strange(reader, record);
	if (!record->has_stamp)
		dlk_log_tasks_note(reader, record->text);
}

/* What any line may tell. */
static void note(struct dlk_log_reader *reader, const struct dlk_log_record *record)
{
	const char *arch = reader->arch[0] ? NULL : dlk_log_arch_of(record->text);

	if (arch)
		strncpy(reader->arch, arch, sizeof(reader->arch) - 1);
	if (!reader->release[0] &&
	    (strstr(record->text, "Not tainted") || strstr(record->text, "Tainted: ")))
		dlk_log_note_release(reader, record->text);
}

static enum dlk_status read_all(struct dlk_log_reader *reader)
{
	struct dlk_log_record record;
	enum dlk_status status;

	while (!(status = dlk_log_records_read(&reader->records, &record)) && record.text) {
		if (!record.length) {
			dlk_log_tasks_pause(reader);
			continue;
		}
		note(reader, &record);
		take(reader, &record);
		if (reader->keep.status)
			return reader->keep.status;
	}
	reader->is_at_end = true;
	if (!status)
		close_all(reader);
	return status;
}

static enum dlk_status finish(struct dlk_log_reader *reader, struct dlk_log *ret)
{
	struct dlk_log log = { .line_count = reader->records.source.lines,
			       .strange_count = reader->strange.len };
	enum dlk_status status;

	if (reader->release[0])
		log.release = dlk_log_keep_string(&reader->keep, reader->release,
						  strlen(reader->release));
	if (reader->arch[0])
		log.arch = dlk_log_keep_string(&reader->keep, reader->arch, strlen(reader->arch));
	log.strange = dlk_log_keep_array(&reader->keep, reader->strange.data, log.strange_count,
					 sizeof(*log.strange));
	status = dlk_log_keep_finish(&reader->keep, &log);
	if (!status)
		*ret = log;
	return status;
}

static enum dlk_status open_reader(struct dlk_ctx *ctx, int fd, size_t half_bytes,
				   struct dlk_log_reader **ret)
{
	struct dlk_log_reader *reader = dlk_alloc(ctx, sizeof(*reader));

	if (!reader)
		return dlk_nomem(ctx);
	reader->ctx = ctx;
	reader->asked.pid = DLK_LOG_NO_NUMBER;
	reader->strange = (struct dlk_vec)DLK_VEC_INIT(struct dlk_log_strange);
	dlk_log_keep_init(&reader->keep, ctx, half_bytes);
	for (unsigned i = 0; i < DLK_LOG_STREAMS; i++) {
		init_draft(reader, &reader->streams[i].draft);
		init_draft(reader, &reader->streams[i].report);
	}
	init_draft(reader, &reader->stall);
	*ret = reader;
	return dlk_log_records_open(ctx, fd, &reader->records);
}

static enum dlk_status read_and_close(struct dlk_log_reader *reader, enum dlk_status status,
				      struct dlk_log *ret)
{
	if (!status)
		status = read_all(reader);
	if (!status)
		status = finish(reader, ret);
	dlk_log_keep_deinit(&reader->keep);
	dlk_log_records_close(&reader->records);
	return status;
}

enum dlk_status dlk_log_read_within(struct dlk_ctx *ctx, int fd, size_t half_bytes,
				    struct dlk_log *ret)
{
	struct dlk_log_reader *reader = NULL;
	enum dlk_status status = open_reader(ctx, fd, half_bytes, &reader);

	return reader ? read_and_close(reader, status, ret) : status;
}

enum dlk_status dlk_log_read(struct dlk_ctx *ctx, int fd, struct dlk_log *ret)
{
	return dlk_log_read_within(ctx, fd, DLK_LOG_HALF_BYTES, ret);
}

enum dlk_status dlk_log_read_text(struct dlk_ctx *ctx, const char *text, size_t length,
				  struct dlk_log *ret)
{
	struct dlk_log_reader *reader = NULL;
	enum dlk_status status = open_reader(ctx, -1, DLK_LOG_HALF_BYTES, &reader);

	if (!reader)
		return status;
	dlk_log_text_from_memory(&reader->records.source, text, length);
	return read_and_close(reader, status, ret);
}
