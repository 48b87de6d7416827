/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_VICTIM_H
#define DLK_TESTS_VICTIM_H

/**
 * @file
 * A bundled capture as a plain file that can be changed: by the kernel's own symbols and members, with more
 * memory, mapped where no memory was.
 *
 *     victim_open -> victim_... -> victim_close -> meter_run()
 */

#include <sys/types.h>

#include "meter.h"
#include "session/session.h"
#include "target/segments.h"

/** Where victim_map() puts what it maps: a part of the address space that the kernel leaves alone. */
#define VICTIM_SPACE 0xffffa90000000000u

struct victim {
	struct dlk_ctx ctx;
	struct dlk_session *session;
	struct dlk_kernel *k;
	char path[64];
	int fd;
	uint64_t file_size;
	dlk_addr_t next; /**< Physical address of the next page that is added. */
	dlk_addr_t root; /**< Of the page tables. */
	off_t spare;     /**< Where the next program header is that has no memory yet. */
	unsigned spares;
};

/** Unpack vmcores/captures/NAME.elf.zst, one without a base, to m->path. */
void victim_open(struct victim *v, struct meter *m, const char *name);
void victim_close(struct victim *v);

/** Virtual address of a symbol; fails the test if there is none. */
dlk_addr_t victim_symbol(struct victim *v, const char *name);
struct dlk_member victim_member(struct victim *v, const char *type, const char *name);
/** Address of a member of a struct. */
dlk_addr_t victim_at(struct victim *v, dlk_addr_t base, const char *type, const char *name);
/** Address of the task_struct of that name. */
dlk_addr_t victim_task(struct victim *v, const char *comm);

uint64_t victim_get(struct victim *v, dlk_addr_t address);
/** Overwrite; a page that is not in the capture is added, of zeros. */
void victim_put(struct victim *v, dlk_addr_t address, const void *data, size_t size);
void victim_u64(struct victim *v, dlk_addr_t address, uint64_t value);
void victim_u32(struct victim *v, dlk_addr_t address, uint32_t value);

/** Overwrite what follows a text in the notes. */
void victim_note(struct victim *v, const char *text, const char *with);

/** Overwrite the number of a SYMBOL() in VMCOREINFO. */
void victim_vmcoreinfo(struct victim *v, const char *symbol, uint64_t value);

/** Where BTF's record of a type is: a struct btf_type; fails the test if there is none. */
dlk_addr_t victim_btf(struct victim *v, const char *name, unsigned kind);

/** Add pages of zeros to the capture; returns their physical address. */
dlk_addr_t victim_grow(struct victim *v, unsigned pages);
/** Write to what victim_grow() has added. */
void victim_put_phys(struct victim *v, dlk_addr_t phys, const void *data, size_t size);
/** Map @p count pages from @p address on to physical ones: to those from @p phys on, or all to that one. */
void victim_map(struct victim *v, dlk_addr_t address, dlk_addr_t phys, unsigned count,
		bool all_one);
/** Add pages, map them in VICTIM_SPACE + @p offset; returns their virtual address. */
dlk_addr_t victim_add(struct victim *v, uint64_t offset, unsigned pages);

#endif
