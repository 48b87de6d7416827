/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_REPORT_MODELS_H
#define DLK_TESTS_REPORT_MODELS_H

/*
 * Small models with their verdicts, made by hand, for the tests of the reports.
 *
 * Each struct report_case is static storage that points into itself: fill it in place, do not
 * copy it.  The last section runs a report into a string.
 */

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deadlock/report.h"

#define UNUSED __attribute__((unused))

enum { CROWD = 10000 };

static const dlk_addr_t RWSEM = 0xffff8f8ad08b4428, FOLIO = 0xffffea0000c38000,
			MUTEX = 0xffff888005a3c100, TASKS = 0xffff888100000000;

struct report_case {
	struct dlk_context contexts[CROWD + 2];
	struct dlk_resource resources[4];
	struct dlk_wait waits[CROWD + 2];
	struct dlk_hold holds[128];
	struct dlk_finding findings[32];
	struct dlk_unknown unknowns[64];
	struct dlk_held held[8];
	struct dlk_lock_class classes[4];
	enum dlk_role roles[CROWD + 2];
	struct dlk_step steps[4];
	struct dlk_cycle cycles[12];
	struct dlk_root roots[12];
	struct dlk_leak leaks[4];
	struct dlk_model model;
	struct dlk_verdict verdict;
};

static UNUSED void case_init(struct report_case *c)
{
	memset(c, 0, sizeof(*c));
	c->model = (struct dlk_model){
		.source = { "vmcore", "hung.core", "kdump", "x86_64", "6.12.117", "kallsyms",
			    "btf" },
		.contexts = c->contexts,
		.resources = c->resources,
		.waits = c->waits,
		.holds = c->holds,
		.findings = c->findings,
		.unknowns = c->unknowns,
		.held = c->held,
		.classes = c->classes,
	};
	c->verdict = (struct dlk_verdict){
		.cycles = c->cycles, .roots = c->roots, .leaks = c->leaks, .roles = c->roles
	};
}

/* A task that sleeps in state D for 34 s. */
static UNUSED struct dlk_context *add_task(struct report_case *c, int32_t pid, const char *comm)
{
	struct dlk_context *t = &c->contexts[c->model.context_count++];

	*t = (struct dlk_context){
		.task = TASKS + (uint64_t)pid * 0x4000,
		.pid = pid,
		.tgid = pid,
		.state = 'D',
		.is_blocked = true,
		.is_uninterruptible = true,
		.cpu = 1,
		.blocked_ns = 34 * UINT64_C(1000000000),
	};
	snprintf(t->comm, sizeof(t->comm), "%s", comm);
	return t;
}

static UNUSED struct dlk_resource *add_resource(struct report_case *c, enum dlk_kind kind,
						dlk_addr_t address)
{
	struct dlk_resource *r = &c->resources[c->model.resource_count++];

	*r = (struct dlk_resource){ .kind = kind, .address = address };
	return r;
}

static UNUSED struct dlk_wait *add_wait(struct report_case *c, uint32_t context, uint32_t resource,
					uint32_t position, enum dlk_mode mode)
{
	struct dlk_wait *w = &c->waits[c->model.wait_count++];

	*w = (struct dlk_wait){ .context = context,
				.resource = resource,
				.position = position,
				.mode = mode,
				.evidence = DLK_EVIDENCE_WAITER_LIST,
				.confidence = DLK_CERTAIN };
	return w;
}

static UNUSED struct dlk_hold *add_hold(struct report_case *c, uint32_t context, uint32_t resource,
					enum dlk_mode mode)
{
	struct dlk_hold *h = &c->holds[c->model.hold_count++];

	*h = (struct dlk_hold){ .context = context,
				.resource = resource,
				.mode = mode,
				.evidence = DLK_EVIDENCE_OWNER,
				.confidence = DLK_CERTAIN };
	return h;
}

static UNUSED void add_finding(struct report_case *c, enum dlk_finding_code code,
			       dlk_addr_t address, const char *text, bool is_loss)
{
	c->findings[c->model.finding_count++] = (struct dlk_finding){
		.code = code, .address = address, .text = text, .is_loss = is_loss
	};
}

/* A wait of a task of add_task() that is not understood. */
static UNUSED struct dlk_unknown *add_unknown(struct report_case *c, uint32_t context,
					      enum dlk_why why, enum dlk_kind kind,
					      const char *function, const char *caller)
{
	struct dlk_unknown *u = &c->unknowns[c->model.unknown_count++];

	*u = (struct dlk_unknown){ .context = context,
				   .why = why,
				   .kind = kind,
				   .function = function,
				   .caller = caller,
				   .ns = c->contexts[context].blocked_ns };
	c->verdict.doubts.waits += dlk_is_lasting(u->ns);
	return u;
}

/* A task that runs on a CPU, for 12 s at most. */
static UNUSED struct dlk_context *add_running(struct report_case *c, int32_t pid, const char *comm,
					      int32_t cpu)
{
	struct dlk_context *t = add_task(c, pid, comm);

	t->state = 'R';
	t->is_blocked = t->is_uninterruptible = false;
	t->is_on_cpu = true;
	t->cpu = cpu;
	t->blocked_ns = DLK_NS_UNKNOWN;
	t->running_ns = 12 * UINT64_C(1000000000);
	return t;
}

/* It spins, and whom for is not known. */
static UNUSED struct dlk_unknown *add_spin(struct report_case *c, uint32_t context,
					   enum dlk_kind kind, const char *function,
					   const char *caller)
{
	struct dlk_unknown *u = add_unknown(c, context, DLK_WHY_SPINS, kind, function, caller);

	u->ns = c->contexts[context].running_ns;
	return u;
}

static UNUSED void add_leak(struct report_case *c, uint32_t resource, uint32_t owner,
			    uint32_t waiter, uint32_t behind, enum dlk_confidence confidence)
{
	c->leaks[c->verdict.leak_count++] = (struct dlk_leak){ resource, owner, waiter, behind,
							       confidence };
}

#define FRAME(name, offset)                                                                        \
	.ip = 0xffffffff81000000 + (offset), .start = 0xffffffff81000000, .function = (name),      \
	.symbol = name "+" #offset

static UNUSED const struct dlk_frame mover_frames[] = {
	{ FRAME("__schedule", 0x100), .sp = 0xffffc90000123a10, .is_reliable = true },
	{ FRAME("rwsem_down_read_slowpath", 0x70), .sp = 0xffffc90000123a58, .is_reliable = true },
	{ FRAME("helper", 0x71), .sp = 0xffffc90000123b00, .module = "guest" },
	{ .ip = 0xffffffffc0000300, .sp = 0xffffc90000123b40, .is_reliable = true },
};

/*
 *	mover 51 --waits, read--> rwsem --held, write--> puncher 50
 *	         <--held, likely-- folio <--waits--
 */
static UNUSED void hugetlb_case(struct report_case *c)
{
	case_init(c);
	add_task(c, 51, "mover");
	add_task(c, 50, "puncher");
	*add_task(c, 1, "init") = (struct dlk_context){
		.task = TASKS + 0x4000,
		.pid = 1,
		.tgid = 1,
		.comm = "init",
		.state = 'S',
		.is_blocked = true,
		.cpu = -1,
		.blocked_ns = DLK_NS_UNKNOWN,
	};
	c->contexts[0].frames = mover_frames;
	c->contexts[0].frame_count = 4;
	add_resource(c, DLK_KIND_FOLIO, FOLIO)->name = "2 MiB, page 0 of the same file";
	c->resources[0].state = "locked";
	add_resource(c, DLK_KIND_RWSEM, RWSEM)->name =
		"i_mmap_rwsem of inode 1057, memfd:huge (hugetlbfs)";
	add_wait(c, 0, 1, 0, DLK_MODE_READ)->at = "rmap_walk_file+0x1aa";
	add_wait(c, 1, 0, 0, DLK_MODE_EXCLUSIVE)->at = "hugetlbfs_fallocate+0x3d8";
	*add_hold(c, 0, 0, DLK_MODE_EXCLUSIVE) = (struct dlk_hold){
		.context = 0,
		.resource = 0,
		.mode = DLK_MODE_EXCLUSIVE,
		.evidence = DLK_EVIDENCE_LIVE_FRAME,
		.confidence = DLK_LIKELY,
		.note = "unmap_and_move_huge_page+0x1f0 works on it, no other task does",
	};
	add_hold(c, 1, 1, DLK_MODE_WRITE);
	c->steps[0] = (struct dlk_step){ 0, 1, DLK_NONE, 1, DLK_CERTAIN };
	c->steps[1] = (struct dlk_step){ 1, 0, DLK_NONE, 0, DLK_LIKELY };
	c->cycles[0] = (struct dlk_cycle){ c->steps, 2, DLK_LIKELY, 0 };
	c->roles[0] = c->roles[1] = DLK_ROLE_CYCLE;
	c->verdict.code = DLK_DEADLOCK;
	c->verdict.cycle_count = 1;
	c->verdict.in_cycles = 2;
}

/*
 * As lockdep lists it: mover waits for the rwsem, puncher has it and writes to the file system.  The
 * addresses are those of maps inside the locks.
 */
static UNUSED void lockdep_case(struct report_case *c)
{
	static const char *const stack[] = { "down_write+0x28", "hugetlbfs_setattr+0xb2" };
	static const struct dlk_usage usages[] = { { "taken with hard interrupts enabled", stack,
						     2 } };

	hugetlb_case(c);
	c->model.lockdep.state = DLK_LOCKDEP_ON;
	c->classes[0] = (struct dlk_lock_class){ .address = 0xffffffff83000000,
						 .name = "&hugetlbfs_i_mmap_rwsem_key",
						 .usage = "++++",
						 .wait_outer = 3,
						 .wait_inner = 3,
						 .wait_outer_text = "sleeps",
						 .wait_inner_text = "sleeps",
						 .usages = usages,
						 .usage_count = 1 };
	c->classes[1] = (struct dlk_lock_class){ .address = 0xffffffff83000108,
						 .name = "sb_writers#6",
						 .what = "write access to a file system",
						 .usage = ".+.+" };
	c->held[0] = (struct dlk_held){ .context = 0,
					.class = 0,
					.resource = 1,
					.map = RWSEM + 0x78,
					.at = "rmap_walk_file+0x197",
					.is_read = true,
					.is_waited_for = true };
	c->held[1] = (struct dlk_held){ .context = 1,
					.class = 1,
					.resource = DLK_NONE,
					.map = 0xffff9825501b1420,
					.at = "__x64_sys_fallocate+0x3a",
					.is_read = true,
					.is_recursive = true,
					.is_trylock = true,
					.irq = DLK_IRQ_SOFT };
	c->held[2] = (struct dlk_held){ .context = 1,
					.class = 0,
					.resource = 1,
					.map = RWSEM + 0x78,
					.nest_lock = 0xffff9825501b1420,
					.ip = 0x1234,
					.references = 3,
					.is_stale = true };
	c->contexts[0].held_count = 1;
	c->contexts[1].held_first = 1;
	c->contexts[1].held_count = 2;
	c->model.held_count = 3;
	c->model.class_count = 2;
	c->holds[1].evidence |= DLK_EVIDENCE_LOCKDEP;
}

/* One holder that sleeps in msleep(), CROWD tasks behind it; the queue is entered backwards. */
static UNUSED void convoy_case(struct report_case *c)
{
	static const struct dlk_frame frames[] = {
		{ FRAME("schedule_timeout", 0x11), .sp = 0x2, .is_reliable = true },
		{ FRAME("msleep", 0x2f), .sp = 0x3, .is_reliable = true },
	};

	case_init(c);
	add_task(c, 7, "kworker/0:1")->frames = frames;
	c->contexts[0].frame_count = 2;
	c->roles[0] = DLK_ROLE_ROOT;
	add_resource(c, DLK_KIND_MUTEX, MUTEX);
	add_hold(c, 0, 0, DLK_MODE_EXCLUSIVE);
	for (uint32_t i = 1; i <= CROWD; i++) {
		add_task(c, (int32_t)(100 + CROWD - i), "fsync");
		add_wait(c, i, 0, CROWD - i, DLK_MODE_EXCLUSIVE);
		c->roles[i] = DLK_ROLE_BLOCKED;
	}
	c->roots[0] = (struct dlk_root){ 0, 0, CROWD };
	c->verdict.root_count = 1;
}

/* Two tasks wait for a mutex whose owner word is empty; one more is in D for nothing known. */
static UNUSED void unknown_case(struct report_case *c)
{
	static const struct dlk_frame frames[] = {
		{ FRAME("io_schedule", 0x11), .sp = 0x2, .is_reliable = true },
		{ FRAME("wait_for_device", 0x2f), .sp = 0x3, .module = "odd", .is_reliable = true },
	};

	case_init(c);
	add_task(c, 30, "reader");
	add_task(c, 31, "writer")->blocked_ns = DLK_NS_UNKNOWN;
	add_task(c, 32, "disk")->frames = frames;
	c->contexts[2].frame_count = 2;
	add_resource(c, DLK_KIND_MUTEX, MUTEX)->holders_unknown = "owner word 0 with waiters";
	add_wait(c, 0, 0, 0, DLK_MODE_EXCLUSIVE)->at = "foo+0x1";
	add_wait(c, 1, 0, 1, DLK_MODE_EXCLUSIVE)->at = "bar+0x2";
	c->roles[0] = c->roles[1] = c->roles[2] = DLK_ROLE_BLOCKED;
	add_unknown(c, 2, DLK_WHY_NO_IDEA, DLK_KIND_COUNT, "wait_for_device", "odd+0x1 [odd]");
	c->roots[0] = (struct dlk_root){ DLK_NONE, 0, 2 };
	c->verdict.root_count = 1;
	c->verdict.code = DLK_UNKNOWN;
	c->verdict.doubts.holders = 2;
	c->verdict.doubts.losses = 1;
	add_finding(c, DLK_FINDING_LEAKED_LOCK, 0, "pid 77 has exited", false);
	add_finding(c, DLK_FINDING_UNREADABLE, 0xffff888003a4c000, "rwsem: page not in dump", true);
}

/*
 * A reader's queue place: lock held by reader A 10; writer B 11 queued, then reader C 12.
 * A waits for the mutex that C holds: A -> mutex -> C -> (turn of) B -> rwsem -> A.
 */
static UNUSED void turn_case(struct report_case *c)
{
	case_init(c);
	add_task(c, 10, "worker");
	add_task(c, 11, "worker");
	add_task(c, 12, "worker");
	add_resource(c, DLK_KIND_RWSEM, RWSEM);
	add_resource(c, DLK_KIND_MUTEX, MUTEX);
	add_wait(c, 0, 1, 0, DLK_MODE_EXCLUSIVE);
	add_wait(c, 2, 0, 1, DLK_MODE_READ);
	add_wait(c, 1, 0, 0, DLK_MODE_WRITE);
	add_hold(c, 0, 0, DLK_MODE_READ);
	add_hold(c, 2, 1, DLK_MODE_EXCLUSIVE);
	c->steps[0] = (struct dlk_step){ 0, 1, DLK_NONE, 2, DLK_CERTAIN };
	c->steps[1] = (struct dlk_step){ 1, DLK_NONE, 2, 1, DLK_CERTAIN };
	c->steps[2] = (struct dlk_step){ 2, 0, DLK_NONE, 0, DLK_CERTAIN };
	c->cycles[0] = (struct dlk_cycle){ c->steps, 3, DLK_CERTAIN, 0 };
	c->roles[0] = c->roles[1] = c->roles[2] = DLK_ROLE_CYCLE;
	c->verdict.code = DLK_DEADLOCK;
	c->verdict.cycle_count = 1;
	c->verdict.in_cycles = 3;
}

/* The hugetlb case with names that want to break the output. */
static UNUSED void hostile_case(struct report_case *c)
{
	static const struct dlk_frame frame = { .ip = 0x1000,
						.symbol = "\xe2\x80\x8fwork+0x1",
						.function = "\xe2\x80\x8fwork",
						.module = "\xc2\x85",
						.is_reliable = true };

	hugetlb_case(c);
	c->model.source.name = "dump\xc2\x9b\x9b[2J";
	c->model.source.release = "6.12\xe2\x80\xae.711\xe2\x81\xa9";
	c->contexts[0].frames = &frame;
	c->contexts[0].frame_count = 1;
	memcpy(c->contexts[0].comm, "e\033[2Jvil\n\"\\\xff\xc3", 13);
	c->resources[1].name = "line\nbreak \xed\xa0\x80 caf\xc3\xa9 \"}];\\ \x1b]0;title\x07";
	c->resources[0].state = "\r\x7f\x80";
	c->waits[0].at = "func\xf0\x28+0x1";
	c->holds[0].note = "note\nDEADLOCK: forged";
	add_finding(c, DLK_FINDING_CORRUPT, 0, "bad\xc0\xaf text", false);
}

typedef enum dlk_status report_fn(struct dlk_ctx *ctx, const struct dlk_report *report, FILE *out);

/* Run a report; the text is the caller's to free(), NULL if the report failed. */
/* The words of the last report that failed. */
static UNUSED char last_error[sizeof(((struct dlk_ctx *)NULL)->err.text)];

static UNUSED char *run_report(report_fn *fn, const struct dlk_report *report, enum dlk_status want)
{
	struct dlk_ctx ctx;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	enum dlk_status status;

	if (!out)
		return NULL;
	dlk_ctx_init(&ctx);
	status = fn(&ctx, report, out);
	fclose(out);
	if (status != want)
		fprintf(stderr, "status %s: %s\n", dlk_status_text(status), ctx.err.text);
	strcpy(last_error, ctx.err.text);
	dlk_ctx_deinit(&ctx);
	if (status == want)
		return text;
	free(text);
	return NULL;
}

static UNUSED struct dlk_report make_report(const struct report_case *c, enum dlk_report_part part)
{
	return (struct dlk_report){ .model = &c->model, .verdict = &c->verdict, .part = part };
}

#endif
