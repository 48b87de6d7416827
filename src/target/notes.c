/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notes of ELF and kdump-compressed dumps.
 *
 * The n-th NT_PRSTATUS note is taken for CPU n, as QEMU and kdump write them; the n-th "QEMU" note
 * adds what the other has no place for.  How it can be wrong: kdump leaves out CPUs that were offline
 * or did not answer, and all that follow are then taken for a CPU too low.
 */
#include <config.h>

#include "target/notes.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "target/bytes.h"

enum {
	/* All of a file together: 8192 CPUs have 8 MiB. */
	MAX_NOTES = 64 << 20,
	MAX_VMCOREINFO = 64 << 10, /* the kernel's has a page: VMCOREINFO_BYTES */
	MAX_CPUS = 8192,
	MAX_BUILD_ID = 64,
	QEMU_VERSION = 1, /* a note begins with its version, and its size */
	/* struct disk_dump_header and kdump_sub_header of makedumpfile's diskdump_mod.h */
	KDUMP_MACHINE = 272,
	KDUMP_MACHINE_SIZE = 65,
	KDUMP_BLOCK_SIZE = 428,
	KDUMP_SUB_BLOCKS = 432,
	KDUMP_BITMAP_BLOCKS = 436,
	KDUMP_HEADER = 440,
	KDUMP_MIN_VERSION = 4,
	KDUMP_WIDE_VERSION = 6, /* since then, frame numbers have 64 bits on 32-bit machines, too */
	SUB_DUMP_LEVEL = 8,
	SUB_SPLIT = 12,
	SUB_START_PFN = 16,
	SUB_VMCOREINFO = 32,
	SUB_NOTE = 48,
	SUB_START_PFN_64 = 80,
	SUB_SIZE = 96
};

struct bytes {
	const unsigned char *at;
	size_t size;
};

struct note {
	const unsigned char *name, *data;
	uint32_t name_size, type;
	size_t size;
};

struct parser {
	struct dlk_ctx *ctx;
	const struct dlk_arch *arch;
	struct dlk_notes *out;
	unsigned qemu_count;
};

static void take_prstatus(struct parser *p, const unsigned char *data, size_t size)
{
	struct dlk_notes *out = p->out;

	if (!out->regs)
		out->regs = dlk_calloc(p->ctx, MAX_CPUS, sizeof(*out->regs));
	if (out->regs && out->cpu_count < MAX_CPUS)
		out->cpu_count += dlk_arch_take_note(p->arch, &p->arch->prstatus, data, size,
						     &out->regs[out->cpu_count]);
}

static void take_qemu(struct parser *p, const unsigned char *data, size_t size)
{
	if (size < sizeof(uint32_t) || dlk_get_u32(data) != QEMU_VERSION ||
	    p->qemu_count >= p->out->cpu_count)
		return;
	p->qemu_count += dlk_arch_take_note(p->arch, &p->arch->qemu, data, size,
					    &p->out->regs[p->qemu_count]);
}

static enum dlk_status take_vmcoreinfo(struct parser *p, const void *data, size_t size)
{
	char *text;

	if (p->out->vmcoreinfo || !size)
		return DLK_OK;
	if (size > MAX_VMCOREINFO)
		return dlk_fail(p->ctx, DLK_ERR_CORRUPT,
				"VMCOREINFO of %zu bytes; a kernel's has a page", size);
	text = dlk_alloc(p->ctx, size + 1);
	if (!text)
		return dlk_nomem(p->ctx);
	memcpy(text, data, size);
	p->out->vmcoreinfo = text;
	return DLK_OK;
}

/* Take the next note from the bytes that are left; false at the end, or where it lies. */
static bool next_note(struct bytes *left, struct note *ret)
{
	Elf64_Nhdr header;
	size_t name, desc;

	if (left->size < sizeof(header))
		return false;
	memcpy(&header, left->at, sizeof(header));
	left->at += sizeof(header);
	left->size -= sizeof(header);
	name = ((size_t)header.n_namesz + 3) & ~(size_t)3;
	if (name > left->size || header.n_descsz > left->size - name)
		return false;
	*ret = (struct note){ .name = left->at,
			      .name_size = header.n_namesz,
			      .type = header.n_type,
			      .data = left->at + name,
			      .size = header.n_descsz };
	desc = ((size_t)header.n_descsz + 3) & ~(size_t)3;
	if (desc > left->size - name)
		desc = left->size - name; /* the last one may lack its padding */
	left->at += name + desc;
	left->size -= name + desc;
	return true;
}

static bool is_named(const struct note *note, const char *wanted)
{
	size_t len = strlen(wanted);

	return (note->name_size == len || (note->name_size == len + 1 && !note->name[len])) &&
	       !memcmp(note->name, wanted, len);
}

enum dlk_status dlk_notes_parse(struct dlk_ctx *ctx, const struct dlk_arch *arch, const void *data,
				size_t size, struct dlk_notes *ret)
{
	struct parser p = { .ctx = ctx, .arch = arch, .out = ret };
	struct bytes left = { data, size };
	enum dlk_status status = DLK_OK;
	struct note note;

	while (!status && next_note(&left, &note)) {
		if (is_named(&note, "CORE") && note.type == NT_PRSTATUS)
			take_prstatus(&p, note.data, note.size);
		else if (is_named(&note, "CORE") && (note.type == NT_AUXV || note.type == NT_FILE))
			ret->is_process = true;
		else if (is_named(&note, "QEMU"))
			take_qemu(&p, note.data, note.size);
		else if (is_named(&note, "VMCOREINFO"))
			status = take_vmcoreinfo(&p, note.data, note.size);
	}
	return status;
}

const char *dlk_notes_build_id(struct dlk_ctx *ctx, const void *data, size_t size)
{
	struct dlk_strbuf sb = { .ctx = ctx };
	struct bytes left = { data, size };
	struct note note;

	while (next_note(&left, &note)) {
		if (!is_named(&note, "GNU") || note.type != NT_GNU_BUILD_ID)
			continue;
		for (size_t i = 0; i < note.size && i < MAX_BUILD_ID; i++)
			dlk_strbuf_printf(&sb, "%02x", note.data[i]);
		return sb.text;
	}
	return NULL;
}

static bool read_at(const struct dlk_notes_file *file, void *buf, size_t len, uint64_t offset)
{
	return offset <= INT64_MAX - len && file->read(file->fd, buf, len, offset);
}

static bool read_fd(int fd, void *buf, size_t len, uint64_t offset)
{
	return pread(fd, buf, len, (off_t)offset) == (ssize_t)len;
}

/* Read a range of the file into the arena; *total is of all ranges. */
static enum dlk_status read_range(struct dlk_ctx *ctx, const struct dlk_notes_file *file,
				  uint64_t offset, uint64_t size, uint64_t *total, void **ret)
{
	void *data = NULL;

	/* Any number of headers may lead to the same notes. */
	if (size > MAX_NOTES || (*total += size) > MAX_NOTES)
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "notes of %llu bytes and more",
				(unsigned long long)size);
	data = dlk_alloc(ctx, size);
	if (!data)
		return dlk_nomem(ctx);
	if (!read_at(file, data, size, offset))
		return dlk_fail(ctx, DLK_ERR_CORRUPT,
				"the file ends before its notes do: it was cut "
				"off");
	*ret = data;
	return DLK_OK;
}

static enum dlk_status parse_range(struct dlk_ctx *ctx, const struct dlk_notes_file *file,
				   uint64_t offset, uint64_t size, uint64_t *total,
				   struct dlk_notes *ret)
{
	void *data = NULL;
	enum dlk_status status = read_range(ctx, file, offset, size, total, &data);

	return status ? status : dlk_notes_parse(ctx, ret->arch, data, size, ret);
}

static enum dlk_status read_elf(struct dlk_ctx *ctx, const struct dlk_notes_file *file,
				struct dlk_notes *ret)
{
	Elf64_Ehdr eh;
	uint64_t notes_size = 0;
	unsigned loads = 0;
	enum dlk_status status = DLK_OK;

	if (!read_at(file, &eh, sizeof(eh), 0))
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "the file ends within its ELF header");
	ret->arch = dlk_arch_of_machine(eh.e_machine);
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB || !ret->arch)
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"an ELF file of another architecture (machine %u); only %s is "
				"supported",
				eh.e_machine, dlk_arch_names(ctx));
	if (eh.e_type != ET_CORE)
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED, "an ELF file, but no core dump");
	/* Headers of no size are one over the other. */
	if (eh.e_phentsize != sizeof(Elf64_Phdr) ||
	    ((eh.e_shoff || eh.e_shnum) && (!eh.e_shnum || eh.e_shentsize != sizeof(Elf64_Shdr))))
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "the ELF header makes no sense");
	for (unsigned i = 0; i < eh.e_phnum && !status; i++) {
		Elf64_Phdr ph;

		if (!read_at(file, &ph, sizeof(ph), eh.e_phoff + (uint64_t)i * sizeof(ph)))
			return dlk_fail(ctx, DLK_ERR_CORRUPT, "the file ends within its headers");
		if (ph.p_type == PT_NOTE)
			status = parse_range(ctx, file, ph.p_offset, ph.p_filesz, &notes_size, ret);
		loads += ph.p_type == PT_LOAD && ph.p_filesz;
	}
	/* fs/binfmt_elf.c, and gcore(1); /proc/kcore has neither. */
	if (!status && ret->is_process && !ret->vmcoreinfo)
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"no dump but the core of a process; give the vmcore");
	/* As above. */
	if (!status && !loads)
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "an ELF core dump without memory");
	return status;
}

/* What another architecture's dump has is not looked at: kdump.c refuses it. */
static const struct dlk_arch *arch_of_kdump(const unsigned char *header)
{
	const struct dlk_arch *arch = dlk_arch_named((const char *)header + KDUMP_MACHINE,
						     KDUMP_MACHINE_SIZE);

	return arch ? arch : dlk_arch_named("", 0);
}

/* The least that must be so before anything behind these headers is looked for. */
static enum dlk_status check_kdump(struct dlk_ctx *ctx, const struct dlk_notes_file *file,
				   const struct dlk_arch *arch, const unsigned char *header)
{
	uint32_t page_size = dlk_arch_page_size(arch);
	uint64_t blocks = 1 + (uint64_t)dlk_get_u32(header + KDUMP_SUB_BLOCKS) +
			  dlk_get_u32(header + KDUMP_BITMAP_BLOCKS);
	unsigned char last;

	/* A block is a page of the dumped machine. */
	if (dlk_get_u32(header + KDUMP_BLOCK_SIZE) != page_size)
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"a kdump-compressed dump in blocks of %u bytes; %s has %u",
				dlk_get_u32(header + KDUMP_BLOCK_SIZE), arch->name, page_size);
	if (!read_at(file, &last, 1, blocks * page_size - 1))
		return dlk_fail(ctx, DLK_ERR_CORRUPT,
				"the file ends before its page bitmaps do: it was cut off");
	return DLK_OK;
}

/* The first file ends there, any other begins. */
static uint64_t read_split(uint32_t version, const unsigned char *sub)
{
	const unsigned char *pfns = sub + (version < KDUMP_WIDE_VERSION ? SUB_START_PFN
									: SUB_START_PFN_64);
	uint64_t start = dlk_get_u64(pfns), end = dlk_get_u64(pfns + 8);

	if (!dlk_get_u32(sub + SUB_SPLIT))
		return 0;
	return start ? start : end;
}

static enum dlk_status read_kdump(struct dlk_ctx *ctx, const struct dlk_notes_file *file,
				  struct dlk_notes *ret)
{
	unsigned char header[KDUMP_HEADER], sub[SUB_SIZE];
	uint64_t offset, total = 0;
	void *data = NULL;
	enum dlk_status status;
	struct parser p = { .ctx = ctx, .out = ret };

	if (!read_at(file, header, sizeof(header), 0))
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "the file ends within its headers");
	ret->arch = arch_of_kdump(header);
	status = check_kdump(ctx, file, ret->arch, header);
	if (status)
		return status;
	if (!read_at(file, sub, sizeof(sub), dlk_arch_page_size(ret->arch)))
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "the file ends within its headers");
	ret->dump_level = dlk_get_u32(sub + SUB_DUMP_LEVEL);
	ret->split_at = read_split(dlk_get_u32(header + 8), sub);
	offset = dlk_get_u64(sub + SUB_NOTE);
	if (dlk_get_u32(header + 8) >= KDUMP_MIN_VERSION && offset)
		status = parse_range(ctx, file, offset, dlk_get_u64(sub + SUB_NOTE + 8), &total,
				     ret);
	offset = dlk_get_u64(sub + SUB_VMCOREINFO);
	if (!status && offset && dlk_get_u64(sub + SUB_VMCOREINFO + 8)) {
		status = read_range(ctx, file, offset, dlk_get_u64(sub + SUB_VMCOREINFO + 8),
				    &total, &data);
		if (!status)
			status = take_vmcoreinfo(&p, data, dlk_get_u64(sub + SUB_VMCOREINFO + 8));
	}
	return status;
}

enum dlk_status dlk_notes_read_from(struct dlk_ctx *ctx, const struct dlk_notes_file *file,
				    struct dlk_notes *ret)
{
	struct dlk_notes notes = { 0 };
	char magic[8];
	enum dlk_status status = DLK_OK;

	if (!read_at(file, magic, sizeof(magic), 0))
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED, "too short to be a dump");
	if (!memcmp(magic, ELFMAG, SELFMAG))
		status = read_elf(ctx, file, &notes);
	else if (!memcmp(magic, "KDUMP   ", sizeof(magic)))
		status = read_kdump(ctx, file, &notes);
	if (!status)
		*ret = notes;
	return status;
}

enum dlk_status dlk_notes_read(struct dlk_ctx *ctx, int fd, struct dlk_notes *ret)
{
	const struct dlk_notes_file file = { read_fd, fd };

	return dlk_notes_read_from(ctx, &file, ret);
}
