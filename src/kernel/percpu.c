/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Per-CPU memory. */
#include <config.h>

#include "kernel/percpu.h"

enum { BITS = 64 };

/*
 * Read one word of a mask of CPUs.  Of one that there may not be the offset leads to memory that was given up at
 * boot.  A kernel that has no such mask has no gaps in it.
 */
static enum dlk_status read_mask(struct dlk_kernel *k, dlk_addr_t mask, uint32_t cpu, uint64_t *ret)
{
	*ret = UINT64_MAX;
	return mask ? dlk_memory_read_u64(&k->memory, mask + (dlk_addr_t)(cpu / BITS) * DLK_WORD,
					  ret)
		    : DLK_OK;
}

enum dlk_status dlk_percpu_sum_u32(struct dlk_kernel *k, dlk_addr_t pointer, uint32_t *ret)
{
	dlk_addr_t mask = dlk_kernel_symbol(k, "__cpu_possible_mask");
	uint64_t possible = 0;
	uint32_t sum = 0;
	enum dlk_status status = DLK_OK;

	if (!k->cpu_count)
		return dlk_fail(k->ctx, DLK_ERR_NOTFOUND, "where per-CPU memory is, is not known");
	for (uint32_t cpu = 0; cpu < k->cpu_count && !status; cpu++) {
		uint32_t value = 0;

		if (cpu % BITS == 0)
			status = read_mask(k, mask, cpu, &possible);
		if (!status && possible >> (cpu % BITS) & 1)
			status = dlk_memory_read_u32(&k->memory, pointer + k->percpu_offset[cpu],
						     &value);
		sum += value;
	}
	if (status)
		return dlk_memory_explain(&k->memory, status);
	*ret = sum;
	return DLK_OK;
}

bool dlk_percpu_is_possible(struct dlk_kernel *k, uint32_t cpu)
{
	uint64_t possible;

	return cpu < k->cpu_count &&
	       !read_mask(k, dlk_kernel_symbol(k, "__cpu_possible_mask"), cpu, &possible) &&
	       possible >> (cpu % BITS) & 1;
}

/* Take those out that a mask has, or has not; of what cannot be read all. */
static void strike(struct dlk_kernel *k, const char *symbol, bool has, bool *cpus)
{
	dlk_addr_t mask = dlk_kernel_symbol(k, symbol);
	uint64_t word = 0;
	enum dlk_status status = DLK_OK;

	for (uint32_t cpu = 0; cpu < k->cpu_count; cpu++) {
		if (cpu % BITS == 0)
			status = read_mask(k, mask, cpu, &word);
		cpus[cpu] &= !status && (word >> (cpu % BITS) & 1) != has;
	}
}

enum dlk_status dlk_percpu_find_offline(struct dlk_kernel *k, bool **ret)
{
	bool *cpus = dlk_calloc(k->ctx, k->cpu_count, sizeof(*cpus));

	if (!cpus)
		return dlk_nomem(k->ctx);
	for (uint32_t cpu = 0; cpu < k->cpu_count; cpu++)
		cpus[cpu] = true;
	strike(k, "__cpu_possible_mask", false, cpus);
	strike(k, "__cpu_present_mask", false, cpus);
	strike(k, "__cpu_online_mask", true, cpus);
	strike(k, "__cpu_active_mask", true, cpus);
	*ret = cpus;
	return DLK_OK;
}
