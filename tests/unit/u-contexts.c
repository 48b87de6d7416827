/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contexts that are no tasks, and waits of what does not sleep: from values through builder, graph and reports,
 * without a kernel.
 *
 * "zoo" runs on CPU 1 and holds a spinlock; what is on top of it wants the same one.
 */
#include <config.h>

#include <stdlib.h>

#include "support.h"

#include "deadlock/report.h"
#include "model/builder.h"

enum { TASK = 0x1000, OTHER = 0x2000, LOCK = 0x10000, CPU = 1, PID = 12 };

static const uint64_t SECONDS = 20 * UINT64_C(1000000000);

struct fixture {
	struct dlk_ctx ctx;
	struct dlk_model_builder b;
	struct dlk_model model;
	struct dlk_verdict verdict;
	uint32_t zoo, lock;
};

static uint32_t add_runner(struct fixture *x, int32_t pid, dlk_addr_t task, int32_t cpu)
{
	const struct dlk_context context = { .task = task,
					     .pid = pid,
					     .comm = "zoo",
					     .state = 'R',
					     .is_on_cpu = true,
					     .cpu = cpu,
					     .blocked_ns = DLK_NS_UNKNOWN,
					     .running_ns = SECONDS };
	uint32_t ret;

	assert_int_equal(dlk_model_add_context(&x->b, &context, &ret), DLK_OK);
	return ret;
}

/* What runs on top of another. */
static uint32_t add_on_top(struct fixture *x, uint32_t below, enum dlk_context_kind kind)
{
	struct dlk_context context = *dlk_model_context(&x->b, below);
	uint32_t ret;

	context.kind = kind;
	context.on_top_of = below;
	snprintf(context.comm, sizeof(context.comm), "%s", dlk_context_text(kind));
	assert_int_equal(dlk_model_add_on_top(&x->b, &context, &ret), DLK_OK);
	return ret;
}

static uint32_t make_lock(struct fixture *x, dlk_addr_t address)
{
	uint32_t ret;
	bool is_new;

	assert_int_equal(dlk_model_make_resource(&x->b, DLK_KIND_SPINLOCK, address, NULL, &ret,
						 &is_new),
			 DLK_OK);
	return ret;
}

static void take(struct fixture *x, uint32_t context, uint32_t lock)
{
	const struct dlk_hold hold = { .context = context,
				       .resource = lock,
				       .mode = DLK_MODE_EXCLUSIVE,
				       .evidence = DLK_EVIDENCE_OWNER,
				       .confidence = DLK_CERTAIN };

	assert_int_equal(dlk_model_add_hold(&x->b, &hold), DLK_OK);
}

static void want(struct fixture *x, uint32_t context, uint32_t lock, bool is_awake)
{
	const struct dlk_wait wait = { .context = context,
				       .resource = lock,
				       .position = DLK_NONE,
				       .mode = DLK_MODE_EXCLUSIVE,
				       .is_awake = is_awake,
				       .evidence = DLK_EVIDENCE_WAITER_LIST,
				       .confidence = DLK_CERTAIN,
				       .at = "native_queued_spin_lock_slowpath+0x1e0" };

	assert_int_equal(dlk_model_add_wait(&x->b, &wait), DLK_OK);
}

static int setup(void **state)
{
	static struct fixture x;

	dlk_ctx_init(&x.ctx);
	dlk_model_builder_init(&x.ctx, &x.b);
	x.zoo = add_runner(&x, PID, TASK, CPU);
	x.lock = make_lock(&x, LOCK);
	take(&x, x.zoo, x.lock);
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	dlk_ctx_deinit(&x->ctx);
	return 0;
}

static void judge(struct fixture *x, enum dlk_verdict_code wanted)
{
	x->model = (struct dlk_model){ .source = { .target = "values", .name = "test" } };
	dlk_model_finish(&x->b, &x->model);
	assert_int_equal(dlk_judge(&x->ctx, &x->model, &x->verdict), DLK_OK);
	assert_string_equal(dlk_verdict_text(x->verdict.code), dlk_verdict_text(wanted));
}

typedef enum dlk_status report_fn(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out);

static void assert_report_says(struct fixture *x, report_fn *write, const char *const *words)
{
	const struct dlk_report report = { .model = &x->model, .verdict = &x->verdict };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(write(&x->ctx, &report, out), DLK_OK);
	fclose(out);
	for (; *words; words++)
		if (!strstr(text, *words))
			fail_msg("\"%s\" is not in:\n%s", *words, text);
	free(text);
}

#define SAYS(x, write, ...) assert_report_says(x, write, (const char *const[]){ __VA_ARGS__, NULL })

/* The lock that the interrupted task holds is spun for on top of it. */
static void test_contexts__softirq(void **state)
{
	struct fixture *x = *state;
	uint32_t softirq = add_on_top(x, x->zoo, DLK_CONTEXT_SOFTIRQ);

	want(x, softirq, x->lock, true);
	judge(x, DLK_DEADLOCK);
	assert_int_equal(x->verdict.cycle_count, 1);
	assert_int_equal(x->verdict.cycles[0].confidence, DLK_CERTAIN);
	assert_int_equal(x->verdict.in_cycles, 2);
	assert_int_equal(x->verdict.roles[softirq], DLK_ROLE_CYCLE);
	SAYS(x, dlk_report_text, "2 contexts wait for each other (certain)",
	     "On CPU 1 a softirq came on top of zoo pid 12", "had softirqs enabled",
	     "spin_lock_bh()", "zoo -> cpu -> softirq -> spinlock -> zoo",
	     "softirq  over pid 12 R on CPU 1", "waits for  cpu 1 in task context",
	     "waits for  spinlock 0x10000", "it runs on top of the other, on the same CPU",
	     "1 task: 0 blocked, 1 spinning");
	SAYS(x, dlk_report_json, "\"context\": \"softirq\"", "\"held_by_context\": \"softirq\"",
	     "\"tasks\": 1,", "\"evidence\": \"on-top\"", "\"id\": \"cpu@1 in task context\"");
	SAYS(x, dlk_report_dot, "\"task@0x1000\" -> \"cpu@1 in task context\"",
	     "\"cpu@1 in task context\" -> \"softirq@0x1000\"",
	     "\"softirq@0x1000\" -> \"spinlock@0x10000\"",
	     "\"spinlock@0x10000\" -> \"task@0x1000\"", "over pid 12");
}

/* The twin: it spins for a lock that another CPU holds, and will give back. */
static void test_contexts__softirq_elsewhere(void **state)
{
	struct fixture *x = *state;
	uint32_t other = add_runner(x, PID + 1, OTHER, CPU + 1);
	uint32_t lock = make_lock(x, LOCK + 8);

	take(x, other, lock);
	want(x, add_on_top(x, x->zoo, DLK_CONTEXT_SOFTIRQ), lock, true);
	judge(x, DLK_NO_DEADLOCK);
	assert_int_equal(x->verdict.root_count, 1);
	assert_int_equal(x->verdict.roots[0].context, other);
	assert_int_equal(x->verdict.roots[0].behind, 2);
}

/* What is in between is in the cycle, too: it cannot go on before the hardirq, nor the task before it. */
static void test_contexts__three_levels(void **state)
{
	struct fixture *x = *state;
	uint32_t softirq = add_on_top(x, x->zoo, DLK_CONTEXT_SOFTIRQ);
	uint32_t hardirq = add_on_top(x, softirq, DLK_CONTEXT_HARDIRQ);

	want(x, hardirq, x->lock, true);
	judge(x, DLK_DEADLOCK);
	assert_int_equal(dlk_context_task(x->model.contexts, x->zoo), x->zoo);
	assert_int_equal(dlk_context_task(x->model.contexts, softirq), x->zoo);
	assert_int_equal(dlk_context_task(x->model.contexts, hardirq), x->zoo);
	assert_int_equal(x->verdict.cycle_count, 1);
	assert_int_equal(x->verdict.cycles[0].step_count, 3);
	SAYS(x, dlk_report_text, "3 contexts wait for each other (certain)",
	     "a softirq came on top of zoo pid 12", "a hardirq came on top of the softirq on CPU 1",
	     "cpu 1 in softirq context");
}

/* A lock taken twice. */
static void test_contexts__itself(void **state)
{
	struct fixture *x = *state;

	want(x, x->zoo, x->lock, true);
	judge(x, DLK_DEADLOCK);
	SAYS(x, dlk_report_text, "zoo pid 12 has taken that lock and takes it once more");
}

/* A hardirq that will return keeps nobody for good, though the softirq below it may be stuck on its own. */
static void test_contexts__passing_hardirq(void **state)
{
	struct fixture *x = *state;
	uint32_t softirq = add_on_top(x, x->zoo, DLK_CONTEXT_SOFTIRQ);

	add_on_top(x, softirq, DLK_CONTEXT_HARDIRQ);
	judge(x, DLK_NO_DEADLOCK);
	want(x, softirq, x->lock, true);
	judge(x, DLK_DEADLOCK);
	assert_int_equal(x->verdict.cycles[0].step_count, 2);
}

/* A deadly embrace of two CPUs; and one of them sleeps instead. */
static void test_contexts__spinning_tasks(void **state)
{
	struct fixture *x = *state;
	uint32_t other = add_runner(x, PID + 1, OTHER, CPU + 1);
	uint32_t lock = make_lock(x, LOCK + 8);

	take(x, other, lock);
	want(x, x->zoo, lock, true);
	want(x, other, x->lock, true);
	judge(x, DLK_DEADLOCK);
	SAYS(x, dlk_report_text, "2 tasks wait for each other (certain)",
	     "2 CPUs spin, each for a lock that the next one holds");
	dlk_model_context(&x->b, other)->is_blocked = true;
	judge(x, DLK_NO_DEADLOCK);
}

static void want_rwlock(struct fixture *x, uint32_t context, uint32_t lock, enum dlk_mode mode,
			uint32_t position)
{
	const struct dlk_wait wait = { .context = context,
				       .resource = lock,
				       .position = position,
				       .mode = mode,
				       .is_awake = true,
				       .evidence = DLK_EVIDENCE_SPINS,
				       .confidence = DLK_CERTAIN,
				       .at = "zoo_read+0x20" };

	assert_int_equal(dlk_model_add_wait(&x->b, &wait), DLK_OK);
}

/* Who reads a rwlock reads it again, behind a writer; and the writer waits for no other reader. */
static void test_contexts__reader_behind_writer(void **state)
{
	struct fixture *x = *state;
	uint32_t writer = add_runner(x, PID + 1, OTHER, CPU + 1);
	struct dlk_hold hold = { .context = x->zoo,
				 .mode = DLK_MODE_READ,
				 .evidence = DLK_EVIDENCE_CODE,
				 .confidence = DLK_LIKELY };
	bool is_new;

	assert_int_equal(dlk_model_make_resource(&x->b, DLK_KIND_RWLOCK, LOCK + 8, NULL,
						 &hold.resource, &is_new),
			 DLK_OK);
	assert_int_equal(dlk_model_add_hold(&x->b, &hold), DLK_OK);
	want_rwlock(x, writer, hold.resource, DLK_MODE_WRITE, 0);
	judge(x, DLK_NO_DEADLOCK);
	want_rwlock(x, x->zoo, hold.resource, DLK_MODE_READ, 1);
	judge(x, DLK_DEADLOCK);
	assert_int_equal(x->verdict.cycles[0].step_count, 2);
	SAYS(x, dlk_report_text,
	     "\n\n  zoo pid 12 spins on CPU 1 to read that lock, behind zoo pid 13",
	     "A task must not read such a lock again");
}

/* Who holds a spinlock waits for something that another CPU spins for it in: each has words of its own. */
static void test_contexts__other_cpus(void **state)
{
	static const struct {
		enum dlk_kind kind;
		const char *state, *says;
	} rows[] = {
		{ DLK_KIND_CPU, NULL, "zoo pid 12 has asked CPU 2 to call a function" },
		{ DLK_KIND_CPU, "others have stopped for it",
		  "zoo pid 12 waits until all CPUs that it stops have stopped; CPU 2 does not" },
		{ DLK_KIND_INTERRUPT, "a timer's function, which runs",
		  "zoo pid 12 spins for the end of a timer's function, which runs in zoo pid 13" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture *x;
		uint32_t other, resource;
		bool is_new;

		assert_int_equal(teardown(state) || setup(state), 0);
		x = *state;
		other = add_runner(x, PID + 1, OTHER, CPU + 1);
		assert_int_equal(dlk_model_make_resource(&x->b, rows[i].kind, 0, "2", &resource,
							 &is_new),
				 DLK_OK);
		dlk_model_resource(&x->b, resource)->state = rows[i].state;
		take(x, other, resource);
		want(x, x->zoo, resource, true);
		want(x, other, x->lock, true);
		judge(x, DLK_DEADLOCK);
		SAYS(x, dlk_report_text, rows[i].says);
	}
}

/* A timer's function that waits for its own end. */
static void test_contexts__own_end(void **state)
{
	struct fixture *x = *state;
	uint32_t resource;
	bool is_new;

	assert_int_equal(dlk_model_make_resource(&x->b, DLK_KIND_INTERRUPT, LOCK + 8, NULL,
						 &resource, &is_new),
			 DLK_OK);
	take(x, x->zoo, resource);
	want(x, x->zoo, resource, true);
	judge(x, DLK_DEADLOCK);
	SAYS(x, dlk_report_text, "which runs in itself: it waits for itself");
}

/* Who is to get a free lock next was interrupted, and the interrupt spins for what the next one has. */
static void test_contexts__behind(void **state)
{
	struct fixture *x = *state;
	uint32_t other = add_runner(x, PID + 1, OTHER, CPU + 1);
	uint32_t hardirq = add_on_top(x, x->zoo, DLK_CONTEXT_HARDIRQ),
		 lock = make_lock(x, LOCK + 8);
	const struct dlk_hold first = { .context = x->zoo,
					.resource = lock,
					.mode = DLK_MODE_EXCLUSIVE,
					.evidence = DLK_EVIDENCE_QUEUE_ORDER,
					.confidence = DLK_CERTAIN };
	uint32_t taken = make_lock(x, LOCK + 16);

	assert_int_equal(dlk_model_add_hold(&x->b, &first), DLK_OK);
	take(x, other, taken);
	want(x, hardirq, taken, true);
	want(x, other, lock, true);
	judge(x, DLK_DEADLOCK);
	SAYS(x, dlk_report_text, "3 contexts wait for each other (certain)",
	     "a hardirq came on top of zoo pid 12 and waits for",
	     "zoo pid 13 spins behind zoo pid 12 in the queue of that lock, which nobody holds");
}

/* One that sleeps no more has what it slept for, or has given up; and it spins for no lock that it sleeps for. */
static void test_contexts__former_wait(void **state)
{
	struct fixture *x = *state;

	want(x, x->zoo, x->lock, false);
	judge(x, DLK_NO_DEADLOCK);
	dlk_model_context(&x->b, x->zoo)->is_blocked = true;
	judge(x, DLK_DEADLOCK);
}

/* How long something spins is how long it has run. */
static void test_contexts__doubts(void **state)
{
	struct fixture *x = *state;
	uint32_t lock = make_lock(x, LOCK + 8);

	dlk_model_resource(&x->b, lock)->holders_unknown = "a spinlock does not record its owner";
	want(x, x->zoo, lock, true);
	judge(x, DLK_UNKNOWN);
	assert_int_equal(x->verdict.doubts.holders, 1);
	dlk_model_context(&x->b, x->zoo)->running_ns = 1000;
	judge(x, DLK_NO_DEADLOCK);
}

/* Nobody will let it go: who spins for it does so for good. */
static void test_contexts__leak(void **state)
{
	struct fixture *x = *state;
	uint32_t lock = make_lock(x, LOCK + 8);

	dlk_model_resource(&x->b, lock)->is_leaked = true;
	dlk_model_resource(&x->b, lock)->leak = DLK_CERTAIN;
	want(x, x->zoo, lock, true);
	judge(x, DLK_LEAKED_LOCK);
	assert_int_equal(x->verdict.leaks[0].waiter, x->zoo);
}

/* The order in which they were found does not show: of those over one task the softirq comes first. */
static void test_contexts__order(void **state)
{
	struct fixture *x = *state;
	const struct dlk_context hardirq = { .kind = DLK_CONTEXT_HARDIRQ,
					     .task = TASK,
					     .pid = PID,
					     .comm = "b",
					     .cpu = CPU,
					     .on_top_of = x->zoo };
	struct dlk_context softirq = hardirq;
	uint32_t ret;

	softirq.kind = DLK_CONTEXT_SOFTIRQ;
	snprintf(softirq.comm, sizeof(softirq.comm), "a");
	assert_int_equal(dlk_model_add_context(&x->b, &hardirq, &ret), DLK_OK);
	want(x, ret, x->lock, true);
	assert_int_equal(dlk_model_add_context(&x->b, &softirq, &ret), DLK_OK);
	want(x, ret, x->lock, true);
	judge(x, DLK_NO_DEADLOCK);
	SAYS(x, dlk_report_text, "a over pid 12, b over pid 12");
}

/* Its task has one context under its address: the task itself, whatever is on top. */
static void test_contexts__identity(void **state)
{
	struct fixture *x = *state;
	uint32_t nmi = add_on_top(x, x->zoo, DLK_CONTEXT_NMI);
	struct dlk_context context = *dlk_model_context(&x->b, nmi);
	uint32_t ret, count = x->b.contexts.len;

	assert_int_equal(dlk_model_find_context(&x->b, TASK), x->zoo);
	/* No NMI on top of an NMI, nothing on top of what there is not, nowhere. */
	context.on_top_of = nmi;
	assert_int_equal(dlk_model_add_on_top(&x->b, &context, &ret), DLK_ERR_INVALID);
	context.on_top_of = DLK_NONE;
	assert_int_equal(dlk_model_add_on_top(&x->b, &context, &ret), DLK_ERR_INVALID);
	context.on_top_of = x->zoo;
	context.cpu = -1;
	assert_int_equal(dlk_model_add_on_top(&x->b, &context, &ret), DLK_ERR_INVALID);
	assert_int_equal(x->b.contexts.len, count);
	/* A model that was not built by it is checked. */
	dlk_model_context(&x->b, nmi)->kind = DLK_CONTEXT_COUNT;
	dlk_model_finish(&x->b, &x->model);
	assert_int_equal(dlk_judge(&x->ctx, &x->model, &x->verdict), DLK_ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_contexts__softirq),
		TEST(test_contexts__softirq_elsewhere),
		TEST(test_contexts__itself),
		TEST(test_contexts__three_levels),
		TEST(test_contexts__passing_hardirq),
		TEST(test_contexts__spinning_tasks),
		TEST(test_contexts__behind),
		TEST(test_contexts__reader_behind_writer),
		TEST(test_contexts__other_cpus),
		TEST(test_contexts__own_end),
		TEST(test_contexts__former_wait),
		TEST(test_contexts__doubts),
		TEST(test_contexts__leak),
		TEST(test_contexts__order),
		TEST(test_contexts__identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
