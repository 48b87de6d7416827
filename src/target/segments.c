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
#include "target/bytes.h"

enum { MAX_SEGMENTS = 1 << 22, PAGE_SIZE = 4096, BATCH = 64 /* headers read at once */ };

/* More than 65534 headers: the first section header has the number. */
static bool read_count(int fd, const Elf64_Ehdr *eh, uint64_t *ret)
{
	Elf64_Shdr sh;

	*ret = eh->e_phnum;
	if (eh->e_phnum != PN_XNUM || !eh->e_shoff)
		return true;
	if (!dlk_pread_all(fd, &sh, sizeof(sh), eh->e_shoff))
		return false;
	*ret = sh.sh_info;
	return true;
}

/* How many bytes of a segment the file has; a page that is cut would end in zeros and does not count. */
static uint64_t size_of(const Elf64_Phdr *ph, uint64_t file_size)
{
	uint64_t left = ph->p_offset < file_size ? file_size - ph->p_offset : 0;
	uint64_t part = (ph->p_paddr + left) % PAGE_SIZE;

	if (ph->p_filesz <= left)
		return ph->p_filesz;
	return part < left ? left - part : 0;
}

static enum dlk_status add(struct dlk_ctx *ctx, struct dlk_vec *to, const Elf64_Phdr *ph,
			   uint64_t size)
{
	struct dlk_segment *segment;

	if (!size || ph->p_paddr + size < size)
		return DLK_OK;
	segment = dlk_vec_push(ctx, to);
	if (!segment)
		return dlk_nomem(ctx);
	*segment = (struct dlk_segment){ ph->p_paddr, ph->p_paddr + size, ph->p_offset };
	return DLK_OK;
}

static enum dlk_status read_headers(struct dlk_ctx *ctx, int fd, struct dlk_vec *all, bool *is_cut)
{
	Elf64_Phdr batch[BATCH];
	Elf64_Ehdr eh;
	uint64_t count;
	struct stat st;
	enum dlk_status status = DLK_OK;

	if (fstat(fd, &st) || !dlk_pread_all(fd, &eh, sizeof(eh), 0) ||
	    !read_count(fd, &eh, &count) || count > MAX_SEGMENTS)
		return dlk_fail(ctx, DLK_ERR_CORRUPT, "the ELF header makes no sense");
	for (uint64_t i = 0; i < count && !status; i++) {
		const Elf64_Phdr *ph = &batch[i % BATCH];
		uint64_t size, len = count - i < BATCH ? count - i : BATCH;

		if (ph == batch && !dlk_pread_all(fd, batch, len * sizeof(*batch),
						  eh.e_phoff + i * sizeof(*batch)))
			return dlk_fail(ctx, DLK_ERR_CORRUPT, "the file ends within its headers");
		if (ph->p_type == PT_LOAD) {
			size = size_of(ph, (uint64_t)st.st_size);
			*is_cut |= size < ph->p_filesz;
			status = add(ctx, all, ph, size);
		}
	}
	return status;
}

static int compare(const void *a, const void *b)
{
	const struct dlk_segment *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/*
 * The kernel's image has a segment of its own within another one: what is there twice is taken from
 * the one that begins first.
 */
static uint32_t make_disjoint(struct dlk_segment *all, uint32_t count)
{
	uint32_t last = 0;

	if (!count)
		return 0;
	qsort(all, count, sizeof(*all), compare);
	for (uint32_t i = 1; i < count; i++) {
		struct dlk_segment segment = all[i];

		if (segment.end <= all[last].end)
			continue;
		if (segment.start < all[last].end) {
			segment.offset += all[last].end - segment.start;
			segment.start = all[last].end;
		}
		all[++last] = segment;
	}
	return last + 1;
}

enum dlk_status dlk_segments_read(struct dlk_ctx *ctx, int fd, struct dlk_segments *ret)
{
	struct dlk_vec all = DLK_VEC_INIT(struct dlk_segment);
	struct dlk_segments s = { 0 };
	unsigned char ident[EI_NIDENT];
	struct stat st;
	enum dlk_status status;

	if (!dlk_pread_all(fd, ident, sizeof(ident), 0) || memcmp(ident, ELFMAG, SELFMAG) ||
	    ident[EI_CLASS] != ELFCLASS64 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		*ret = s;
		return DLK_OK;
	}
	s.is_known = true;
	status = read_headers(ctx, fd, &all, &s.is_cut);
	if (status)
		return status;
	s.all = all.data;
	s.count = make_disjoint(all.data, all.len);
	*ret = s;
	return DLK_OK;
}

/* Index of the first segment that ends above an address. */
static uint32_t first_above(const struct dlk_segments *s, dlk_addr_t address)
{
	uint32_t first = 0, last = s->count;

	while (first < last) {
		uint32_t middle = first + (last - first) / 2;

		if (s->all[middle].end <= address)
			first = middle + 1;
		else
			last = middle;
	}
	return first;
}

bool dlk_segments_have(const struct dlk_segments *s, dlk_addr_t address, size_t len)
{
	uint32_t first = first_above(s, address);

	return !s->is_known || (first < s->count && s->all[first].start < address + len);
}

bool dlk_segments_pread(const struct dlk_segments *s, int fd, dlk_addr_t address, void *buf,
			size_t len)
{
	dlk_addr_t end = address + len, filled = address;
	uint32_t i = first_above(s, address);

	if (!dlk_segments_have(s, address, len))
		return false;
	for (; i < s->count && s->all[i].start < end; i++) {
		const struct dlk_segment *d = &s->all[i];
		dlk_addr_t from = d->start > address ? d->start : address;
		dlk_addr_t to = d->end < end ? d->end : end;

		if (!dlk_pread_all(fd, (unsigned char *)buf + (from - address), to - from,
				   d->offset + (from - d->start)))
			return false;
		if (from > filled)
			memset((unsigned char *)buf + (filled - address), 0, from - filled);
		if (to > filled)
			filled = to;
	}
	memset((unsigned char *)buf + (filled - address), 0, end - filled);
	return true;
}
