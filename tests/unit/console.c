/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "console.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int console_set_up(void **state)
{
	struct console *x = calloc(1, sizeof(*x));

	dlk_ctx_init(&x->ctx);
	*state = x;
	return 0;
}

int console_tear_down(void **state)
{
	struct console *x = *state;

	dlk_ctx_deinit(&x->ctx);
	free(x);
	return 0;
}

void console_read(struct console *x, const char *text)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(dlk_log_read(&x->ctx, fd, &x->log), DLK_OK);
	close(fd);
	assert_int_equal(dlk_log_incidents_find(&x->ctx, &x->log, &x->incidents,
						&x->incident_count),
			 DLK_OK);
}

void console_judge(struct console *x, uint32_t incident)
{
	assert_true(incident < x->incident_count);
	assert_int_equal(dlk_log_build(&x->ctx, &x->log, &x->incidents[incident], "console",
				       &x->model),
			 DLK_OK);
	assert_int_equal(dlk_judge(&x->ctx, &x->model, &x->verdict), DLK_OK);
}

/* The last incident of a log. */
void console_analyse(struct console *x, const char *text)
{
	console_read(x, text);
	assert_true(x->incident_count > 0);
	console_judge(x, x->incident_count - 1);
}

/* How sure it is that one waits for what another holds; -1: nothing says so. */
int console_edge(const struct console *x, int32_t waiter, int32_t holder)
{
	int best = -1;

	for (uint32_t i = 0; i < x->model.wait_count; i++) {
		const struct dlk_wait *w = &x->model.waits[i];

		for (uint32_t k = 0; k < x->model.hold_count; k++) {
			const struct dlk_hold *h = &x->model.holds[k];
			int sure = (int)(h->confidence < w->confidence ? h->confidence
								       : w->confidence);

			if (h->resource == w->resource &&
			    x->model.contexts[w->context].pid == waiter &&
			    x->model.contexts[h->context].pid == holder && sure > best)
				best = sure;
		}
	}
	return best;
}

const struct dlk_wait *console_wait_of(const struct console *x, int32_t pid)
{
	for (uint32_t i = 0; i < x->model.wait_count; i++)
		if (x->model.contexts[x->model.waits[i].context].pid == pid)
			return &x->model.waits[i];
	return NULL;
}

const struct dlk_unknown *console_unknown_of(const struct console *x, int32_t pid)
{
	for (uint32_t i = 0; i < x->model.unknown_count; i++)
		if (x->model.contexts[x->model.unknowns[i].context].pid == pid)
			return &x->model.unknowns[i];
	return NULL;
}
