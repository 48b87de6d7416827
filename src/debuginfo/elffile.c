/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF files of a kernel.
 *
 * libdw would unpack a compressed file by itself, in memory, as large as that may get; so it is given none, but
 * what the gate of target/unpack.h lets through.  Sections it does unpack: what they declare is judged before.
 *
 * A debug file is not found with libdwfl: that may ask servers (debuginfod), and a tool that reads
 * somebody's memory image stays off the network.
 */
#include <config.h>

#include "debuginfo/elffile.h"

#include <elfutils/libdwelf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "target/arch.h"
#include "target/container.h"
#include "target/magic.h"

enum {
	BOOT_MAGIC_AT = 0x202, /* "HdrS": Documentation/arch/x86/boot.rst */
	MAX_MAGIC = 8,
	GNU_HEADER = 12 /* of .zdebug_*: "ZLIB", the size as a big-endian 64-bit number */
};

static enum dlk_status refuse(struct dlk_ctx *ctx, const char *path, enum dlk_status status,
			      const char *why)
{
	return dlk_fail(ctx, status, "%s: %s", path, why);
}

static bool has_magic(int fd, off_t at, const char *magic, size_t len)
{
	char bytes[MAX_MAGIC];

	return pread(fd, bytes, len, at) == (ssize_t)len && !memcmp(bytes, magic, len);
}

/* Say what a file is that could not be opened as ELF, with what is around it taken off. */
static enum dlk_status refuse_other(struct dlk_ctx *ctx, const struct dlk_elffile *f)
{
	const char *why = dlk_magic_describe(ctx, f->fd, f->path, DLK_WANT_VMLINUX);

	return refuse(ctx, f->path, DLK_ERR_UNSUPPORTED,
		      why ? why : "not an ELF file, give vmlinux");
}

/*
 * Section headers stand at the end, and libelf says nothing if they are not there: the file would be
 * called stripped.  Of a compressed file what counts is what it was unpacked to.
 */
static enum dlk_status check_whole(struct dlk_ctx *ctx, const struct dlk_elffile *f,
				   const GElf_Ehdr *header)
{
	/* Of more sections than fit in 16 bits the number is in the first one. */
	uint64_t count = header->e_shnum ? header->e_shnum : 1;
	uint64_t need = count * header->e_shentsize;
	size_t size = 0;

	if (!header->e_shoff || !elf_rawfile(f->elf, &size))
		return DLK_OK;
	if (header->e_shoff <= size && need <= size - header->e_shoff)
		return DLK_OK;
	return dlk_fail(ctx, DLK_ERR_CORRUPT,
			"%s: cut off: section headers at %llu, the file has %zu bytes", f->path,
			(unsigned long long)header->e_shoff, size);
}

/* Bytes that a section declares to unpack to; false if it is not compressed. */
static bool get_unpacked(Elf *elf, size_t names, Elf_Scn *scn, uint64_t *ret)
{
	GElf_Shdr shdr;
	GElf_Chdr chdr;
	Elf_Data *raw;
	const char *name;
	uint64_t size;

	if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
		return false;
	if (shdr.sh_flags & SHF_COMPRESSED) {
		*ret = gelf_getchdr(scn, &chdr) ? chdr.ch_size : 0;
		return *ret;
	}
	name = names ? elf_strptr(elf, names, shdr.sh_name) : NULL;
	raw = name && !strncmp(name, ".zdebug", 7) ? elf_rawdata(scn, NULL) : NULL;
	if (!raw || !raw->d_buf || raw->d_size < GNU_HEADER)
		return false;
	memcpy(&size, (const char *)raw->d_buf + 4, sizeof(size));
	*ret = be64toh(size);
	return true;
}

/* Headers may lie, and share what is packed: that is the file, at most. */
static enum dlk_status judge_sections(struct dlk_ctx *ctx, const struct dlk_elffile *f,
				      size_t names)
{
	uint64_t unpacked = 0, more;
	size_t packed = 0;
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(f->elf, scn)))
		if (get_unpacked(f->elf, names, scn, &more))
			unpacked = more > UINT64_MAX - unpacked ? UINT64_MAX : unpacked + more;
	if (!unpacked || !elf_rawfile(f->elf, &packed))
		return DLK_OK;
	return dlk_prepend(ctx, dlk_unpack_judge(ctx, &dlk_unpack_vmlinux, packed, unpacked),
			   "%s: its compressed sections", f->path);
}

/* First without names: to get one, libelf unpacks the section that has them. */
static enum dlk_status check_sections(struct dlk_ctx *ctx, const struct dlk_elffile *f)
{
	size_t names;
	enum dlk_status status = judge_sections(ctx, f, 0);

	if (status || elf_getshdrstrndx(f->elf, &names) || !names)
		return status;
	return judge_sections(ctx, f, names);
}

static enum dlk_status check_header(struct dlk_ctx *ctx, struct dlk_elffile *f)
{
	GElf_Ehdr header;
	enum dlk_status status;

	if (!gelf_getehdr(f->elf, &header))
		return refuse(ctx, f->path, DLK_ERR_CORRUPT, elf_errmsg(-1));
	f->arch = dlk_arch_of_machine(header.e_machine);
	if (!f->arch || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB)
		return dlk_fail(ctx, DLK_ERR_UNSUPPORTED,
				"%s: a file of another architecture; only %s is supported", f->path,
				dlk_arch_names(ctx));
	if (header.e_type == ET_CORE)
		return refuse(ctx, f->path, DLK_ERR_UNSUPPORTED, "this is a dump, give vmlinux");
	if (header.e_type == ET_REL)
		return refuse(ctx, f->path, DLK_ERR_UNSUPPORTED,
			      "this is a module or object file, give vmlinux");
	status = check_whole(ctx, f, &header);
	return status ? status : check_sections(ctx, f);
}

static enum dlk_status open_elf(struct dlk_ctx *ctx, struct dlk_elffile *f)
{
	struct stat st;
	enum dlk_status status;

	/* A pipe would wait for its writer. */
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0 || fstat(f->fd, &st))
		return refuse(ctx, f->path, DLK_ERR_SYSTEM, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(ctx, f->path, DLK_ERR_UNSUPPORTED, "not a regular file");
	if (elf_version(EV_CURRENT) == EV_NONE)
		return refuse(ctx, f->path, DLK_ERR_SYSTEM, "libelf is too old");
	status = dlk_prepend(ctx, dlk_container_unpack(ctx, &f->fd, &dlk_unpack_vmlinux), "%s",
			     f->path);
	if (status)
		return status;
	/* It has neither symbols nor debugging information. */
	if (has_magic(f->fd, BOOT_MAGIC_AT, "HdrS", 4))
		return refuse_other(ctx, f);
	f->elf = elf_begin(f->fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	if (!f->elf || elf_kind(f->elf) != ELF_K_ELF)
		return refuse_other(ctx, f);
	return check_header(ctx, f);
}

enum dlk_status dlk_elffile_open(struct dlk_ctx *ctx, const char *path, struct dlk_elffile *ret)
{
	enum dlk_status status;

	*ret = (struct dlk_elffile){ .path = dlk_strdup(ctx, path), .fd = -1 };
	if (!ret->path)
		return dlk_nomem(ctx);
	status = open_elf(ctx, ret);
	if (status)
		dlk_elffile_close(ret);
	return status;
}

void dlk_elffile_close(struct dlk_elffile *f)
{
	elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
	f->elf = NULL;
	f->fd = -1;
}

enum dlk_status dlk_elffile_build_id(struct dlk_ctx *ctx, const struct dlk_elffile *f,
				     const char **ret)
{
	struct dlk_strbuf sb = { .ctx = ctx };
	const void *bits;
	ssize_t len = dwelf_elf_gnu_build_id(f->elf, &bits);

	if (len <= 0)
		return DLK_ERR_NOTFOUND;
	for (ssize_t i = 0; i < len; i++)
		dlk_strbuf_printf(&sb, "%02x", ((const unsigned char *)bits)[i]);
	if (sb.is_cut)
		return dlk_nomem(ctx);
	*ret = dlk_strbuf_text(&sb);
	return DLK_OK;
}

bool dlk_elffile_has_symbols(const struct dlk_elffile *f)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(f->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB)
			return true;
	return false;
}

/* One that the file has not left out: by its name, and by what it had when it was compressed the old way. */
static bool has_section(const struct dlk_elffile *f, const char *name, const char *compressed)
{
	size_t names;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(f->elf, &names))
		return false;
	while ((scn = elf_nextscn(f->elf, scn))) {
		const char *its;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		its = elf_strptr(f->elf, names, shdr.sh_name);
		if (its && (!strcmp(its, name) || !strcmp(its, compressed)))
			return true;
	}
	return false;
}

bool dlk_elffile_has_dwarf(const struct dlk_elffile *f)
{
	return has_section(f, ".debug_info", ".zdebug_info");
}

bool dlk_elffile_has_cfi(const struct dlk_elffile *f)
{
	return has_section(f, ".debug_frame", ".zdebug_frame");
}

bool dlk_elffile_is_shared(const struct dlk_elffile *f)
{
	return has_section(f, ".gnu_debugaltlink", ".debug_sup");
}

/* --- the separate debug file */

struct search {
	struct dlk_ctx *ctx;
	const char *build_id;     /* of the stripped file */
	struct dlk_strbuf sought; /* what was looked for in vain */
	struct dlk_elffile found;
};

/* A file that has something, of the same build. */
static bool is_debug_file(struct search *s, const struct dlk_elffile *f, const char **why)
{
	const char *id = "";

	if (dlk_elffile_build_id(s->ctx, f, &id) || strcmp(id, s->build_id))
		*why = " (of another build)";
	else if (!dlk_elffile_has_symbols(f) && !dlk_elffile_has_dwarf(f))
		*why = " (stripped, too)";
	else
		return true;
	return false;
}

static enum dlk_status try_file(struct search *s, const char *path)
{
	struct dlk_elffile f;
	const char *why = "";
	enum dlk_status status;

	if (!path)
		return dlk_nomem(s->ctx);
	status = dlk_elffile_open(s->ctx, path, &f);
	if (status == DLK_ERR_NOMEM)
		return status;
	if (!status && is_debug_file(s, &f, &why)) {
		s->found = f;
		return DLK_OK;
	}
	dlk_strbuf_printf(&s->sought, "%s%s%s", s->sought.len ? ", " : "", path, why);
	if (!status)
		dlk_elffile_close(&f);
	return DLK_ERR_NOTFOUND;
}

/* Beside the file, in .debug, and below the root. */
static enum dlk_status try_name(struct search *s, const char *folder, const char *name,
				const char *root)
{
	enum dlk_status status;

	if (!name)
		return dlk_nomem(s->ctx);
	status = try_file(s, dlk_format(s->ctx, "%s/%s", folder, name));
	if (status == DLK_ERR_NOTFOUND)
		status = try_file(s, dlk_format(s->ctx, "%s/.debug/%s", folder, name));
	if (status == DLK_ERR_NOTFOUND)
		status = try_file(s, dlk_format(s->ctx, "%s%s/%s", root, folder, name));
	return status;
}

/* By the name that the file gives, else by its own: with .debug, and in the root as it is. */
static enum dlk_status try_names(struct search *s, const struct dlk_elffile *f, const char *root)
{
	GElf_Word crc; /* the build ID is the better check */
	const char *link = dwelf_elf_gnu_debuglink(f->elf, &crc);
	char folder[PATH_MAX], *name;
	enum dlk_status status;

	if (!realpath(f->path, folder))
		return DLK_ERR_NOTFOUND;
	name = strrchr(folder, '/');
	*name++ = 0;
	if (link && *link && !strchr(link, '/'))
		return try_name(s, folder, link, root);
	status = try_name(s, folder, dlk_format(s->ctx, "%s.debug", name), root);
	if (status == DLK_ERR_NOTFOUND)
		status = try_file(s, dlk_format(s->ctx, "%s%s/%s", root, folder, name));
	return status;
}

enum dlk_status dlk_elffile_find_debug(struct dlk_ctx *ctx, const struct dlk_elffile *f,
				       const char *root, struct dlk_elffile *ret,
				       const char **sought)
{
	struct search s = { .ctx = ctx, .build_id = "", .sought = { .ctx = ctx } };
	enum dlk_status status = dlk_elffile_build_id(ctx, f, &s.build_id);

	if (!status)
		status = try_file(&s, dlk_format(ctx, "%s/.build-id/%.2s/%s.debug", root,
						 s.build_id, s.build_id + 2));
	if (*s.build_id && status == DLK_ERR_NOTFOUND)
		status = try_names(&s, f, root);
	if (status == DLK_ERR_NOTFOUND && s.sought.is_cut)
		return dlk_nomem(ctx);
	if (!status)
		*ret = s.found;
	else if (status == DLK_ERR_NOTFOUND)
		*sought = dlk_strbuf_text(&s.sought);
	return status;
}
