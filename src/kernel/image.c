/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding the kernel's page tables and image without being told.
 *
 * How it can be wrong: a guest that is still in its boot loader, or no Linux, may map something in
 * the window of the kernel's text; then no kallsyms are found there, and that is what is said.
 */
#include <config.h>

#include "kernel/image.h"

#include <string.h>

#include "kernel/arch.h"

enum {
	MIN_CHUNKS = 2,
	ENOUGH_CHUNKS = 6, /* of x86-64, 12 MiB: no user page table has that much of the kernel */
	MAX_CPUS_TRIED = 64,
	MAX_RELEASE = 64
};

struct finder {
	struct dlk_memory *m;
	const struct dlk_kernel_arch *arch;
	struct dlk_xlat **xlat; /* the caller's, who closes it should a read not return */
	struct dlk_xlat_root best;
	unsigned best_chunks;
	struct dlk_image image;
};

unsigned dlk_image_probe(struct dlk_memory *m, const struct dlk_kernel_arch *arch,
			 struct dlk_image *image)
{
	unsigned chunks = 0;

	*image = (struct dlk_image){ 0 };
	for (dlk_addr_t at = arch->machine->image_start; at < arch->machine->image_end;
	     at += arch->image_align) {
		dlk_addr_t phys;

		if (dlk_memory_translate(m, at, &phys))
			continue;
		if (!chunks++)
			image->start = at;
		image->end = at + arch->image_align;
	}
	return chunks;
}

dlk_addr_t dlk_image_find_data(struct dlk_xlat *x, const struct dlk_kernel_arch *arch,
			       const struct dlk_image *image)
{
	bool has_text = false;

	for (dlk_addr_t at = image->start; at < image->end; at += arch->image_align) {
		if (dlk_xlat_is_executable(x, at))
			has_text = true;
		else if (has_text)
			return at;
	}
	return image->start;
}

/* A page, and what follows of the banner: "Linux version 6.12.117 (...". */
static const char *find_banner(struct dlk_memory *m, dlk_addr_t page)
{
	static const char start[] = "Linux version ";
	unsigned char bytes[DLK_PAGE_SIZE];
	const char *hit, *release;
	size_t left, len;

	if (dlk_memory_read(m, page, bytes, sizeof(bytes)))
		return NULL;
	hit = memmem(bytes, sizeof(bytes), start, sizeof(start) - 1);
	if (!hit)
		return NULL;
	release = hit + sizeof(start) - 1;
	left = sizeof(bytes) - (size_t)((const unsigned char *)release - bytes);
	for (len = 0; len < left && len < MAX_RELEASE && release[len] > ' ' && release[len] <= '~';
	     len++)
		;
	if (!len || release[0] < '0' || release[0] > '9')
		return NULL;
	return dlk_format(m->ctx, "%.*s", (int)len, release);
}

const char *dlk_image_find_release(struct dlk_memory *m, const struct dlk_kernel_arch *arch,
				   struct dlk_xlat *x, struct dlk_image *image)
{
	const char *release = NULL;

	if (!image->start)
		dlk_image_probe(m, arch, image);
	for (dlk_addr_t at = dlk_image_find_data(x, arch, image); at < image->end && !release;
	     at += DLK_PAGE_SIZE)
		if (!dlk_check_cancel(m->ctx))
			release = find_banner(m, at);
	return release;
}

static enum dlk_status try_root(struct finder *f, const struct dlk_xlat_root *root)
{
	struct dlk_image image;
	unsigned chunks;
	enum dlk_status status;

	if (!root->address || f->best_chunks >= ENOUGH_CHUNKS)
		return DLK_OK;
	status = dlk_xlat_open(f->m, f->arch, root, f->xlat);
	if (status)
		return status;
	chunks = dlk_image_probe(f->m, f->arch, &image);
	dlk_memory_set_translate(f->m, NULL, NULL);
	dlk_xlat_close(*f->xlat);
	*f->xlat = NULL;
	if (chunks > f->best_chunks) {
		f->best = *root;
		f->best_chunks = chunks;
		f->image = image;
	}
	return DLK_OK;
}

static enum dlk_status try_cpu(struct finder *f, const struct dlk_regs *regs)
{
	struct dlk_xlat_root roots[DLK_MAX_ROOTS];
	unsigned count = f->arch->roots(regs, roots);
	enum dlk_status status = DLK_OK;

	for (unsigned i = 0; i < count && !status; i++)
		status = try_root(f, &roots[i]);
	return status;
}

enum dlk_status dlk_image_find(struct dlk_memory *m, const struct dlk_kernel_arch *arch,
			       struct dlk_xlat **xlat, struct dlk_image *image)
{
	struct dlk_target *t = m->target;
	struct finder f = { .m = m, .arch = arch, .xlat = xlat };
	bool has_root = false;

	for (unsigned cpu = 0; cpu < t->cpu_count && cpu < MAX_CPUS_TRIED; cpu++) {
		struct dlk_regs regs;
		enum dlk_status status;

		if (t->ops->regs(t, cpu, &regs) || !regs.root)
			continue;
		has_root = true;
		status = try_cpu(&f, &regs);
		if (status)
			return status;
	}
	if (!has_root)
		return dlk_fail(
			m->ctx, DLK_ERR_NOTFOUND,
			"neither VMCOREINFO nor a CPU's CR3 says where the page tables are: a core of "
			"a process, of another system, or of a guest that is still booting");
	if (f.best_chunks < MIN_CHUNKS)
		return dlk_fail(
			m->ctx, DLK_ERR_NOTFOUND,
			t->is_cut ? "the CPUs' page tables lead to no Linux kernel: the dump was "
				    "cut off, and too much of it is missing"
				  : "the CPUs' page tables map no Linux kernel: another system, or "
				    "still booting");
	*image = f.image;
	return dlk_xlat_open(m, arch, &f.best, xlat);
}
