/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PT_LOADs of an ELF dump: which memory it has. */
#include <config.h>

#include "target/segments.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"

enum { MAX_SEGMENTS = 1 << 22, PAGE_SIZE = 4096 };

static bool read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	return offset <= INT64_MAX - len && pread(fd, buf, len, (off_t)offset) == (ssize_t)len;
}

/* More than 65534 headers: the first section header has the number. */
static bool read_count(int fd, const Elf64_Ehdr *eh, uint64_t *ret)
{
	Elf64_Shdr sh;

	*ret = eh->e_phnum;
	if (eh->e_phnum != PN_XNUM || !eh->e_shoff)
		return true;
	if (!read_at(fd, &sh, sizeof(sh), eh->e_shoff))
		return false;
	*ret = sh.sh_info;
	return true;
}

static uint64_t size_of(const Elf64_Phdr *ph, uint64_t file_size)
{
	uint64_t left = ph->p_offset < file_size ? file_size - ph->p_offset : 0;

	/* A page that is cut would end in zeros: it does not count. */
	if (ph->p_filesz > left) {
		uint64_t part = (ph->p_paddr + left) % PAGE_SIZE;

		return part < left ? left - part : 0;
	}
	return ph->p_memsz > ph->p_filesz ? ph->p_memsz : ph->p_filesz;
}

static enum dlk_status read_headers(struct dlk_ctx *ctx, int fd, struct dlk_vec *segments)
{
	Elf64_Ehdr eh;
	uint64_t count;
	struct stat st;

	if (fstat(fd, &st) || !read_at(fd, &eh, sizeof(eh), 0) || !read_count(fd, &eh, &count) ||
	    count > MAX_SEGMENTS)
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "the ELF header makes no sense");
	for (uint64_t i = 0; i < count; i++) {
		struct dlk_segment *segment;
		Elf64_Phdr ph;
		uint64_t size;

		if (!read_at(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph)))
			return dlk_fail(ctx, DLK_ERR_CORRUPT, "the file ends within its headers");
		size = size_of(&ph, (uint64_t)st.st_size);
		if (ph.p_type != PT_LOAD || !size || ph.p_paddr + size < size)
			continue;
		segment = dlk_vec_push(ctx, segments);
		if (!segment)
			return dlk_nomem(ctx);
		*segment = (struct dlk_segment){ ph.p_paddr, ph.p_paddr + size };
	}
	return DLK_OK;
}

static int compare(const void *a, const void *b)
{
	const struct dlk_segment *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* The kernel's image has a segment of its own within another one. */
static void merge(struct dlk_segments *s)
{
	uint32_t last = 0;

	qsort(s->all, s->count, sizeof(*s->all), compare);
	for (uint32_t i = 1; i < s->count; i++) {
		if (s->all[i].start > s->all[last].end)
			s->all[++last] = s->all[i];
		else if (s->all[i].end > s->all[last].end)
			s->all[last].end = s->all[i].end;
	}
	s->count = last + 1;
}

enum dlk_status dlk_segments_read(struct dlk_ctx *ctx, int fd, struct dlk_segments *ret)
{
	struct dlk_vec segments = DLK_VEC_INIT(struct dlk_segment);
	struct dlk_segments s = { 0 };
	unsigned char ident[EI_NIDENT];
	struct stat st;
	enum dlk_status status;

	if (!read_at(fd, ident, sizeof(ident), 0) || memcmp(ident, ELFMAG, SELFMAG) ||
	    ident[EI_CLASS] != ELFCLASS64 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		*ret = s;
		return DLK_OK;
	}
	status = read_headers(ctx, fd, &segments);
	if (status)
		return status;
	s = (struct dlk_segments){ .is_known = true, .all = segments.data, .count = segments.len };
	if (s.count)
		merge(&s);
	*ret = s;
	return DLK_OK;
}

bool dlk_segments_have(const struct dlk_segments *s, dlk_addr_t address, size_t len)
{
	uint32_t first = 0, last = s->count;

	if (!s->is_known)
		return true;
	while (first < last) {
		uint32_t middle = first + (last - first) / 2;

		if (s->all[middle].end <= address)
			first = middle + 1;
		else
			last = middle;
	}
	return first < s->count && s->all[first].start < address + len;
}
