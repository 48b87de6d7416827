/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FAKE_IMAGE_H
#define DLK_TESTS_FAKE_IMAGE_H

/**
 * @file
 * An image in memory; private to tests/fake/.
 */

#include "base/map.h"
#include "base/vec.h"
#include "deadlock/debuginfo.h"
#include "target/memory.h"

#include "arch.h"

struct dlk_fake_type {
	const char *name;
	uint32_t size;
};

struct dlk_fake_member {
	const char *type, *name;
	struct dlk_member place;
};

struct dlk_fake_enumerator {
	const char *type, *name;
	int64_t value;
};

struct dlk_fake_symbol {
	const char *name;
	dlk_addr_t address;
	uint64_t size;  /* covered by it */
	uint32_t calls; /* return addresses given out, if it is a function */
};

struct dlk_fake_object {
	const char *name, *type;
	dlk_addr_t address;
	uint32_t size;
};

struct dlk_fake_task {
	const char *name, *leader; /* leader is NULL for a leader */
	dlk_addr_t task, signal, stack, sp;
	bool is_linked, has_stack;
};

/* Where a call returns to, and how far it is from there to the caller's frame; 0 is the last. */
struct dlk_fake_call {
	dlk_addr_t ip;
	uint32_t frame_size;
};

struct dlk_fake_expect {
	const char *text; /* words with one blank between */
	unsigned line;
};

struct dlk_fake_page {
	uint64_t frame;
	bool is_missing;
	unsigned char *data;
};

struct dlk_fake_image {
	struct dlk_ctx *ctx;
	const struct dlk_fake_arch *arch;
	bool is_of_one_arch; /* it says so */
	const char *path;
	struct dlk_vec types, members, enumerators, symbols, objects, tasks, calls, expects;
	struct dlk_vec pages;
	struct dlk_map by_frame; /* physical frame -> index into pages */
	dlk_addr_t next_object, next_function;
};

struct dlk_fake_image *dlk_fake_image_new(struct dlk_ctx *ctx, const char *path);

/** Make an image one of another architecture; nothing has a place in it yet. */
void dlk_fake_set_arch(struct dlk_fake_image *image, const struct dlk_fake_arch *arch);

/** Physical address of a kernel virtual one; 0 if it is none. */
dlk_addr_t dlk_fake_phys(const struct dlk_fake_image *image, dlk_addr_t address);

enum dlk_status dlk_fake_write(struct dlk_fake_image *image, dlk_addr_t address, const void *data,
			       size_t len) DLK_MUST_CHECK;
enum dlk_status dlk_fake_write_u64(struct dlk_fake_image *image, dlk_addr_t address, uint64_t value)
	DLK_MUST_CHECK;
/** Write a value to a member; of a bit-field only its bits. */
enum dlk_status dlk_fake_write_member(struct dlk_fake_image *image, dlk_addr_t base,
				      const struct dlk_member *m, uint64_t value) DLK_MUST_CHECK;
/** Make sure that the pages of a range are there. */
enum dlk_status dlk_fake_map(struct dlk_fake_image *image, dlk_addr_t address, uint64_t len)
	DLK_MUST_CHECK;
/** Take the pages of a range away: reading them fails. */
void dlk_fake_unmap(struct dlk_fake_image *image, dlk_addr_t address, uint64_t len);

/* Searches by name; NULL if there is none. */
const struct dlk_fake_type *dlk_fake_find_type(const struct dlk_fake_image *image,
					       const char *name);
const struct dlk_member *dlk_fake_find_member(const struct dlk_fake_image *image, const char *type,
					      const char *name);
const struct dlk_fake_enumerator *dlk_fake_find_enumerator(const struct dlk_fake_image *image,
							   const char *type, const char *name);
struct dlk_fake_symbol *dlk_fake_find_symbol(const struct dlk_fake_image *image, const char *name);
const struct dlk_fake_object *dlk_fake_find_object(const struct dlk_fake_image *image,
						   const char *name);
const struct dlk_fake_task *dlk_fake_find_task(const struct dlk_fake_image *image,
					       const char *name);

/** Find a function, or make one. */
struct dlk_fake_symbol *dlk_fake_function(struct dlk_fake_image *image, const char *name);
/** Make a symbol; NULL if there is no memory. */
struct dlk_fake_symbol *dlk_fake_add_symbol(struct dlk_fake_image *image, const char *name,
					    dlk_addr_t address, uint64_t size);
/** Make an object; at 0 for a place of its own choice.  NULL if there is no memory. */
const struct dlk_fake_object *dlk_fake_add_object(struct dlk_fake_image *image, const char *name,
						  const struct dlk_fake_type *type,
						  dlk_addr_t address);
/** A place for an object, on pages of its own. */
dlk_addr_t dlk_fake_place(struct dlk_fake_image *image, uint32_t size);

/* task.c: tasks, stacks and what is made of them at the end. */

enum { DLK_FAKE_LIVE = 0x400 }; /* bytes of a stack that are live, unless said otherwise */

/** Make a task with its signal_struct and its stack; the members of its struct are not set. */
struct dlk_fake_task *dlk_fake_add_task(struct dlk_fake_image *image, const char *name);

/** A stack while it is filled, from the saved stack pointer upwards. */
struct dlk_fake_stack {
	struct dlk_fake_task *task;
	dlk_addr_t at, top; /* the next free word */
	dlk_addr_t
		bp_at; /* where the next frame's address goes; 0 if the kernel has no place for it */
	dlk_addr_t frame;    /* start of the current frame; 0 before the first */
	dlk_addr_t stale_at; /* the next free word below the saved stack pointer, downwards */
};

enum dlk_status dlk_fake_stack_start(struct dlk_fake_image *image, struct dlk_fake_stack *s,
				     struct dlk_fake_task *task, uint32_t live) DLK_MUST_CHECK;
enum dlk_status dlk_fake_stack_call(struct dlk_fake_image *image, struct dlk_fake_stack *s,
				    const char *function) DLK_MUST_CHECK;
/** Take room in the current frame; 0 if there is none. */
dlk_addr_t dlk_fake_stack_take(struct dlk_fake_stack *s, uint32_t size);

/** Let the tasks whose stacks were not told sleep in schedule(). */
enum dlk_status dlk_fake_make_sleepers(struct dlk_fake_image *image) DLK_MUST_CHECK;

/** Link the tasks, make the ORC tables: before the image's own words are written. */
enum dlk_status dlk_fake_link_tasks(struct dlk_fake_image *image) DLK_MUST_CHECK;
enum dlk_status dlk_fake_make_orc(struct dlk_fake_image *image) DLK_MUST_CHECK;

/** Write the functions by which a kernel is seen to have frame pointers. */
enum dlk_status dlk_fake_make_marks(struct dlk_fake_image *image) DLK_MUST_CHECK;
bool dlk_fake_is_mark(const struct dlk_fake_image *image, const char *name);

/** Link a ring of list_heads. */
enum dlk_status dlk_fake_link(struct dlk_fake_image *image, const dlk_addr_t *ring, uint32_t count)
	DLK_MUST_CHECK;

#endif
