/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a target to a session where nobody tells anything: page tables, symbols and types are found
 * in this order, each with the help of the one before.
 *
 * container -> page tables -> symbols -> types -> kernel
 */
#include <config.h>

#include "deadlock/session.h"

#include <string.h>

#include "debuginfo/btf.h"
#include "debuginfo/kallsyms.h"
#include "debuginfo/kallsyms_find.h"
#include "debuginfo/vmlinux.h"
#include "kernel/arch.h"
#include "kernel/crashed.h"
#include "kernel/image.h"
#include "session/session.h"
#include "target/notes.h"
#include "target/vmcoreinfo.h"

/* Larger than any kernel's BTF: stock kernels have 5 to 10 MiB. */
enum { MAX_BTF = 64 << 20, MAX_NOTES = 4096 };

/* What is known while a session is opened. */
struct opening {
	struct dlk_session *s;
	struct dlk_ctx *ctx;
	struct dlk_target *target;
	struct dlk_kernel *k;
	struct dlk_image image; /* start is 0 if VMCOREINFO made it unnecessary to look for it */
	struct dlk_vmlinux *vmlinux;
	const char *vmlinux_path;
	struct dlk_symbols *own; /* its kallsyms, if they were read before it was known whose */
	uint64_t offset; /* how far KASLR has moved the kernel from where VMLINUX was linked */
	bool is_vmlinux_checked;
};

static enum dlk_status refuse_vmlinux(struct opening *o, const char *its, const char *ours,
				      size_t len)
{
	return dlk_fail(o->ctx, DLK_ERR_INVALID,
			"%s is of another build than the dump's kernel: its build-id is %s, the "
			"kernel's is %.*s",
			o->vmlinux_path, its, (int)len, ours);
}

/* By VMCOREINFO, if that has it. */
static enum dlk_status check_build(struct opening *o)
{
	const char *its, *ours;
	size_t len;
	enum dlk_status status = dlk_vmlinux_build_id(o->vmlinux, &its);

	if (status)
		return status;
	ours = dlk_vmcoreinfo_find(o->target->vmcoreinfo, "BUILD-ID", &len);
	if (ours && (strlen(its) != len || memcmp(its, ours, len)))
		return refuse_vmlinux(o, its, ours, len);
	o->is_vmlinux_checked = ours != NULL;
	return DLK_OK;
}

/* Before anything is read. */
static enum dlk_status open_vmlinux(struct opening *o, const char *path)
{
	enum dlk_status status = dlk_vmlinux_open(o->ctx, path, &o->vmlinux);

	o->vmlinux_path = path;
	if (!status)
		status = dlk_vmlinux_complete(o->vmlinux);
	if (!status)
		status = check_build(o);
	if (status == DLK_ERR_NOTFOUND)
		return dlk_fail(o->ctx, DLK_ERR_INVALID,
				"%s has no build-id: whether it is of the dump's kernel cannot be "
				"told",
				path);
	return status;
}

static enum dlk_status open_xlat(struct opening *o)
{
	struct dlk_memory *m = &o->k->memory;
	struct dlk_xlat_root root;
	enum dlk_status status;

	if (!dlk_xlat_root_from_vmcoreinfo(o->ctx, o->k->arch, o->target->vmcoreinfo, &root))
		return dlk_xlat_open(m, o->k->arch, &root, &o->s->xlat);
	status = dlk_image_find(m, o->k->arch, &o->s->xlat, &o->image);
	return dlk_prepend(o->ctx, status, "%s", o->target->name);
}

static enum dlk_status find_offset(struct opening *o)
{
	struct dlk_symbols *linked;
	dlk_addr_t text;
	enum dlk_status status;

	if (dlk_vmcoreinfo_hex(o->target->vmcoreinfo, "KERNELOFFSET", &o->offset))
		return DLK_OK;
	status = dlk_vmlinux_symbols(o->vmlinux, 0, &linked);
	if (status)
		return status;
	if (!o->image.start || linked->ops->find(linked, "_text", &text))
		return dlk_fail(o->ctx, DLK_ERR_NOTFOUND,
				"%s: where the kernel was loaded is not "
				"known; try without VMLINUX",
				o->target->name);
	o->offset = o->image.start - (text & -(dlk_addr_t)o->k->arch->image_align);
	return DLK_OK;
}

/* Text is half of the image, and has no tables: it is searched if all else fails. */
static enum dlk_status find_kallsyms(struct opening *o, struct dlk_kallsyms_tables *ret)
{
	struct dlk_memory *m = &o->k->memory;
	dlk_addr_t data;
	enum dlk_status status;

	if (!o->image.start)
		dlk_image_probe(m, o->k->arch, &o->image);
	if (!o->image.start)
		return dlk_fail(o->ctx, DLK_ERR_FAULT,
				"the page tables map no memory of the kernel that is in the dump");
	data = dlk_image_find_data(o->s->xlat, o->k->arch, &o->image);
	status = dlk_kallsyms_find(m, o->image.start, o->image.end, data, ret);
	if (status != DLK_ERR_NOTFOUND || data == o->image.start)
		return status;
	return dlk_kallsyms_find(m, o->image.start, o->image.end, o->image.start, ret);
}

/* Tables that are not what they seem give names that are none; the kernel's text has one in all kernels. */
static enum dlk_status open_kallsyms(struct opening *o, struct dlk_symbols **ret)
{
	struct dlk_kallsyms_tables tables;
	dlk_addr_t text;
	enum dlk_status status = DLK_OK;

	if (dlk_kallsyms_tables_from_vmcoreinfo(o->target->vmcoreinfo, &tables))
		status = find_kallsyms(o, &tables);
	if (!status)
		status = dlk_kallsyms_open(&o->k->memory, &tables, ret);
	if (!status && (*ret)->ops->find(*ret, "_stext", &text))
		status = dlk_fail(o->ctx, DLK_ERR_CORRUPT, "the kallsyms tables have no _stext");
	return status;
}

/* From the capture kernel, whose page tables the CPUs have, to the one that crashed. */
static enum dlk_status leave_capture(struct opening *o, const char *vmcoreinfo)
{
	struct dlk_xlat_root root;
	enum dlk_status status = dlk_xlat_root_from_vmcoreinfo(o->ctx, o->k->arch, vmcoreinfo,
							       &root);

	if (status)
		return status;
	o->target->vmcoreinfo = vmcoreinfo;
	o->image = (struct dlk_image){ 0 };
	o->own = NULL;
	dlk_memory_set_translate(&o->k->memory, NULL, NULL);
	dlk_xlat_close(o->s->xlat);
	o->s->xlat = NULL;
	return dlk_xlat_open(&o->k->memory, o->k->arch, &root, &o->s->xlat);
}

/*
 * The kernel that was found by the CPUs' page tables may be a capture kernel; then go on with the one that
 * crashed.  A VMCOREINFO that came with the dump is that one's: a capture kernel gives none to the
 * hypervisor (drivers/firmware/qemu_fw_cfg.c, is_kdump_kernel()).
 */
static enum dlk_status find_crashed(struct opening *o)
{
	const char *vmcoreinfo = NULL;
	enum dlk_status status;

	if (!o->image.start)
		return DLK_OK;
	status = open_kallsyms(o, &o->own);
	if (status) {
		o->own = NULL;
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	}
	status = dlk_crashed_find_vmcoreinfo(&o->k->memory, o->own, &vmcoreinfo);
	if (!status && vmcoreinfo)
		status = leave_capture(o, vmcoreinfo);
	if (status)
		return dlk_prepend(o->ctx, status,
				   "%s: a capture kernel (kdump) runs, and the kernel that crashed "
				   "is not found",
				   o->target->name);
	return vmcoreinfo && o->vmlinux ? check_build(o) : DLK_OK;
}

/* The build-id in the kernel's own notes, where the symbols say that they are; NULL if it is not there. */
static enum dlk_status read_build_id(struct opening *o, struct dlk_symbols *symbols,
				     const char **ret)
{
	unsigned char notes[MAX_NOTES];
	dlk_addr_t start, stop;
	size_t len;
	enum dlk_status status;

	*ret = NULL;
	if (symbols->ops->find(symbols, "__start_notes", &start) ||
	    symbols->ops->find(symbols, "__stop_notes", &stop))
		return DLK_OK;
	len = stop - start < sizeof(notes) ? stop - start : sizeof(notes);
	status = dlk_memory_read(&o->k->memory, start, notes, len);
	if (!status)
		*ret = dlk_notes_build_id(o->ctx, notes, len);
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

/* The symbols of another kernel lead to no notes of this one; its own do. */
static enum dlk_status find_build_id(struct opening *o, const char **ret)
{
	struct dlk_symbols *own;
	enum dlk_status status = open_kallsyms(o, &own);

	*ret = NULL;
	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	return read_build_id(o, own, ret);
}

static enum dlk_status check_vmlinux(struct opening *o)
{
	const char *its, *ours = NULL;
	enum dlk_status status = dlk_vmlinux_build_id(o->vmlinux, &its);

	if (!status)
		status = read_build_id(o, o->k->symbols, &ours);
	if (status || (ours && !strcmp(its, ours)))
		return status;
	status = find_build_id(o, &ours);
	if (status)
		return status;
	if (ours && strcmp(its, ours))
		return refuse_vmlinux(o, its, ours, strlen(ours));
	return dlk_fail(
		o->ctx, DLK_ERR_INVALID,
		"%s does not fit the dump's kernel: the build-id, %s, is not found where it "
		"has it; give another VMLINUX, or none",
		o->vmlinux_path, its);
}

static enum dlk_status open_vmlinux_symbols(struct opening *o)
{
	enum dlk_status status = find_offset(o);

	if (!status)
		status = dlk_vmlinux_symbols(o->vmlinux, (int64_t)o->offset, &o->k->symbols);
	return status || o->is_vmlinux_checked ? status : check_vmlinux(o);
}

/* Without symbols the release is where VMCOREINFO, or a text in the image, has it. */
static void find_release(struct opening *o)
{
	char text[sizeof(o->ctx->err.text)];
	size_t len;
	const char *release = dlk_vmcoreinfo_find(o->target->vmcoreinfo, "OSRELEASE", &len);

	memcpy(text, o->ctx->err.text, sizeof(text));
	if (release)
		o->k->release = dlk_format(o->ctx, "%.*s", (int)len, release);
	else
		o->k->release = dlk_image_find_release(&o->k->memory, o->k->arch, o->s->xlat,
						       &o->image);
	memcpy(o->ctx->err.text, text, sizeof(text));
}

/* A page that is missing says nothing about the kernel: that is a failure, with the dump's name. */
static enum dlk_status understand(struct opening *o, enum dlk_status status)
{
	if (!o->target->is_cut)
		status = dlk_session_understand(o->s, status,
						o->vmlinux ? NULL : "give its vmlinux");
	return dlk_prepend(o->ctx, status, "%s", o->target->name);
}

static enum dlk_status open_symbols(struct opening *o)
{
	enum dlk_status status;

	if (o->vmlinux)
		return open_vmlinux_symbols(o);
	if (o->own) {
		o->k->symbols = o->own;
		return DLK_OK;
	}
	status = open_kallsyms(o, &o->k->symbols);
	if (status)
		find_release(o);
	return understand(o, dlk_prepend(o->ctx, status, "its symbols"));
}

static enum dlk_status open_dump_btf(struct opening *o)
{
	dlk_addr_t start = dlk_kernel_symbol(o->k, "__start_BTF");
	dlk_addr_t stop = dlk_kernel_symbol(o->k, "__stop_BTF");
	enum dlk_status status;
	void *data;

	if (!start || stop <= start)
		return dlk_fail(o->ctx, DLK_ERR_UNSUPPORTED, "it has no BTF");
	if (stop - start > MAX_BTF)
		return dlk_fail(o->ctx, DLK_ERR_CORRUPT, "BTF of %llu bytes",
				(unsigned long long)(stop - start));
	data = dlk_alloc(o->ctx, stop - start);
	if (!data)
		return dlk_nomem(o->ctx);
	status = dlk_memory_read(&o->k->memory, start, data, stop - start);
	if (!status)
		status = dlk_btf_open(o->ctx, data, stop - start, &o->k->types);
	else
		dlk_memory_explain(&o->k->memory, status);
	dlk_discard(o->ctx, data, stop - start);
	return dlk_prepend(o->ctx, status, "its BTF");
}

/* BTF before DWARF: it costs less, and both are made of the same. */
static enum dlk_status open_types(struct opening *o)
{
	const void *data;
	size_t size;
	enum dlk_status status;

	if (o->vmlinux && !dlk_vmlinux_btf(o->vmlinux, &data, &size))
		return dlk_prepend(o->ctx, dlk_btf_open(o->ctx, data, size, &o->k->types), "%s",
				   o->vmlinux_path);
	status = open_dump_btf(o);
	if (status && o->vmlinux && !dlk_status_is_fatal(status))
		status = dlk_prepend(o->ctx, dlk_vmlinux_dwarf(o->vmlinux, &o->k->types),
				     "its types");
	if (status)
		find_release(o);
	return understand(o, status);
}

/* It is said which kernel is read, and that there is another. */
static enum dlk_status find_capture(struct opening *o)
{
	struct dlk_capture_kernel c;
	enum dlk_status status = dlk_crashed_find_capture(o->k, &c);

	if (status || !c.is_there)
		return status;
	o->s->other_kernel = dlk_format(
		o->ctx,
		"two kernels are in the memory: read is the one that crashed%s; its capture kernel "
		"runs, on CPU %u, at %#llx to %#llx",
		dlk_kernel_release(o->k), c.cpu, (unsigned long long)c.start,
		(unsigned long long)c.end);
	if (!o->s->other_kernel)
		return dlk_nomem(o->ctx);
	dlk_message(o->ctx, DLK_MSG_NOTICE, "%s: %s", o->target->name, o->s->other_kernel);
	return DLK_OK;
}

/* Most kernels have what their stacks are unwound by inside. */
static enum dlk_status open_cfi(struct opening *o)
{
	enum dlk_status status = dlk_vmlinux_cfi(o->vmlinux, (int64_t)o->offset, &o->k->cfi);

	return status == DLK_ERR_NOTFOUND ? DLK_OK : status;
}

static void close_vmlinux(void *arg)
{
	dlk_vmlinux_close(arg);
}

static enum dlk_status open_all(struct opening *o, const char *vmlinux)
{
	enum dlk_status status = vmlinux ? open_vmlinux(o, vmlinux) : DLK_OK;

	dlk_reach(o->ctx, DLK_STAGE_OPENED);
	if (!status)
		status = open_xlat(o);
	if (!status)
		status = find_crashed(o);
	if (!status)
		status = open_symbols(o);
	if (!status && !o->s->not_understood)
		status = open_types(o);
	if (!status && o->vmlinux)
		status = open_cfi(o);
	if (status || o->s->not_understood)
		return status;
	status = dlk_session_start(o->s);
	return status || o->s->not_understood ? status : find_capture(o);
}

enum dlk_status dlk_session_open_target(struct dlk_ctx *ctx, struct dlk_target *target,
					const char *vmlinux, struct dlk_session **ret)
{
	struct opening o = { .s = NULL };
	enum dlk_status status = dlk_session_new(ctx, target, &o.s);

	if (status)
		return status;
	o.ctx = ctx;
	o.target = target;
	o.k = &o.s->kernel;
	status = dlk_memory_settle(&o.k->memory, open_all(&o, vmlinux));
	o.s->close = close_vmlinux;
	o.s->close_arg = o.vmlinux;
	if (status) {
		dlk_session_close(o.s);
		return status;
	}
	*ret = o.s;
	return DLK_OK;
}

/* Over a target that is recorded, if it is to be. */
static enum dlk_status open_recorded(const struct dlk_open *how, struct dlk_target *target,
				     struct dlk_session **ret)
{
	struct dlk_ctx *ctx = target->ctx;
	enum dlk_status status = DLK_OK;

	if (how->capture)
		status = dlk_session_record(ctx, how->capture, &target);
	if (!status)
		status = dlk_session_open_target(ctx, target, how->vmlinux, ret);
	if (!status)
		(*ret)->is_capture = how->capture != NULL;
	return status;
}

enum dlk_status dlk_session_open_guest(struct dlk_ctx *ctx, const struct dlk_open *how,
				       struct dlk_session **ret)
{
	struct dlk_target *target;
	enum dlk_status status = dlk_target_open_guest(ctx, how->guest, &target);

	return status ? status : open_recorded(how, target, ret);
}

enum dlk_status dlk_session_open_vmcore(struct dlk_ctx *ctx, const struct dlk_open *how,
					struct dlk_session **ret)
{
	const char **paths = dlk_calloc(ctx, how->part_count + 1, sizeof(*paths));
	struct dlk_target *target;
	enum dlk_status status;

	if (!paths)
		return dlk_nomem(ctx);
	paths[0] = how->vmcore;
	for (unsigned i = 0; i < how->part_count; i++)
		paths[i + 1] = how->parts[i];
	status = dlk_target_open_vmcores(ctx, paths, how->part_count + 1, &target);
	return status ? status : open_recorded(how, target, ret);
}
