/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/locks/facts.c: what was found is said once. */
#include <config.h>

#include "support.h"

#include "locks/facts.h"

static struct dlk_facts make(struct fake *f)
{
	struct dlk_facts facts = { .ctx = &f->ctx };

	dlk_model_builder_init(&f->ctx, &facts.model);
	return facts;
}

static const struct dlk_finding *get(struct dlk_facts *facts, uint32_t i)
{
	return DLK_VEC_AT(&facts->model.findings, struct dlk_finding, i);
}

static void find(struct dlk_facts *facts, enum dlk_finding_code code, dlk_addr_t address,
		 bool is_loss, const char *text)
{
	assert_int_equal(dlk_facts_add_finding(facts, code, address, is_loss, "%s", text), DLK_OK);
}

static void test_facts__same_finding(void **state)
{
	struct dlk_facts facts = make(*state);

	find(&facts, DLK_FINDING_CORRUPT, 0x10, false, "nonsense");
	find(&facts, DLK_FINDING_CORRUPT, 0x10, false, "nonsense");
	assert_int_equal(facts.model.findings.len, 1);
	assert_false(get(&facts, 0)->is_loss);
	find(&facts, DLK_FINDING_CORRUPT, 0x10, true, "nonsense");
	find(&facts, DLK_FINDING_CORRUPT, 0x10, false, "nonsense");
	assert_int_equal(facts.model.findings.len, 1);
	assert_true(get(&facts, 0)->is_loss); /* a loss it stays */
}

/* Of a system that runs, a task and its stack were read at two moments. */
static void test_facts__broken_stack(void **state)
{
	struct fake *f = *state;
	struct dlk_facts facts = make(f);
	struct dlk_kernel k = { .memory = f->memory };
	const struct dlk_task task = { .address = 0x10, .pid = 7, .comm = "sleeper" };
	const struct dlk_stack whole = { .task = &task };
	const struct dlk_stack broken = { .task = &task, .is_broken = true, .broken_ip = 0x401000 };

	facts.k = &k;
	assert_int_equal(dlk_facts_broken(&facts, &whole), DLK_OK);
	f->target.is_live = true;
	assert_int_equal(dlk_facts_broken(&facts, &broken), DLK_OK);
	assert_int_equal(facts.model.findings.len, 0);
	f->target.is_live = false;
	assert_int_equal(dlk_facts_broken(&facts, &broken), DLK_OK);
	assert_int_equal(facts.model.findings.len, 1);
	assert_non_null(strstr(get(&facts, 0)->text, "task 7 (sleeper): it returns to 0x401000"));
}

/* By the registers of its CPU; where there are none it may be anywhere. */
static void test_facts__user_mode(void **state)
{
	struct fake *f = *state;
	struct dlk_facts facts = make(f);
	const struct dlk_task task = { .address = 0x10, .stack = FAKE_DIRECT, .is_on_cpu = true };
	const struct dlk_context like = { .task = 0x10, .is_on_cpu = true };
	struct dlk_task *added;
	uint32_t in_user, unseen;

	fake_types_of_a_kernel(f);
	fake_kernel(f);
	facts.k = &f->k;
	facts.tasks.tasks = (struct dlk_vec)DLK_VEC_INIT(struct dlk_task);
	for (int32_t cpu = 0; cpu < 2; cpu++) {
		added = dlk_vec_push(&f->ctx, &facts.tasks.tasks);
		assert_non_null(added);
		*added = task;
		added->cpu = cpu;
	}
	f->target.cpu_count = 1;
	f->regs[0] = fake_registers(0x401000, 0x7ffc0000, 0, 0x33);
	assert_int_equal(dlk_model_add_context(&facts.model, &like, &in_user), DLK_OK);
	assert_int_equal(dlk_model_add_context(&facts.model, &like, &unseen), DLK_OK);
	for (uint32_t i = 0; i < 2; i++) /* asked again it is the same */
		assert_int_equal(dlk_facts_unwind(&facts, in_user, NULL), DLK_OK);
	assert_int_equal(dlk_facts_unwind(&facts, unseen, NULL), DLK_OK);
	assert_true(dlk_facts_context(&facts, in_user)->is_in_user);
	assert_false(dlk_facts_context(&facts, in_user)->is_unseen);
	assert_false(dlk_facts_context(&facts, unseen)->is_in_user);
	assert_true(dlk_facts_context(&facts, unseen)->is_unseen);
}

static void test_facts__other_findings(void **state)
{
	struct dlk_facts facts = make(*state);

	find(&facts, DLK_FINDING_CORRUPT, 0x10, true, "nonsense");
	find(&facts, DLK_FINDING_UNREADABLE, 0x10, true, "nonsense");
	find(&facts, DLK_FINDING_CORRUPT, 0x18, true, "nonsense");
	find(&facts, DLK_FINDING_CORRUPT, 0x10, true, "other nonsense");
	assert_int_equal(facts.model.findings.len, 4);
}

static void test_facts__many_findings(void **state)
{
	struct dlk_facts facts = make(*state);

	for (dlk_addr_t i = 0; i < 2000; i++)
		find(&facts, DLK_FINDING_CORRUPT, i, false, "nonsense");
	assert_int_equal(facts.model.findings.len, 1001);
	assert_int_equal(get(&facts, 1000)->code, DLK_FINDING_LIMIT);
	assert_true(get(&facts, 1000)->is_loss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_facts__same_finding),  FAKE_TEST(test_facts__broken_stack),
		FAKE_TEST(test_facts__user_mode),     FAKE_TEST(test_facts__other_findings),
		FAKE_TEST(test_facts__many_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
