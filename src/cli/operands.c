/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file is what. */
#include <config.h>

#include "cli/operands.h"

#include <string.h>

#include "target/container.h"

/* VMLINUX is never read from a pipe, so a pipe is of a dump. */
static enum dlk_content look(struct dlk_ctx *ctx, const char *path)
{
	return dlk_container_is_pipe(path) ? DLK_CONTENT_PART : dlk_container_look(ctx, path);
}

/* The index of VMLINUX; the count if there is none. */
static int find_vmlinux(const enum dlk_content *contents, int count)
{
	for (int i = 0; i < count; i++)
		if (contents[i] == DLK_CONTENT_PROGRAM)
			return i;
	for (int i = 1; i < count; i++)
		if (contents[i] == DLK_CONTENT_UNKNOWN)
			return i;
	/* Behind it are dumps only. */
	return contents[0] == DLK_CONTENT_UNKNOWN ? 0 : count;
}

static void move_operand(struct dlk_options *o, enum dlk_content *contents, int from, int last)
{
	char *operand = o->operands[from];

	memmove(&o->operands[from], &o->operands[from + 1],
		(size_t)(last - from) * sizeof(*o->operands));
	memmove(&contents[from], &contents[from + 1], (size_t)(last - from) * sizeof(*contents));
	o->operands[last] = operand;
}

/* Why a file is no further part; NULL if it may be one. */
static const char *refuse_part(enum dlk_content content, const char *path)
{
	if (content == DLK_CONTENT_CORE)
		return "an ELF dump is whole, and no further part";
	if (content != DLK_CONTENT_PART)
		return "too many files: one VMCORE (or the parts of a split one), and at most one "
		       "VMLINUX";
	/* One of mkfifo(1) would wait for its writer, and what comes is not looked at before. */
	if (dlk_container_is_pipe(path))
		return "a pipe; only the first part can come from one";
	return NULL;
}

static enum dlk_status check_parts(struct dlk_ctx *ctx, const struct dlk_options *o,
				   const enum dlk_content *contents, int count)
{
	for (int i = 1; i < count; i++) {
		const char *why = refuse_part(contents[i], o->operands[i]);

		if (why)
			return dlk_fail(ctx, DLK_ERR_INVALID, "%s: %s", o->operands[i], why);
	}
	return DLK_OK;
}

/* The first text goes behind all others; a second one is for who reads VMLINUX to refuse. */
static const char *take_log(struct dlk_options *o, enum dlk_content *contents, int *count)
{
	for (int i = 0; *count > 1 && i < *count; i++) {
		if (contents[i] != DLK_CONTENT_TEXT)
			continue;
		move_operand(o, contents, i, *count - 1);
		(*count)--;
		return o->operands[*count];
	}
	return NULL;
}

static enum dlk_status sort_files(struct dlk_ctx *ctx, struct dlk_options *o,
				  struct dlk_operands *ret)
{
	int count = o->operand_count, parts;
	enum dlk_content *contents = dlk_alloc(ctx, (size_t)count * sizeof(*contents));
	const char *log = NULL;
	enum dlk_status status;

	if (!contents)
		return dlk_nomem(ctx);
	/* One alone is the dump, and if it is none its reader says so. */
	for (int i = 0; count > 1 && i < count; i++)
		contents[i] = look(ctx, o->operands[i]);
	log = take_log(o, contents, &count);
	if (log && count == 1 && contents[0] == DLK_CONTENT_TEXT)
		return dlk_fail(ctx, DLK_ERR_INVALID, "%s: give one log at a time", log);
	parts = count > 1 ? find_vmlinux(contents, count) : count;
	if (parts < count) {
		move_operand(o, contents, parts, count - 1);
		parts = count - 1;
	}
	status = check_parts(ctx, o, contents, parts);
	if (status)
		return status;
	*ret = (struct dlk_operands){
		.vmcore = o->operands[0],
		.parts = (const char *const *)o->operands + 1,
		.part_count = (unsigned)parts - 1,
		.vmlinux = parts < count ? o->operands[parts] : NULL,
		.log = log,
	};
	return DLK_OK;
}

enum dlk_status dlk_operands_sort(struct dlk_ctx *ctx, struct dlk_options *o,
				  struct dlk_operands *ret)
{
	if (o->stub || o->qmp) {
		if (o->operand_count > 1)
			return dlk_fail(
				ctx, DLK_ERR_INVALID,
				"too many files: with --qemu and --qmp there is only VMLINUX");
		*ret = (struct dlk_operands){ .vmlinux = o->operands[0] };
		return DLK_OK;
	}
	if (o->keep_stopped)
		return dlk_fail(ctx, DLK_ERR_INVALID,
				"--keep-stopped is for a guest: give --qemu or --qmp");
	if (!o->operand_count)
		return dlk_fail(ctx, DLK_ERR_INVALID, "no VMCORE given");
	return sort_files(ctx, o, ret);
}
