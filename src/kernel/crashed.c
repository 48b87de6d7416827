/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Claimed: a kernel whose elfcorehdr_addr is set was booted to dump another one.  The ELF headers that it
 * was given name, by physical address, the notes of that one: a block for each CPU, and VMCOREINFO.
 * The other way round, a kernel crashed if a CPU's page tables lie in the memory that it
 * reserved for its capture kernel (crashk_res) and never uses itself.
 *
 * How it can be wrong: a target that does not tell where they are shows the second only by registers that fit no
 * stack.  After a crash of the capture kernel itself, the headers may be overwritten; then they cannot
 * be read, and that is said.
 */
#include <config.h>

#include "kernel/crashed.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "target/notes.h"

enum {
	MAX_COMMAND_LINE = 4096, /* COMMAND_LINE_SIZE is 2048 */
	MAX_HEADERS = 16384,
	MAX_NOTE = 64 << 10, /* VMCOREINFO has a page */
	CPU_NOTE = 384       /* a PRSTATUS of 356 bytes, and the end */
};

static const uint64_t no_address = UINT64_MAX;       /* ELFCORE_ADDR_MAX */
static const uint64_t done_address = UINT64_MAX - 1; /* ELFCORE_ADDR_ERR */

/* "elfcorehdr=[size[KMG]@]offset[KMG]", as setup_elfcorehdr() and memparse() of the kernel have it. */
static const char *parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "kKmMgG";
	const char *unit;
	char *end;

	*ret = strtoull(text, &end, 0);
	unit = *end ? strchr(units, *end) : NULL;
	if (!unit)
		return end;
	*ret <<= 10 * ((unit - units) / 2 + 1);
	return end + 1;
}

static bool find_argument(const char *line, uint64_t *ret)
{
	static const char name[] = "elfcorehdr=";
	const char *hit = line;

	while ((hit = strstr(hit, name)) && hit > line && hit[-1] != ' ')
		hit++;
	if (!hit)
		return false;
	hit = parse_size(hit + sizeof(name) - 1, ret);
	if (*hit == '@')
		parse_size(hit + 1, ret);
	return *ret != 0;
}

static enum dlk_status read_argument(struct dlk_memory *m, struct dlk_symbols *symbols,
				     uint64_t *ret)
{
	char line[MAX_COMMAND_LINE];
	dlk_addr_t at;
	enum dlk_status status = symbols->ops->find(symbols, "saved_command_line", &at);

	if (!status)
		status = dlk_memory_read_u64(m, at, &at);
	if (!status)
		status = dlk_memory_read_cstr(m, at, line, sizeof(line));
	if (dlk_status_is_fatal(status))
		return status;
	if (status || !find_argument(line, ret))
		return dlk_fail(m->ctx, DLK_ERR_CORRUPT,
				"its command line does not say where (elfcorehdr=)");
	return DLK_OK;
}

/* The notes behind one header, if they can be read; buf has MAX_NOTE bytes. */
static enum dlk_status read_note(struct dlk_memory *m, const Elf64_Phdr *ph, void *buf,
				 struct dlk_notes *notes)
{
	enum dlk_status status;

	if (ph->p_type != PT_NOTE || ph->p_filesz > MAX_NOTE)
		return DLK_OK;
	status = dlk_memory_read_phys(m, ph->p_offset, buf, ph->p_filesz);
	if (!status)
		status = dlk_notes_parse(m->ctx, m->target->arch, buf, ph->p_filesz, notes);
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

static enum dlk_status read_headers(struct dlk_memory *m, uint64_t address, const char **ret)
{
	struct dlk_notes notes = { 0 };
	void *buf = dlk_alloc(m->ctx, MAX_NOTE);
	Elf64_Ehdr eh;
	enum dlk_status status = buf ? dlk_memory_read_phys(m, address, &eh, sizeof(eh))
				     : dlk_nomem(m->ctx);

	if (dlk_status_is_fatal(status))
		return status;
	if (status || memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_type != ET_CORE ||
	    eh.e_phentsize != sizeof(Elf64_Phdr))
		return dlk_fail(m->ctx, DLK_ERR_CORRUPT, "no ELF headers at physical %#llx",
				(unsigned long long)address);
	status = DLK_OK;
	for (unsigned i = 0; i < eh.e_phnum && i < MAX_HEADERS && !status; i++) {
		Elf64_Phdr ph;

		if (dlk_memory_read_phys(m, address + eh.e_phoff + i * sizeof(ph), &ph, sizeof(ph)))
			break;
		status = read_note(m, &ph, buf, &notes);
		if (notes.vmcoreinfo)
			break;
	}
	if (!status && !notes.vmcoreinfo)
		return dlk_fail(m->ctx, DLK_ERR_FAULT,
				"the ELF headers at physical %#llx lead to no VMCOREINFO",
				(unsigned long long)address);
	*ret = notes.vmcoreinfo;
	return status;
}

enum dlk_status dlk_crashed_find_vmcoreinfo(struct dlk_memory *m, struct dlk_symbols *symbols,
					    const char **ret)
{
	uint64_t address = no_address;
	dlk_addr_t at;
	enum dlk_status status = DLK_OK;

	if (!symbols->ops->find(symbols, "elfcorehdr_addr", &at))
		status = dlk_memory_read_u64(m, at, &address);
	if (dlk_status_is_fatal(status))
		return status;
	if (status || address == no_address) {
		*ret = NULL;
		return DLK_OK;
	}
	status = address == done_address ? read_argument(m, symbols, &address) : DLK_OK;
	return status ? status : read_headers(m, address, ret);
}

/* --- the other way round */

static bool read_reserved(struct dlk_kernel *k, struct dlk_capture_kernel *ret)
{
	dlk_addr_t at = dlk_kernel_symbol(k, "crashk_res");
	uint64_t end;

	/* struct resource begins with start and end. */
	if (!at || dlk_memory_read_u64(&k->memory, at, &ret->start) ||
	    dlk_memory_read_u64(&k->memory, at + sizeof(uint64_t), &end) || end <= ret->start)
		return false;
	ret->end = end + 1;
	return true;
}

static bool find_cpu(struct dlk_kernel *k, struct dlk_capture_kernel *c)
{
	struct dlk_target *t = k->memory.target;
	struct dlk_regs regs;

	for (c->cpu = 0; c->cpu < t->cpu_count; c->cpu++)
		if (!t->ops->regs(t, c->cpu, &regs) && regs.root >= c->start && regs.root < c->end)
			return true;
	return false;
}

/* One note of each CPU; of a CPU that left none, there are no registers. */
static enum dlk_status take_registers(struct dlk_kernel *k)
{
	dlk_addr_t at = dlk_kernel_symbol(k, "crash_notes"), notes_at = 0;
	struct dlk_notes notes = { 0 };
	enum dlk_status status = DLK_OK;

	k->noted_regs = dlk_calloc(k->ctx, k->cpu_count + 1, sizeof(*k->noted_regs));
	if (!k->noted_regs)
		return dlk_nomem(k->ctx);
	if (!at || dlk_memory_read_u64(&k->memory, at, &notes_at))
		return DLK_OK;
	for (uint32_t cpu = 0; cpu < k->cpu_count && !dlk_status_is_fatal(status); cpu++) {
		unsigned char note[CPU_NOTE];
		unsigned before = notes.cpu_count;

		status = dlk_memory_read(&k->memory, notes_at + k->percpu_offset[cpu], note,
					 sizeof(note));
		if (!status)
			status = dlk_notes_parse(k->ctx, k->memory.target->arch, note, sizeof(note),
						 &notes);
		if (!status && notes.cpu_count > before)
			k->noted_regs[cpu] = notes.regs[before];
	}
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

enum dlk_status dlk_crashed_find_capture(struct dlk_kernel *k, struct dlk_capture_kernel *ret)
{
	struct dlk_capture_kernel c = { 0 };

	*ret = c;
	if (!read_reserved(k, &c) || !find_cpu(k, &c))
		return DLK_OK;
	c.is_there = true;
	*ret = c;
	return take_registers(k);
}
