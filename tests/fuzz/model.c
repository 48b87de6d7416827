/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "model.h"

#include <string.h>

enum { MAX_ELEMENTS = 12, MAX_FRAMES = 4, MAX_USAGES = 2, OUTSIDE = 255 };

/* What is left of the bytes. */
struct source {
	struct dlk_ctx *ctx;
	const uint8_t *data;
	size_t size;
};

static uint8_t take_byte(struct source *s)
{
	if (!s->size)
		return 0;
	s->size--;
	return *s->data++;
}

static uint32_t take_below(struct source *s, uint32_t count)
{
	return count ? take_byte(s) % count : 0;
}

static bool take_bool(struct source *s)
{
	return take_byte(s) & 1;
}

static uint64_t take_u64(struct source *s)
{
	uint64_t value = 0;

	for (uint32_t left = take_below(s, 9); left; left--)
		value = value << 8 | take_byte(s);
	return value;
}

/* Few that are different: what stands at one address is one thing. */
static dlk_addr_t take_address(struct source *s)
{
	return take_bool(s) ? 0xffff888000000000u + take_byte(s) * UINT64_C(64) : take_u64(s);
}

static uint32_t take_index(struct source *s, uint32_t count)
{
	uint8_t byte = take_byte(s);

	return byte == OUTSIDE || !count ? count : byte % count;
}

static uint64_t take_ns(struct source *s)
{
	return take_bool(s) ? take_u64(s) : DLK_NS_UNKNOWN;
}

/* Never NULL, but for want of memory: then there is no model. */
static const char *take_text(struct source *s)
{
	size_t len = take_byte(s) % 24;
	const char *text = dlk_format(s->ctx, "%.*s", (int)(len < s->size ? len : s->size),
				      s->size ? (const char *)s->data : "");

	len = len < s->size ? len : s->size;
	s->data += len;
	s->size -= len;
	return text ? text : "";
}

static const char *take_text_or_none(struct source *s)
{
	return take_bool(s) ? take_text(s) : NULL;
}

/* None where there is nothing that they could be of. */
static void *take_array_of(struct source *s, uint32_t *count, size_t size, bool is_possible)
{
	*count = is_possible ? take_below(s, MAX_ELEMENTS) : 0;
	return dlk_calloc(s->ctx, *count, size);
}

static void *take_array(struct source *s, uint32_t *count, size_t size)
{
	return take_array_of(s, count, size, true);
}

/* --- what a model has */

static const struct dlk_frame *take_frames(struct source *s, uint32_t *count)
{
	struct dlk_frame *frames = dlk_calloc(s->ctx, MAX_FRAMES, sizeof(*frames));

	*count = frames ? take_below(s, MAX_FRAMES + 1) : 0;
	for (uint32_t i = 0; i < *count; i++) {
		frames[i] = (struct dlk_frame){ .ip = take_u64(s),
						.sp = take_u64(s),
						.line = take_text_or_none(s),
						.module = take_text_or_none(s),
						.is_reliable = take_bool(s) };
		if (take_bool(s)) {
			frames[i].start = frames[i].ip;
			frames[i].function = take_text(s);
			frames[i].symbol = dlk_format(s->ctx, "%s+0x1", frames[i].function);
		}
	}
	return *count ? frames : NULL;
}

static void take_context(struct source *s, struct dlk_context *c, uint32_t held)
{
	static const char states[] = "RSDTtZXIP?";
	unsigned is = take_byte(s);

	*c = (struct dlk_context){ .task = take_address(s),
				   .pid = (int32_t)take_u64(s),
				   .tgid = (int32_t)take_u64(s),
				   .state = states[take_below(s, sizeof(states) - 1)],
				   .is_blocked = is & 1,
				   .is_uninterruptible = is & 2,
				   .is_idle = is & 4,
				   .is_kthread = is & 8,
				   .is_on_cpu = is & 16,
				   .is_unseen = is & 32,
				   .cpu = (int32_t)take_byte(s) - 1,
				   .blocked_ns = take_ns(s),
				   .running_ns = take_ns(s),
				   .harmless = take_text_or_none(s) };
	strncpy(c->comm, take_text(s), sizeof(c->comm) - 1);
	c->frames = take_frames(s, &c->frame_count);
	c->held_first = take_index(s, held);
	c->held_count = take_below(s, c->held_first < held ? held - c->held_first + 1 : 1);
}

static void take_contexts(struct source *s, struct dlk_model *m)
{
	struct dlk_context *contexts = take_array(s, &m->context_count, sizeof(*contexts));

	for (uint32_t i = 0; contexts && i < m->context_count; i++)
		take_context(s, &contexts[i], m->held_count);
	m->contexts = contexts;
}

static void take_resources(struct source *s, struct dlk_model *m)
{
	struct dlk_resource *resources = take_array(s, &m->resource_count, sizeof(*resources));

	for (uint32_t i = 0; resources && i < m->resource_count; i++) {
		unsigned is = take_byte(s);

		resources[i] = (struct dlk_resource){ .kind = take_below(s, DLK_KIND_COUNT),
						      .address = take_address(s),
						      .name = take_text_or_none(s),
						      .state = take_text_or_none(s),
						      .holders_unknown = is & 32 ? take_text(s)
										 : NULL,
						      .readers = take_u64(s),
						      .is_free = is & 1,
						      .is_passed_on = is & 2,
						      .is_event = is & 4 && is & 32,
						      .needs_any = is & 8,
						      .is_leaked = is & 16,
						      .leak = take_below(s, DLK_CERTAIN + 1) };
	}
	m->resources = resources;
}

static void take_waits(struct source *s, struct dlk_model *m)
{
	struct dlk_wait *waits = take_array_of(s, &m->wait_count, sizeof(*waits),
					       m->context_count && m->resource_count);

	for (uint32_t i = 0; waits && i < m->wait_count; i++)
		waits[i] = (struct dlk_wait){ .context = take_index(s, m->context_count),
					      .resource = take_index(s, m->resource_count),
					      .position = take_index(s, 5),
					      .mode = take_below(s, DLK_MODE_EXCLUSIVE + 1),
					      .evidence = take_below(s, 1u << DLK_EVIDENCE_COUNT),
					      .confidence = take_below(s, DLK_CERTAIN + 1),
					      .at = take_text_or_none(s),
					      .note = take_text_or_none(s) };
	m->waits = waits;
}

static void take_holds(struct source *s, struct dlk_model *m)
{
	struct dlk_hold *holds = take_array_of(s, &m->hold_count, sizeof(*holds),
					       m->context_count && m->resource_count);

	for (uint32_t i = 0; holds && i < m->hold_count; i++)
		holds[i] = (struct dlk_hold){ .context = take_index(s, m->context_count),
					      .resource = take_index(s, m->resource_count),
					      .mode = take_below(s, DLK_MODE_EXCLUSIVE + 1),
					      .evidence = take_below(s, 1u << DLK_EVIDENCE_COUNT),
					      .confidence = take_below(s, DLK_CERTAIN + 1),
					      .note = take_text_or_none(s) };
	m->holds = holds;
}

static void take_unknowns(struct source *s, struct dlk_model *m)
{
	struct dlk_unknown *unknowns = take_array_of(s, &m->unknown_count, sizeof(*unknowns),
						     m->context_count);

	for (uint32_t i = 0; unknowns && i < m->unknown_count; i++)
		unknowns[i] = (struct dlk_unknown){ .context = take_index(s, m->context_count),
						    .why = take_below(s, DLK_WHY_COUNT),
						    .kind = take_below(s, DLK_KIND_COUNT + 1),
						    .function = take_text_or_none(s),
						    .caller = take_text_or_none(s),
						    .what = take_text_or_none(s),
						    .ns = take_ns(s) };
	m->unknowns = unknowns;
}

static void take_findings(struct source *s, struct dlk_model *m)
{
	struct dlk_finding *findings = take_array(s, &m->finding_count, sizeof(*findings));

	for (uint32_t i = 0; findings && i < m->finding_count; i++)
		findings[i] = (struct dlk_finding){ .code = take_below(s, DLK_FINDING_COUNT),
						    .address = take_address(s),
						    .text = take_text(s),
						    .is_loss = take_bool(s) };
	m->findings = findings;
}

/* Of each context one thing at most: they are by context. */
static void take_said(struct source *s, struct dlk_model *m)
{
	struct dlk_said *said = dlk_calloc(s->ctx, m->context_count, sizeof(*said));

	for (uint32_t i = 0; said && i < m->context_count; i++)
		if (take_bool(s))
			said[m->said_count++] =
				(struct dlk_said){ .context = i,
						   .what = take_below(s, DLK_SAID_COUNT),
						   .cpu = (int32_t)take_byte(s) - 1,
						   .flavour = take_text_or_none(s),
						   .seconds = take_u64(s),
						   .ago_ns = take_u64(s),
						   .first_ago_ns = take_u64(s),
						   .times = take_byte(s) };
	m->said = said;
}

/* --- lockdep */

static const struct dlk_usage *take_usages(struct source *s, uint32_t *count)
{
	struct dlk_usage *usages = dlk_calloc(s->ctx, MAX_USAGES, sizeof(*usages));

	*count = usages ? take_below(s, MAX_USAGES + 1) : 0;
	for (uint32_t i = 0; i < *count; i++) {
		const char **at = take_array(s, &usages[i].at_count, sizeof(*at));

		usages[i].text = "taken";
		for (uint32_t j = 0; at && j < usages[i].at_count; j++)
			at[j] = take_text(s);
		usages[i].at = at;
	}
	return usages;
}

static void take_classes(struct source *s, struct dlk_model *m)
{
	struct dlk_lock_class *classes = dlk_calloc(s->ctx, m->class_count, sizeof(*classes));

	for (uint32_t i = 0; classes && i < m->class_count; i++) {
		struct dlk_lock_class *c = &classes[i];

		*c = (struct dlk_lock_class){ .address = take_address(s),
					      .name = take_text(s),
					      .what = take_text_or_none(s),
					      .wait_outer = take_byte(s),
					      .wait_inner = take_byte(s),
					      .wait_outer_text = "sleeps",
					      .wait_inner_text = "spins" };
		for (unsigned at = 0; at < DLK_USAGE_CHARS; at++)
			c->usage[at] = ".+-?"[take_below(s, 4)];
		c->usages = take_usages(s, &c->usage_count);
	}
	m->classes = classes;
}

static void take_held(struct source *s, struct dlk_model *m)
{
	struct dlk_held *held = dlk_calloc(s->ctx, m->held_count, sizeof(*held));

	for (uint32_t i = 0; held && i < m->held_count; i++) {
		unsigned is = take_byte(s);

		held[i] = (struct dlk_held){
			.context = take_index(s, m->context_count),
			.class = take_index(s, m->class_count),
			.resource = is & 128 ? take_index(s, m->resource_count) : DLK_NONE,
			.map = take_address(s),
			.nest_lock = take_u64(s),
			.ip = take_u64(s),
			.at = take_text_or_none(s),
			.is_read = is & 1,
			.is_recursive = is & 2,
			.is_trylock = is & 4,
			.has_hardirqs_off = is & 8,
			.is_contended = is & 16,
			.is_waited_for = is & 32,
			.is_stale = is & 64,
			.irq = take_below(s, (DLK_IRQ_SOFT | DLK_IRQ_HARD) + 1),
			.references = take_byte(s),
		};
	}
	m->held = held;
}

const struct dlk_model *fuzz_model(struct dlk_ctx *ctx, const uint8_t *data, size_t size)
{
	struct source s = { ctx, data, size };
	struct dlk_model *m = dlk_alloc(ctx, sizeof(*m));

	if (!m)
		return NULL;
	m->source = (struct dlk_source){ "vmcore", take_text(&s),         "elf",
					 "x86_64", take_text_or_none(&s), "kallsyms",
					 "btf" };
	m->lockdep.state = take_below(&s, DLK_LOCKDEP_OFF + 1);
	m->lockdep.text = take_bool(&s) ? dlk_format(ctx, "because %s", take_text(&s)) : NULL;
	m->class_count = take_below(&s, MAX_ELEMENTS);
	m->held_count = m->class_count ? take_below(&s, MAX_ELEMENTS) : 0;
	take_contexts(&s, m);
	m->held_count = m->context_count ? m->held_count : 0;
	take_resources(&s, m);
	take_waits(&s, m);
	take_holds(&s, m);
	take_unknowns(&s, m);
	take_findings(&s, m);
	take_held(&s, m);
	take_classes(&s, m);
	/* The last: what inputs mean stays what it was. */
	take_said(&s, m);
	return m->contexts && m->resources && m->waits && m->holds && m->unknowns && m->findings &&
			       m->classes && m->held
		       ? m
		       : NULL;
}
