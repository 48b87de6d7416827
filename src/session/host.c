/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session in a host that knows symbols and types already.
 *
 * Whether the host's symbols are of this kernel, and the page tables its own, is proved by one
 * read: the banner is where it should be.
 */
#include <config.h>

#include "deadlock/session.h"

#include <string.h>

#include "debuginfo/moved.h"
#include "kernel/arch.h"
#include "kernel/image.h"
#include "session/session.h"

/* The host's word goes last: it may rest on symbols that are not where it thinks. */
static enum dlk_status open_xlat(struct dlk_session *s, const struct dlk_host *host)
{
	struct dlk_xlat_root root = { .address = host->root, .levels = host->levels };
	struct dlk_image image;
	enum dlk_status status;

	if (!dlk_xlat_root_from_vmcoreinfo(s->ctx, s->kernel.arch, s->target->vmcoreinfo, &root))
		return dlk_xlat_open(&s->kernel.memory, s->kernel.arch, &root, &s->xlat);
	status = dlk_image_find(&s->kernel.memory, s->kernel.arch, &s->xlat, &image);
	if (!status || dlk_status_is_fatal(status))
		return status;
	if (!host->root)
		return dlk_prepend(s->ctx, status, "%s", s->target->name);
	return dlk_xlat_open(&s->kernel.memory, s->kernel.arch, &root, &s->xlat);
}

static bool has_banner(struct dlk_session *s)
{
	static const char expected[] = "Linux version ";
	dlk_addr_t at = dlk_kernel_symbol(&s->kernel, "linux_banner");
	char banner[sizeof(expected)] = "";

	return at && !dlk_memory_read_cstr(&s->kernel.memory, at, banner, sizeof(banner)) &&
	       !strcmp(banner, expected);
}

/* By how much KASLR has moved the kernel that is mapped from where its symbols say. */
static enum dlk_status move_symbols(struct dlk_session *s)
{
	dlk_addr_t text = dlk_kernel_symbol(&s->kernel, "_text") &
			  -(dlk_addr_t)s->kernel.arch->image_align;
	struct dlk_image image;

	if (!text || !dlk_image_probe(&s->kernel.memory, s->kernel.arch, &image))
		return DLK_OK;
	return dlk_symbols_moved(s->kernel.symbols, s->target->arch, (int64_t)(image.start - text),
				 &s->kernel.symbols);
}

static enum dlk_status settle_symbols(struct dlk_session *s)
{
	enum dlk_status status = DLK_OK;

	if (!has_banner(s))
		status = move_symbols(s);
	if (status || has_banner(s))
		return status;
	return dlk_fail(
		s->ctx, DLK_ERR_NOTFOUND,
		"%s: no kernel where the symbols say: they are of another one, or the memory "
		"cannot be read",
		s->target->name);
}

static enum dlk_status open_all(struct dlk_session *s, const struct dlk_host *host)
{
	enum dlk_status status = open_xlat(s, host);

	if (!status)
		status = settle_symbols(s);
	return status ? status : dlk_session_start(s);
}

enum dlk_status dlk_session_open_host(struct dlk_ctx *ctx, const struct dlk_host *host,
				      struct dlk_session **ret)
{
	struct dlk_target *target = host->target;
	enum dlk_status status = DLK_OK;

	*ret = NULL;
	if (host->capture)
		status = dlk_session_record(ctx, host->capture, &target);
	if (status)
		return status;
	status = dlk_session_new(ctx, target, ret);
	if (status)
		return status;
	(*ret)->is_capture = host->capture != NULL;
	(*ret)->kernel.symbols = host->symbols;
	(*ret)->kernel.types = host->types;
	status = dlk_memory_settle(&(*ret)->kernel.memory, open_all(*ret, host));
	if (status) {
		dlk_session_close(*ret);
		*ret = NULL;
	}
	return status;
}
