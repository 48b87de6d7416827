/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The architectures, and what is done alike for all of them. */
#include <config.h>

#include "target/arch.h"

#include <string.h>

#include "base/strbuf.h"
#include "target/bytes.h"

static const struct dlk_arch *const rows[] = { &dlk_arch_x86_64 };

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct dlk_arch *dlk_arch_of_machine(uint16_t machine)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i]->machine == machine)
			return rows[i];
	return NULL;
}

const struct dlk_arch *dlk_arch_named(const char *name, size_t size)
{
	size_t len = strnlen(name, size);

	if (!len)
		return rows[0];
	for (size_t i = 0; i < ROWS; i++)
		if (strlen(rows[i]->name) == len && !memcmp(rows[i]->name, name, len))
			return rows[i];
	return NULL;
}

const struct dlk_arch *dlk_arch_of_gdb(const char *gdb_name)
{
	for (size_t i = 0; i < ROWS && gdb_name; i++)
		if (!strcmp(rows[i]->gdb_name, gdb_name))
			return rows[i];
	return NULL;
}

const char *dlk_arch_names(struct dlk_ctx *ctx)
{
	struct dlk_strbuf sb = { .ctx = ctx };

	for (size_t i = 0; i < ROWS; i++)
		dlk_strbuf_printf(&sb, "%s%s", i ? ", " : "", rows[i]->name);
	return sb.text ? sb.text : "";
}

const char *dlk_arch_gdb_xml(struct dlk_ctx *ctx)
{
	struct dlk_strbuf sb = { .ctx = ctx };

	for (size_t i = 0; i < ROWS; i++)
		dlk_strbuf_printf(&sb, "%s%s", i ? "," : "", rows[i]->gdb_xml);
	return sb.text ? sb.text : "";
}

void dlk_arch_settle(const struct dlk_arch *arch, struct dlk_regs *regs)
{
	regs->pc = regs->raw[arch->pc];
	regs->sp = regs->raw[arch->sp];
	regs->fp = regs->raw[arch->fp];
	arch->interpret(regs);
}

bool dlk_arch_take_note(const struct dlk_arch *arch, const struct dlk_note_form *form,
			const unsigned char *data, size_t size, struct dlk_regs *regs)
{
	if (!form->size || size < form->min_size)
		return false;
	for (unsigned i = 0; i < form->run_count; i++) {
		const struct dlk_reg_run *run = &form->runs[i];

		for (unsigned r = 0; r < run->count && !run->is_repeated; r++)
			if (run->regs[r] != DLK_NO_REG)
				regs->raw[run->regs[r]] = dlk_get_u64(data + run->at +
								      r * sizeof(uint64_t));
	}
	dlk_arch_settle(arch, regs);
	return true;
}

void dlk_arch_fill_note(const struct dlk_note_form *form, const struct dlk_regs *regs,
			unsigned char *data)
{
	for (unsigned i = 0; i < form->run_count; i++) {
		const struct dlk_reg_run *run = &form->runs[i];

		for (unsigned r = 0; r < run->count; r++)
			if (run->regs[r] != DLK_NO_REG)
				memcpy(data + run->at + r * sizeof(uint64_t),
				       &regs->raw[run->regs[r]], sizeof(uint64_t));
	}
}
