/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "memory.h"

#include <string.h>

#include "target/arch.h"

static enum dlk_status memory_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	const struct fuzz_memory *m = (const struct fuzz_memory *)t;
	uint8_t *to = buf;

	if (address >= m->all)
		return DLK_ERR_FAULT;
	memset(buf, 0, len);
	while (len && address < m->all) {
		size_t at = address % m->size, part = m->size - at < len ? m->size - at : len;

		memcpy(to, m->data + at, part);
		to += part;
		address += part;
		len -= part;
	}
	return DLK_OK;
}

static enum dlk_status memory_regs(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret)
{
	if (cpu)
		return DLK_ERR_NOTFOUND;
	*ret = ((const struct fuzz_memory *)t)->regs;
	return DLK_OK;
}

static enum dlk_status translate(void *arg, dlk_addr_t address, dlk_addr_t *ret)
{
	const struct fuzz_memory *m = arg;

	*ret = address - FUZZ_BASE;
	return address - FUZZ_BASE < m->all ? DLK_OK : DLK_ERR_FAULT;
}

enum dlk_status fuzz_memory_init(struct fuzz_memory *m, struct dlk_ctx *ctx, struct dlk_memory *ret)
{
	static const struct dlk_target_ops ops = { .name = "fuzz",
						   .read = memory_read,
						   .regs = memory_regs };
	enum dlk_status status;

	m->target = (struct dlk_target){
		.ops = &ops, .ctx = ctx, .name = "fuzz", .arch = &dlk_arch_x86_64, .cpu_count = 1
	};
	status = dlk_memory_init(ret, &m->target);
	if (!status)
		dlk_memory_set_translate(ret, translate, m);
	return status;
}
