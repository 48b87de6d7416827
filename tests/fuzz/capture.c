/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "capture.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deadlock/report.h"
#include "deadlock/session.h"
#include "places.h"
#include "target/container.h"
#include "target/memory.h"

enum { OWN_PAGES = 2 * FUZZ_MAX_MUTATIONS, MAX_CHANGED = 1 << 16 };

static FILE *nowhere;

static void stop(const struct fuzz_capture *c, int status)
{
	fprintf(stderr, "%s: %s\n", c->path, c->ctx.err.text);
	exit(status);
}

/* --- the target */

static struct fuzz_capture *of_target(struct dlk_target *t)
{
	return *(struct fuzz_capture **)(t + 1);
}

static enum dlk_status fuzz_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	struct fuzz_capture *c = of_target(t);
	uint32_t index = dlk_map_get(&c->by_frame, address / DLK_PAGE_SIZE);
	struct fuzz_page *page;

	if (index >= c->cut)
		return DLK_ERR_FAULT;
	page = DLK_VEC_AT(&c->pages, struct fuzz_page, index);
	page->is_read = true;
	if (!page->now)
		return DLK_ERR_FAULT;
	memcpy(buf, page->now + address % DLK_PAGE_SIZE, len);
	return DLK_OK;
}

static enum dlk_status fuzz_regs(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret)
{
	if (cpu >= t->cpu_count)
		return DLK_ERR_NOTFOUND;
	*ret = of_target(t)->regs[cpu];
	return DLK_OK;
}

static void fuzz_close(struct dlk_target *t)
{
	(void)t;
}

static const struct dlk_target_ops ops = { .name = "fuzz",
					   .read = fuzz_read,
					   .regs = fuzz_regs,
					   .close = fuzz_close };

struct dlk_target *fuzz_capture_target(struct fuzz_capture *c, struct dlk_ctx *ctx)
{
	struct dlk_target *t = dlk_alloc(ctx, sizeof(*t) + sizeof(c));

	if (!t)
		stop(c, 1);
	*t = (struct dlk_target){ .ops = &ops,
				  .ctx = ctx,
				  .name = "fuzz",
				  .container = "elf",
				  .arch = &dlk_arch_x86_64,
				  .vmcoreinfo = c->vmcoreinfo,
				  .cpu_count = c->notes.cpu_count };
	*(struct fuzz_capture **)(t + 1) = c;
	return t;
}

/* --- loading */

static void add_pages(struct fuzz_capture *c, const unsigned char *file, const Elf64_Phdr *load)
{
	for (uint64_t at = 0; at + DLK_PAGE_SIZE <= load->p_filesz; at += DLK_PAGE_SIZE) {
		struct fuzz_page *page = dlk_vec_push(&c->ctx, &c->pages);

		if (!page || dlk_map_put(&c->ctx, &c->by_frame,
					 (load->p_paddr + at) / DLK_PAGE_SIZE, c->pages.len - 1))
			stop(c, 1);
		*page = (struct fuzz_page){ .frame = (load->p_paddr + at) / DLK_PAGE_SIZE,
					    .data = file + load->p_offset + at };
		page->now = page->data;
	}
}

/* The bundled captures are sound: made by dlk_capture_write(). */
static void read_file(struct fuzz_capture *c, int fd)
{
	const unsigned char *file;
	const Elf64_Ehdr *eh;
	struct stat st;

	if (fstat(fd, &st) || dlk_notes_read(&c->ctx, fd, &c->notes))
		stop(c, 1);
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		stop(c, 1);
	eh = (const void *)file;
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		const Elf64_Phdr *ph = (const Elf64_Phdr *)(const void *)(file + eh->e_phoff) + i;

		if (ph->p_type == PT_LOAD)
			add_pages(c, file, ph);
	}
}

static void set_path(struct fuzz_capture *c, const char *path)
{
	const char *top = getenv("top_srcdir");

	if (!path)
		path = getenv("DEADLOCK_FUZZ_CAPTURE");
	c->path = path ? path
		       : dlk_format(&c->ctx, "%s/vmcores/captures/hugetlb-6.1.elf.zst",
				    top ? top : ".");
}

void fuzz_capture_load(struct fuzz_capture *c, const char *path)
{
	struct dlk_container file;
	enum dlk_status status;

	*c = (struct fuzz_capture){ .pages = DLK_VEC_INIT(struct fuzz_page) };
	dlk_ctx_init(&c->ctx);
	set_path(c, path);
	nowhere = nowhere ? nowhere : fopen("/dev/null", "w");
	status = dlk_container_open(&c->ctx, c->path, &file);
	if (status || !nowhere)
		stop(c, status == DLK_ERR_UNSUPPORTED ? 77 : 1);
	read_file(c, file.fd);
	close(file.fd);
	c->own = dlk_calloc(&c->ctx, OWN_PAGES, sizeof(*c->own));
	c->changed = dlk_calloc(&c->ctx, MAX_CHANGED, sizeof(*c->changed));
	c->regs = dlk_calloc(&c->ctx, c->notes.cpu_count, sizeof(*c->regs));
	c->vmcoreinfo = c->notes.vmcoreinfo ? dlk_strdup(&c->ctx, c->notes.vmcoreinfo) : NULL;
	if (!c->own || !c->changed || !c->regs || !c->vmcoreinfo)
		stop(c, 1);
	fuzz_capture_mutate(c, NULL, 0);
	c->sound = fuzz_capture_analyse(c);
	if (c->sound.status || !fuzz_places_find(c))
		stop(c, 1);
}

void fuzz_capture_free(struct fuzz_capture *c)
{
	dlk_ctx_deinit(&c->ctx);
	if (nowhere)
		fclose(nowhere);
	nowhere = NULL;
}

/* --- mutating */

void fuzz_capture_mend(struct fuzz_capture *c)
{
	while (c->changed_count) {
		struct fuzz_page *page = DLK_VEC_AT(&c->pages, struct fuzz_page,
						    c->changed[--c->changed_count]);

		page->now = page->data;
	}
	c->own_count = 0;
	c->cut = c->pages.len;
	c->has_forged = false;
	memcpy(c->regs, c->notes.regs, c->notes.cpu_count * sizeof(*c->regs));
	memcpy(c->vmcoreinfo, c->notes.vmcoreinfo, strlen(c->notes.vmcoreinfo) + 1);
}

unsigned char *fuzz_capture_own(struct fuzz_capture *c, uint32_t index)
{
	struct fuzz_page *page = DLK_VEC_AT(&c->pages, struct fuzz_page, index);
	unsigned char *own;

	if (page->now && page->now != page->data)
		return (unsigned char *)c->own + (page->now - (const unsigned char *)c->own);
	if (c->own_count == OWN_PAGES || c->changed_count == MAX_CHANGED)
		return NULL;
	own = c->own[c->own_count++];
	memcpy(own, page->data, DLK_PAGE_SIZE);
	c->changed[c->changed_count++] = index;
	page->now = own;
	return own;
}

void fuzz_capture_drop(struct fuzz_capture *c, uint32_t index)
{
	if (c->changed_count == MAX_CHANGED)
		return;
	c->changed[c->changed_count++] = index;
	DLK_VEC_AT(&c->pages, struct fuzz_page, index)->now = NULL;
}

/* --- analysing */

static void describe(const struct dlk_model *m, const struct dlk_verdict *v,
		     struct fuzz_result *ret)
{
	ret->verdict = v->code;
	ret->is_complete = true;
	for (uint32_t i = 0; i < m->finding_count; i++)
		ret->is_complete &= !m->findings[i].is_loss;
	for (uint32_t i = 0; i < v->cycle_count; i++) {
		const struct dlk_cycle *cycle = &v->cycles[i];

		if (cycle->confidence < DLK_LIKELY || ret->cycle_count++)
			continue;
		ret->cycle_len = cycle->step_count;
		for (uint32_t j = 0; j < cycle->step_count && j < FUZZ_MAX_CYCLE; j++)
			ret->cycle[j] = m->contexts[cycle->steps[j].blocker].task;
	}
}

static enum dlk_status report(struct dlk_ctx *ctx, const struct dlk_model *model,
			      const struct dlk_verdict *verdict)
{
	struct dlk_report r = {
		.model = model, .verdict = verdict, .with_stacks = true, .with_evidence = true
	};
	enum dlk_status status = dlk_report_json(ctx, &r, nowhere);

	for (r.part = DLK_PART_SUMMARY; r.part <= DLK_PART_WAITS && !status; r.part++)
		status = dlk_report_text(ctx, &r, nowhere);
	return status;
}

struct fuzz_result fuzz_capture_analyse(struct fuzz_capture *c)
{
	struct dlk_analyze_options options = { .all_stacks = false };
	struct fuzz_result ret = { 0 };
	struct dlk_session *s = NULL;
	struct dlk_model model;
	struct dlk_verdict verdict;
	struct dlk_ctx ctx;

	dlk_ctx_init(&ctx);
	ret.status = dlk_session_open_target(&ctx, fuzz_capture_target(c, &ctx), NULL, &s);
	if (!ret.status)
		ret.status = dlk_session_analyze(s, &options, &model);
	if (!ret.status)
		ret.status = dlk_judge(&ctx, &model, &verdict);
	if (!ret.status) {
		describe(&model, &verdict, &ret);
		ret.status = report(&ctx, &model, &verdict);
	}
	if (ret.status)
		snprintf(ret.error, sizeof(ret.error), "%.*s", (int)sizeof(ret.error) - 1,
			 ctx.err.text);
	ret.used = ctx.used;
	dlk_session_close(s);
	dlk_ctx_deinit(&ctx);
	return ret;
}
