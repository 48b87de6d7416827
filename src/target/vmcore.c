/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dump files.  What is around the dump is unpacked by container.c, the notes are read by notes.c,
 * memory by segments.c (ELF) or kdump.c; page tables are walked by kernel/xlat.c for every kind of
 * target alike.  The files stay open, so a dump must be closed; no longjmp can cross this target,
 * it is not used inside crash.
 */
#include <config.h>

#include "deadlock/target.h"

#include <string.h>
#include <unistd.h>

#include "target/container.h"
#include "target/kdump.h"
#include "target/magic.h"
#include "target/notes.h"
#include "target/segments.h"

enum { MAX_PARTS = 64 };

struct vmcore {
	struct dlk_target target;
	struct dlk_notes notes;
	struct dlk_segments segments; /* of an ELF dump, else */
	struct dlk_kdump *kdump;
	int fds[MAX_PARTS]; /* the first one is asked for notes and segments */
	unsigned fd_count;
};

static struct vmcore *to_vmcore(struct dlk_target *t)
{
	return (struct vmcore *)t;
}

static enum dlk_status vmcore_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	struct vmcore *v = to_vmcore(t);

	if (v->kdump)
		return dlk_kdump_read(v->kdump, address, buf, len);
	return dlk_segments_pread(&v->segments, v->fds[0], address, buf, len) ? DLK_OK
									      : DLK_ERR_FAULT;
}

static enum dlk_status vmcore_regs(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret)
{
	if (cpu >= t->cpu_count)
		return DLK_ERR_NOTFOUND;
	*ret = to_vmcore(t)->notes.regs[cpu];
	return DLK_OK;
}

static void vmcore_close(struct dlk_target *t)
{
	struct vmcore *v = to_vmcore(t);

	for (unsigned i = 0; i < v->fd_count; i++)
		close(v->fds[i]);
}

static void describe(struct vmcore *v, bool is_flattened)
{
	struct dlk_target *t = &v->target;

	t->container = is_flattened ? "flattened" : v->kdump ? "kdump" : "elf";
	t->arch = v->notes.arch;
	t->cpu_count = v->notes.cpu_count;
	t->vmcoreinfo = v->notes.vmcoreinfo;
	t->dump_level = v->notes.dump_level;
	t->is_cut = v->kdump ? dlk_kdump_is_cut(v->kdump) : v->segments.is_cut;
}

/* The text of a file that is no dump; NULL if it may be one. */
static const char *refuse(struct vmcore *v, const char *path)
{
	char magic[4] = { 0 };
	ssize_t len = pread(v->fds[0], magic, sizeof(magic), 0);
	const char *why;

	if (!len)
		return "the file is empty";
	why = dlk_magic_describe(v->target.ctx, v->fds[0], path, DLK_WANT_DUMP);
	if (why || (len == sizeof(magic) && !memcmp(magic, "\177ELF", 4)))
		return why;
	return "not a dump that can be read: neither ELF nor kdump-compressed";
}

static enum dlk_status read_elf(struct vmcore *v, const char *const *paths)
{
	struct dlk_ctx *ctx = v->target.ctx;
	const char *why = refuse(v, paths[0]);
	enum dlk_status status;

	if (why)
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED, "%s: %s", paths[0], why);
	if (v->fd_count > 1)
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"%s: an ELF dump has no further parts; what is %s?", paths[0],
				paths[1]);
	status = dlk_notes_read(ctx, v->fds[0], &v->notes);
	if (!status)
		status = dlk_segments_read(ctx, v->fds[0], &v->segments);
	return dlk_prepend(ctx, status, "%s", paths[0]);
}

static enum dlk_status read_kdump(struct vmcore *v, const char *const *paths)
{
	struct dlk_ctx *ctx = v->target.ctx;
	enum dlk_status status = dlk_kdump_open(ctx, v->fds, paths, v->fd_count, &v->kdump);

	return status ? status
		      : dlk_prepend(ctx, dlk_notes_read(ctx, v->fds[0], &v->notes), "%s", paths[0]);
}

static enum dlk_status open_parts(struct vmcore *v, const char *const *paths, unsigned count,
				  bool *is_flattened)
{
	struct dlk_ctx *ctx = v->target.ctx;

	if (count > MAX_PARTS)
		return dlk_fail(ctx, DLK_ERR_LIMIT, "more than %d parts of a dump", MAX_PARTS);
	for (unsigned i = 0; i < count; i++) {
		struct dlk_container container;
		enum dlk_status status = dlk_container_open(ctx, paths[i], &container);

		if (status)
			return dlk_prepend(ctx, status, "%s", paths[i]);
		v->fds[v->fd_count++] = container.fd;
		*is_flattened |= container.is_flattened;
	}
	return DLK_OK;
}

static enum dlk_status open_files(struct vmcore *v, const char *const *paths, unsigned count)
{
	bool is_flattened = false;
	enum dlk_status status = open_parts(v, paths, count, &is_flattened);

	if (!status)
		status = dlk_kdump_is(v->fds[0]) ? read_kdump(v, paths) : read_elf(v, paths);
	if (!status)
		describe(v, is_flattened);
	return status;
}

enum dlk_status dlk_target_open_vmcores(struct dlk_ctx *ctx, const char *const *paths,
					unsigned count, struct dlk_target **ret)
{
	static const struct dlk_target_ops ops = {
		.name = "vmcore", .read = vmcore_read, .regs = vmcore_regs, .close = vmcore_close
	};
	struct vmcore *v = dlk_calloc(ctx, 1, sizeof(*v));
	char *name = dlk_strdup(ctx, paths[0]);
	enum dlk_status status;

	if (!v || !name)
		return dlk_nomem(ctx);
	v->target = (struct dlk_target){ .ops = &ops, .ctx = ctx, .name = name };
	status = open_files(v, paths, count);
	if (status) {
		vmcore_close(&v->target);
		return status;
	}
	*ret = &v->target;
	return DLK_OK;
}

enum dlk_status dlk_target_open_vmcore(struct dlk_ctx *ctx, const char *path,
				       struct dlk_target **ret)
{
	return dlk_target_open_vmcores(ctx, &path, 1, ret);
}
