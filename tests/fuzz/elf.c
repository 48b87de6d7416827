/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "elf.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "debuginfo/elffile.h"
#include "fuzz.h"

enum { MAX_SECTIONS = 16, RECORD = 3, MAX_RECORD = UINT16_MAX, TEXT_SIZE = 4096 };

/* --- an ELF file, spoilt */

struct field {
	size_t at, width;
};

#define FIELD(type, member)                                                                        \
	{                                                                                          \
		offsetof(type, member), sizeof(((type *)NULL)->member)                             \
	}

static const struct field header[] = {
	FIELD(Elf64_Ehdr, e_type),   FIELD(Elf64_Ehdr, e_machine),
	FIELD(Elf64_Ehdr, e_phoff),  FIELD(Elf64_Ehdr, e_shoff),
	FIELD(Elf64_Ehdr, e_ehsize), FIELD(Elf64_Ehdr, e_phentsize),
	FIELD(Elf64_Ehdr, e_phnum),  FIELD(Elf64_Ehdr, e_shentsize),
	FIELD(Elf64_Ehdr, e_shnum),  FIELD(Elf64_Ehdr, e_shstrndx),
};

static const struct field segment[] = {
	FIELD(Elf64_Phdr, p_type),  FIELD(Elf64_Phdr, p_offset), FIELD(Elf64_Phdr, p_vaddr),
	FIELD(Elf64_Phdr, p_paddr), FIELD(Elf64_Phdr, p_filesz), FIELD(Elf64_Phdr, p_memsz),
	FIELD(Elf64_Phdr, p_align),
};

static const struct field section[] = {
	FIELD(Elf64_Shdr, sh_name),    FIELD(Elf64_Shdr, sh_type),
	FIELD(Elf64_Shdr, sh_flags),   FIELD(Elf64_Shdr, sh_addr),
	FIELD(Elf64_Shdr, sh_offset),  FIELD(Elf64_Shdr, sh_size),
	FIELD(Elf64_Shdr, sh_link),    FIELD(Elf64_Shdr, sh_info),
	FIELD(Elf64_Shdr, sh_entsize), FIELD(Elf64_Shdr, sh_addralign),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void spoil_field(const struct fuzz_bytes *b, size_t at, const struct field *fields,
			size_t count, uint64_t *state)
{
	const struct field *f = &fields[fuzz_pick(state, count)];

	if (at < b->size)
		fuzz_spoil(b, at + f->at, f->width, state);
}

/* A number of a table, where the header says that it is. */
static size_t pick_entry(const struct fuzz_bytes *b, uint64_t offset, size_t count, size_t size,
			 uint64_t *state)
{
	return offset < b->size ? (size_t)offset + fuzz_pick(state, count) * size : b->size;
}

/* In words: what is in the sections is tables, of notes and symbols. */
static void spoil_content(const struct fuzz_bytes *b, size_t at, uint64_t *state)
{
	Elf64_Shdr sh;

	if (at > b->size || b->size - at < sizeof(sh))
		return;
	memcpy(&sh, b->data + at, sizeof(sh));
	if (sh.sh_offset < b->size)
		fuzz_spoil(b, (size_t)sh.sh_offset + 4 * fuzz_pick(state, sh.sh_size / 4),
			   (size_t)1 << fuzz_pick(state, 4), state);
}

void fuzz_elf_spoil(const struct fuzz_bytes *b, uint64_t *state)
{
	Elf64_Ehdr eh;
	size_t at;

	if (b->size < sizeof(eh))
		return;
	memcpy(&eh, b->data, sizeof(eh));
	switch (fuzz_pick(state, 4)) {
	case 0:
		spoil_field(b, 0, header, COUNT(header), state);
		break;
	case 1:
		at = pick_entry(b, eh.e_phoff, eh.e_phnum, sizeof(Elf64_Phdr), state);
		spoil_field(b, at, segment, COUNT(segment), state);
		break;
	case 2:
		at = pick_entry(b, eh.e_shoff, eh.e_shnum, sizeof(Elf64_Shdr), state);
		spoil_field(b, at, section, COUNT(section), state);
		break;
	default:
		at = pick_entry(b, eh.e_shoff, eh.e_shnum, sizeof(Elf64_Shdr), state);
		spoil_content(b, at, state);
	}
}

/* --- sections, and a file of them */

struct record {
	const uint8_t *bytes;
	size_t size;
	unsigned index;
};

/* The one at *at, which is moved behind it; false at the end. */
static bool next_record(const uint8_t *data, size_t size, size_t *at, struct record *ret)
{
	if (*at > size || size - *at < RECORD)
		return false;
	*ret = (struct record){ data + *at + RECORD, fuzz_peek(data + *at + 1, 2), data[*at] };
	if (ret->size > size - *at - RECORD)
		ret->size = size - *at - RECORD;
	*at += RECORD + ret->size;
	return true;
}

static size_t append(uint8_t *file, size_t *size, const void *bytes, size_t len)
{
	size_t at = *size = (*size + 7) & ~(size_t)7;

	memcpy(file + at, bytes, len);
	*size += len;
	return at;
}

/* Into zeroed memory that has room for all. */
static size_t write_file(uint8_t *file, const uint8_t *data, size_t size, const char *const *names)
{
	static const uint8_t code[TEXT_SIZE];
	Elf64_Shdr sections[MAX_SECTIONS + 2] = { 0 };
	Elf64_Ehdr eh = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				       EV_CURRENT },
			  .e_type = ET_EXEC,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_ehsize = sizeof(eh),
			  .e_shentsize = sizeof(Elf64_Shdr) };
	char strings[512] = "\0.shstrtab";
	size_t len = sizeof(eh), count = 2, names_len = strlen(strings + 1) + 2, at = 0, all = 0;
	struct record r;

	while (names[all])
		all++;
	sections[1] = (Elf64_Shdr){ .sh_name = 1, .sh_type = SHT_STRTAB, .sh_addralign = 1 };
	while (count < MAX_SECTIONS + 2 && next_record(data, size, &at, &r)) {
		const char *name = names[r.index % all];
		bool is_text = name == names[0];

		if (names_len + strlen(name) + 1 > sizeof(strings))
			break;
		sections[count] = (Elf64_Shdr){ .sh_name = (Elf64_Word)names_len,
						.sh_type = SHT_PROGBITS,
						.sh_flags = is_text ? SHF_ALLOC : 0,
						.sh_addr = is_text ? FUZZ_ELF_TEXT : 0,
						.sh_addralign = 1,
						.sh_size = is_text ? sizeof(code) : r.size };
		sections[count].sh_offset = append(file, &len, is_text ? code : r.bytes,
						   sections[count].sh_size);
		strcpy(strings + names_len, name);
		names_len += strlen(name) + 1;
		count++;
	}
	sections[1].sh_size = names_len;
	sections[1].sh_offset = append(file, &len, strings, names_len);
	eh.e_shnum = (Elf64_Half)count;
	eh.e_shstrndx = 1;
	eh.e_shoff = append(file, &len, sections, count * sizeof(sections[0]));
	memcpy(file, &eh, sizeof(eh));
	return len;
}

static int elf_file(const uint8_t *data, size_t size, const char *const *names)
{
	size_t room = size + MAX_SECTIONS * (TEXT_SIZE + (size_t)8) + 4096;
	uint8_t *file = calloc(1, room);
	int fd = -1;

	if (file)
		fd = fuzz_file(file, write_file(file, data, size, names));
	free(file);
	return fd;
}

void fuzz_elf_use(const uint8_t *data, size_t size, const char *const *names,
		  void (*use)(struct dlk_ctx *ctx, const struct dlk_elffile *f))
{
	int fd = elf_file(data, size, names);
	struct dlk_elffile f;
	struct dlk_ctx ctx;

	if (fd < 0)
		return;
	dlk_ctx_init(&ctx);
	if (!dlk_elffile_open(&ctx, fuzz_path(fd), &f))
		use(&ctx, &f);
	dlk_elffile_close(&f);
	dlk_ctx_deinit(&ctx);
	close(fd);
}

static void spoil_section(struct fuzz_bytes *b, uint64_t *state)
{
	static uint8_t bytes[MAX_RECORD];
	size_t count = 0, at = 0, wanted;
	struct record r = { 0 };
	struct fuzz_bytes inside = { bytes, 0, sizeof(bytes) };
	uint8_t *length;

	while (next_record(b->data, b->size, &at, &r))
		count++;
	wanted = fuzz_pick(state, count) + 1;
	at = 0;
	while (wanted-- && next_record(b->data, b->size, &at, &r))
		;
	if (!count)
		return;
	inside.size = r.size;
	memcpy(bytes, r.bytes, r.size);
	if (fuzz_pick(state, 3))
		inside.size = LLVMFuzzerMutate(bytes, r.size, sizeof(bytes));
	else
		fuzz_spoil(&inside, fuzz_pick(state, r.size), (size_t)1 << fuzz_pick(state, 4),
			   state);
	if (inside.size > b->max_size || b->size - r.size > b->max_size - inside.size)
		return;
	length = b->data + (r.bytes - b->data) - 2;
	fuzz_replace(b, (size_t)(r.bytes - b->data), r.size, bytes, inside.size);
	fuzz_poke(length, 2, inside.size);
}

size_t fuzz_elf_mutate_sections(struct fuzz_bytes b, unsigned int seed)
{
	uint64_t state = seed;

	if (!fuzz_pick(&state, 8))
		return LLVMFuzzerMutate(b.data, b.size, b.max_size);
	spoil_section(&b, &state);
	return b.size;
}
