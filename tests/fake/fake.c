/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fake kernel over an image: target, symbols, types, and the analysis over them. */
#include <config.h>

#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deadlock/report.h"
#include "image.h"
#include "session/live.h"
#include "kernel/arch.h"

/* --- target */

/* xorshift64* */
static void fill_random(uint64_t seed, void *buf, size_t len)
{
	unsigned char *to = buf;

	seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (size_t i = 0; i < len; i++) {
		seed ^= seed >> 12;
		seed ^= seed << 25;
		seed ^= seed >> 27;
		to[i] = (unsigned char)(seed * UINT64_C(0x2545f4914f6cdd1d) >> 56);
	}
}

static enum dlk_status read_page(struct dlk_fake_image *image, dlk_addr_t address, void *buf,
				 size_t len)
{
	uint32_t index = dlk_map_get(&image->by_frame, address >> DLK_PAGE_SHIFT);
	const struct dlk_fake_page *page;
	size_t offset = address & (DLK_PAGE_SIZE - 1);

	if (index == UINT32_MAX || len > DLK_PAGE_SIZE - offset)
		return DLK_ERR_FAULT;
	page = DLK_VEC_AT(&image->pages, const struct dlk_fake_page, index);
	if (page->is_missing)
		return DLK_ERR_FAULT;
	memcpy(buf, page->data + offset, len);
	return DLK_OK;
}

static enum dlk_status fake_read(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len)
{
	struct dlk_fake *fake = (struct dlk_fake *)t;

	if (++fake->reads == fake->fault_at) {
		switch (fake->fault) {
		case DLK_FAKE_SOUND:
			break;
		case DLK_FAKE_FAIL:
			return DLK_ERR_FAULT;
		case DLK_FAKE_CORRUPT:
			fill_random(fake->seed + fake->reads, buf, len);
			return DLK_OK;
		case DLK_FAKE_JUMP:
			longjmp(*fake->jump, 1);
		}
	}
	return read_page(fake->image, address, buf, len);
}

static enum dlk_status fake_regs(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret)
{
	(void)t, (void)cpu, (void)ret;
	return DLK_ERR_NOTFOUND;
}

static void fake_close(struct dlk_target *t)
{
	(void)t;
}

static const struct dlk_target_ops target_ops = { .name = "fake",
						  .read = fake_read,
						  .regs = fake_regs,
						  .close = fake_close };

static enum dlk_status translate(void *arg, dlk_addr_t address, dlk_addr_t *ret)
{
	dlk_addr_t phys = dlk_fake_phys(arg, address);

	if (!phys)
		return DLK_ERR_FAULT;
	*ret = phys;
	return DLK_OK;
}

/* --- symbols */

static struct dlk_fake *of_symbols(struct dlk_symbols *s)
{
	return (struct dlk_fake *)((char *)s - offsetof(struct dlk_fake, symbols));
}

static enum dlk_status find_symbol(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	struct dlk_fake *fake = of_symbols(s);
	const struct dlk_fake_symbol *symbol = dlk_fake_find_symbol(fake->image, name);

	if (!symbol || (fake->unwind != DLK_FAKE_ORC && strstr(name, "_orc_")) ||
	    (fake->unwind == DLK_FAKE_GUESS && dlk_fake_is_mark(fake->image, name)))
		return DLK_ERR_NOTFOUND;
	*ret = symbol->address;
	return DLK_OK;
}

static enum dlk_status symbol_at(struct dlk_symbols *s, dlk_addr_t address, struct dlk_symbol *ret)
{
	const struct dlk_fake_image *image = of_symbols(s)->image;

	for (uint32_t i = 0; i < image->symbols.len; i++) {
		const struct dlk_fake_symbol *symbol = DLK_VEC_AT(&image->symbols,
								  const struct dlk_fake_symbol, i);

		if (address < symbol->address || address - symbol->address >= symbol->size)
			continue;
		*ret = (struct dlk_symbol){ symbol->address, symbol->name, NULL };
		return DLK_OK;
	}
	return DLK_ERR_NOTFOUND;
}

static const struct dlk_symbols_ops symbols_ops = { .name = "fake",
						    .find = find_symbol,
						    .at = symbol_at };

/* --- types */

static const struct dlk_fake_image *of_types(struct dlk_types *t)
{
	return ((struct dlk_fake *)((char *)t - offsetof(struct dlk_fake, types)))->image;
}

static enum dlk_status type_size(struct dlk_types *t, const char *type, uint32_t *ret)
{
	const struct dlk_fake_type *found = dlk_fake_find_type(of_types(t), type);

	if (!found)
		return DLK_ERR_NOTFOUND;
	*ret = found->size;
	return DLK_OK;
}

static enum dlk_status type_member(struct dlk_types *t, const char *type, const char *member,
				   struct dlk_member *ret)
{
	const struct dlk_member *found = dlk_fake_find_member(of_types(t), type, member);

	if (!found)
		return DLK_ERR_NOTFOUND;
	*ret = *found;
	return DLK_OK;
}

static enum dlk_status enumerator(struct dlk_types *t, const char *type, const char *name,
				  int64_t *ret)
{
	const struct dlk_fake_enumerator *found = dlk_fake_find_enumerator(of_types(t), type, name);

	if (!found)
		return DLK_ERR_NOTFOUND;
	*ret = found->value;
	return DLK_OK;
}

/* An image has no types of members, so no path leads to a struct inside of another. */
static enum dlk_status path_at(struct dlk_types *t, const char *type, uint32_t offset,
			       const char *wanted, const char **path, const char **outer)
{
	(void)t, (void)type, (void)offset, (void)wanted, (void)path, (void)outer;
	return DLK_ERR_NOTFOUND;
}

static void close_types(struct dlk_types *t)
{
	(void)t;
}

static const struct dlk_types_ops types_ops = { .name = "fake",
						.size = type_size,
						.member = type_member,
						.enumerator = enumerator,
						.path_at = path_at,
						.close = close_types };

/* --- analysis */

void dlk_fake_open(struct dlk_fake *fake, struct dlk_fake_image *image, struct dlk_ctx *ctx)
{
	*fake = (struct dlk_fake){ .image = image };
	fake->target = (struct dlk_target){ .ops = &target_ops,
					    .ctx = ctx,
					    .name = image->path,
					    .container = "fake",
					    .arch = image->arch->kernel->machine };
	fake->symbols = (struct dlk_symbols){ .ops = &symbols_ops, .ctx = ctx };
	fake->types = (struct dlk_types){ .ops = &types_ops, .ctx = ctx };
	fake->kernel.ctx = ctx;
	fake->kernel.arch = image->arch->kernel;
	fake->kernel.symbols = &fake->symbols;
	fake->kernel.types = &fake->types;
}

enum dlk_status dlk_fake_analyze(struct dlk_fake *fake, struct dlk_model *model,
				 struct dlk_verdict *verdict)
{
	struct dlk_ctx *ctx = fake->target.ctx;
	struct dlk_facts *facts = dlk_alloc(ctx, sizeof(*facts));
	enum dlk_status status = dlk_memory_init(&fake->kernel.memory, &fake->target);

	if (!facts)
		return dlk_nomem(ctx);
	if (status)
		return status;
	dlk_memory_set_translate(&fake->kernel.memory, translate, fake->image);
	status = dlk_kernel_init(&fake->kernel);
	if (!status)
		status = dlk_live_gather(facts, &fake->kernel, NULL,
					 &(struct dlk_analyze_options){ .usages = true });
	if (status)
		return status;
	*model = (struct dlk_model){ .source = { "fake", fake->image->path, "fake",
						 fake->target.arch->name, "6.12.0-fake", "fake",
						 "fake" } };
	dlk_model_finish(&facts->model, model);
	return dlk_judge(ctx, model, verdict);
}

/* -t needs a task, -l a lock. */
static enum dlk_status report_subjects(struct dlk_ctx *ctx, struct dlk_report *report, FILE *out)
{
	const struct dlk_model *m = report->model;
	enum dlk_status status = DLK_OK;

	report->part = DLK_PART_TASK;
	for (uint32_t i = 0; i < m->context_count && !status; i++) {
		report->subject = m->contexts[i].task;
		status = dlk_report_text(ctx, report, out);
	}
	report->part = DLK_PART_LOCK;
	for (uint32_t i = 0; i < m->resource_count && !status; i++) {
		report->subject = m->resources[i].address;
		status = dlk_report_text(ctx, report, out);
	}
	return status;
}

enum dlk_status dlk_fake_report(struct dlk_ctx *ctx, const struct dlk_model *model,
				const struct dlk_verdict *verdict)
{
	struct dlk_report report = {
		.model = model, .verdict = verdict, .with_stacks = true, .with_evidence = true
	};
	enum dlk_status status = DLK_OK;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return dlk_nomem(ctx);
	for (report.part = DLK_PART_SUMMARY; report.part <= DLK_PART_WAITS && !status;
	     report.part++)
		status = dlk_report_text(ctx, &report, out);
	if (!status)
		status = report_subjects(ctx, &report, out);
	if (!status)
		status = dlk_report_json(ctx, &report, out);
	if (!status)
		status = dlk_report_dot(ctx, &report, out);
	fclose(out);
	free(text);
	return status;
}
