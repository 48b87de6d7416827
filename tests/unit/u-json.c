/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON report, format 1: parsed again, fields and the order of keys checked. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "report-models.h"
#include "report/index.h"

static struct report_case the;

/* Nothing that a terminal would not show as it is, and jansson writes the same. */
static void assert_canonical(const json_t *root, const char *text)
{
	char *again = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	assert_non_null(again);
	for (const char *s = text; *s; s++)
		assert_true(*s == '\n' || (*s >= ' ' && *s <= '~'));
	assert_memory_equal(text, again, strlen(again));
	assert_string_equal(text + strlen(again), "\n");
	free(again);
}

static json_t *json_of(struct report_case *c)
{
	struct dlk_report report = make_report(c, DLK_PART_SUMMARY);
	char *text = run_report(dlk_report_json, &report, DLK_OK);
	json_error_t error;
	json_t *root;

	assert_non_null(text);
	assert_int_equal(text[strlen(text) - 1], '\n');
	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("line %d: %s", error.line, error.text);
	else
		assert_canonical(root, text);
	free(text);
	return root;
}

/* The keys of an object, in order, are @p keys, separated by blanks. */
static void assert_keys(const json_t *object, const char *keys)
{
	char found[512] = "";
	const char *key;
	json_t *value;

	assert_true(json_is_object(object));
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		(void)value;
		if (*found)
			strcat(found, " ");
		strcat(found, key);
	}
	assert_string_equal(found, keys);
}

/* Follow "key.0.key" from @p root. */
static const json_t *at(const json_t *root, const char *path)
{
	char copy[128], *rest = copy, *part;

	snprintf(copy, sizeof(copy), "%s", path);
	while (root && (part = strsep(&rest, "."))) {
		if (json_is_array(root))
			root = json_array_get(root, (size_t)atoi(part));
		else
			root = json_object_get(root, part);
	}
	if (!root)
		fail_msg("no %s", path);
	return root;
}

static void assert_text(const json_t *root, const char *path, const char *want)
{
	assert_true(json_is_string(at(root, path)));
	assert_string_equal(json_string_value(at(root, path)), want);
}

static void assert_number(const json_t *root, const char *path, json_int_t want)
{
	assert_true(json_is_integer(at(root, path)));
	assert_int_equal(json_integer_value(at(root, path)), want);
}

static void assert_size(const json_t *root, const char *path, size_t want)
{
	assert_true(json_is_array(at(root, path)));
	assert_int_equal(json_array_size(at(root, path)), want);
}

static void test_keys(void **state)
{
	json_t *root;

	(void)state;
	hugetlb_case(&the);
	add_finding(&the, DLK_FINDING_UNREADABLE, 0x1000, "gone", true);
	the.roots[0] = (struct dlk_root){ 1, 0, 12 };
	the.verdict.root_count = 1;
	root = json_of(&the);
	assert_keys(root, "format version source verdict complete summary lockdep tasks resources "
			  "cycles leaks roots findings");
	assert_keys(at(root, "source"), "target name container arch release symbols types");
	assert_keys(at(root, "summary"),
		    "tasks blocked uninterruptible spinning in_cycles behind_cycles waits_unknown "
		    "holders_unknown");
	assert_keys(
		at(root, "tasks.0"),
		"task pid tgid comm state cpu blocked_ns running_ns role sleeps_for waits waits_unknown held stack");
	assert_keys(at(root, "tasks.1.waits.0"), "resource mode at evidence confidence");
	assert_keys(at(root, "tasks.2.stack.0"), "ip symbol module");
	assert_keys(at(root, "resources.0"),
		    "id kind address name holders waiters holders_unknown");
	assert_keys(at(root, "resources.0.holders.0"),
		    "pid task mode evidence confidence confirmed_by");
	assert_keys(at(root, "resources.0.waiters.0"), "pid task mode position");
	assert_keys(at(root, "cycles.0"), "confidence steps");
	assert_keys(at(root, "cycles.0.steps.0"), "pid task comm waits_for held_by");
	assert_keys(at(root, "roots.0"), "pid task resource behind reason");
	assert_keys(at(root, "findings.0"), "code address text");
	assert_true(json_is_false(at(root, "complete")));
	json_decref(root);
	/* What is seldom so is there only if it is. */
	for (uint32_t i = 0; i < the.model.wait_count; i++)
		the.waits[i].gives_up = true;
	root = json_of(&the);
	assert_keys(at(root, "tasks.1.waits.0"), "resource mode at evidence confidence gives_up");
	assert_true(json_is_true(at(root, "tasks.1.waits.0.gives_up")));
	json_decref(root);
}

static void test_hugetlb(void **state)
{
	json_t *root;

	(void)state;
	hugetlb_case(&the);
	root = json_of(&the);
	assert_text(root, "format", "deadlock");
	assert_number(root, "version", 1);
	assert_text(root, "source.release", "6.12.117");
	assert_text(root, "verdict", "deadlock");
	assert_true(json_is_true(at(root, "complete")));
	assert_number(root, "summary.tasks", 3);
	assert_number(root, "summary.blocked", 2);
	assert_number(root, "summary.in_cycles", 2);
	/* By pid: init, puncher, mover. */
	assert_number(root, "tasks.0.pid", 1);
	assert_true(json_is_null(at(root, "tasks.0.blocked_ns")));
	assert_true(json_is_null(at(root, "tasks.0.cpu")));
	assert_text(root, "tasks.0.role", "none");
	assert_size(root, "tasks.0.waits", 0);
	assert_size(root, "tasks.0.held", 0);
	assert_size(root, "tasks.0.stack", 0);
	assert_text(root, "tasks.2.task", "0xffff8881000cc000");
	assert_text(root, "tasks.2.comm", "mover");
	assert_text(root, "tasks.2.state", "D");
	assert_number(root, "tasks.2.blocked_ns", INT64_C(34000000000));
	assert_text(root, "tasks.2.role", "cycle");
	assert_text(root, "tasks.2.waits.0.resource", "rwsem@0xffff8f8ad08b4428");
	assert_text(root, "tasks.2.waits.0.mode", "read");
	assert_text(root, "tasks.2.waits.0.at", "rmap_walk_file+0x1aa");
	assert_text(root, "tasks.2.waits.0.evidence", "waiter-list");
	assert_text(root, "tasks.2.waits.0.confidence", "certain");
	assert_size(root, "tasks.2.stack", 4);
	assert_text(root, "tasks.2.stack.2.module", "guest");
	assert_true(json_is_null(at(root, "tasks.2.stack.0.module")));
	assert_true(json_is_null(at(root, "tasks.2.stack.3.symbol")));
	json_decref(root);
}

static void test_resources_and_cycles(void **state)
{
	json_t *root;

	(void)state;
	hugetlb_case(&the);
	root = json_of(&the);
	/* By kind, as the table of kinds has them: the rwsem first. */
	assert_text(root, "resources.0.id", "rwsem@0xffff8f8ad08b4428");
	assert_text(root, "resources.0.kind", "rwsem");
	assert_number(root, "resources.0.holders.0.pid", 50);
	assert_text(root, "resources.0.holders.0.mode", "write");
	assert_text(root, "resources.0.holders.0.evidence", "owner");
	assert_number(root, "resources.0.waiters.0.pid", 51);
	assert_true(json_is_null(at(root, "resources.0.holders_unknown")));
	assert_text(root, "resources.1.address", "0xffffea0000c38000");
	assert_text(root, "resources.1.holders.0.confidence", "likely");
	assert_size(root, "cycles", 1);
	assert_text(root, "cycles.0.confidence", "likely");
	assert_size(root, "cycles.0.steps", 2);
	assert_number(root, "cycles.0.steps.0.pid", 51);
	assert_text(root, "cycles.0.steps.0.waits_for", "rwsem@0xffff8f8ad08b4428");
	assert_number(root, "cycles.0.steps.0.held_by", 50);
	assert_number(root, "cycles.0.steps.1.held_by", 51);
	json_decref(root);
}

static void test_empty(void **state)
{
	static const char *const arrays[] = { "tasks", "resources", "cycles", "roots", "findings" };
	json_t *root;

	(void)state;
	case_init(&the);
	the.model.source.release = NULL;
	root = json_of(&the);
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		assert_size(root, arrays[i], 0);
	assert_text(root, "verdict", "no-deadlock");
	assert_true(json_is_null(at(root, "source.release")));
	json_decref(root);
}

static void test_roots_and_findings(void **state)
{
	json_t *root;

	(void)state;
	unknown_case(&the);
	root = json_of(&the);
	assert_true(json_is_null(at(root, "roots.0.pid")));
	assert_true(json_is_null(at(root, "roots.0.task")));
	assert_text(root, "roots.0.reason", "holder is not known: owner word 0 with waiters");
	assert_text(root, "resources.0.holders_unknown", "owner word 0 with waiters");
	assert_text(root, "findings.0.code", "unreadable");
	assert_text(root, "findings.0.address", "0xffff888003a4c000");
	assert_true(json_is_null(at(root, "findings.1.address")));
	json_decref(root);

	convoy_case(&the);
	root = json_of(&the);
	assert_number(root, "roots.0.pid", 7);
	assert_number(root, "roots.0.behind", CROWD);
	assert_text(root, "roots.0.reason", "holder sleeps in msleep");
	assert_text(root, "roots.0.resource", "mutex@0xffff888005a3c100");
	assert_size(root, "resources.0.waiters", CROWD);
	assert_number(root, "resources.0.waiters.0.pid", 100);
	assert_number(root, "resources.0.waiters.9999.pid", 100 + CROWD - 1);
	json_decref(root);
	/* The queue's order is its own, not that of the pids. */
	the.waits[0].position = 0;
	the.waits[CROWD - 1].position = CROWD - 1;
	root = json_of(&the);
	assert_number(root, "resources.0.waiters.0.pid", 100 + CROWD - 1);
	json_decref(root);
	/* Who has no place in it comes last. */
	the.waits[CROWD - 1].position = DLK_NONE;
	root = json_of(&the);
	assert_number(root, "resources.0.waiters.1.position", 1);
	assert_number(root, "resources.0.waiters.9999.pid", 100);
	assert_true(json_is_null(at(root, "resources.0.waiters.9999.position")));
	json_decref(root);
}

/* jansson refuses to load invalid UTF-8, so that it parses at all is half of the test. */
static void test_hostile_strings(void **state)
{
	json_t *root;

	(void)state;
	hostile_case(&the);
	root = json_of(&the);
	assert_text(root, "tasks.2.comm", "e\033[2Jvil\n\"\\\xef\xbf\xbd\xef\xbf\xbd");
	assert_text(root, "resources.0.name",
		    "line\nbreak \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd caf\xc3\xa9 \"}];\\ "
		    "\x1b]0;title\x07");
	assert_text(root, "tasks.2.waits.0.at", "func\xef\xbf\xbd(+0x1");
	assert_text(root, "findings.0.text", "bad\xef\xbf\xbd\xef\xbf\xbd text");
	assert_text(root, "source.name", "dump\xc2\x9b\xef\xbf\xbd[2J");
	assert_text(root, "source.release", "6.12\xe2\x80\xae.711\xe2\x81\xa9");
	assert_text(root, "tasks.2.stack.0.symbol", "\xe2\x80\x8fwork+0x1");
	assert_text(root, "tasks.2.stack.0.module", "\xc2\x85");
	json_decref(root);
}

/* The largest and the smallest that a field can have; no time is not a number. */
static void test_numbers(void **state)
{
	json_t *root;

	(void)state;
	hugetlb_case(&the);
	the.contexts[0].pid = the.contexts[0].tgid = INT32_MIN;
	the.contexts[0].task = UINT64_MAX;
	the.contexts[0].blocked_ns = INT64_MAX;
	the.contexts[0].cpu = INT32_MAX;
	the.contexts[1].blocked_ns = (uint64_t)INT64_MAX + 1;
	the.verdict.doubts.holders = UINT32_MAX;
	root = json_of(&the);
	assert_number(root, "tasks.0.pid", INT32_MIN);
	assert_text(root, "tasks.0.task", "0xffffffffffffffff");
	assert_number(root, "tasks.0.blocked_ns", INT64_MAX);
	assert_number(root, "tasks.0.cpu", INT32_MAX);
	assert_true(json_is_null(at(root, "tasks.2.blocked_ns")));
	assert_number(root, "summary.holders_unknown", UINT32_MAX);
	json_decref(root);
}

static void test_same_twice(void **state)
{
	struct dlk_report report;
	char *first, *second;

	(void)state;
	hostile_case(&the);
	report = make_report(&the, DLK_PART_SUMMARY);
	first = run_report(dlk_report_json, &report, DLK_OK);
	second = run_report(dlk_report_json, &report, DLK_OK);
	assert_non_null(first);
	assert_non_null(second);
	assert_string_equal(first, second);
	free(first);
	free(second);
}

/* Of the context's memory, which is all there is: too little of it, and nothing was written. */
static void test_no_memory(void **state)
{
	struct dlk_report report;
	enum dlk_status status = DLK_ERR_NOMEM;
	size_t failures = 0;

	(void)state;
	hostile_case(&the);
	report = make_report(&the, DLK_PART_SUMMARY);
	for (size_t budget = 0; status != DLK_OK; budget += 256) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		struct dlk_ctx ctx;

		dlk_ctx_init(&ctx);
		ctx.budget = budget;
		status = dlk_report_json(&ctx, &report, out);
		fclose(out);
		dlk_ctx_deinit(&ctx);
		if (status != DLK_OK) {
			assert_int_equal(status, DLK_ERR_NOMEM);
			assert_int_equal(size, 0);
			failures++;
		}
		free(text);
	}
	assert_true(failures > 1);
}

/* What is said costs nothing but the index of the facts, for however many tasks. */
static void test_memory(void **state)
{
	struct dlk_report report;
	struct dlk_index index;
	struct dlk_ctx ctx;
	size_t used;
	FILE *out = fopen("/dev/null", "w");

	(void)state;
	convoy_case(&the);
	report = make_report(&the, DLK_PART_SUMMARY);
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_index_build(&ctx, &the.model, &index), DLK_OK);
	used = ctx.used;
	dlk_ctx_deinit(&ctx);
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_report_json(&ctx, &report, out), DLK_OK);
	assert_int_equal(ctx.used, used);
	dlk_ctx_deinit(&ctx);
	fclose(out);
}

/* A file that takes so many bytes, and fails then. */
struct disk {
	size_t room;
	int error;
};

static ssize_t write_to_disk(void *cookie, const char *bytes, size_t size)
{
	struct disk *disk = cookie;
	size_t part = size < disk->room ? size : disk->room;

	(void)bytes;
	disk->room -= part;
	if (part < size)
		errno = disk->error;
	return (ssize_t)part;
}

static enum dlk_status write_report(const struct dlk_report *report, size_t room, int error)
{
	struct disk disk = { room, error };
	FILE *out = fopencookie(&disk, "w", (cookie_io_functions_t){ .write = write_to_disk });
	enum dlk_status status;
	struct dlk_ctx ctx;

	assert_non_null(out);
	dlk_ctx_init(&ctx);
	errno = 0;
	status = dlk_report_json(&ctx, report, out);
	if (status != DLK_OK) {
		char want[64];

		/* By EPIPE the program knows a reader that has seen enough. */
		assert_int_equal(errno, error);
		snprintf(want, sizeof(want), "write error: %s", strerror(error));
		assert_string_equal(ctx.err.text, want);
	}
	fclose(out);
	dlk_ctx_deinit(&ctx);
	return status;
}

/* Wherever the file ends, if it is before the report's end that is said. */
static void assert_write_errors(size_t step, int error)
{
	struct dlk_report report = make_report(&the, DLK_PART_SUMMARY);
	char *whole = run_report(dlk_report_json, &report, DLK_OK);
	size_t size;

	assert_non_null(whole);
	size = strlen(whole);
	for (size_t room = 0; room < size; room += step)
		assert_int_equal(write_report(&report, room, error), DLK_ERR_SYSTEM);
	assert_int_equal(write_report(&report, size - 1, error), DLK_ERR_SYSTEM);
	assert_int_equal(write_report(&report, size, error), DLK_OK);
	free(whole);
}

static void test_write_errors(void **state)
{
	(void)state;
	hostile_case(&the);
	assert_write_errors(1, ENOSPC);
	assert_write_errors(97, EPIPE);
	/* This one takes many writes. */
	convoy_case(&the);
	assert_write_errors(100003, EPIPE);
}

/* ^C that came before anything was written. */
static void test_canceled(void **state)
{
	struct dlk_report report;
	int is_canceled = 1;
	struct dlk_ctx ctx;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	convoy_case(&the);
	report = make_report(&the, DLK_PART_SUMMARY);
	dlk_ctx_init(&ctx);
	ctx.cancel = &is_canceled;
	assert_int_equal(dlk_report_json(&ctx, &report, out), DLK_ERR_CANCELED);
	fclose(out);
	assert_int_equal(size, 0);
	dlk_ctx_deinit(&ctx);
	free(text);
}

static void test_write_error(void **state)
{
	struct dlk_report report;
	struct dlk_ctx ctx;
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	if (!out)
		skip();
	hugetlb_case(&the);
	report = make_report(&the, DLK_PART_SUMMARY);
	dlk_ctx_init(&ctx);
	assert_int_equal(dlk_report_json(&ctx, &report, out), DLK_ERR_SYSTEM);
	fclose(out);
	dlk_ctx_deinit(&ctx);
}

static void test_lockdep(void **state)
{
	json_t *root;

	(void)state;
	lockdep_case(&the);
	root = json_of(&the);
	assert_keys(at(root, "lockdep"), "state text");
	assert_text(root, "lockdep.state", "on");
	assert_true(json_is_null(at(root, "lockdep.text")));
	/* By pid: init, puncher, mover. */
	assert_size(root, "tasks.0.held", 0);
	assert_size(root, "tasks.1.held", 2);
	assert_size(root, "tasks.2.held", 1);
	assert_keys(
		at(root, "tasks.1.held.0"),
		"class usage wait_types address resource mode recursive waited_for stale trylock "
		"hardirqs_off irq references nest_lock ip at what");
	assert_text(root, "tasks.1.held.0.class", "sb_writers#6");
	assert_text(root, "tasks.1.held.0.usage", ".+.+");
	assert_text(root, "tasks.1.held.0.wait_types", "0:0");
	assert_text(root, "tasks.1.held.0.address", "0xffff9825501b1420");
	assert_true(json_is_null(at(root, "tasks.1.held.0.resource")));
	assert_text(root, "tasks.1.held.0.mode", "read");
	assert_true(json_is_true(at(root, "tasks.1.held.0.recursive")));
	assert_true(json_is_true(at(root, "tasks.1.held.0.trylock")));
	assert_text(root, "tasks.1.held.0.irq", "softirq");
	assert_text(root, "tasks.1.held.0.what", "write access to a file system");
	assert_text(root, "tasks.1.held.1.mode", "write");
	assert_number(root, "tasks.1.held.1.references", 3);
	assert_text(root, "tasks.1.held.1.nest_lock", "0xffff9825501b1420");
	assert_true(json_is_true(at(root, "tasks.1.held.1.stale")));
	assert_true(json_is_false(at(root, "tasks.1.held.1.waited_for")));
	assert_text(root, "tasks.2.held.0.resource", "rwsem@0xffff8f8ad08b4428");
	assert_text(root, "tasks.2.held.0.address", "0xffff8f8ad08b44a0");
	assert_true(json_is_true(at(root, "tasks.2.held.0.waited_for")));
	assert_text(root, "resources.0.holders.0.confirmed_by", "lockdep");
	assert_true(json_is_null(at(root, "resources.1.holders.0.confirmed_by")));
	json_decref(root);
}

/* What a task sleeps for, where that is known. */
static void test_sleeps(void **state)
{
	json_t *root;

	(void)state;
	case_init(&the);
	add_task(&the, 30, "reader")->purpose = DLK_PURPOSE_PIPE;
	the.contexts[0].is_waiting_idly = true;
	the.contexts[0].sleeps_on = "rd_wait";
	add_task(&the, 31, "writer")->purpose = DLK_PURPOSE_IO;
	add_task(&the, 32, "other");
	root = json_of(&the);
	assert_keys(at(root, "tasks.0.sleeps_for"), "class on idle");
	assert_text(root, "tasks.0.sleeps_for.class", "pipe");
	assert_text(root, "tasks.0.sleeps_for.on", "rd_wait");
	assert_true(json_is_null(at(root, "tasks.1.sleeps_for.on")));
	assert_true(json_is_true(at(root, "tasks.0.sleeps_for.idle")));
	assert_text(root, "tasks.1.sleeps_for.class", "io");
	assert_true(json_is_false(at(root, "tasks.1.sleeps_for.idle")));
	assert_true(json_is_null(at(root, "tasks.2.sleeps_for")));
	json_decref(root);
}

/* Each of a task's waits that are not understood; what is not known is null. */
static void test_unknown_waits(void **state)
{
	json_t *root;

	(void)state;
	case_init(&the);
	add_task(&the, 30, "worker");
	add_running(&the, 31, "spinner", 2);
	add_task(&the, 32, "fine");
	add_spin(&the, 1, DLK_KIND_SPINLOCK, "native_queued_spin_lock_slowpath", "foo+0x1");
	add_spin(&the, 1, DLK_KIND_COUNT, "csd_lock_wait", NULL)->ns = 999999999;
	add_unknown(&the, 0, DLK_WHY_NOT_ANALYSED, DLK_KIND_WORK, "flush_work", "wq1+0x6b [zoo]");
	add_unknown(&the, 0, DLK_WHY_NOT_SEEN, DLK_KIND_COUNT, NULL, NULL)->ns = DLK_NS_UNKNOWN;
	the.verdict.code = DLK_UNKNOWN;
	the.verdict.doubts.holders = 7;
	root = json_of(&the);
	assert_text(root, "verdict", "unknown");
	assert_number(root, "summary.waits_unknown", 4);
	assert_number(root, "summary.holders_unknown", 7);
	assert_number(root, "summary.blocked", 2);
	assert_number(root, "summary.spinning", 1);
	assert_size(root, "tasks.0.waits", 0);
	assert_size(root, "tasks.0.waits_unknown", 2);
	assert_keys(at(root, "tasks.0.waits_unknown.0"), "function caller what kind why ns");
	assert_text(root, "tasks.0.waits_unknown.0.function", "flush_work");
	assert_text(root, "tasks.0.waits_unknown.0.caller", "wq1+0x6b [zoo]");
	assert_text(root, "tasks.0.waits_unknown.0.kind", "work");
	assert_text(root, "tasks.0.waits_unknown.0.why", "not-analysed");
	assert_number(root, "tasks.0.waits_unknown.0.ns", INT64_C(34000000000));
	assert_true(json_is_null(at(root, "tasks.0.waits_unknown.1.function")));
	assert_true(json_is_null(at(root, "tasks.0.waits_unknown.1.caller")));
	assert_true(json_is_null(at(root, "tasks.0.waits_unknown.1.kind")));
	assert_text(root, "tasks.0.waits_unknown.1.why", "not-seen");
	assert_true(json_is_null(at(root, "tasks.0.waits_unknown.1.ns")));
	/* One that has not lasted is there as well. */
	assert_size(root, "tasks.1.waits_unknown", 2);
	assert_text(root, "tasks.1.waits_unknown.0.kind", "spinlock");
	assert_text(root, "tasks.1.waits_unknown.0.why", "spins");
	assert_number(root, "tasks.1.waits_unknown.1.ns", 999999999);
	assert_size(root, "tasks.2.waits_unknown", 0);
	json_decref(root);
}

static void test_reported(void **state)
{
	static const struct dlk_said said[] = {
		{ 1, DLK_SAID_SOFT_LOCKUP, 2, NULL, 22, 31000, 93000, 3 },
		{ 1, DLK_SAID_RCU_STALL, -1, "rcu_preempt", 0, 5, 5, 1 },
	};
	static const char text[] =
		"[{\"what\": \"soft-lockup\", \"cpu\": 2, \"flavour\": null, \"seconds\": 22, \"ago_ns\": 31000, "
		"\"first_ago_ns\": 93000, \"times\": 3}, {\"what\": \"rcu-stall\", \"cpu\": null, \"flavour\": "
		"\"rcu_preempt\", \"seconds\": null, \"ago_ns\": 5, \"first_ago_ns\": 5, \"times\": 1}]";
	json_t *root, *want = json_loads(text, 0, NULL);

	(void)state;
	case_init(&the);
	add_task(&the, 30, "worker");
	add_running(&the, 31, "spinner", 2);
	the.model.said = said;
	the.model.said_count = 2;
	root = json_of(&the);
	assert_null(json_object_get(at(root, "tasks.0"), "reported"));
	assert_true(json_equal(at(root, "tasks.1.reported"), want));
	json_decref(want);
	json_decref(root);
}

static void test_leaks(void **state)
{
	json_t *root;

	(void)state;
	case_init(&the);
	add_task(&the, 30, "fsync");
	add_task(&the, 77, "gone")->state = 'Z';
	add_resource(&the, DLK_KIND_MUTEX, MUTEX);
	add_resource(&the, DLK_KIND_RWSEM, RWSEM);
	add_leak(&the, 1, 1, 0, 12, DLK_CERTAIN);
	add_leak(&the, 0, DLK_NONE, 0, 1, DLK_LIKELY);
	the.verdict.code = DLK_LEAKED_LOCK;
	root = json_of(&the);
	assert_text(root, "verdict", "leaked-lock");
	assert_size(root, "leaks", 2);
	assert_keys(at(root, "leaks.0"), "resource confidence owner behind");
	assert_text(root, "leaks.0.resource", "rwsem@0xffff8f8ad08b4428");
	assert_text(root, "leaks.0.confidence", "certain");
	assert_number(root, "leaks.0.owner", 77);
	assert_number(root, "leaks.0.behind", 12);
	assert_text(root, "leaks.1.resource", "mutex@0xffff888005a3c100");
	assert_text(root, "leaks.1.confidence", "likely");
	assert_true(json_is_null(at(root, "leaks.1.owner")));
	json_decref(root);
}

/* A kernel of which nothing is understood is a report, too. */
static void test_foreign_kernel(void **state)
{
	json_t *root;

	(void)state;
	case_init(&the);
	the.model.source.symbols = the.model.source.types = NULL;
	add_finding(&the, DLK_FINDING_UNSUPPORTED, 0, "this kernel (7.3.4) is not understood",
		    true);
	the.verdict.code = DLK_UNKNOWN;
	the.verdict.doubts.losses = 1;
	root = json_of(&the);
	assert_text(root, "verdict", "unknown");
	assert_true(json_is_false(at(root, "complete")));
	assert_true(json_is_null(at(root, "source.symbols")));
	assert_size(root, "tasks", 0);
	assert_text(root, "findings.0.code", "unsupported");
	assert_text(root, "findings.0.text", "this kernel (7.3.4) is not understood");
	json_decref(root);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_hugetlb),
		cmocka_unit_test(test_resources_and_cycles),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_roots_and_findings),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_lockdep),
		cmocka_unit_test(test_sleeps),
		cmocka_unit_test(test_unknown_waits),
		cmocka_unit_test(test_leaks),
		cmocka_unit_test(test_reported),
		cmocka_unit_test(test_foreign_kernel),
		cmocka_unit_test(test_same_twice),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_write_error),
		cmocka_unit_test(test_write_errors),
		cmocka_unit_test(test_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
