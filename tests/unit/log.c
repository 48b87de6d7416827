/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int log_setup(void **state)
{
	struct log_test *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	dlk_ctx_init(&t->ctx);
	dlk_log_keep_init(&t->keep, &t->ctx, DLK_LOG_HALF_BYTES);
	*state = t;
	return 0;
}

int log_teardown(void **state)
{
	struct log_test *t = *state;

	dlk_log_keep_deinit(&t->keep);
	dlk_ctx_deinit(&t->ctx);
	free(t);
	return 0;
}

int log_file(const char *text, size_t size)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

const struct dlk_log *log_read(struct log_test *t, const char *text)
{
	int fd = log_file(text, strlen(text));

	assert_int_equal(dlk_log_read(&t->ctx, fd, &t->log), DLK_OK);
	close(fd);
	return &t->log;
}

unsigned log_count(const struct dlk_log *log, enum dlk_log_block_kind kind)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < log->block_count; i++)
		count += log->blocks[i].kind == kind;
	return count;
}

const struct dlk_log_block *log_block(const struct dlk_log *log, enum dlk_log_block_kind kind,
				      unsigned n)
{
	for (uint32_t i = 0; i < log->block_count; i++)
		if (log->blocks[i].kind == kind && !n--)
			return &log->blocks[i];
	fail_msg("there is no such block");
	return NULL;
}

static const char *mark_of(const struct dlk_log_frame *frame)
{
	switch (frame->on) {
	case DLK_CONTEXT_HARDIRQ:
		return "irq:";
	case DLK_CONTEXT_SOFTIRQ:
		return "soft:";
	case DLK_CONTEXT_NMI:
		return "nmi:";
	case DLK_CONTEXT_TASK:
	case DLK_CONTEXT_COUNT:
		break;
	}
	return "";
}

void log_assert_stack(const struct dlk_log_stack *stack, const char *expected)
{
	char text[2048] = "";
	size_t len = 0;

	for (uint32_t i = 0; i < stack->count; i++) {
		const struct dlk_log_frame *frame = &stack->frames[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s%s%s", i ? " " : "",
					mark_of(frame), frame->is_reliable ? "" : "?",
					frame->is_inlined ? "~" : "", frame->symbol);
		assert_in_range(len, 1, sizeof(text) - 1);
	}
	assert_string_equal(text, expected);
}

void log_assert_who(const struct dlk_log_who *who, const char *comm, int32_t pid)
{
	assert_int_equal(who->pid, pid);
	if (comm)
		assert_string_equal(who->comm, comm);
	else
		assert_null(who->comm);
}
