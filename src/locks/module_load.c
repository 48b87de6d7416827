/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who loads a module, while one of that name is being loaded (module_patient_check_exists() in kernel/module/main.c).  Since v6.5 who
 * loads it from the same file waits otherwise (module.c).
 *
 * Wait: a struct wait_queue_entry in module_wq.  All wait there, for whatever module; which one it is, is told by a word of the
 * stack that leads to the name of a module that is being loaded, and is not in that module itself.  Likely.  Who waits there for
 * another module to be ready, for a symbol of it, does so with a timeout, and is left alone.
 *
 * Hold: who loads it.  No record says who that is; it has the address of the struct module on its stack, in load_module() or
 * do_init_module(), and does not wait for it itself.  Likely, if it is one, and all stacks could be read; else possible.
 *
 * How it can be wrong: a name may be left over from a call that has returned.
 */
#include <config.h>

#include "locks/module_load.h"

#include <string.h>

#include "kernel/frames.h"
#include "kernel/list.h"
#include "locks/find.h"
#include "locks/lock.h"

enum {
	COMING = 1,   /* MODULE_STATE_COMING */
	UNFORMED = 3, /* MODULE_STATE_UNFORMED */
	MAX_MODULES = 4096,
	MAX_COMING = 64,
	MAX_LOADERS = 16, /* of one module */
	SEARCHED_WORDS = 128
};

static const enum dlk_member_id needs[] = {
	DLK_M_module_list,      DLK_M_module_name,        DLK_M_module_state, DLK_M_wait_head_head,
	DLK_M_wait_entry_entry, DLK_M_wait_entry_private, DLK_M_NONE
};

/* Of all whose loader has yet to be looked for. */
static const char not_found[] = "who loads it is not found";

/* A module that is being loaded. */
struct coming {
	dlk_addr_t address, name_at;
	const char *name;
};

static enum dlk_status look_at_module(struct dlk_facts *f, dlk_addr_t module, struct dlk_vec *ret)
{
	dlk_addr_t name_at = module + dlk_layout_offset(&f->k->layout, DLK_M_module_name);
	struct coming *slot;
	const char *name;
	uint64_t state;
	enum dlk_status status = dlk_kernel_read_member(f->k, module, DLK_M_module_state, &state);

	if (status || (state != COMING && state != UNFORMED) || ret->len == MAX_COMING)
		return status;
	name = dlk_kernel_read_string(f->k, name_at);
	if (!name)
		return dlk_fail(f->ctx, DLK_ERR_CORRUPT, "module 0x%llx: it has no name",
				(unsigned long long)module);
	slot = dlk_vec_push(f->ctx, ret);
	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = (struct coming){ module, name_at, name };
	return DLK_OK;
}

/* Those of the list of modules that are being loaded: few. */
static enum dlk_status read_coming(struct dlk_facts *f, struct dlk_vec *ret)
{
	dlk_addr_t head = dlk_kernel_symbol(f->k, "modules");
	struct dlk_list_walk walk = { .memory = &f->k->memory, .head = head, .limit = MAX_MODULES };
	enum dlk_status status = DLK_OK;

	while (head && !status && dlk_list_next(&walk))
		status = look_at_module(
			f, walk.node - dlk_layout_offset(&f->k->layout, DLK_M_module_list), ret);
	return dlk_facts_absorb(f, status ? status : walk.status, head, true);
}

/* Where a stack ends that is searched: with the frame of load_module(); 0 if it waits otherwise. */
static dlk_addr_t find_end(const struct dlk_stack *stack)
{
	static const char *const timed[] = { "schedule_timeout", NULL };
	static const char *const functions[] = { "load_module", NULL };

	for (uint32_t i = 0; i + 1 < stack->frame_count; i++) {
		if (dlk_function_matches(stack->frames[i].function, timed))
			return 0;
		if (dlk_function_matches(stack->frames[i].function, functions))
			return stack->frames[i + 1].sp;
	}
	return 0;
}

/* A search for the module that somebody waits for. */
struct names {
	struct dlk_facts *f;
	const struct dlk_vec *coming; /* of struct coming */
	const struct coming *found;   /* NULL: not yet */
	enum dlk_status failed;       /* of a read that might have found it */
};

/* Whether at an address is a copy of the name of one of them. */
static bool try_name(struct names *n, dlk_addr_t address)
{
	char text[64];

	for (uint32_t i = 0; i < n->coming->len && !n->found; i++) {
		const struct coming *c = DLK_VEC_AT(n->coming, const struct coming, i);
		size_t size = strlen(c->name) + 1;
		enum dlk_status status = DLK_OK;

		if (address == c->name_at || size > sizeof(text))
			continue;
		status = dlk_memory_read(&n->f->k->memory, address, text, size);
		if (status)
			n->failed = dlk_memory_explain(&n->f->k->memory, status);
		else if (!memcmp(text, c->name, size))
			n->found = c;
	}
	return n->found;
}

static enum dlk_status add_wait(struct dlk_facts *f, uint32_t context, const struct coming *c)
{
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = DLK_LIKELY,
				 .note = "the name of the module is on its stack" };
	bool is_new;
	enum dlk_status status = dlk_facts_make_resource(f, DLK_KIND_THREAD, c->address,
							 &wait.resource, &is_new);

	if (!status && is_new) {
		struct dlk_resource *r = dlk_facts_resource(f, wait.resource);

		r->name = dlk_format(f->ctx, "the loading of module %s", c->name);
		r->holders_unknown = not_found;
		status = r->name ? DLK_OK : dlk_nomem(f->ctx);
	}
	return status ? status : dlk_facts_add_wait(f, &wait);
}

static enum dlk_status look_at_waiter(struct dlk_facts *f, const struct dlk_vec *coming,
				      uint32_t context)
{
	struct names names = { .f = f, .coming = coming };
	uint32_t offset = dlk_layout_offset(&f->k->layout, DLK_M_module_name);
	struct dlk_stack stack;
	dlk_addr_t end = 0;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);

	if (!status)
		end = find_end(&stack);
	for (uint32_t i = 0; end && i < stack.word_count && i < SEARCHED_WORDS; i++) {
		dlk_addr_t word = stack.words[i];

		if (stack.sp + i * sizeof(word) >= end)
			break;
		/* The name itself, or the struct module that has it. */
		if (dlk_kernel_can_be_struct(f->k, word) &&
		    (word < stack.task->stack || word >= stack.top) &&
		    (try_name(&names, word) || try_name(&names, word + offset)))
			break;
	}
	if (status || !end)
		return status;
	return names.found ? add_wait(f, context, names.found) : names.failed;
}

enum dlk_status dlk_module_load_gather(struct dlk_facts *f)
{
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t head = dlk_kernel_symbol(f->k, "module_wq");
	struct dlk_vec coming = DLK_VEC_INIT(struct coming);
	struct dlk_queue queue = { .entries = DLK_VEC_INIT(struct dlk_queue_entry) };
	struct dlk_queue_layout layout;
	enum dlk_status status;

	if (!head || !dlk_layout_has_all(l, needs))
		return DLK_OK;
	layout = (struct dlk_queue_layout){ dlk_layout_offset(l, DLK_M_wait_entry_entry),
					    dlk_layout_offset(l, DLK_M_wait_entry_private) };
	status = dlk_queue_read_head(f, head + dlk_layout_offset(l, DLK_M_wait_head_head), &layout,
				     &queue);
	if (!status && queue.entries.len)
		status = read_coming(f, &coming);
	if (status)
		return dlk_facts_absorb(f, status, head, true);
	for (uint32_t i = 0; i < queue.entries.len && coming.len && !status; i++) {
		const struct dlk_queue_entry *e = DLK_VEC_AT(&queue.entries,
							     const struct dlk_queue_entry, i);

		if (i % 64 == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status && !dlk_facts_waits(f, e->context))
			status = dlk_facts_absorb(f, look_at_waiter(f, &coming, e->context),
						  dlk_facts_context(f, e->context)->task, true);
	}
	return status;
}

/* A search for who loads the modules that are waited for. */
struct search {
	const struct dlk_stack_search *stacks;
	struct dlk_vec loaders; /* of struct loader */
	bool has_any;           /* module that is waited for */
};

struct loader {
	struct loading *loading;
	uint32_t context;
};

/* The loading of one module. */
struct loading {
	struct search *search;
	uint32_t resource;
	uint32_t found; /* so many that may load it */
	uint32_t last;  /* of these; DLK_NONE */
	bool has_doubt; /* one may be another, by a stack that could not be unwound */
};

static bool is_unwound(const struct dlk_stack *stack)
{
	bool is_reliable = stack->frame_count > 0;

	for (uint32_t i = 0; i < stack->frame_count; i++)
		is_reliable &= stack->frames[i].is_reliable;
	return is_reliable;
}

/* Who has its address on its stack loads it, if it is in the functions that do so. */
static enum dlk_status take_loader(void *arg, const struct dlk_hit *hit)
{
	static const char *const functions[] = { "do_init_module", "load_module", NULL };
	struct loading *loading = arg;
	struct loader *slot;
	bool is_loading = false;
	enum dlk_status status = DLK_OK;

	if (hit->context == loading->last || loading->found == MAX_LOADERS ||
	    dlk_model_find_wait(&hit->f->model, hit->context, hit->resource) != DLK_NONE)
		return DLK_OK;
	if (!hit->stack->frames)
		status = dlk_stack_unwind(hit->f->k, hit->stack);
	for (uint32_t i = 0; !status && i < hit->stack->frame_count && !is_loading; i++)
		is_loading = dlk_function_matches(hit->stack->frames[i].function, functions);
	if (status || !is_loading) {
		loading->has_doubt |= !is_unwound(hit->stack);
		return status;
	}
	slot = dlk_vec_push(hit->f->ctx, &loading->search->loaders);
	if (!slot)
		return dlk_nomem(hit->f->ctx);
	*slot = (struct loader){ loading, hit->context };
	loading->found++;
	loading->last = hit->context;
	return DLK_OK;
}

static enum dlk_status seek_loader(struct dlk_facts *f, struct search *s,
				   struct dlk_stack_search *stacks, uint32_t resource)
{
	dlk_addr_t module = dlk_facts_resource(f, resource)->address;
	struct loading *loading = dlk_calloc(f->ctx, 1, sizeof(*loading));

	if (!loading)
		return dlk_nomem(f->ctx);
	*loading = (struct loading){ .search = s, .resource = resource, .last = DLK_NONE };
	s->has_any = true;
	return dlk_stack_search_add(stacks, &(struct dlk_sought){ .start = module,
								  .end = module + 1,
								  .resource = resource,
								  .wants_all = true,
								  .hit = take_loader,
								  .arg = loading });
}

enum dlk_status dlk_module_load_seek(struct dlk_facts *f, struct dlk_stack_search *search,
				     void **state)
{
	struct search *s = dlk_calloc(f->ctx, 1, sizeof(*s));
	enum dlk_status status = DLK_OK;

	if (!s)
		return dlk_nomem(f->ctx);
	*s = (struct search){ search, DLK_VEC_INIT(struct loader), false };
	*state = s;
	for (uint32_t i = 0; i < f->model.resources.len && !status; i++)
		if (dlk_facts_resource(f, i)->holders_unknown == not_found)
			status = seek_loader(f, s, search, i);
	return status;
}

enum dlk_status dlk_module_load_infer(struct dlk_facts *f, void *state)
{
	const struct search *s = state;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < s->loaders.len && !status; i++) {
		const struct loader *loader = DLK_VEC_AT(&s->loaders, const struct loader, i);
		bool is_all = !s->stacks->lost && !f->tasks.lost && !loader->loading->has_doubt;
		bool is_only = is_all && loader->loading->found == 1;
		const struct dlk_hold hold = { .resource = loader->loading->resource,
					       .context = loader->context,
					       .mode = DLK_MODE_EXCLUSIVE,
					       .evidence = DLK_EVIDENCE_LIVE_FRAME,
					       .confidence = is_only ? DLK_LIKELY : DLK_POSSIBLE,
					       .note = "it loads the module" };

		dlk_facts_resource(f, hold.resource)->holders_unknown =
			is_all ? NULL
			       : "not all stacks could be read, and one may be that of who loads it";
		status = dlk_facts_add_hold(f, &hold);
	}
	if (status || !s->has_any || !s->stacks->lost)
		return status;
	return dlk_facts_add_finding(f, DLK_FINDING_UNREADABLE, 0, true,
				     "%u stacks, one of which may be that of who loads a module",
				     s->stacks->lost);
}
