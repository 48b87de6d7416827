/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What workqueues do, as sysrq-t and the watchdog of workqueues print it.
 *
 *	BUG: workqueue lockup - pool cpus=2 node=0 flags=0x0 nice=0 stuck for 41s!
 *	workqueue events: flags=0x0
 *	  pwq 4: cpus=2 node=0 flags=0x0 nice=0 active=7/512 refcnt=8
 *	    in-flight: 4713:sort_work BAR(12), 34(RESCUER):fn
 *	    pending: lru_add_drain_per_cpu BAR(60), 2*vmstat_update
 *	pool 4: cpus=2 node=0 flags=0x0 nice=0 hung=41s workers=2 idle: 4712
 *
 * A pool is a block as often as it is listed: once for each workqueue whose works it has, and once for itself.  "BAR(60)" is what task 60
 * has put behind a work to wait for it; of several behind one work, each is an entry with that work's function.
 */
#include <config.h>

#include <string.h>

#include "log/draft.h"
#include "log/scan.h"

enum { MAX_WORKS = 1024 };

static struct dlk_log_pool new_pool(void)
{
	return (struct dlk_log_pool){ .pool = DLK_LOG_NO_NUMBER, .cpu = DLK_LOG_NO_NUMBER };
}

/* One CPU; a pool of several has none. */
static void read_cpus(const char *text, struct dlk_log_pool *pool)
{
	const char *p = text;
	int32_t cpu;

	if (dlk_scan_to(&p, "cpus=") && dlk_scan_int(&p, &cpu) && (*p == ' ' || !*p))
		pool->cpu = cpu;
}

/* "BUG: workqueue lockup - pool cpus=2 node=0 flags=0x0 nice=0 stuck for 41s!" */
static bool read_lockup(const char *text, struct dlk_log_pool *pool)
{
	const char *p = text;

	if (!dlk_scan_text(&p, "BUG: workqueue lockup - pool"))
		return false;
	read_cpus(p, pool);
	(void)(dlk_scan_to(&p, "stuck for ") && dlk_scan_number(&p, &pool->stuck_s));
	return true;
}

/* "pool 4: cpus=2 ... hung=41s workers=2 idle: 4712", "pwq 4: cpus=2 ... active=7/512 refcnt=8" */
static bool read_pool(const char *text, struct dlk_log_pool *pool, bool *is_pwq)
{
	const char *p = text;

	*is_pwq = dlk_scan_text(&p, "pwq ");
	if (!*is_pwq && !dlk_scan_text(&p, "pool "))
		return false;
	if (!dlk_scan_int(&p, &pool->pool) || *p != ':' || !strstr(p, "flags="))
		return false;
	read_cpus(p, pool);
	(void)(dlk_scan_to(&p, "hung=") && dlk_scan_number(&p, &pool->stuck_s));
	return true;
}

/* "workqueue events: flags=0x0": whose pools follow */
static bool take_workqueue(struct dlk_log_stream *stream, const char *text)
{
	const char *p = text, *end;
	size_t length;

	if (!dlk_scan_text(&p, "workqueue ") || !(end = strstr(p, ": flags=0x")))
		return false;
	length = (size_t)(end - p);
	if (length >= sizeof(stream->workqueue))
		length = sizeof(stream->workqueue) - 1;
	memcpy(stream->workqueue, p, length);
	stream->workqueue[length] = 0;
	return true;
}

static bool begin(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		  const struct dlk_log_record *record)
{
	struct dlk_log_pool pool = new_pool();
	const char *workqueue = reader->stream->workqueue;
	bool is_pwq = false;

	if (take_workqueue(reader->stream, record->text)) {
		dlk_log_draft_close(reader, draft);
		return true;
	}
	if (!read_lockup(record->text, &pool) && !read_pool(record->text, &pool, &is_pwq))
		return false;
	if (is_pwq && workqueue[0])
		pool.workqueue = dlk_log_keep_string(&reader->keep, workqueue, strlen(workqueue));
	dlk_log_draft_open(reader, draft, &dlk_log_pools, DLK_LOG_POOL, record);
	draft->block.pool = pool;
	return true;
}

static bool is_end(char c)
{
	return !c || c == ' ' || c == '\t' || c == ',';
}

/* "12:", "12(RESCUER):" */
static bool scan_worker(const char **at, int32_t *worker)
{
	const char *p = *at;
	int32_t pid;

	if (!dlk_scan_int(&p, &pid))
		return false;
	(void)dlk_scan_text(&p, "(RESCUER)");
	if (*p++ != ':')
		return false;
	*worker = pid;
	*at = p;
	return true;
}

/* "BAR(60)": behind the last work that was read */
static bool take_barrier(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
			 const char **at)
{
	struct dlk_log_work *last, *work;
	const char *p = *at;
	int32_t pid;

	if (!dlk_scan_text(&p, "BAR(") || !dlk_scan_int(&p, &pid) || *p++ != ')')
		return false;
	*at = p;
	if (!draft->works.len)
		return true;
	last = DLK_VEC_AT(&draft->works, struct dlk_log_work, draft->works.len - 1);
	if (last->barrier != DLK_LOG_NO_NUMBER) {
		struct dlk_log_work copy = *last;

		work = dlk_log_draft_push(reader, &draft->works, MAX_WORKS);
		if (!work)
			return true;
		*work = copy;
		last = work;
	}
	last->barrier = pid;
	return true;
}

/* "fn", "12:fn", "3*fn", each with what follows it up to the comma */
static bool take_work(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char **at,
		      const struct dlk_log_work *model)
{
	struct dlk_log_work *work;
	const char *p = *at, *begin;
	int32_t worker = DLK_LOG_NO_NUMBER;
	uint64_t times;

	if (!scan_worker(&p, &worker) && dlk_scan_number(&p, &times) && *p++ != '*')
		return false;
	for (begin = p; !is_end(*p); p++)
		;
	if (p == begin)
		return false;
	*at = p;
	work = dlk_log_draft_push(reader, &draft->works, MAX_WORKS);
	if (!work)
		return true;
	*work = *model;
	work->worker = worker;
	work->function = dlk_log_keep_string(&reader->keep, begin, (size_t)(p - begin));
	return true;
}

static void take_list(struct dlk_log_reader *reader, struct dlk_log_draft *draft, const char *at,
		      const struct dlk_log_work *model)
{
	bool is_first = true;

	while (*(at = dlk_skip_blanks(at))) {
		if (*at == ',') {
			at++;
			is_first = true;
		} else if (take_barrier(reader, draft, &at)) {
			is_first = false;
		} else if (is_first) {
			if (!take_work(reader, draft, &at, model))
				return;
			is_first = false;
		} else {
			/* "for 30s", and whatever else is said of a work */
			while (!is_end(*at))
				at++;
		}
	}
}

static bool more(struct dlk_log_reader *reader, struct dlk_log_draft *draft,
		 const struct dlk_log_record *record)
{
	static const struct {
		const char *begin;
		enum dlk_log_work_state state;
	} lists[] = {
		{ "in-flight:", DLK_LOG_IN_FLIGHT },
		{ "pending:", DLK_LOG_PENDING },
		{ "inactive:", DLK_LOG_INACTIVE },
		{ "delayed:", DLK_LOG_INACTIVE },
	};

	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct dlk_log_work model = { .line = record->line,
					      .worker = DLK_LOG_NO_NUMBER,
					      .barrier = DLK_LOG_NO_NUMBER,
					      .state = lists[i].state };
		const char *p = record->text;

		if (dlk_scan_text(&p, lists[i].begin)) {
			take_list(reader, draft, p, &model);
			return true;
		}
	}
	return false;
}

static bool end(struct dlk_log_reader *reader, struct dlk_log_draft *draft)
{
	struct dlk_log_pool *pool = &draft->block.pool;

	pool->works = dlk_log_keep_array(&reader->keep, draft->works.data, draft->works.len,
					 sizeof(*pool->works));
	pool->work_count = draft->works.len;
	return true;
}

const struct dlk_log_family dlk_log_pools = { begin, more, end };
