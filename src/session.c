/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session: puts the layers together, in the order in which each needs the one before.
 *
 * container -> page tables -> symbols -> types -> kernel -> facts
 */
#include <config.h>

#include "deadlock/session.h"

#include <string.h>

#include "debuginfo/btf.h"
#include "debuginfo/kallsyms.h"
#include "debuginfo/kallsyms_find.h"
#include "debuginfo/vmlinux.h"
#include "kernel/image.h"
#include "kernel/kernel.h"
#include "kernel/xlat.h"
#include "locks/kind.h"
#include "target/notes.h"
#include "target/vmcoreinfo.h"

/* Larger than any kernel's BTF: stock kernels have 5 to 10 MiB. */
enum { MAX_BTF = 64 << 20, MAX_RELEASE = 64, MAX_NOTES = 4096, KERNEL_ALIGN = 2 << 20 };

struct dlk_session {
	struct dlk_ctx *ctx;
	struct dlk_target *target;
	bool is_capture;
	struct dlk_xlat *xlat;
	struct dlk_image image; /* start is 0 if VMCOREINFO made it unnecessary to look for it */
	struct dlk_vmlinux *vmlinux;
	const char *vmlinux_path;
	bool is_vmlinux_checked;
	struct dlk_kernel kernel;
	struct dlk_facts facts;
	bool has_facts;
	const char *release;
};

static enum dlk_status refuse_vmlinux(struct dlk_session *s, const char *its, const char *ours,
				      size_t len)
{
	return dlk_fail(s->ctx, DLK_ERR_INVALID,
			"%s is of another build than the dump's kernel: its build-id is %s, the "
			"kernel's is %.*s",
			s->vmlinux_path, its, (int)len, ours);
}

/* Before anything is read: by VMCOREINFO, if that has it. */
static enum dlk_status open_vmlinux(struct dlk_session *s, const char *path)
{
	const char *its, *ours;
	size_t len;
	enum dlk_status status = dlk_vmlinux_open(s->ctx, path, &s->vmlinux);

	s->vmlinux_path = path;
	if (!status)
		status = dlk_vmlinux_build_id(s->vmlinux, &its);
	if (status == DLK_ERR_NOTFOUND)
		return dlk_fail(s->ctx, DLK_ERR_INVALID,
				"%s has no build-id: whether it is of the dump's kernel cannot be "
				"told",
				path);
	if (status)
		return status;
	ours = dlk_vmcoreinfo_find(s->target->vmcoreinfo, "BUILD-ID", &len);
	if (ours && (strlen(its) != len || memcmp(its, ours, len)))
		return refuse_vmlinux(s, its, ours, len);
	s->is_vmlinux_checked = ours != NULL;
	return DLK_OK;
}

static enum dlk_status open_xlat(struct dlk_session *s)
{
	struct dlk_memory *m = &s->kernel.memory;
	struct dlk_xlat_root root;
	enum dlk_status status;

	if (!dlk_xlat_root_from_vmcoreinfo(s->ctx, s->target->vmcoreinfo, &root))
		return dlk_xlat_open(m, &root, &s->xlat);
	status = dlk_image_find(m, &s->xlat, &s->image);
	return dlk_prepend(s->ctx, status, "%s", s->target->name);
}

/* The build-id in the kernel's own notes, where the symbols say that they are. */
static enum dlk_status check_vmlinux(struct dlk_session *s)
{
	dlk_addr_t start = dlk_kernel_symbol(&s->kernel, "__start_notes");
	dlk_addr_t stop = dlk_kernel_symbol(&s->kernel, "__stop_notes");
	const char *its, *ours = NULL;
	unsigned char notes[MAX_NOTES];
	size_t len = stop - start < sizeof(notes) ? stop - start : sizeof(notes);
	enum dlk_status status = dlk_vmlinux_build_id(s->vmlinux, &its);

	if (!status && start && !dlk_memory_read(&s->kernel.memory, start, notes, len))
		ours = dlk_notes_build_id(s->ctx, notes, len);
	if (status || (ours && !strcmp(its, ours)))
		return status;
	ours = ours ? ours : "unknown";
	return refuse_vmlinux(s, its, ours, strlen(ours));
}

/* How far KASLR has moved the kernel from where VMLINUX was linked. */
static enum dlk_status find_offset(struct dlk_session *s, uint64_t *ret)
{
	struct dlk_symbols *linked;
	dlk_addr_t text;
	enum dlk_status status;

	if (dlk_vmcoreinfo_hex(s->target->vmcoreinfo, "KERNELOFFSET", ret))
		return DLK_OK;
	status = dlk_vmlinux_symbols(s->vmlinux, 0, &linked);
	if (status)
		return status;
	if (!s->image.start || linked->ops->find(linked, "_text", &text))
		return dlk_fail(s->ctx, DLK_ERR_NOTFOUND,
				"%s: where the kernel was loaded is not "
				"known; try without VMLINUX",
				s->target->name);
	*ret = s->image.start - (text & -(uint64_t)KERNEL_ALIGN);
	return DLK_OK;
}

static enum dlk_status open_vmlinux_symbols(struct dlk_session *s)
{
	uint64_t offset = 0;
	enum dlk_status status = find_offset(s, &offset);

	if (!status)
		status = dlk_vmlinux_symbols(s->vmlinux, (int64_t)offset, &s->kernel.symbols);
	return status || s->is_vmlinux_checked ? status : check_vmlinux(s);
}

static enum dlk_status open_symbols(struct dlk_session *s)
{
	struct dlk_memory *m = &s->kernel.memory;
	struct dlk_kallsyms_tables tables;
	enum dlk_status status = DLK_OK;

	if (s->vmlinux)
		return open_vmlinux_symbols(s);
	if (dlk_kallsyms_tables_from_vmcoreinfo(s->target->vmcoreinfo, &tables)) {
		if (!s->image.start)
			dlk_image_probe(m, &s->image);
		status = dlk_kallsyms_find(m, s->image.start, s->image.end, &tables);
	}
	if (!status)
		status = dlk_kallsyms_open(m, &tables, &s->kernel.symbols);
	return dlk_prepend(s->ctx, status, "%s: the kernel's symbols", s->target->name);
}

static enum dlk_status open_dump_btf(struct dlk_session *s)
{
	dlk_addr_t start = dlk_kernel_symbol(&s->kernel, "__start_BTF");
	dlk_addr_t stop = dlk_kernel_symbol(&s->kernel, "__stop_BTF");
	enum dlk_status status;
	void *data;

	if (!start || stop <= start)
		return dlk_fail(s->ctx, DLK_ERR_UNSUPPORTED,
				"%s: the kernel has no BTF; give VMLINUX", s->target->name);
	if (stop - start > MAX_BTF)
		return dlk_fail(s->ctx, DLK_ERR_CORRUPT, "%s: BTF of %llu bytes", s->target->name,
				(unsigned long long)(stop - start));
	data = dlk_alloc(s->ctx, stop - start);
	if (!data)
		return dlk_nomem(s->ctx);
	status = dlk_memory_read(&s->kernel.memory, start, data, stop - start);
	if (!status)
		status = dlk_btf_open(s->ctx, data, stop - start, &s->kernel.types);
	else
		dlk_memory_explain(&s->kernel.memory, status);
	return dlk_prepend(s->ctx, status, "%s: the kernel's BTF", s->target->name);
}

/* BTF before DWARF: it costs less, and both are made of the same. */
static enum dlk_status open_types(struct dlk_session *s)
{
	const void *data;
	size_t size;
	enum dlk_status status;

	if (s->vmlinux && !dlk_vmlinux_btf(s->vmlinux, &data, &size))
		return dlk_btf_open(s->ctx, data, size, &s->kernel.types);
	status = open_dump_btf(s);
	if (!status || !s->vmlinux || dlk_status_is_fatal(status))
		return status;
	status = dlk_vmlinux_dwarf(s->vmlinux, &s->kernel.types);
	return dlk_prepend(s->ctx, status, "the kernel's types");
}

/* "6.12.117", by VMCOREINFO or by the kernel's banner: "Linux version 6.12.117 (...". */
static void read_release(struct dlk_session *s)
{
	static const char start[] = "Linux version ";
	char banner[sizeof(start) + MAX_RELEASE];
	dlk_addr_t at = dlk_kernel_symbol(&s->kernel, "linux_banner");
	size_t len;
	const char *release = dlk_vmcoreinfo_find(s->target->vmcoreinfo, "OSRELEASE", &len);

	if (!release && at &&
	    !dlk_memory_read_cstr(&s->kernel.memory, at, banner, sizeof(banner)) &&
	    !strncmp(banner, start, sizeof(start) - 1)) {
		release = banner + sizeof(start) - 1;
		len = strcspn(release, " ");
	}
	if (release && len <= MAX_RELEASE)
		s->release = dlk_format(s->ctx, "%.*s", (int)len, release);
}

static enum dlk_status open_all(struct dlk_session *s, const char *vmlinux)
{
	enum dlk_status status = dlk_memory_init(&s->kernel.memory, s->target);

	if (!status && vmlinux)
		status = open_vmlinux(s, vmlinux);
	if (!status)
		status = open_xlat(s);
	if (!status)
		status = open_symbols(s);
	if (!status)
		status = open_types(s);
	if (!status)
		status = dlk_kernel_init(&s->kernel);
	if (!status)
		read_release(s);
	return status;
}

enum dlk_status dlk_session_open_target(struct dlk_ctx *ctx, struct dlk_target *target,
					const char *vmlinux, struct dlk_session **ret)
{
	struct dlk_session *s = dlk_alloc(ctx, sizeof(*s));
	enum dlk_status status;

	if (!s) {
		target->ops->close(target);
		return dlk_nomem(ctx);
	}
	s->ctx = s->kernel.ctx = ctx;
	s->target = target;
	status = open_all(s, vmlinux);
	if (status) {
		dlk_session_close(s);
		return status;
	}
	*ret = s;
	return DLK_OK;
}

enum dlk_status dlk_session_open_vmcore(struct dlk_ctx *ctx, const struct dlk_open *how,
					struct dlk_session **ret)
{
	const char **paths = dlk_calloc(ctx, how->part_count + 1, sizeof(*paths));
	struct dlk_target *target, *capture;
	enum dlk_status status;

	if (!paths)
		return dlk_nomem(ctx);
	paths[0] = how->vmcore;
	for (unsigned i = 0; i < how->part_count; i++)
		paths[i + 1] = how->parts[i];
	status = dlk_target_open_vmcores(ctx, paths, how->part_count + 1, &target);
	if (status)
		return status;
	if (how->capture) {
		status = dlk_target_open_capture(ctx, target, &capture);
		if (status) {
			target->ops->close(target);
			return status;
		}
		target = capture;
	}
	status = dlk_session_open_target(ctx, target, how->vmlinux, ret);
	if (!status)
		(*ret)->is_capture = how->capture;
	return status;
}

static void describe_source(const struct dlk_session *s, struct dlk_source *ret)
{
	*ret = (struct dlk_source){ .target = s->target->ops->name,
				    .name = s->target->name,
				    .container = s->target->container,
				    .arch = s->target->arch,
				    .release = s->release,
				    .symbols = s->kernel.symbols->ops->name,
				    .types = s->kernel.types->ops->name };
}

enum dlk_status dlk_session_analyze(struct dlk_session *s,
				    const struct dlk_analyze_options *options,
				    struct dlk_model *ret)
{
	struct dlk_model model = { 0 };
	enum dlk_status status = dlk_facts_init(&s->facts, &s->kernel);

	if (!status)
		status = dlk_locks_gather(&s->facts, options->all_stacks);
	if (status)
		return dlk_prepend(s->ctx, status, "%s", s->target->name);
	s->has_facts = true;
	describe_source(s, &model.source);
	dlk_facts_model(&s->facts, &model);
	*ret = model;
	return DLK_OK;
}

/* Read a range for the capture's sake, page by page; what is missing stays missing. */
static enum dlk_status touch(struct dlk_session *s, dlk_addr_t start, dlk_addr_t end)
{
	struct dlk_memory *m = &s->kernel.memory;

	for (dlk_addr_t at = start & -(dlk_addr_t)DLK_PAGE_SIZE; at < end; at += DLK_PAGE_SIZE) {
		uint64_t word;
		enum dlk_status status = dlk_memory_read_u64(m, at, &word);

		if (dlk_status_is_fatal(status) || status == DLK_ERR_SYSTEM)
			return status;
	}
	return DLK_OK;
}

static enum dlk_status touch_symbols(struct dlk_session *s, const char *from, const char *to)
{
	dlk_addr_t start = dlk_kernel_symbol(&s->kernel, from);
	dlk_addr_t end = dlk_kernel_symbol(&s->kernel, to);

	return start && end > start && end - start <= MAX_BTF ? touch(s, start, end) : DLK_OK;
}

/* The page tables of the CPUs, both halves of page-table isolation: the way in without VMCOREINFO. */
static enum dlk_status touch_roots(struct dlk_session *s)
{
	struct dlk_target *t = s->target;

	for (unsigned cpu = 0; cpu < t->cpu_count; cpu++) {
		struct dlk_regs regs;
		uint64_t word;

		if (t->ops->regs(t, cpu, &regs) || !regs.cr3)
			continue;
		for (unsigned half = 0; half < 2; half++) {
			dlk_addr_t root = (regs.cr3 & -(uint64_t)(2 * DLK_PAGE_SIZE)) +
					  (dlk_addr_t)half * DLK_PAGE_SIZE;
			enum dlk_status status = dlk_memory_read_phys(&s->kernel.memory, root,
								      &word, sizeof(word));

			if (dlk_status_is_fatal(status) || status == DLK_ERR_SYSTEM)
				return status;
		}
	}
	return DLK_OK;
}

static enum dlk_status touch_margin(struct dlk_session *s)
{
	uint32_t task_size = 0;
	enum dlk_status status = touch_roots(s);

	if (!status)
		status = touch_symbols(s, "__start_rodata", "__end_rodata");
	if (!status)
		status = touch_symbols(s, "__start_orc_unwind_ip", "__stop_orc_unwind_ip");
	if (!status)
		status = touch_symbols(s, "__start_orc_unwind", "__stop_orc_unwind");
	if (s->kernel.types->ops->size(s->kernel.types, "task_struct", &task_size))
		task_size = 0;
	for (uint32_t i = 0; i < s->facts.tasks.tasks.len && !status; i++) {
		const struct dlk_task *t = DLK_VEC_AT(&s->facts.tasks.tasks, struct dlk_task, i);

		status = touch(s, t->address, t->address + task_size);
		if (!status)
			status = touch(s, t->stack, t->stack + s->kernel.stack_size);
	}
	return status;
}

enum dlk_status dlk_session_capture(struct dlk_session *s, const char *path)
{
	enum dlk_status status;

	if (!s->is_capture || !s->has_facts)
		return dlk_fail(s->ctx, DLK_ERR_INVALID, "nothing was recorded");
	status = touch_margin(s);
	return status ? status : dlk_capture_write(s->target, path);
}

struct dlk_session_costs dlk_session_costs(const struct dlk_session *s)
{
	return (struct dlk_session_costs){ .pages_read = s->kernel.memory.pages_read,
					   .memory = s->ctx->used };
}

void dlk_session_close(struct dlk_session *s)
{
	if (!s)
		return;
	if (s->kernel.types && s->kernel.types->ops->close)
		s->kernel.types->ops->close(s->kernel.types);
	dlk_vmlinux_close(s->vmlinux);
	dlk_xlat_close(s->xlat);
	s->target->ops->close(s->target);
}
