/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of QEMU, live: when it stands still and when it runs again.
 *
 * The gdbstub alone is enough; the monitor (QMP) is asked where the gdbstub is, or to start one, and
 * knows better whether the guest ran.  Claimed: a guest that ran before runs afterwards, one that
 * stood stands.  A guest of which that is not known has run: one that goes on against somebody's will can
 * be stopped again, one that stands against everybody's is an outage.  How it can be wrong: QEMU from 8.1
 * on does not say on the gdbstub whether the guest ran; without a monitor it is taken to have run.
 */
#include <config.h>

#include "deadlock/target.h"

#include <string.h>

#include "target/gdbstub.h"
#include "target/qmp.h"

/* Of each of the monitor's answers when we leave, at most, in milliseconds. */
enum { LAST_TRY = 5000 };

struct guest {
	struct dlk_target target;
	struct dlk_gdbstub stub;
	struct dlk_qmp qmp;
	bool has_qmp;
	bool must_resume;
};

static struct guest *to_guest(struct dlk_target *t)
{
	return (struct guest *)t;
}

static enum dlk_status guest_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	return dlk_gdbstub_read(&to_guest(t)->stub, address, buf, len);
}

static enum dlk_status guest_regs(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret)
{
	if (cpu >= t->cpu_count)
		return DLK_ERR_NOTFOUND;
	*ret = to_guest(t)->stub.regs[cpu];
	return DLK_OK;
}

static enum dlk_status guest_let_run(struct dlk_target *t, unsigned ms)
{
	struct guest *g = to_guest(t);
	enum dlk_status status = dlk_gdbstub_let_run(&g->stub, ms);

	if (!status)
		t->cpu_count = g->stub.cpu_count;
	return status;
}

/* What the monitor says counts; the gdbstub's goodbye may have been lost. */
static enum dlk_status resume_by_qmp(struct guest *g)
{
	bool is_running = false;
	enum dlk_status status;

	if (g->qmp.wire.timeout > LAST_TRY)
		g->qmp.wire.timeout = LAST_TRY;
	status = dlk_qmp_is_running(&g->qmp, &is_running);
	/* One that runs takes no notice. */
	return !status && is_running ? status : dlk_qmp_continue(&g->qmp);
}

static void say_how_long(const struct guest *g, uint64_t ms, bool is_running)
{
	dlk_message(g->target.ctx, DLK_MSG_NOTICE,
		    "the guest stood still for %u.%02u s (%.1f MiB read); it %s",
		    (unsigned)(ms / 1000), (unsigned)(ms % 1000 / 10),
		    (double)g->stub.bytes_read / (1 << 20),
		    is_running ? "runs again" : "still does: 'cont' in its monitor lets it go on");
}

/* The text of an error that is on its way stays: what goes wrong here is a message. */
static void leave(struct guest *g)
{
	struct dlk_ctx *ctx = g->target.ctx;
	struct dlk_error err = ctx->err;
	const volatile int *cancel = ctx->cancel;
	bool was_attached = g->stub.is_attached;
	enum dlk_status status;
	uint64_t ms;

	/* Who wants to stop wants this all the more. */
	ctx->cancel = NULL;
	status = dlk_gdbstub_leave(&g->stub, g->must_resume);
	ms = dlk_wire_now() - g->stub.attached_at;
	if (g->has_qmp && g->must_resume)
		status = resume_by_qmp(g);
	if (g->has_qmp)
		dlk_qmp_close(&g->qmp);
	if (status && g->must_resume && g->stub.has_greeted)
		dlk_message(ctx, DLK_MSG_WARNING,
			    "%s; the guest may stand still: 'cont' in its monitor lets it go on",
			    ctx->err.text);
	else if (was_attached && g->stub.has_greeted)
		say_how_long(g, ms, g->must_resume);
	ctx->cancel = cancel;
	ctx->err = err;
}

static void guest_close(struct dlk_target *t)
{
	leave(to_guest(t));
}

static enum dlk_status find_stub(struct guest *g, const struct dlk_guest *how,
				 struct dlk_wire_plan *plan, bool *was_running)
{
	enum dlk_status status;

	if (!how->qmp)
		return DLK_OK;
	status = dlk_qmp_connect(g->target.ctx, how->qmp, how->timeout, &g->qmp);
	if (status)
		return status;
	g->has_qmp = true;
	status = dlk_qmp_is_running(&g->qmp, was_running);
	if (status || how->stub)
		return status;
	plan->server = g->qmp.server;
	return dlk_qmp_find_stub(&g->qmp, &plan->address);
}

static enum dlk_status open_guest(struct guest *g, const struct dlk_guest *how)
{
	struct dlk_ctx *ctx = g->target.ctx;
	struct dlk_wire_plan plan = { .address = how->stub,
				      .timeout = how->timeout,
				      .limit = how->stop_limit,
				      .server = DLK_WIRE_ANYBODY };
	bool was_running = false;
	enum dlk_ran ran = DLK_RAN_UNKNOWN;
	enum dlk_status status = find_stub(g, how, &plan, &was_running);

	if (status)
		return status;
	dlk_message(ctx, DLK_MSG_PROGRESS, "attaching to %s", plan.address);
	if (how->keep_stopped || (how->qmp && !was_running))
		ran = DLK_RAN_NOT;
	else if (how->qmp)
		ran = DLK_RAN;
	status = dlk_gdbstub_attach(ctx, &plan, ran, &g->stub);
	g->must_resume = g->stub.was_running;
	g->target.name = how->stub ? how->stub : how->qmp;
	g->target.cpu_count = g->stub.cpu_count;
	g->target.arch = g->stub.arch;
	return status;
}

enum dlk_status dlk_target_open_guest(struct dlk_ctx *ctx, const struct dlk_guest *how,
				      struct dlk_target **ret)
{
	static const struct dlk_target_ops ops = {
		.name = "qemu",
		.read = guest_read,
		.regs = guest_regs,
		.let_run = guest_let_run,
		.close = guest_close,
	};
	struct guest *g = dlk_alloc(ctx, sizeof(*g));
	enum dlk_status status;

	if (!g)
		return dlk_nomem(ctx);
	g->target = (struct dlk_target){ .ops = &ops, .ctx = ctx, .container = "gdbstub" };
	status = open_guest(g, how);
	if (status) {
		leave(g);
		return status;
	}
	*ret = &g->target;
	return DLK_OK;
}
