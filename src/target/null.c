/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A target without memory: the complete null implementation, template for a new target. */
#include <config.h>

#include "target/arch.h"

static enum dlk_status null_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	(void)t, (void)address, (void)buf, (void)len;
	return DLK_ERR_FAULT;
}

static enum dlk_status null_regs(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret)
{
	(void)t, (void)cpu, (void)ret;
	return DLK_ERR_NOTFOUND;
}

static void null_close(struct dlk_target *t)
{
	(void)t;
}

enum dlk_status dlk_target_open_null(struct dlk_ctx *ctx, struct dlk_target **ret)
{
	static const struct dlk_target_ops ops = {
		.name = "null", .read = null_read, .regs = null_regs, .close = null_close
	};
	struct dlk_target *t = dlk_alloc(ctx, sizeof(*t));

	if (!t)
		return dlk_nomem(ctx);
	*t = (struct dlk_target){ .ops = &ops,
				  .ctx = ctx,
				  .name = "null",
				  .container = "null",
				  .arch = dlk_arch_named("", 0) };
	*ret = t;
	return DLK_OK;
}
