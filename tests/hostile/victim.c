/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures that can be changed: see victim.h. */
#include <config.h>

#include "victim.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "kernel/task.h"
#include "kernel/xlat.h"

enum {
	ENTRIES = 512,
	ENTRY = 0x63, /* present, writable, accessed, dirty */
	LARGE = 0x80,
	MORE = 1 << 16, /* pages that may be added */
	SPARES = 16     /* pages that the capture lacks */
};

static const uint64_t frame_mask = 0x000ffffffffff000;
/* Where no machine of a capture has memory. */
static const dlk_addr_t new_memory = UINT64_C(1) << 44;

/* --- the file */

static void *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	void *data;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	*size = (size_t)ftell(f);
	rewind(f);
	data = malloc(*size);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, *size, f), *size);
	fclose(f);
	return data;
}

static void unpack(struct victim *v, const char *path)
{
	size_t size, room = ZSTD_DStreamOutSize();
	void *data = read_file(path, &size), *out = malloc(room);
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = { data, size, 0 };

	assert_non_null(out);
	while (in.pos < in.size) {
		ZSTD_outBuffer piece = { out, room, 0 };

		assert_false(ZSTD_isError(ZSTD_decompressStream(stream, &piece, &in)));
		assert_int_equal(write(v->fd, out, piece.pos), piece.pos);
		v->file_size += piece.pos;
	}
	ZSTD_freeDStream(stream);
	free(out);
	free(data);
}

/* The program headers go to the end, where there is room for more: memory that is not there yet. */
static void add_segments(struct victim *v)
{
	Elf64_Phdr more = { .p_type = PT_LOAD, .p_paddr = new_memory };
	static unsigned char headers[16 * DLK_PAGE_SIZE];
	Elf64_Ehdr eh;
	size_t size;

	assert_int_equal(pread(v->fd, &eh, sizeof(eh), 0), sizeof(eh));
	size = eh.e_phnum * sizeof(more);
	memset(headers, 0, sizeof(headers));
	assert_true(size + (1 + SPARES) * sizeof(more) <= sizeof(headers));
	assert_int_equal(pread(v->fd, headers, size, (off_t)eh.e_phoff), size);
	eh.e_phoff = (v->file_size + DLK_PAGE_SIZE - 1) & -(uint64_t)DLK_PAGE_SIZE;
	eh.e_phnum = (uint16_t)(eh.e_phnum + 1 + SPARES);
	eh.e_shoff = eh.e_shnum = 0;
	v->file_size = eh.e_phoff + sizeof(headers);
	v->spare = (off_t)(eh.e_phoff + size + sizeof(more));
	v->spares = SPARES;
	more.p_offset = v->file_size;
	more.p_filesz = more.p_memsz = (uint64_t)MORE * DLK_PAGE_SIZE;
	memcpy(headers + size, &more, sizeof(more));
	v->file_size += more.p_filesz;
	assert_int_equal(pwrite(v->fd, &eh, sizeof(eh), 0), sizeof(eh));
	assert_int_equal(pwrite(v->fd, headers, sizeof(headers), (off_t)eh.e_phoff),
			 sizeof(headers));
	assert_int_equal(ftruncate(v->fd, (off_t)v->file_size), 0);
}

/* A page that the capture lacks. */
static void provide(struct victim *v, dlk_addr_t phys)
{
	const Elf64_Phdr page = { .p_type = PT_LOAD,
				  .p_offset = v->file_size,
				  .p_paddr = phys & -(dlk_addr_t)DLK_PAGE_SIZE,
				  .p_filesz = DLK_PAGE_SIZE,
				  .p_memsz = DLK_PAGE_SIZE };

	assert_true(v->spares > 0);
	v->spares--;
	v->file_size += DLK_PAGE_SIZE;
	assert_int_equal(pwrite(v->fd, &page, sizeof(page), v->spare), sizeof(page));
	assert_int_equal(ftruncate(v->fd, (off_t)v->file_size), 0);
	v->spare += (off_t)sizeof(page);
}

void victim_open(struct victim *v, struct meter *m, const char *name)
{
	const char *top = getenv("top_srcdir");
	struct dlk_open how = { 0 };
	struct dlk_xlat_root root;
	char packed[4096];

	*v = (struct victim){ .next = new_memory };
	snprintf(packed, sizeof(packed), "%s/vmcores/captures/%s.elf.zst", top ? top : ".", name);
	snprintf(v->path, sizeof(v->path), "%s", m->path);
	v->fd = open(v->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(v->fd >= 0);
	unpack(v, packed);
	add_segments(v);
	how.vmcore = v->path;
	dlk_ctx_init(&v->ctx);
	if (dlk_session_open_vmcore(&v->ctx, &how, &v->session))
		fail_msg("%s", v->ctx.err.text);
	v->k = &v->session->kernel;
	assert_int_equal(dlk_xlat_root_from_vmcoreinfo(&v->ctx, v->k->arch,
						       v->session->target->vmcoreinfo, &root),
			 DLK_OK);
	assert_int_equal(root.levels, 4);
	v->root = root.address;
}

void victim_close(struct victim *v)
{
	dlk_session_close(v->session);
	dlk_ctx_deinit(&v->ctx);
	close(v->fd);
}

/* --- names */

dlk_addr_t victim_symbol(struct victim *v, const char *name)
{
	dlk_addr_t address = dlk_kernel_symbol(v->k, name);

	if (!address)
		fail_msg("no symbol %s", name);
	return address;
}

struct dlk_member victim_member(struct victim *v, const char *type, const char *name)
{
	struct dlk_member m;

	if (v->k->types->ops->member(v->k->types, type, name, &m))
		fail_msg("no member %s.%s", type, name);
	return m;
}

dlk_addr_t victim_at(struct victim *v, dlk_addr_t base, const char *type, const char *name)
{
	return base + victim_member(v, type, name).offset;
}

dlk_addr_t victim_task(struct victim *v, const char *comm)
{
	struct dlk_tasks tasks;

	assert_int_equal(dlk_tasks_read(v->k, NULL, NULL, &tasks), DLK_OK);
	for (uint32_t i = 0; i < tasks.tasks.len; i++) {
		const struct dlk_task *t = DLK_VEC_AT(&tasks.tasks, struct dlk_task, i);

		if (!strcmp(t->comm, comm))
			return t->address;
	}
	fail_msg("no task %s", comm);
	return 0;
}

/* --- memory */

static off_t find_place(struct victim *v, dlk_addr_t phys)
{
	struct dlk_segments s;

	assert_int_equal(dlk_segments_read(&v->ctx, v->fd, &s), DLK_OK);
	for (uint32_t i = 0; i < s.count; i++)
		if (phys >= s.all[i].start && phys < s.all[i].end)
			return (off_t)(s.all[i].offset + (phys - s.all[i].start));
	return -1;
}

static off_t place_of(struct victim *v, dlk_addr_t phys)
{
	off_t at = find_place(v, phys);

	if (at < 0)
		provide(v, phys);
	return at < 0 ? find_place(v, phys) : at;
}

static void get_phys(struct victim *v, dlk_addr_t phys, void *data, size_t size)
{
	assert_int_equal(pread(v->fd, data, size, place_of(v, phys)), size);
}

void victim_put_phys(struct victim *v, dlk_addr_t phys, const void *data, size_t size)
{
	assert_int_equal(pwrite(v->fd, data, size, place_of(v, phys)), size);
}

/* As the tables are now, not as they were when the session was opened. */
static dlk_addr_t phys_of(struct victim *v, dlk_addr_t address)
{
	dlk_addr_t table = v->root;

	for (unsigned shift = 39;; shift -= 9) {
		uint64_t entry, low = (UINT64_C(1) << shift) - 1;

		get_phys(v, table + (address >> shift) % ENTRIES * sizeof(entry), &entry,
			 sizeof(entry));
		if (!(entry & 1))
			fail_msg("%#llx is not mapped", (unsigned long long)address);
		if (shift == 12 || entry & LARGE)
			return (entry & frame_mask & ~low) | (address & low);
		table = entry & frame_mask;
	}
}

uint64_t victim_get(struct victim *v, dlk_addr_t address)
{
	uint64_t value;

	get_phys(v, phys_of(v, address), &value, sizeof(value));
	return value;
}

void victim_put(struct victim *v, dlk_addr_t address, const void *data, size_t size)
{
	const unsigned char *from = data;

	while (size) {
		size_t part = DLK_PAGE_SIZE - address % DLK_PAGE_SIZE;

		part = part < size ? part : size;
		victim_put_phys(v, phys_of(v, address), from, part);
		address += part;
		from += part;
		size -= part;
	}
}

void victim_u64(struct victim *v, dlk_addr_t address, uint64_t value)
{
	victim_put(v, address, &value, sizeof(value));
}

void victim_u32(struct victim *v, dlk_addr_t address, uint32_t value)
{
	victim_put(v, address, &value, sizeof(value));
}

void victim_note(struct victim *v, const char *text, const char *with)
{
	enum { NOTES = 1 << 16 };
	static char notes[NOTES];
	ssize_t got = pread(v->fd, notes, sizeof(notes), 0);
	const char *hit;

	assert_true(got > 0);
	hit = memmem(notes, (size_t)got, text, strlen(text));
	assert_non_null(hit);
	assert_int_equal(pwrite(v->fd, with, strlen(with), hit - notes + (off_t)strlen(text)),
			 strlen(with));
}

void victim_vmcoreinfo(struct victim *v, const char *symbol, uint64_t value)
{
	char key[64], digits[32];

	snprintf(key, sizeof(key), "SYMBOL(%s)=", symbol);
	snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)value);
	victim_note(v, key, digits);
}

/* BTF as it is in the capture: a copy, and where a record is in it. */
dlk_addr_t victim_btf(struct victim *v, const char *name, unsigned kind)
{
	/* What follows the three words of a record, in words; times vlen for those that have that. */
	static const unsigned char fixed[] = { 0, 1, 0, 3, 0, 0, 0, 0, 0, 0,
					       0, 0, 0, 0, 1, 0, 0, 1, 0, 0 };
	static const unsigned char each[] = { 0, 0, 0, 0, 3, 3, 2, 0, 0, 0,
					      0, 0, 0, 2, 0, 3, 0, 0, 0, 3 };
	dlk_addr_t start = victim_symbol(v, "__start_BTF"), end = victim_symbol(v, "__stop_BTF");
	unsigned char *data = malloc(end - start);
	uint32_t header[6];

	assert_non_null(data);
	assert_int_equal(dlk_memory_read(&v->k->memory, start, data, end - start), DLK_OK);
	memcpy(header, data, sizeof(header));
	for (uint32_t at = header[1] + header[2], stop = at + header[3]; at < stop;) {
		uint32_t type[3];
		unsigned which;

		memcpy(type, data + at, sizeof(type));
		which = type[1] >> 24 & 31;
		if (which == kind &&
		    !strcmp((char *)data + header[1] + header[4] + type[0], name)) {
			free(data);
			return start + at;
		}
		at += 4 * (3 + fixed[which] + each[which] * (type[1] & 0xffff));
	}
	fail_msg("BTF has no %s", name);
	return 0;
}

/* --- more of it */

dlk_addr_t victim_grow(struct victim *v, unsigned pages)
{
	dlk_addr_t phys = v->next;

	v->next += (dlk_addr_t)pages * DLK_PAGE_SIZE;
	assert_true(v->next <= new_memory + (dlk_addr_t)MORE * DLK_PAGE_SIZE);
	return phys;
}

/* The table below an entry, which is made if there is none. */
static dlk_addr_t descend(struct victim *v, dlk_addr_t at)
{
	uint64_t entry;

	get_phys(v, at, &entry, sizeof(entry));
	if (!(entry & 1)) {
		entry = victim_grow(v, 1) | ENTRY;
		victim_put_phys(v, at, &entry, sizeof(entry));
	}
	assert_false(entry & LARGE);
	return entry & frame_mask;
}

void victim_map(struct victim *v, dlk_addr_t address, dlk_addr_t phys, unsigned count, bool all_one)
{
	for (unsigned i = 0; i < count;) {
		dlk_addr_t at = address + (dlk_addr_t)i * DLK_PAGE_SIZE, table = v->root;
		unsigned first = (unsigned)(at >> 12) % ENTRIES, n = 0;
		uint64_t entries[ENTRIES];

		for (unsigned shift = 39; shift > 12; shift -= 9)
			table = descend(v, table + (at >> shift) % ENTRIES * sizeof(uint64_t));
		for (; first + n < ENTRIES && i < count; n++, i++)
			entries[n] = (phys + (all_one ? 0 : (dlk_addr_t)i * DLK_PAGE_SIZE)) | ENTRY;
		victim_put_phys(v, table + first * sizeof(uint64_t), entries, n * sizeof(uint64_t));
	}
}

dlk_addr_t victim_add(struct victim *v, uint64_t offset, unsigned pages)
{
	dlk_addr_t phys = victim_grow(v, pages);

	victim_map(v, VICTIM_SPACE + offset, phys, pages, false);
	return VICTIM_SPACE + offset;
}
