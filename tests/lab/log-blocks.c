/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read of console logs (log/block.h): a line for each block, to be looked at.
 *
 * Usage: log-blocks [-f] [-t] [LOG]...
 *   -f  also a line for each frame, entry, work or class of a block
 *   -t  what it took, on the error output: CPU time and memory
 * Without LOG the input is read.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log/block.h"

static bool is_full, is_timed;

static const char *or_none(const char *text)
{
	return text ? text : "-";
}

static void print_who(const char *label, const struct dlk_log_who *who)
{
	printf(" %s%s:%d", label, or_none(who->comm), who->pid);
}

static void print_frame(const struct dlk_log_frame *frame)
{
	printf("\t%u %s%s%s%s%s%s%s%s%s\n", frame->line, frame->is_reliable ? "" : "? ",
	       frame->symbol, frame->module ? " [" : "", frame->module ? frame->module : "",
	       frame->module ? "]" : "", frame->place ? " " : "", frame->place ? frame->place : "",
	       frame->is_inlined ? " inlined" : "",
	       frame->on == DLK_CONTEXT_TASK      ? ""
	       : frame->on == DLK_CONTEXT_HARDIRQ ? " hardirq"
	       : frame->on == DLK_CONTEXT_SOFTIRQ ? " softirq"
						  : " nmi");
}

static void print_stack(const struct dlk_log_stack *stack)
{
	for (uint32_t i = 0; is_full && i < stack->count; i++)
		print_frame(&stack->frames[i]);
}

static void print_stack_line(const struct dlk_log_stack *stack)
{
	printf(" frames=%u%s", stack->count, stack->is_cut ? " cut" : "");
	if (stack->same_as != DLK_LOG_NO_NUMBER)
		printf(" same-as=%d", stack->same_as);
	for (uint32_t i = 0, n = 0; i < stack->count && n < 4; i++)
		if (stack->frames[i].is_reliable)
			printf("%s%s", n++ ? " < " : " ", stack->frames[i].function);
}

static void print_task(const struct dlk_log_task *task)
{
	print_who("", &task->who);
	printf(" state=%c parent=%d cpu=%d hung=%lu%s%s", task->state, task->parent, task->cpu,
	       (unsigned long)task->hung_s, task->is_kthread ? " kthread" : "",
	       task->is_exit ? " exit" : "");
	if (task->workqueue)
		printf(" work=%s/%s", task->workqueue, or_none(task->work));
	print_stack_line(&task->stack);
	printf("\n");
	print_stack(&task->stack);
}

static void print_held(const struct dlk_log_held_list *list)
{
	print_who("", &list->who);
	printf(" said=%u count=%u%s\n", list->said, list->count,
	       list->is_running ? " running" : "");
	for (uint32_t i = 0; is_full && i < list->count; i++) {
		const struct dlk_log_held *held = &list->entries[i];

		printf("\t%u %lx (%s){%s} at %s %s%s\n", held->line, (unsigned long)held->lock,
		       held->class, or_none(held->usage), or_none(held->at),
		       or_none(held->at_place),
		       !held->is_read_known ? ""
		       : held->is_read      ? " read"
					    : " write");
	}
}

static void print_owner(const struct dlk_log_owner *owner)
{
	static const char *const how[] = { "owned", "owned-read", "last-held", "no-owner" };

	print_who("", &owner->waiter);
	printf("%s%s %s %s", owner->is_reader ? " <reader>" : "",
	       owner->is_writer ? " <writer>" : "",
	       owner->kind < DLK_KIND_COUNT ? dlk_kind_text(owner->kind) : "?", how[owner->how]);
	print_who("", &owner->owner);
	printf("%s\n", owner->lock ? " lock" : "");
}

static void print_cpu(const struct dlk_log_cpu *cpu)
{
	printf(" cpu=%d", cpu->cpu);
	print_who("", &cpu->who);
	printf("%s stuck=%lu%s ip=%s", cpu->is_idle ? " idle" : "", (unsigned long)cpu->stuck_s,
	       cpu->is_hard_lockup ? " hard" : "", or_none(cpu->ip.symbol));
	print_stack_line(&cpu->stack);
	printf("\n");
	print_stack(&cpu->stack);
}

static void print_stall(const struct dlk_log_stall *stall)
{
	printf(" %s%s%s%s detector=%d cpus:", or_none(stall->flavour),
	       stall->is_self ? " self" : "", stall->is_expedited ? " expedited" : "",
	       stall->is_starved ? " starved" : "", stall->detector);
	for (uint32_t i = 0; i < stall->cpu_count; i++)
		printf(" %d", stall->cpus[i]);
	printf(" pids:");
	for (uint32_t i = 0; i < stall->pid_count; i++)
		printf(" %d", stall->pids[i]);
	printf("\n");
}

static void print_pool(const struct dlk_log_pool *pool)
{
	static const char *const states[] = { "in-flight", "pending", "inactive" };

	printf(" pool=%d cpu=%d wq=%s stuck=%lu works=%u\n", pool->pool, pool->cpu,
	       or_none(pool->workqueue), (unsigned long)pool->stuck_s, pool->work_count);
	for (uint32_t i = 0; is_full && i < pool->work_count; i++) {
		const struct dlk_log_work *work = &pool->works[i];

		printf("\t%u %s %s worker=%d barrier=%d\n", work->line, states[work->state],
		       work->function, work->worker, work->barrier);
	}
}

static void print_class(const char *label, const struct dlk_log_class *class)
{
	if (!is_full || !class->name)
		return;
	printf("\t%s %u %lx (%s){%s} at %s frames=%u\n", label, class->line,
	       (unsigned long)class->lock, class->name, or_none(class->usage), or_none(class->at),
	       class->stack.count);
	print_stack(&class->stack);
}

static void print_validator(const struct dlk_log_validator *v)
{
	static const char *const kinds[] = { "circular",     "recursive",    "irq-inversion",
					     "inconsistent", "wait-context", "other" };

	printf(" %s \"%s\"", kinds[v->kind], or_none(v->title));
	print_who("", &v->who);
	printf(" cpu=%d wanted=%s held=%s chain=%u from=%s to=%s first=%s second=%s%s", v->cpu,
	       or_none(v->wanted.name), or_none(v->held.name), v->chain_count, or_none(v->from),
	       or_none(v->to), or_none(v->first.name), or_none(v->second.name),
	       v->has_end ? "" : " cut");
	print_stack_line(&v->backtrace);
	printf("\n");
	print_class("wanted", &v->wanted);
	print_class("held", &v->held);
	for (uint32_t i = 0; i < v->chain_count; i++)
		print_class("chain", &v->chain[i]);
	print_class("first", &v->first);
	print_class("second", &v->second);
	print_stack(&v->backtrace);
}

static void print_block(const struct dlk_log_block *block)
{
	static const char *const kinds[] = { "boot",  "task", "held",      "owner",       "cpu",
					     "stall", "pool", "validator", "lockdep-off", "panic" };

	printf("%u-%u ", block->first_line, block->last_line);
	if (block->time_us != DLK_LOG_NO_TIME)
		printf("%.6f ", (double)block->time_us / 1e6);
	printf("%s", kinds[block->kind]);
	switch (block->kind) {
	case DLK_LOG_TASK:
		print_task(&block->task);
		break;
	case DLK_LOG_HELD:
		print_held(&block->held);
		break;
	case DLK_LOG_OWNER:
		print_owner(&block->owner);
		break;
	case DLK_LOG_CPU:
		print_cpu(&block->cpu);
		break;
	case DLK_LOG_STALL:
		print_stall(&block->stall);
		break;
	case DLK_LOG_POOL:
		print_pool(&block->pool);
		break;
	case DLK_LOG_VALIDATOR:
		print_validator(&block->validator);
		break;
	case DLK_LOG_BOOT:
		printf(" %s\n", or_none(block->release));
		break;
	case DLK_LOG_PANIC:
		printf(" %s\n", or_none(block->text));
		break;
	case DLK_LOG_LOCKDEP_OFF:
		printf("\n");
	}
}

static void print_costs(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "%.2f s of CPU time, %ld KiB\n",
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		usage.ru_maxrss);
}

static int print_log(const char *name, int fd)
{
	struct dlk_log log;
	struct dlk_ctx ctx;
	enum dlk_status status;

	dlk_ctx_init(&ctx);
	status = dlk_log_read(&ctx, fd, &log);
	if (status) {
		fprintf(stderr, "%s: %s\n", name, ctx.err.text);
	} else {
		printf("== %s: %lu lines, release %s, arch %s, %u blocks, %u dropped\n", name,
		       (unsigned long)log.line_count, or_none(log.release), or_none(log.arch),
		       log.block_count, log.dropped);
		for (uint32_t i = 0; i < log.block_count; i++)
			print_block(&log.blocks[i]);
		for (uint32_t i = 0; i < log.strange_count; i++)
			printf("%u strange: %s\n", log.strange[i].line, log.strange[i].text);
	}
	dlk_ctx_deinit(&ctx);
	return status ? 1 : 0;
}

int main(int argc, char **argv)
{
	int option, ret = 0;

	while ((option = getopt(argc, argv, "ft")) != -1) {
		if (option == 'f')
			is_full = true;
		else if (option == 't')
			is_timed = true;
		else
			return 2;
	}
	if (optind == argc)
		ret = print_log("-", STDIN_FILENO);
	for (int i = optind; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);

		if (fd < 0) {
			perror(argv[i]);
			return 2;
		}
		ret |= print_log(argv[i], fd);
		close(fd);
	}
	if (is_timed)
		print_costs();
	return ret;
}
