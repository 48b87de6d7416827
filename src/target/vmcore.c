/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dump files, by libkdumpfile; no other file of ours knows it.
 *
 * libkdumpfile is asked for physical memory only, and for that of compressed dumps: what is around
 * the dump is unpacked by container.c, the notes are read by notes.c, ELF's memory by segments.c
 * (which says why), page tables are walked by kernel/xlat.c for every kind
 * of target alike.  Its handle is malloc'd, so a dump must be closed; no longjmp can cross this
 * target, it is not used inside crash.
 */
#include <config.h>

#include "deadlock/target.h"

#include <string.h>
#include <unistd.h>

#include <libkdumpfile/kdumpfile.h>

#include "target/container.h"
#include "target/notes.h"
#include "target/segments.h"

enum { MAX_PARTS = 64 };

struct vmcore {
	struct dlk_target target;
	kdump_ctx_t *kdump;
	struct dlk_notes notes;
	struct dlk_segments segments;
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
	size_t done = len;
	kdump_status ks;

	if (v->segments.is_known)
		return dlk_segments_pread(&v->segments, v->fds[0], address, buf, len)
			       ? DLK_OK
			       : DLK_ERR_FAULT;
	ks = kdump_read(v->kdump, KDUMP_MACHPHYSADDR, address, buf, &done);
	if (ks == KDUMP_OK)
		return done == len ? DLK_OK : DLK_ERR_FAULT;
	/* Not there, excluded, or a page that does not uncompress: it cannot be had. */
	if (ks != KDUMP_ERR_SYSTEM) {
		kdump_clear_err(v->kdump);
		return DLK_ERR_FAULT;
	}
	dlk_fail(t->ctx, DLK_ERR_SYSTEM, "%s: %s", t->name, kdump_get_err(v->kdump));
	kdump_clear_err(v->kdump);
	return DLK_ERR_SYSTEM;
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

	kdump_free(v->kdump);
	for (unsigned i = 0; i < v->fd_count; i++)
		close(v->fds[i]);
}

/*
 * QEMU's kdump-compressed dumps have a header from which libkdumpfile does not tell the
 * architecture; without one it reads nothing.
 */
static enum dlk_status settle_arch(struct vmcore *v)
{
	struct dlk_target *t = &v->target;
	const char *arch = NULL;

	if (!kdump_get_string_attr(v->kdump, KDUMP_ATTR_ARCH_NAME, &arch)) {
		t->arch = "x86_64";
		if (!strcmp(arch, KDUMP_ARCH_X86_64))
			return DLK_OK;
		return dlk_fail(t->ctx, DLK_ERR_UNSUPPORTED,
				"a dump of architecture %s; only x86_64 is supported", arch);
	}
	kdump_clear_err(v->kdump);
	if (kdump_set_string_attr(v->kdump, KDUMP_ATTR_ARCH_NAME, KDUMP_ARCH_X86_64))
		kdump_clear_err(v->kdump);
	t->arch = "x86_64";
	return DLK_OK;
}

static enum dlk_status describe(struct vmcore *v, bool is_flattened)
{
	struct dlk_target *t = &v->target;
	const char *format = "";

	if (kdump_get_string_attr(v->kdump, KDUMP_ATTR_FILE_FORMAT, &format))
		kdump_clear_err(v->kdump);
	t->container = is_flattened ? "flattened" : strcmp(format, "elf") ? "kdump" : "elf";
	t->cpu_count = v->notes.cpu_count;
	t->vmcoreinfo = v->notes.vmcoreinfo;
	t->dump_level = v->notes.dump_level;
	return settle_arch(v);
}

/*
 * Our own readers go first: libkdumpfile 0.5.1 crashes on some headers that lie, and on files of
 * other formats that it knows.
 */
static enum dlk_status read_headers(struct vmcore *v)
{
	struct dlk_ctx *ctx = v->target.ctx;
	char magic[8] = { 0 };
	enum dlk_status status;

	if (pread(v->fds[0], magic, sizeof(magic), 0) != sizeof(magic) ||
	    (memcmp(magic, "\177ELF", 4) && memcmp(magic, "KDUMP   ", sizeof(magic))))
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"not a dump that can be read: neither ELF nor kdump-compressed");
	status = dlk_notes_read(ctx, v->fds[0], &v->notes);
	return status ? status : dlk_segments_read(ctx, v->fds[0], &v->segments);
}

/* A file that ends within a page, or is cut while it is read, would be a SIGBUS. */
static void forbid_mmap(struct vmcore *v)
{
	if (kdump_set_number_attr(v->kdump, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER))
		kdump_clear_err(v->kdump);
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
	struct dlk_ctx *ctx = v->target.ctx;
	bool is_flattened = false;
	enum dlk_status status = open_parts(v, paths, count, &is_flattened);

	if (status)
		return status;
	status = read_headers(v);
	if (status)
		return dlk_prepend(ctx, status, "%s", paths[0]);
	if (count > 1 && v->segments.is_known)
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"%s: an ELF dump has no further parts; what is %s?", paths[0],
				paths[1]);
	forbid_mmap(v);
	if (kdump_open_fdset(v->kdump, v->fd_count, v->fds)) {
		status = dlk_fail(ctx, DLK_ERR_UNSUPPORTED, "%s: not a dump that can be read: %s",
				  paths[0], kdump_get_err(v->kdump));
		kdump_clear_err(v->kdump);
		return status;
	}
	return dlk_prepend(ctx, describe(v, is_flattened), "%s", paths[0]);
}

enum dlk_status dlk_target_open_vmcores(struct dlk_ctx *ctx, const char *const *paths,
					unsigned count, struct dlk_target **ret)
{
	static const struct dlk_target_ops ops = {
		.name = "vmcore", .read = vmcore_read, .regs = vmcore_regs, .close = vmcore_close
	};
	struct vmcore *v = dlk_alloc(ctx, sizeof(*v));
	char *name = dlk_strdup(ctx, paths[0]);
	enum dlk_status status;

	if (!v || !name)
		return dlk_nomem(ctx);
	v->target = (struct dlk_target){ .ops = &ops, .ctx = ctx, .name = name };
	v->kdump = kdump_new();
	if (!v->kdump)
		return dlk_nomem(ctx);
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
