/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_U_DIGRAPH_H
#define DLK_TESTS_U_DIGRAPH_H

/**
 * @file
 * Plain graphs for the tests of the searches: numbers, and a level for each edge.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "graph/digraph.h"

enum { PLAIN_EDGES = 64 };

struct plain {
	struct dlk_ctx ctx;
	struct dlk_digraph d;
	uint32_t from[PLAIN_EDGES], to[PLAIN_EDGES];
	int level[PLAIN_EDGES], least; /* an edge passes if its level is at least the least */
	struct dlk_edge_filter filter;
};

static inline bool plain_passes(const void *arg, uint32_t edge)
{
	const struct plain *p = arg;

	return p->level[edge] >= p->least;
}

/* Of @nodes nodes, all counted; a struct that must stay where it is. */
static inline void plain_init(struct plain *p, uint32_t nodes)
{
	memset(p, 0, sizeof(*p));
	dlk_ctx_init(&p->ctx);
	p->d = (struct dlk_digraph){
		.node_count = nodes, .counted = nodes, .from = p->from, .to = p->to
	};
	p->filter = (struct dlk_edge_filter){ plain_passes, p };
}

static inline void plain_deinit(struct plain *p)
{
	dlk_ctx_deinit(&p->ctx);
}

/* An edge of level 0. */
static inline uint32_t plain_edge(struct plain *p, uint32_t from, uint32_t to)
{
	assert_true(p->d.edge_count < PLAIN_EDGES);
	p->from[p->d.edge_count] = from;
	p->to[p->d.edge_count] = to;
	return p->d.edge_count++;
}

static inline void plain_index(struct plain *p)
{
	assert_int_equal(dlk_digraph_index(&p->ctx, &p->d), DLK_OK);
}

#endif
