/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/log/: whole console logs.  What is read of them is in order, within its limits, and can be looked at to its last byte; what is
 * made of that is judged and reported.
 */
#include <config.h>

#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deadlock/report.h"
#include "edges.h"
#include "log/build.h"
#include "log/draft.h"

/* Hardly more than a table of strings, so that halves turn within an input. */
enum { SMALL_HALF = 320 * 1024, MAX_INCIDENTS = 4 };

static const char *const words[] = {
	"[   12.345678] ",
	"[   12.345678][   T77] ",
	"[   12.345679][    C1] ",
	"<4>",
	"> ",
	"Jan  2 03:04:05 host kernel: ",
	"2026-01-02T03:04:05.678Z ",
	"3,17,12345678,-;",
	"(1)[77:worker]",
	"{\"log\":\"",
	"\\u003c",
	"\n",
	"=\n",
	"\r\n",
	"^M",
	"\x1b[1m",
	"INFO: task worker/1:77 blocked for more than 120 seconds.\n",
	"task:worker/1 state:D stack:0 pid:77 tgid:77 ppid:2 flags:0x00004000\n",
	"worker/1        D13520    77      2 0x00000004\n",
	"Call Trace:\n",
	" <IRQ>\n",
	" </IRQ>\n",
	" </TASK>\n",
	" ? wait_here+0x1a/0x2b [mod]\n",
	" wait_inner mm/here.c:12 [inline]\n",
	"[<ffffffff81234567>] wait_here+0x1a/0x2b\n",
	"[<0>] wait_here+0x1a/0x2b\n",
	"[<80111110>] (wait_here) from [<80111120>] (caller+0x60/0xdc)\n",
	"#0 [ffffc90000123400] wait_here at ffffffff81aaa010\n",
	"PID: 77  TASK: ffff888033334000  CPU: 1  COMMAND: \"worker/1\"\n",
	"<Same stack as pid 77>\n",
	"2 locks held by worker/1/77:\n",
	" #0: ffff888012345678 (&q->lock){+.+.}-{3:3}, at: take_it+0x1/0x2\n",
	"locks held by worker/1/77: 2, last CPU#1:\n",
	"INFO: task worker/1:77 is blocked on a mutex likely owned by task other:78.\n",
	"INFO: task worker/1:77 <writer> blocked on an rw-semaphore likely owned by task other:78 <reader>\n",
	"NMI backtrace for cpu 1\n",
	"CPU: 1 PID: 77 Comm: worker/1 Not tainted 6.1.0 #1\n",
	"RIP: 0010:wait_here+0x1a/0x2b\n",
	"watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [worker/1:77]\n",
	"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks: { 1-... P77 }\n",
	"rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P77 P78/1:b..l\n",
	"workqueue events: flags=0x0\n",
	"  pwq 4: cpus=2 node=0 flags=0x0 nice=0 active=7/512 refcnt=2\n",
	"    in-flight: 77:work_fn BAR(78), 79(RESCUER):other_fn\n",
	"WARNING: possible circular locking dependency detected\n",
	"WARNING: inconsistent lock state\n",
	"inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.\n",
	"worker/77 is trying to acquire lock:\n",
	"but task is already holding lock:\n",
	"-> #1 (&q->lock){+.+.}-{3:3}:\n",
	"stack backtrace:\n",
	"Linux version 6.1.0-1 (\n",
	NULL,
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return fuzz_mutate_by_words((struct fuzz_bytes){ data, size, max_size }, seed, words, 2);
}

static size_t sum;

static void check_text(const char *text)
{
	if (text)
		sum += strlen(text);
}

static void check_stack(const struct dlk_log_stack *stack)
{
	FUZZ_CLAIM(stack->count <= DLK_LOG_MAX_FRAMES);
	for (uint32_t i = 0; i < stack->count; i++) {
		const struct dlk_log_frame *frame = &stack->frames[i];

		FUZZ_CLAIM(frame->function != NULL && frame->function[0]);
		FUZZ_CLAIM(!strncmp(frame->function, frame->symbol, strlen(frame->function)));
		FUZZ_CLAIM(frame->line && frame->on < DLK_CONTEXT_COUNT);
		FUZZ_CLAIM(!frame->is_inlined || frame->offset == DLK_LOG_NO_OFFSET);
		check_text(frame->module);
		check_text(frame->place);
	}
}

static void check_who(const struct dlk_log_who *who)
{
	FUZZ_CLAIM(who->pid >= DLK_LOG_NO_NUMBER);
	check_text(who->comm);
}

static void check_class(const struct dlk_log_class *class)
{
	check_text(class->name);
	check_text(class->usage);
	check_text(class->at);
	check_stack(&class->stack);
}

static void check_task(const struct dlk_log_task *task)
{
	check_who(&task->who);
	FUZZ_CLAIM(task->state && strchr("RSDTtZXPI?", task->state) != NULL);
	check_stack(&task->stack);
	check_text(task->workqueue);
	check_text(task->work);
}

static void check_held(const struct dlk_log_held_list *list)
{
	check_who(&list->who);
	FUZZ_CLAIM(!list->is_running || !list->count);
	for (uint32_t i = 0; i < list->count; i++) {
		FUZZ_CLAIM(list->entries[i].class != NULL);
		check_text(list->entries[i].class);
		check_text(list->entries[i].usage);
		check_text(list->entries[i].at);
		check_text(list->entries[i].at_place);
		FUZZ_CLAIM(!list->entries[i].at == !list->entries[i].at_function);
	}
}

static void check_validator(const struct dlk_log_validator *v)
{
	FUZZ_CLAIM(v->title != NULL && v->title[0]);
	check_who(&v->who);
	check_class(&v->wanted);
	check_class(&v->held);
	check_class(&v->first);
	check_class(&v->second);
	for (uint32_t i = 0; i < v->chain_count; i++) {
		FUZZ_CLAIM(v->chain[i].name != NULL);
		check_class(&v->chain[i]);
	}
	check_text(v->from);
	check_text(v->to);
	check_stack(&v->backtrace);
	FUZZ_CLAIM(v->has_end == (v->backtrace.count > 0));
}

static void check_pool(const struct dlk_log_pool *pool)
{
	check_text(pool->workqueue);
	for (uint32_t i = 0; i < pool->work_count; i++)
		check_text(pool->works[i].function);
}

static void check_stall(const struct dlk_log_stall *stall)
{
	check_text(stall->flavour);
	for (uint32_t i = 0; i < stall->cpu_count; i++)
		FUZZ_CLAIM(stall->cpus[i] >= 0);
	for (uint32_t i = 0; i < stall->pid_count; i++)
		FUZZ_CLAIM(stall->pids[i] >= 0);
}

static void check_block(const struct dlk_log_block *block)
{
	switch (block->kind) {
	case DLK_LOG_TASK:
		check_task(&block->task);
		break;
	case DLK_LOG_HELD:
		check_held(&block->held);
		break;
	case DLK_LOG_OWNER:
		check_who(&block->owner.waiter);
		check_who(&block->owner.owner);
		break;
	case DLK_LOG_CPU:
		check_who(&block->cpu.who);
		check_text(block->cpu.ip.function);
		check_stack(&block->cpu.stack);
		break;
	case DLK_LOG_STALL:
		check_stall(&block->stall);
		break;
	case DLK_LOG_POOL:
		check_pool(&block->pool);
		break;
	case DLK_LOG_VALIDATOR:
		check_validator(&block->validator);
		break;
	case DLK_LOG_BOOT:
		check_text(block->release);
		break;
	case DLK_LOG_PANIC:
		check_text(block->text);
		break;
	case DLK_LOG_LOCKDEP_OFF:
		break;
	}
}

static void check_log(const struct dlk_log *log)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < log->block_count; i++) {
		const struct dlk_log_block *block = &log->blocks[i];

		FUZZ_CLAIM(block->first_line && block->first_line >= before);
		FUZZ_CLAIM(block->last_line >= block->first_line &&
			   block->last_line <= log->line_count);
		before = block->first_line;
		check_block(block);
	}
	for (uint32_t i = 0; i < log->strange_count; i++)
		check_text(log->strange[i].text);
	check_text(log->release);
	check_text(log->arch);
}

static void report(struct dlk_ctx *ctx, const struct dlk_report *r)
{
	static FILE *null;

	if (!null)
		null = fopen("/dev/null", "w");
	FUZZ_CLAIM(null != NULL);
	FUZZ_CLAIM(!dlk_report_text(ctx, r, null));
	FUZZ_CLAIM(!dlk_report_json(ctx, r, null));
	FUZZ_CLAIM(!dlk_report_dot(ctx, r, null));
}

static void judge_incident(struct dlk_ctx *ctx, const struct dlk_log *log,
			   const struct dlk_log_incident *incident)
{
	struct dlk_model model;
	struct dlk_verdict verdict;
	struct dlk_report r = { .model = &model,
				.verdict = &verdict,
				.with_evidence = true,
				.with_stacks = true,
				.incident = { 1, 1, 1, 1 } };

	FUZZ_CLAIM(incident->first < incident->end && incident->end <= log->block_count);
	FUZZ_CLAIM(!dlk_log_build(ctx, log, incident, "log", &model));
	FUZZ_CLAIM(!dlk_judge(ctx, &model, &verdict));
	report(ctx, &r);
	r.part = DLK_PART_LOCKDEP;
	report(ctx, &r);
}

static void judge_log(struct dlk_ctx *ctx, const struct dlk_log *log)
{
	struct dlk_log_incident *incidents;
	uint32_t count;

	FUZZ_CLAIM(!dlk_log_incidents_find(ctx, log, &incidents, &count));
	for (uint32_t i = 0; i < count && i < MAX_INCIDENTS; i++)
		judge_incident(ctx, log, &incidents[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = fuzz_file(data, size);
	struct dlk_log log;
	struct dlk_ctx ctx;
	enum dlk_status status;

	if (fd < 0 || !size)
		goto out;
	lseek(fd, 0, SEEK_SET);
	dlk_ctx_init(&ctx);
	status = dlk_log_read_within(&ctx, fd, data[0] & 1 ? SMALL_HALF : DLK_LOG_HALF_BYTES, &log);
	if (status)
		FUZZ_CLAIM(ctx.err.text[0]);
	else {
		check_log(&log);
		judge_log(&ctx, &log);
	}
	dlk_ctx_deinit(&ctx);
out:
	if (fd >= 0)
		close(fd);
	return 0;
}
