/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How locks of a class were used: usage_mask, a bit for each way, with the stack of the first time.
 *
 * enum lock_usage_bit (kernel/locking/lockdep_internals.h): four bits for each of hardirq and softirq,
 * used in it, for reading in it, with it enabled, for reading with it enabled; then used at all, and
 * for reading (v5.10, 2bb8945bcc1a).  Signs as the kernel prints them ("{+.?.}"): hardirq, its read
 * form, softirq, its read form; '.' neither, '-' used in it, '+' with it enabled, '?' both.
 */
#include <config.h>

#include "lockdep/lockdep.h"

/*
 * enum lockdep_wait_type (include/linux/lockdep_types.h, v5.7, de8f5e4f2dc1); the values depend on the
 * kernel's configuration.  The inner type says how the lock itself is waited for, the outer one what the
 * context must allow that takes it.
 */
static const struct {
	enum dlk_enumerator_id type;
	int64_t value; /* if the kernel's types do not know it */
	const char *text;
} waits[] = {
	{ DLK_E_wait_free, 1, "waits for nothing" },
	{ DLK_E_wait_spin, 2, "spins" },
	{ DLK_E_wait_config, -1, "spins, or sleeps on PREEMPT_RT" },
	{ DLK_E_wait_sleep, -1, "sleeps" },
};

enum { ENABLED = 2, STATE_BITS = 4, MAX_ENTRIES = 64 };

static const char *const bits[] = {
	"taken in a hard interrupt",
	"taken for reading in a hard interrupt",
	"taken with hard interrupts enabled",
	"taken for reading with hard interrupts enabled",
	"taken in a soft interrupt",
	"taken for reading in a soft interrupt",
	"taken with soft interrupts enabled",
	"taken for reading with soft interrupts enabled",
	"taken",
	"taken for reading",
};

enum { BIT_COUNT = sizeof(bits) / sizeof(bits[0]) };

static bool is_set(uint64_t mask, unsigned bit)
{
	return mask >> bit & 1;
}

void dlk_lockdep_usage_signs(uint64_t mask, char signs[DLK_USAGE_CHARS + 1])
{
	for (unsigned i = 0; i < DLK_USAGE_CHARS; i++) {
		unsigned bit = i / 2 * STATE_BITS + i % 2;

		if (is_set(mask, bit + ENABLED))
			signs[i] = is_set(mask, bit) ? '?' : '+';
		else
			signs[i] = is_set(mask, bit) ? '-' : '.';
	}
	signs[DLK_USAGE_CHARS] = 0;
}

/* The stack of a bit; none if it cannot be read. */
static enum dlk_status read_trace(struct dlk_kernel *k, dlk_addr_t trace, struct dlk_usage *ret)
{
	const char **at;
	uint64_t count = dlk_kernel_peek_member(k, trace, DLK_M_trace_count);
	dlk_addr_t entries = trace + dlk_layout_offset(&k->layout, DLK_M_trace_entries);

	count = count < MAX_ENTRIES ? count : MAX_ENTRIES;
	at = dlk_calloc(k->ctx, count, sizeof(*at));
	if (!at)
		return dlk_nomem(k->ctx);
	ret->at = at;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t ip;
		enum dlk_status status = dlk_memory_read_u64(&k->memory, entries + i * sizeof(ip),
							     &ip);

		if (status)
			return dlk_status_is_fatal(status) ? status : DLK_OK;
		at[i] = dlk_kernel_describe_ip(k, ip).text;
		if (!at[i])
			at[i] = "?";
		ret->at_count = i + 1;
	}
	return DLK_OK;
}

static enum dlk_status read_traces(struct dlk_kernel *k, dlk_addr_t class, unsigned bit,
				   struct dlk_usage *ret)
{
	const struct dlk_member *traces = &k->layout.members[DLK_M_class_usage_traces];
	uint64_t trace;

	/* Those that are not recorded have no pointer: "taken" came late, "for reading" later. */
	if (!dlk_layout_has(&k->layout, DLK_M_class_usage_traces) ||
	    !dlk_layout_has(&k->layout, DLK_M_trace_entries) || bit >= traces->count ||
	    dlk_memory_read_u64(&k->memory, class + traces->offset + bit * sizeof(trace), &trace) ||
	    !trace)
		return DLK_OK;
	return read_trace(k, trace, ret);
}

enum dlk_status dlk_lockdep_read_usages(struct dlk_kernel *k, uint64_t mask,
					struct dlk_lock_class *class)
{
	struct dlk_usage *usages = dlk_calloc(k->ctx, BIT_COUNT, sizeof(*usages));

	if (!usages)
		return dlk_nomem(k->ctx);
	class->usages = usages;
	for (unsigned bit = 0; bit < BIT_COUNT; bit++) {
		struct dlk_usage *u = &usages[class->usage_count];
		enum dlk_status status;

		if (!is_set(mask, bit))
			continue;
		u->text = bits[bit];
		status = read_traces(k, class->address, bit, u);
		if (status)
			return status;
		class->usage_count++;
	}
	return DLK_OK;
}

const char *dlk_lockdep_wait_text(struct dlk_kernel *k, uint8_t type)
{
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		if (dlk_kernel_enumerator(k, waits[i].type, waits[i].value) == type)
			return waits[i].text;
	return "not checked";
}
