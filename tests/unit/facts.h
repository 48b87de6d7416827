/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FACTS_H
#define DLK_TESTS_FACTS_H

/**
 * @file
 * Facts of a fake kernel that a test tells one by one: no task is read, and none is looked at.
 */

#include "support.h"

#include "locks/facts.h"

/** Facts that are empty; what the kernel's types and symbols are is said. */
static inline void facts_begin(struct dlk_facts *facts, struct fake *f)
{
	f->k.arch = &dlk_kernel_arch_x86_64;
	fake_kernel(f);
	*facts = (struct dlk_facts){ .k = &f->k, .ctx = &f->ctx };
	dlk_model_builder_init(&f->ctx, &facts->model);
	facts->tasks.tasks = (struct dlk_vec)DLK_VEC_INIT(struct dlk_task);
	facts->starts = (struct dlk_vec)DLK_VEC_INIT(struct dlk_stack_start);
}

/** What has come on top of a context, and is like it in all else. */
static inline uint32_t facts_interrupt(struct dlk_facts *facts, uint32_t below,
				       enum dlk_context_kind kind)
{
	struct dlk_context c = *dlk_facts_context(facts, below);
	uint32_t ret;

	c.kind = kind;
	c.on_top_of = below;
	assert_int_equal(dlk_model_add_on_top(&facts->model, &c, &ret), DLK_OK);
	return ret;
}

/** A lock whose holders are not recorded. */
static inline uint32_t facts_make_lock(struct dlk_facts *facts, enum dlk_kind kind, dlk_addr_t lock)
{
	uint32_t ret;
	bool is_new;

	assert_int_equal(dlk_facts_make_resource(facts, kind, lock, &ret, &is_new), DLK_OK);
	dlk_facts_resource(facts, ret)->holders_unknown = "not recorded";
	return ret;
}

/** How many hold something. */
static inline uint32_t facts_hold_count(const struct dlk_facts *facts, uint32_t resource)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < facts->model.holds.len; i++)
		count += dlk_model_hold(&facts->model, i)->resource == resource;
	return count;
}

#endif
