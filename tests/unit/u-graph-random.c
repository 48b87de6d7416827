/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All of src/graph/ against a second opinion (opinion.h), on many small models of all sorts. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "opinion.h"

enum { CONTEXTS = OPINION_CONTEXTS, RESOURCES = 7, WAITS = 12, HOLDS = 14, MODELS = 60000 };

static uint64_t seed;

static uint32_t below(uint32_t bound)
{
	uint64_t x = seed += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((x ^ (x >> 31)) >> 33) % bound;
}

static enum dlk_confidence random_confidence(uint32_t doubt)
{
	return below(10) >= doubt ? DLK_CERTAIN : (enum dlk_confidence)below(3);
}

static void make_random(struct scene *s)
{
	static const enum dlk_kind kinds[] = { DLK_KIND_MUTEX, DLK_KIND_RWSEM, DLK_KIND_RWSEM,
					       DLK_KIND_RWLOCK, DLK_KIND_FOLIO };
	/* Either each waits once and each holds one, which makes for long cycles, or anyhow. */
	bool is_sparse = below(2);
	uint32_t contexts = is_sparse ? CONTEXTS : 1 + below(CONTEXTS);
	uint32_t resources = is_sparse ? RESOURCES : 1 + below(RESOURCES);
	uint32_t doubt = below(4) * 3, awake = below(4), any = below(3) * 3;

	scene_init(s);
	for (uint32_t i = 0; i < contexts; i++) {
		scene_task(s, (int32_t)below(4));
		s->contexts[i].task = i * 5 % CONTEXTS; /* differs in each */
		s->contexts[i].is_blocked = below(10) >= awake;
	}
	for (uint32_t i = 0; i < resources; i++) {
		scene_lock(s, kinds[below(5)]);
		s->resources[i].address = i * 3 % RESOURCES;
		s->resources[i].needs_any = below(10) < any;
		s->resources[i].holders_unknown = below(6) ? NULL : "for a reason";
	}
	for (uint32_t i = 0, n = is_sparse ? contexts : below(WAITS + 1); i < n; i++) {
		uint32_t w = scene_queued(s, is_sparse ? i : below(contexts), below(resources),
					  (enum dlk_mode)below(3), below(4) ? below(5) : DLK_NONE);

		s->waits[w].confidence = random_confidence(doubt);
		s->waits[w].evidence = (below(3) ? 0 : DLK_EVIDENCE_SPINS) |
				       (below(5) ? 0 : DLK_EVIDENCE_ON_TOP);
	}
	for (uint32_t i = 0, n = is_sparse ? resources : below(HOLDS + 1); i < n; i++) {
		uint32_t h = scene_hold(s, is_sparse ? i : below(contexts),
					is_sparse ? i : below(resources), (enum dlk_mode)below(3));

		s->holds[h].confidence = random_confidence(doubt);
	}
}

/* Everything that a verdict says, by the identity of contexts and resources, as text. */
static void write_down(const struct dlk_model *m, const struct dlk_verdict *v, FILE *out)
{
	fprintf(out, "%d %u %u\n", (int)v->code, v->in_cycles, v->behind_cycles);
	for (uint32_t i = 0; i < v->cycle_count; i++) {
		const struct dlk_cycle *c = &v->cycles[i];

		fprintf(out, "cycle %d %u", (int)c->confidence, c->behind);
		for (uint32_t s = 0; s < c->step_count; s++) {
			const struct dlk_step *step = &c->steps[s];
			const struct dlk_resource *r = &m->resources[m->waits[step->wait].resource];

			fprintf(out, " %d %d.%u %d.%u %d", (int)step->confidence, (int)r->kind,
				(unsigned)r->address, m->contexts[step->blocker].pid,
				(unsigned)m->contexts[step->blocker].task, step->hold == DLK_NONE);
		}
		fprintf(out, "\n");
	}
	for (uint32_t i = 0; i < v->root_count; i++) {
		const struct dlk_root *root = &v->roots[i];
		const struct dlk_resource *r = &m->resources[root->resource];
		bool has_context = root->context != DLK_NONE;

		fprintf(out, "root %u %d %d.%u\n", root->behind,
			has_context ? (int)m->contexts[root->context].task : -1, (int)r->kind,
			(unsigned)r->address);
	}
	for (uint32_t task = 0; task < CONTEXTS; task++)
		for (uint32_t c = 0; c < m->context_count; c++)
			if (m->contexts[c].task == task)
				fprintf(out, "role %u %d\n", task, (int)v->roles[c]);
}

static char *describe(const struct dlk_model *m, const struct dlk_verdict *v)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write_down(m, v, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void make_permutation(uint32_t *to, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = below(i + 1);

		to[i] = i;
		to[i] = to[j];
		to[j] = i;
	}
}

/* The same facts in another order. */
static void shuffle(const struct scene *s, struct scene *ret)
{
	uint32_t context[CONTEXTS], resource[RESOURCES], wait[WAITS], hold[HOLDS];

	scene_init(ret);
	ret->model.context_count = s->model.context_count;
	ret->model.resource_count = s->model.resource_count;
	ret->model.wait_count = s->model.wait_count;
	ret->model.hold_count = s->model.hold_count;
	make_permutation(context, s->model.context_count);
	make_permutation(resource, s->model.resource_count);
	make_permutation(wait, s->model.wait_count);
	make_permutation(hold, s->model.hold_count);
	for (uint32_t i = 0; i < s->model.context_count; i++)
		ret->contexts[context[i]] = s->contexts[i];
	for (uint32_t i = 0; i < s->model.resource_count; i++)
		ret->resources[resource[i]] = s->resources[i];
	for (uint32_t i = 0; i < s->model.wait_count; i++) {
		struct dlk_wait *w = &ret->waits[wait[i]];

		*w = s->waits[i];
		w->context = context[w->context];
		w->resource = resource[w->resource];
	}
	for (uint32_t i = 0; i < s->model.hold_count; i++) {
		struct dlk_hold *h = &ret->holds[hold[i]];

		*h = s->holds[i];
		h->context = context[h->context];
		h->resource = resource[h->resource];
	}
}

static void check_order_does_not_matter(struct scene *s)
{
	static struct scene other;
	char *text = describe(&s->model, &s->verdict), *other_text;

	shuffle(s, &other);
	other_text = describe(&other.model, scene_judge(&other));
	assert_string_equal(text, other_text);
	free(text);
	free(other_text);
	scene_deinit(&other);
}

/* What the models were like: easy cases alone prove nothing. */
struct tally {
	uint32_t verdicts[DLK_DEADLOCK + 1], two_cycles, long_cycles, queue_steps, any_steps, roots,
		open_roots;
};

static void count(const struct scene *s, struct tally *t)
{
	const struct dlk_verdict *v = &s->verdict;

	t->verdicts[v->code]++;
	t->two_cycles += v->cycle_count > 1;
	for (uint32_t i = 0; i < v->cycle_count; i++) {
		t->long_cycles += v->cycles[i].step_count > 2;
		for (uint32_t k = 0; k < v->cycles[i].step_count; k++) {
			const struct dlk_step *step = &v->cycles[i].steps[k];

			t->queue_steps += step->hold == DLK_NONE;
			t->any_steps += s->resources[s->waits[step->wait].resource].needs_any;
		}
	}
	for (uint32_t i = 0; i < v->root_count; i++) {
		t->roots += v->roots[i].context != DLK_NONE;
		t->open_roots += v->roots[i].context == DLK_NONE;
	}
}

static void test_random__agrees_with_second_opinion(void **state)
{
	static struct scene s;
	struct tally t = { .two_cycles = 0 };

	(void)state;
	for (uint32_t i = 0; i < MODELS; i++) {
		struct opinion o;
		const struct dlk_verdict *v;

		seed = i;
		make_random(&s);
		v = scene_judge(&s);
		opinion_make(&o, &s.model);
		opinion_check_steps(&o, v);
		opinion_check_cycles(&o, v);
		opinion_check_behind(&o, v);
		opinion_check_roles(&o, v);
		opinion_check_roots(&o, v);
		check_order_does_not_matter(&s);
		count(&s, &t);
		scene_deinit(&s);
	}
	print_message("%u without, %u possible, %u with deadlock; %u with several cycles\n",
		      t.verdicts[DLK_NO_DEADLOCK], t.verdicts[DLK_POSSIBLE_DEADLOCK],
		      t.verdicts[DLK_DEADLOCK], t.two_cycles);
	print_message("%u cycles of 3 or more, %u steps by queue, %u over any; %u roots, %u open\n",
		      t.long_cycles, t.queue_steps, t.any_steps, t.roots, t.open_roots);
	assert_true(t.verdicts[DLK_NO_DEADLOCK] > 1000 && t.verdicts[DLK_DEADLOCK] > 1000);
	assert_true(t.verdicts[DLK_POSSIBLE_DEADLOCK] > 1000);
	assert_true(t.two_cycles > 1000 && t.long_cycles > 1000 && t.queue_steps > 200);
	assert_true(t.any_steps > 200 && t.roots > 1000 && t.open_roots > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random__agrees_with_second_opinion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
