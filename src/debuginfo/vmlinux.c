/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMLINUX, read with libelf: the file and, for what was stripped off it, its debug file.
 *
 * Symbols are those that scripts/mksysmap and scripts/kallsyms.c let through, in the order that
 * compare_symbols() of the latter gives them: by address, then weak ones last, then those that
 * look like the linker script's, then by leading underscores, then by name (nm -n).  Then the first
 * at an address is the one that the kernel itself prints.  What is left out: undefined, absolute
 * and debugging symbols, and the prefixes below.
 *
 * KASLR moves the image, on x86-64 in the upper 2 GiB of the address space.  Before 6.15 per-CPU variables
 * are counted from 0 (commit 9d7de2aa8b41) and are not moved.
 *
 * How it can be wrong: a vmlinux of another build than the target's.  Whoever opens it compares the
 * build IDs.
 */
#include <config.h>

#include "debuginfo/vmlinux.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "debuginfo/cfi.h"
#include "debuginfo/dwarf.h"
#include "debuginfo/elffile.h"
#include "target/arch.h"

enum {
	MAX_SYMBOLS = 1 << 21, /* stock kernels have 2^18 */
	MAX_ALIASES = 256,
	MAX_SECTIONS = 1 << 16,
	RADIX_BITS = 11,
	RADIX_SIZE = 1 << RADIX_BITS,
	MAX_SAME_HASH = 1 << 16
};

struct dlk_vmlinux {
	struct dlk_ctx *ctx;
	struct dlk_elffile file;
	struct dlk_elffile debug; /* once it was needed and found */
	const char *sought;       /* where it was looked for in vain; NULL before */
};

struct entry {
	dlk_addr_t address;   /* of the running kernel */
	const char *name;     /* in the file */
	uint32_t next;        /* of the same hash: index biased by one */
	uint16_t underscores; /* that lead its name */
	bool is_weak;
};

struct table {
	struct dlk_symbols base;
	struct entry *entries; /* in the order of kallsyms */
	const char **copies;   /* names in the arena, once they were given out */
	uint32_t count;
	uint32_t *buckets, mask; /* biased indices */
	dlk_addr_t start, end;   /* the image; end is exclusive */
};

static enum dlk_status refuse(struct dlk_vmlinux *v, enum dlk_status status, const char *why)
{
	return dlk_fail(v->ctx, status, "%s: %s", v->file.path, why);
}

enum dlk_status dlk_vmlinux_open(struct dlk_ctx *ctx, const char *path, struct dlk_vmlinux **ret)
{
	struct dlk_vmlinux *v = dlk_alloc(ctx, sizeof(*v));
	enum dlk_status status;

	if (!v)
		return dlk_nomem(ctx);
	*v = (struct dlk_vmlinux){ .ctx = ctx, .debug = { .fd = -1 } };
	status = dlk_elffile_open(ctx, path, &v->file);
	if (!status)
		*ret = v;
	return status;
}

void dlk_vmlinux_close(struct dlk_vmlinux *v)
{
	if (!v)
		return;
	dlk_elffile_close(&v->file);
	dlk_elffile_close(&v->debug);
}

enum dlk_status dlk_vmlinux_build_id(struct dlk_vmlinux *v, const char **ret)
{
	return dlk_elffile_build_id(v->ctx, &v->file, ret);
}

/* Looked for once. */
static enum dlk_status find_debug(struct dlk_vmlinux *v)
{
	enum dlk_status status = DLK_OK;

	if (!v->debug.elf && !v->sought)
		status = dlk_elffile_find_debug(v->ctx, &v->file, DLK_DEBUG_ROOT, &v->debug,
						&v->sought);
	if (status == DLK_ERR_NOTFOUND && !v->sought)
		v->sought = "";
	return status == DLK_ERR_NOTFOUND ? DLK_OK : status;
}

enum dlk_status dlk_vmlinux_complete(struct dlk_vmlinux *v)
{
	if (dlk_elffile_has_symbols(&v->file) && dlk_elffile_has_dwarf(&v->file) &&
	    dlk_elffile_has_cfi(&v->file))
		return DLK_OK;
	return find_debug(v);
}

/* The file that has it: VMLINUX itself, or its debug file. */
static enum dlk_status find_file(struct dlk_vmlinux *v, bool (*has)(const struct dlk_elffile *),
				 const struct dlk_elffile **ret)
{
	enum dlk_status status;

	*ret = has(&v->file) ? &v->file : &v->debug;
	if (*ret == &v->file)
		return DLK_OK;
	status = find_debug(v);
	if (status)
		return status;
	return v->debug.elf && has(*ret) ? DLK_OK : DLK_ERR_NOTFOUND;
}

/* What to do about it comes before what was looked for: a long text is cut. */
static enum dlk_status refuse_stripped(struct dlk_vmlinux *v, const char *what)
{
	if (v->debug.elf)
		return dlk_fail(v->ctx, DLK_ERR_UNSUPPORTED,
				"%s: stripped: it has no %s, nor has its debug file %s; give the "
				"vmlinux with debugging information, or none",
				v->file.path, what, v->debug.path);
	return dlk_fail(v->ctx, DLK_ERR_UNSUPPORTED,
			"%s: stripped: it has no %s; give the vmlinux with debugging information, "
			"install its debug file, or give none; looked for: %s",
			v->file.path, what,
			v->sought && *v->sought ? v->sought
						: "nothing, as it "
						  "has no build-id");
}

enum dlk_status dlk_vmlinux_dwarf(struct dlk_vmlinux *v, struct dlk_types **ret)
{
	const struct dlk_elffile *f;
	enum dlk_status status = find_file(v, dlk_elffile_has_dwarf, &f);

	if (status == DLK_ERR_NOTFOUND)
		return refuse_stripped(v, "debugging information");
	/* libdw would open whatever file is named there. */
	if (!status && dlk_elffile_is_shared(f))
		status = dlk_fail(v->ctx, DLK_ERR_UNSUPPORTED,
				  "part of its debugging information is in another file, where dwz "
				  "has put it; give one that dwz has not worked on");
	if (!status)
		status = dlk_dwarf_open(v->ctx, f->elf, ret);
	return dlk_prepend(v->ctx, status, "%s", f->path);
}

enum dlk_status dlk_vmlinux_cfi(struct dlk_vmlinux *v, int64_t kaslr_offset, struct dlk_cfi **ret)
{
	const struct dlk_elffile *f;
	enum dlk_status status = find_file(v, dlk_elffile_has_cfi, &f);

	return status ? status : dlk_cfi_open(v->ctx, f->arch, f->elf, kaslr_offset, ret);
}

enum dlk_status dlk_vmlinux_btf(struct dlk_vmlinux *v, const void **data, size_t *size)
{
	size_t names;
	Elf_Scn *scn = NULL;

	if (elf_getshdrstrndx(v->file.elf, &names))
		return DLK_ERR_NOTFOUND;
	while ((scn = elf_nextscn(v->file.elf, scn))) {
		GElf_Shdr shdr;
		const char *name;
		Elf_Data *d;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(v->file.elf, names, shdr.sh_name);
		if (!name || strcmp(name, ".BTF"))
			continue;
		d = elf_rawdata(scn, NULL);
		if (!d || !d->d_buf || !d->d_size)
			return refuse(v, DLK_ERR_CORRUPT, "its .BTF section is cut off");
		*data = d->d_buf;
		*size = d->d_size;
		return DLK_OK;
	}
	return DLK_ERR_NOTFOUND;
}

/* The parts of the file that symbols are made of. */
struct source {
	const struct dlk_arch *arch;
	Elf *elf;
	const Elf64_Sym *symbols;
	size_t count;
	const char *names; /* ends with a NUL byte */
	size_t names_len;
	bool *is_loaded; /* by section */
	size_t section_count;
};

static enum dlk_status find_symtab(struct dlk_vmlinux *v, struct source *src)
{
	const struct dlk_elffile *f;
	enum dlk_status status = find_file(v, dlk_elffile_has_symbols, &f);
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr = { 0 };
	Elf_Data *symbols, *names;

	if (status)
		return status == DLK_ERR_NOTFOUND ? refuse_stripped(v, "symbol table") : status;
	src->elf = f->elf;
	while ((scn = elf_nextscn(src->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB)
			break;
	symbols = elf_getdata(scn, NULL);
	names = elf_getdata(elf_getscn(src->elf, shdr.sh_link), NULL);
	if (!symbols || !names || !symbols->d_buf || !names->d_buf ||
	    symbols->d_type != ELF_T_SYM || !names->d_size ||
	    ((const char *)names->d_buf)[names->d_size - 1])
		return refuse(v, DLK_ERR_CORRUPT, "its symbol table is damaged or cut off");
	src->symbols = symbols->d_buf;
	src->count = symbols->d_size / sizeof(*src->symbols);
	src->names = names->d_buf;
	src->names_len = names->d_size;
	if (src->count > MAX_SYMBOLS)
		return refuse(v, DLK_ERR_LIMIT, "it has too many symbols");
	return DLK_OK;
}

/* Sections that are no part of the image hold debugging symbols. */
static enum dlk_status find_loaded(struct dlk_vmlinux *v, struct source *src)
{
	Elf_Scn *scn = NULL;

	if (elf_getshdrnum(src->elf, &src->section_count) || src->section_count > MAX_SECTIONS)
		return refuse(v, DLK_ERR_CORRUPT, "its section headers are damaged");
	src->is_loaded = dlk_calloc(v->ctx, src->section_count, sizeof(bool));
	if (!src->is_loaded)
		return dlk_nomem(v->ctx);
	while ((scn = elf_nextscn(src->elf, scn))) {
		size_t index = elf_ndxscn(scn);
		GElf_Shdr shdr;

		if (index < src->section_count && gelf_getshdr(scn, &shdr))
			src->is_loaded[index] = shdr.sh_flags & SHF_ALLOC;
	}
	return DLK_OK;
}

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* scripts/mksysmap */
static bool is_ignored_name(const char *name)
{
	if (!dlk_is_name(name))
		return true;
	if (has_prefix(name, "__"))
		return has_prefix(name, "__crc_") || has_prefix(name, "__kstrtab") ||
		       has_prefix(name, "__kcfi_typeid_");
	return *name == '$' || has_prefix(name, ".L");
}

/* Tell whether kallsyms has this symbol. */
static bool is_kept(const struct source *src, const Elf64_Sym *sym)
{
	switch (ELF64_ST_TYPE(sym->st_info)) {
	case STT_NOTYPE:
	case STT_OBJECT:
	case STT_FUNC:
		break;
	default:
		return false;
	}
	/* An empty section in the image need not have the flag: .data_nosave. */
	return sym->st_shndx != SHN_UNDEF && sym->st_shndx < src->section_count &&
	       (src->is_loaded[sym->st_shndx] || sym->st_value >= src->arch->image_start) &&
	       sym->st_name < src->names_len && !is_ignored_name(src->names + sym->st_name);
}

static uint32_t fill(const struct source *src, int64_t kaslr_offset, struct entry *entries)
{
	uint32_t count = 0;

	for (size_t i = 0; i < src->count; i++) {
		const Elf64_Sym *sym = &src->symbols[i];
		dlk_addr_t address = sym->st_value;

		if (!is_kept(src, sym))
			continue;
		if (address >= src->arch->image_start)
			address += (uint64_t)kaslr_offset;
		entries[count++] = (struct entry){
			.address = address,
			.name = src->names + sym->st_name,
			/* is_kept(): no name is longer than DLK_MAX_NAME. */
			.underscores = (uint16_t)strspn(src->names + sym->st_name, "_"),
			.is_weak = ELF64_ST_BIND(sym->st_info) == STB_WEAK &&
				   ELF64_ST_TYPE(sym->st_info) != STT_OBJECT,
		};
	}
	return count;
}

/* Sort by address, the lowest digit first; digits that are all alike cost one look only. */
static struct entry *sort_by_address(struct entry *from, struct entry *to, uint32_t count)
{
	for (uint32_t shift = 0; shift < 64; shift += RADIX_BITS) {
		uint32_t starts[RADIX_SIZE] = { 0 }, sum = 0;
		struct entry *swap = from;

		for (uint32_t i = 0; i < count; i++)
			starts[from[i].address >> shift & (RADIX_SIZE - 1)]++;
		if (starts[from[0].address >> shift & (RADIX_SIZE - 1)] == count)
			continue;
		for (uint32_t i = 0; i < RADIX_SIZE; i++) {
			uint32_t here = starts[i];

			starts[i] = sum;
			sum += here;
		}
		for (uint32_t i = 0; i < count; i++)
			to[starts[from[i].address >> shift & (RADIX_SIZE - 1)]++] = from[i];
		from = to;
		to = swap;
	}
	return from;
}

/* may_be_linker_script_provide_symbol() */
static int is_linker_script_name(const char *name)
{
	size_t len = strlen(name);

	if (len < 8 || strncmp(name, "__", 2))
		return 0;
	return !strncmp(name + 2, "start_", 6) || !strncmp(name + 2, "stop_", 5) ||
	       !strncmp(name + 2, "end_", 4) || !strcmp(name + len - 6, "_start") ||
	       !strcmp(name + len - 4, "_end");
}

/* compare_symbols(), for symbols at the same address. */
static int compare_aliases(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int diff = x->is_weak - y->is_weak;

	if (!diff)
		diff = is_linker_script_name(x->name) - is_linker_script_name(y->name);
	if (diff)
		return diff;
	if (x->underscores != y->underscores)
		return x->underscores < y->underscores ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Where there are more than any kernel has, they stay in the order of the file. */
static void sort_aliases(struct entry *entries, uint32_t count)
{
	for (uint32_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && entries[end].address == entries[i].address;)
			end++;
		if (end - i > 1 && end - i <= MAX_ALIASES)
			qsort(&entries[i], end - i, sizeof(*entries), compare_aliases);
	}
}

/* The first entry at or above an address. */
static uint32_t first_from(const struct table *t, dlk_addr_t address)
{
	uint32_t low = 0, high = t->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (t->entries[mid].address < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* From the last to the first, each at the head of its chain: the first match is the first. */
static enum dlk_status make_hash(struct table *t)
{
	uint32_t size = 1024;

	while (size < t->count)
		size *= 2;
	t->mask = size - 1;
	t->buckets = dlk_calloc(t->base.ctx, size, sizeof(*t->buckets));
	if (!t->buckets)
		return dlk_nomem(t->base.ctx);
	for (uint32_t i = t->count; i-- > 0;) {
		uint32_t *bucket = &t->buckets[dlk_hash_name(t->entries[i].name) & t->mask];

		t->entries[i].next = *bucket;
		*bucket = i + 1;
	}
	return DLK_OK;
}

static enum dlk_status vmlinux_find(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	const struct table *t = (const struct table *)s;
	uint32_t steps = 0;

	for (uint32_t i = t->buckets[dlk_hash_name(name) & t->mask]; i;
	     i = t->entries[i - 1].next) {
		if (steps++ == MAX_SAME_HASH)
			return dlk_fail(s->ctx, DLK_ERR_CORRUPT, "vmlinux: too many symbols alike");
		if (strcmp(t->entries[i - 1].name, name))
			continue;
		*ret = t->entries[i - 1].address;
		return DLK_OK;
	}
	return DLK_ERR_NOTFOUND;
}

static enum dlk_status vmlinux_at(struct dlk_symbols *s, dlk_addr_t address, struct dlk_symbol *ret)
{
	struct table *t = (struct table *)s;
	uint32_t low;

	if (address < t->start || address >= t->end)
		return DLK_ERR_NOTFOUND;
	/* Of those at the nearest address at or below, the first. */
	low = first_from(t, address + 1);
	low = first_from(t, t->entries[low ? low - 1 : 0].address);
	if (!t->copies[low])
		t->copies[low] = dlk_strdup(s->ctx, t->entries[low].name);
	if (!t->copies[low])
		return dlk_nomem(s->ctx);
	*ret = (struct dlk_symbol){ .address = t->entries[low].address, .name = t->copies[low] };
	return DLK_OK;
}

static const struct dlk_symbols_ops vmlinux_ops = {
	.name = "vmlinux",
	.find = vmlinux_find,
	.at = vmlinux_at,
};

/* The same image as in kallsyms.c. */
static void set_range(struct table *t)
{
	t->start = t->entries[0].address;
	t->end = t->entries[t->count - 1].address + 1;
	if (vmlinux_find(&t->base, "_stext", &t->start))
		(void)!vmlinux_find(&t->base, "_text", &t->start);
	(void)!vmlinux_find(&t->base, "_end", &t->end);
}

enum dlk_status dlk_vmlinux_symbols(struct dlk_vmlinux *v, int64_t kaslr_offset,
				    struct dlk_symbols **ret)
{
	struct table *t = dlk_alloc(v->ctx, sizeof(*t));
	struct source src = { .arch = v->file.arch };
	struct entry *entries, *spare;
	enum dlk_status status;

	if (!t)
		return dlk_nomem(v->ctx);
	status = find_symtab(v, &src);
	if (!status)
		status = find_loaded(v, &src);
	if (status)
		return status;
	entries = dlk_calloc(v->ctx, src.count, sizeof(*entries));
	spare = dlk_calloc(v->ctx, src.count, sizeof(*spare));
	if (!entries || !spare)
		return dlk_nomem(v->ctx);
	t->base = (struct dlk_symbols){ &vmlinux_ops, v->ctx };
	t->count = fill(&src, kaslr_offset, entries);
	if (!t->count)
		return refuse(v, DLK_ERR_UNSUPPORTED, "it has no symbols of a kernel");
	t->entries = sort_by_address(entries, spare, t->count);
	sort_aliases(t->entries, t->count);
	t->copies = dlk_calloc(v->ctx, t->count, sizeof(*t->copies));
	status = t->copies ? make_hash(t) : dlk_nomem(v->ctx);
	if (status)
		return status;
	set_range(t);
	*ret = &t->base;
	return DLK_OK;
}
