/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture: a target that passes reads through and remembers which pages were read, and the
 * writer that makes a small ELF vmcore of them.
 *
 * The file has one PT_NOTE (PRSTATUS and QEMU's registers for each CPU, VMCOREINFO) and one PT_LOAD for each run of
 * frames, with p_vaddr 0 as in QEMU's dumps: readers translate by the page tables, which are among
 * the pages.  Notes come first, pages start at a page boundary; they are those of the cache (memory.h).
 *
 * What the file must not do, and who may read it, is in outfile.h.
 */
#include <config.h>

#include "target/memory.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "base/vec.h"
#include "target/arch.h"
#include "target/outfile.h"

enum {
	PRSTATUS_PID = 32, /* struct elf_prstatus, of every architecture of 64 bits */
	MAX_NOTE = 1024,   /* of any architecture's registers */
	MAX_RUNS = 65000   /* e_phnum has 16 bits, and PN_XNUM is not read everywhere */
};

struct capture {
	struct dlk_target target;
	struct dlk_target_ops ops; /* ours, under the inner target's name */
	struct dlk_target *inner;
	struct dlk_map seen;    /* frame -> index */
	bool is_too_large;      /* not all frames are remembered */
	struct dlk_vec frames;  /* of uint64_t */
	struct dlk_outfile out; /* while it is written: it has a stream */
};

struct run {
	uint64_t first, count;
};

static struct capture *to_capture(struct dlk_target *t)
{
	return (struct capture *)t;
}

static enum dlk_status remember(struct capture *c, uint64_t frame)
{
	struct dlk_ctx *ctx = c->target.ctx;
	uint64_t *slot;

	if (c->is_too_large || dlk_map_get(&c->seen, frame) != UINT32_MAX)
		return DLK_OK;
	if (ctx->limits.capture && c->frames.len >= ctx->limits.capture >> DLK_PAGE_SHIFT) {
		c->is_too_large = true;
		return DLK_OK;
	}
	slot = dlk_vec_push(ctx, &c->frames);
	if (!slot)
		return dlk_nomem(ctx);
	*slot = frame;
	return dlk_map_put(ctx, &c->seen, frame, c->frames.len - 1);
}

static enum dlk_status capture_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	struct capture *c = to_capture(t);
	enum dlk_status status = c->inner->ops->read(c->inner, address, buf, len);

	return status ? status : remember(c, address >> DLK_PAGE_SHIFT);
}

static enum dlk_status capture_regs(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret)
{
	struct capture *c = to_capture(t);

	return c->inner->ops->regs(c->inner, cpu, ret);
}

/* Inside crash a read may not return: what was being written is given up then. */
static void capture_close(struct dlk_target *t)
{
	struct capture *c = to_capture(t);

	if (c->out.stream)
		dlk_outfile_abandon(&c->out);
	c->inner->ops->close(c->inner);
}

enum dlk_status dlk_target_open_capture(struct dlk_ctx *ctx, struct dlk_target *inner,
					struct dlk_target **ret)
{
	struct capture *c = dlk_alloc(ctx, sizeof(*c));

	if (!c)
		return dlk_nomem(ctx);
	c->target = *inner;
	c->ops = (struct dlk_target_ops){ .name = inner->ops->name,
					  .read = capture_read,
					  .regs = capture_regs,
					  .close = capture_close };
	c->target.ops = &c->ops;
	c->inner = inner;
	c->frames = (struct dlk_vec)DLK_VEC_INIT(uint64_t);
	c->out = (struct dlk_outfile){ .folder = -1, .former = -1 };
	*ret = &c->target;
	return DLK_OK;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static enum dlk_status make_runs(struct capture *c, struct dlk_vec *runs)
{
	uint64_t *frames = c->frames.data;
	struct run *run = NULL;

	if (c->frames.len)
		qsort(frames, c->frames.len, sizeof(*frames), compare_u64);
	for (uint32_t i = 0; i < c->frames.len; i++) {
		if (run && frames[i] == run->first + run->count) {
			run->count++;
			continue;
		}
		run = dlk_vec_push(c->target.ctx, runs);
		if (!run)
			return dlk_nomem(c->target.ctx);
		*run = (struct run){ frames[i], 1 };
	}
	if (runs->len > MAX_RUNS)
		return dlk_fail(c->target.ctx, DLK_ERR_LIMIT,
				"%u separate runs of pages; an ELF vmcore holds %d", runs->len,
				MAX_RUNS);
	return DLK_OK;
}

static void put(FILE *f, const void *data, size_t size)
{
	fwrite(data, 1, size, f); /* checked once, by ferror() at the end */
}

static void put_zeros(FILE *f, size_t size)
{
	while (size--)
		fputc(0, f);
}

static size_t note_size(const char *name, size_t size)
{
	return sizeof(Elf64_Nhdr) + ((strlen(name) + 4) & ~(size_t)3) + ((size + 3) & ~(size_t)3);
}

static void put_note(FILE *f, const char *name, uint32_t type, const void *data, size_t size)
{
	Elf64_Nhdr header = { .n_namesz = (uint32_t)strlen(name) + 1,
			      .n_descsz = (uint32_t)size,
			      .n_type = type };

	put(f, &header, sizeof(header));
	put(f, name, header.n_namesz);
	put_zeros(f, -header.n_namesz & 3);
	put(f, data, size);
	put_zeros(f, -size & 3);
}

static void put_prstatus(FILE *f, const struct dlk_arch *arch, unsigned cpu,
			 const struct dlk_regs *r)
{
	unsigned char data[MAX_NOTE] = { 0 };
	uint32_t pid = cpu + 1; /* as QEMU numbers its CPUs */

	memcpy(data + PRSTATUS_PID, &pid, sizeof(pid));
	dlk_arch_fill_note(&arch->prstatus, r, data);
	put_note(f, "CORE", NT_PRSTATUS, data, arch->prstatus.size);
}

/* For what NT_PRSTATUS has no place for. */
static void put_qemu(FILE *f, const struct dlk_arch *arch, unsigned cpu, const struct dlk_regs *r)
{
	const uint32_t head[] = { 1, arch->qemu.size };
	unsigned char data[MAX_NOTE] = { 0 };

	(void)cpu;
	if (!arch->qemu.size)
		return;
	memcpy(data, head, sizeof(head));
	dlk_arch_fill_note(&arch->qemu, r, data);
	put_note(f, "QEMU", 0, data, arch->qemu.size);
}

static size_t notes_size(const struct dlk_target *t)
{
	const struct dlk_note_form *qemu = &t->arch->qemu;
	size_t size = t->cpu_count * (note_size("CORE", t->arch->prstatus.size) +
				      (qemu->size ? note_size("QEMU", qemu->size) : 0));

	return size + (t->vmcoreinfo ? note_size("VMCOREINFO", strlen(t->vmcoreinfo)) : 0);
}

static void put_headers(FILE *f, const struct dlk_arch *arch, const struct dlk_vec *runs,
			size_t notes, uint64_t pages_at)
{
	Elf64_Ehdr eh = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				       EV_CURRENT },
			  .e_type = ET_CORE,
			  .e_machine = arch->machine,
			  .e_version = EV_CURRENT,
			  .e_phoff = sizeof(eh),
			  .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = (uint16_t)(runs->len + 1) };
	Elf64_Phdr note = { .p_type = PT_NOTE,
			    .p_offset = sizeof(eh) + eh.e_phnum * sizeof(note),
			    .p_filesz = notes,
			    .p_memsz = notes };

	put(f, &eh, sizeof(eh));
	put(f, &note, sizeof(note));
	for (uint32_t i = 0; i < runs->len; i++) {
		const struct run *run = DLK_VEC_AT(runs, const struct run, i);
		Elf64_Phdr load = { .p_type = PT_LOAD,
				    .p_offset = pages_at,
				    .p_paddr = run->first << DLK_PAGE_SHIFT,
				    .p_filesz = run->count << DLK_PAGE_SHIFT,
				    .p_memsz = run->count << DLK_PAGE_SHIFT };

		put(f, &load, sizeof(load));
		pages_at += load.p_filesz;
	}
}

static enum dlk_status put_pages(FILE *f, struct capture *c)
{
	const uint64_t *frames = c->frames.data;
	unsigned char page[DLK_PAGE_SIZE];

	for (uint32_t i = 0; i < c->frames.len; i++) {
		enum dlk_status status = c->inner->ops->read(c->inner, frames[i] << DLK_PAGE_SHIFT,
							     page, sizeof(page));

		if (status)
			return dlk_fail(c->target.ctx, status,
					"page frame %#llx cannot be read again",
					(unsigned long long)frames[i]);
		put(f, page, sizeof(page));
	}
	return DLK_OK;
}

typedef void put_cpu_fn(FILE *f, const struct dlk_arch *arch, unsigned cpu,
			const struct dlk_regs *regs);

static void put_cpus(FILE *f, struct capture *c, put_cpu_fn *put_cpu)
{
	for (unsigned cpu = 0; cpu < c->target.cpu_count; cpu++) {
		struct dlk_regs regs = { 0 };

		if (c->inner->ops->regs(c->inner, cpu, &regs))
			regs = (struct dlk_regs){ 0 };
		put_cpu(f, c->target.arch, cpu, &regs);
	}
}

static enum dlk_status put_all(FILE *f, struct capture *c)
{
	struct dlk_target *t = &c->target;
	struct dlk_vec runs = DLK_VEC_INIT(struct run);
	size_t notes = notes_size(t);
	enum dlk_status status = make_runs(c, &runs);
	uint64_t start;

	if (status)
		return status;
	start = sizeof(Elf64_Ehdr) + (runs.len + 1) * sizeof(Elf64_Phdr) + notes;
	put_headers(f, t->arch, &runs, notes,
		    (start + DLK_PAGE_SIZE - 1) & ~(uint64_t)(DLK_PAGE_SIZE - 1));
	put_cpus(f, c, put_prstatus);
	put_cpus(f, c, put_qemu);
	if (t->vmcoreinfo)
		put_note(f, "VMCOREINFO", 0, t->vmcoreinfo, strlen(t->vmcoreinfo));
	put_zeros(f, -start & (DLK_PAGE_SIZE - 1));
	return put_pages(f, c);
}

/* The dump's name may be "-", standard input. */
static bool is_the_dump(const char *path, const char *dump)
{
	struct stat x, y;
	int failed = strcmp(dump, "-") ? stat(dump, &y) : fstat(STDIN_FILENO, &y);

	return !failed && !stat(path, &x) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

enum dlk_status dlk_capture_begin(struct dlk_target *t, const char *path)
{
	struct capture *c = to_capture(t);

	if (t->ops->read != capture_read)
		return dlk_fail(t->ctx, DLK_ERR_INVALID, "not a capturing target");
	if (is_the_dump(path, t->name))
		return dlk_fail(t->ctx, DLK_ERR_INVALID,
				"%s: is the dump itself; give another file", path);
	return dlk_prepend(t->ctx, dlk_outfile_open(t->ctx, path, &c->out), "%s", path);
}

static enum dlk_status check_size(const struct capture *c)
{
	if (!c->is_too_large)
		return DLK_OK;
	return dlk_fail(c->target.ctx, DLK_ERR_LIMIT,
			"it would be larger than %llu MiB; give --max-capture SIZE for more",
			(unsigned long long)(c->target.ctx->limits.capture >> 20));
}

enum dlk_status dlk_capture_write(struct dlk_target *t)
{
	struct capture *c = to_capture(t);
	enum dlk_status status;

	if (t->ops->read != capture_read || !c->out.stream)
		return dlk_fail(t->ctx, DLK_ERR_INVALID, "no capture was begun");
	status = check_size(c);
	if (!status)
		status = put_all(c->out.stream, c);
	if (!status)
		status = dlk_outfile_commit(&c->out);
	else
		dlk_outfile_abandon(&c->out);
	return dlk_prepend(t->ctx, status, "%s", c->out.path);
}
