/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completions that are part of something known: whose knowledge is asked. */
#include <config.h>

#include "locks/event.h"

static dlk_event_find_fn *const finders[] = {
	dlk_kthread_worker_event_find, dlk_module_event_find,   dlk_umh_event_find,
	dlk_dump_event_find,           dlk_firmware_event_find, dlk_stop_event_find,
	dlk_thread_event_find,
};

enum { SEARCHED_FRAMES = 6 };

bool dlk_event_is_in(const struct dlk_candidate *c, const char *const *functions)
{
	const struct dlk_stack *stack = c->stack;

	for (uint32_t i = c->frame; i < stack->frame_count && i - c->frame < SEARCHED_FRAMES; i++)
		if (dlk_function_matches(stack->frames[i].function, functions))
			return true;
	return false;
}

enum dlk_status dlk_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
			       dlk_addr_t completion, struct dlk_event *ret, bool *is_found)
{
	enum dlk_status status = DLK_OK;

	*is_found = false;
	for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
		enum dlk_status own = finders[i](f, c, completion, ret, is_found);

		/* What failed before does not matter if another one knows it. */
		if (*is_found || dlk_status_is_fatal(own))
			return own;
		if (own)
			status = own;
	}
	return status;
}
