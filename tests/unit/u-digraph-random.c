/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The searches in plain graphs against a second opinion, on many small graphs of all sorts.
 *
 * The second opinion is made of matrices: distances after Floyd and Warshall, by definition, without
 * lists of edges or searches.  A distance is the number of counted nodes on the way, its end included.
 */
#include <config.h>

#include "graph/reach.h"
#include "graph/shortest.h"
#include "u-digraph.h"

enum { NODES = 9, GRAPHS = 60000, FAR = 100 };

static uint64_t seed;

static uint32_t below(uint32_t bound)
{
	uint64_t x = seed += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((x ^ (x >> 31)) >> 33) % bound;
}

/* No cycle of nodes that stand between: among these, edges lead upwards. */
static void add_random_edge(struct plain *p)
{
	uint32_t from = below(p->d.node_count), to = below(p->d.node_count);

	if (from >= p->d.counted && to <= from && to >= p->d.counted)
		to = below(p->d.counted);
	p->level[plain_edge(p, from, to)] = (int)below(3);
}

static void make_random(struct plain *p)
{
	uint32_t edges, counted;

	plain_init(p, 1 + below(NODES));
	counted = below(2) ? p->d.node_count : 1 + below(p->d.node_count);
	p->d.counted = counted;
	edges = below(2) ? below(2 * p->d.node_count + 1) : below(PLAIN_EDGES + 1);
	for (uint32_t i = 0; i < edges; i++)
		add_random_edge(p);
	plain_index(p);
}

typedef uint32_t distances[NODES][NODES];

/* Along edges of at least @level, among the counted nodes from @lowest on, and all between. */
static void find_distances(const struct plain *p, int level, uint32_t lowest, distances d)
{
	uint32_t n = p->d.node_count;

	for (uint32_t a = 0; a < n; a++)
		for (uint32_t b = 0; b < n; b++)
			d[a][b] = FAR;
	for (uint32_t e = 0; e < p->d.edge_count; e++) {
		uint32_t from = p->from[e], to = p->to[e];

		if (p->level[e] >= level && from >= lowest && to >= lowest)
			d[from][to] = to < p->d.counted;
	}
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t a = 0; a < n; a++)
			for (uint32_t b = 0; b < n; b++)
				if (d[a][k] + d[k][b] < d[a][b])
					d[a][b] = d[a][k] + d[k][b];
}

static bool is_together(distances d, uint32_t a, uint32_t b)
{
	return d[a][b] < FAR && d[b][a] < FAR;
}

static void check_lists(const struct plain *p)
{
	uint32_t out_count = 0, in_count = 0;

	for (uint32_t node = 0; node < p->d.node_count; node++) {
		struct dlk_span out = dlk_digraph_out(&p->d, node);
		struct dlk_span in = dlk_digraph_in(&p->d, node);

		for (uint32_t i = 0; i < out.count; i++)
			assert_int_equal(p->from[out.items[i]], node);
		for (uint32_t i = 0; i < in.count; i++)
			assert_int_equal(p->to[in.items[i]], node);
		for (uint32_t i = 1; i < out.count; i++)
			assert_true(p->to[out.items[i - 1]] <= p->to[out.items[i]]);
		for (uint32_t i = 1; i < in.count; i++)
			assert_true(p->from[in.items[i - 1]] <= p->from[in.items[i]]);
		out_count += out.count;
		in_count += in.count;
	}
	assert_int_equal(out_count, p->d.edge_count);
	assert_int_equal(in_count, p->d.edge_count);
}

static void check_components(const struct plain *p, const struct dlk_scc *scc, distances d)
{
	uint32_t n = p->d.node_count;

	for (uint32_t a = 0; a < n; a++) {
		assert_int_equal(scc->component[a] != UINT32_MAX, d[a][a] < FAR);
		for (uint32_t b = 0; b < n; b++)
			if (a != b && d[a][a] < FAR)
				assert_int_equal(scc->component[a] == scc->component[b],
						 is_together(d, a, b));
	}
	for (uint32_t c = 0; c < scc->count; c++) {
		assert_true(scc->first[c] < scc->first[c + 1]);
		for (uint32_t i = scc->first[c]; i < scc->first[c + 1]; i++) {
			assert_int_equal(scc->component[scc->members[i]], c);
			assert_true(i == scc->first[c] || scc->members[i - 1] < scc->members[i]);
		}
	}
}

/* The length of the shortest cycle of a component, and the lowest node of the first such. */
static uint32_t expected_len(const struct plain *p, const struct dlk_scc *scc, uint32_t component,
			     int level, uint32_t *lowest)
{
	uint32_t best = FAR;
	distances d;

	for (uint32_t c = 0; c < p->d.counted; c++) {
		if (scc->component[c] != component)
			continue;
		find_distances(p, level, c, d);
		if (d[c][c] >= best)
			continue;
		best = d[c][c];
		*lowest = c;
	}
	return best;
}

/* Each leads to the next in one step. */
static void check_path(const struct plain *p, const uint32_t *path, uint32_t len, int level)
{
	distances d;

	find_distances(p, level, 0, d);
	for (uint32_t i = 0; i < len; i++) {
		assert_true(path[i] < p->d.counted && path[i] >= path[0]);
		assert_int_equal(d[path[i]][path[(i + 1) % len]], 1);
	}
}

static unsigned long_cycles, stricter_cycles, no_cycles;

/* With the components' filter, then with a stricter one, below a bound. */
static void check_shortest(struct plain *p, struct dlk_scc *scc, struct dlk_shortest *s, int level)
{
	for (uint32_t c = 0; c < scc->count; c++) {
		struct dlk_quest quest = { .component = c, .filter = p->filter, .least = 1 };
		uint32_t len = UINT32_MAX, want, stricter, lowest = 0;

		p->least = level;
		want = expected_len(p, scc, c, level, &lowest);
		assert_int_equal(dlk_shortest_find(&p->ctx, s, &quest, &len), DLK_OK);
		assert_int_equal(len, want);
		assert_int_equal(s->path[0], lowest);
		check_path(p, s->path, len, level);
		long_cycles += len > 2;
		p->least = level + 1;
		stricter = expected_len(p, scc, c, level + 1, &lowest);
		quest.least = len++;
		assert_int_equal(dlk_shortest_find(&p->ctx, s, &quest, &len), DLK_OK);
		assert_int_equal(len, stricter == want ? want : want + 1);
		if (stricter == want)
			check_path(p, s->path, len, level + 1);
		stricter_cycles += stricter == want;
	}
	no_cycles += !scc->count;
}

static void check_reach(const struct plain *p, struct dlk_reach *r, distances d)
{
	uint32_t start = below(p->d.node_count), other = below(p->d.node_count), count = 0;

	dlk_reach_begin(r);
	dlk_reach_add(r, start);
	dlk_reach_add(r, other);
	for (uint32_t a = 0; a < p->d.counted; a++)
		count += a != start && a != other && (d[a][start] < FAR || d[a][other] < FAR);
	assert_int_equal(dlk_reach_run(r, &p->filter), count);
	for (uint32_t a = 0; a < p->d.node_count; a++)
		assert_int_equal(dlk_reach_has(r, a), a == start || a == other ||
							      d[a][start] < FAR ||
							      d[a][other] < FAR);
}

static void check_graph(struct plain *p)
{
	struct dlk_shortest shortest;
	struct dlk_reach reach;
	struct dlk_scc scc;
	distances d;

	check_lists(p);
	assert_int_equal(dlk_scc_init(&p->ctx, &p->d, &scc), DLK_OK);
	assert_int_equal(dlk_shortest_init(&p->ctx, &scc, &shortest), DLK_OK);
	assert_int_equal(dlk_reach_init(&p->ctx, &p->d, &reach), DLK_OK);
	for (int level = 0; level < 3; level++) {
		p->least = level;
		find_distances(p, level, 0, d);
		assert_int_equal(dlk_scc_find(&p->ctx, &scc, &p->filter), DLK_OK);
		check_components(p, &scc, d);
		check_reach(p, &reach, d);
		check_shortest(p, &scc, &shortest, level);
	}
}

static void test_random__agrees_with_second_opinion(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < GRAPHS; i++) {
		struct plain p;

		seed = i;
		make_random(&p);
		check_graph(&p);
		plain_deinit(&p);
	}
	print_message("%u without a cycle, %u cycles of 3 or more, %u by stricter edges\n",
		      no_cycles, long_cycles, stricter_cycles);
	assert_true(no_cycles > 1000 && long_cycles > 1000 && stricter_cycles > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random__agrees_with_second_opinion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
