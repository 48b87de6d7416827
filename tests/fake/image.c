/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image: pages of bytes, and names for them. */
#include <config.h>

#include "image.h"

#include <string.h>

#include "fake.h"

enum { FUNCTION_SIZE = 0x1000, OBJECT_OFFSET = 0x140 };

struct dlk_fake_image *dlk_fake_image_new(struct dlk_ctx *ctx, const char *path)
{
	struct dlk_fake_image *image = dlk_alloc(ctx, sizeof(*image));

	if (!image)
		return NULL;
	*image = (struct dlk_fake_image){
		.ctx = ctx,
		.path = path,
		.types = DLK_VEC_INIT(struct dlk_fake_type),
		.members = DLK_VEC_INIT(struct dlk_fake_member),
		.enumerators = DLK_VEC_INIT(struct dlk_fake_enumerator),
		.symbols = DLK_VEC_INIT(struct dlk_fake_symbol),
		.objects = DLK_VEC_INIT(struct dlk_fake_object),
		.tasks = DLK_VEC_INIT(struct dlk_fake_task),
		.calls = DLK_VEC_INIT(struct dlk_fake_call),
		.expects = DLK_VEC_INIT(struct dlk_fake_expect),
		.pages = DLK_VEC_INIT(struct dlk_fake_page),
	};
	dlk_fake_set_arch(image, &dlk_fake_x86_64);
	return image;
}

void dlk_fake_set_arch(struct dlk_fake_image *image, const struct dlk_fake_arch *arch)
{
	image->arch = arch;
	image->next_object = arch->first_object;
	image->next_function = arch->first_function;
}

bool dlk_fake_image_is_of_one_arch(const struct dlk_fake_image *image)
{
	return image->is_of_one_arch;
}

/* Each page of the kernel is at a physical address of its own. */
dlk_addr_t dlk_fake_phys(const struct dlk_fake_image *image, dlk_addr_t address)
{
	return dlk_arch_is_kernel(image->arch->kernel->machine, address)
		       ? address & UINT64_C(0xffffffffffff)
		       : 0;
}

static struct dlk_fake_page *find_page(struct dlk_fake_image *image, dlk_addr_t address)
{
	uint64_t frame = dlk_fake_phys(image, address) >> DLK_PAGE_SHIFT;
	uint32_t index = dlk_map_get(&image->by_frame, frame);

	return index == UINT32_MAX ? NULL : DLK_VEC_AT(&image->pages, struct dlk_fake_page, index);
}

static enum dlk_status get_page(struct dlk_fake_image *image, dlk_addr_t address,
				struct dlk_fake_page **ret)
{
	struct dlk_fake_page *page = find_page(image, address);
	enum dlk_status status;

	if (!dlk_fake_phys(image, address))
		return dlk_fail(image->ctx, DLK_ERR_INVALID, "%#llx is no kernel address",
				(unsigned long long)address);
	if (!page) {
		page = dlk_vec_push(image->ctx, &image->pages);
		if (!page)
			return dlk_nomem(image->ctx);
		page->frame = dlk_fake_phys(image, address) >> DLK_PAGE_SHIFT;
		page->data = dlk_alloc(image->ctx, DLK_PAGE_SIZE);
		if (!page->data)
			return dlk_nomem(image->ctx);
		status = dlk_map_put(image->ctx, &image->by_frame, page->frame,
				     image->pages.len - 1);
		if (status)
			return status;
	}
	*ret = page;
	return DLK_OK;
}

enum dlk_status dlk_fake_write(struct dlk_fake_image *image, dlk_addr_t address, const void *data,
			       size_t len)
{
	const unsigned char *from = data;

	for (size_t i = 0; i < len; i++) {
		struct dlk_fake_page *page = NULL;
		enum dlk_status status = get_page(image, address + i, &page);

		if (status)
			return status;
		/* cppcheck-suppress uninitvar ; the callers give initialised bytes */
		page->data[(address + i) & (DLK_PAGE_SIZE - 1)] = from[i];
	}
	return DLK_OK;
}

enum dlk_status dlk_fake_write_u64(struct dlk_fake_image *image, dlk_addr_t address, uint64_t value)
{
	struct dlk_member m = { .size = 8 };

	return dlk_fake_write_member(image, address, &m, value);
}

enum dlk_status dlk_fake_write_member(struct dlk_fake_image *image, dlk_addr_t base,
				      const struct dlk_member *m, uint64_t value)
{
	uint32_t size = m->size < 8 ? m->size : 8;
	unsigned char bytes[8];

	if (m->bit_size) {
		uint64_t mask = (UINT64_C(1) << m->bit_size) - 1, former = 0;

		for (uint32_t i = 0; i < size; i++) {
			dlk_addr_t at = base + m->offset + i;
			const struct dlk_fake_page *page = find_page(image, at);

			if (page)
				former |= (uint64_t)page->data[at & (DLK_PAGE_SIZE - 1)] << 8 * i;
		}
		value = (former & ~(mask << m->bit_offset)) | (value & mask) << m->bit_offset;
	}
	for (uint32_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
	return dlk_fake_write(image, base + m->offset, bytes, size);
}

enum dlk_status dlk_fake_map(struct dlk_fake_image *image, dlk_addr_t address, uint64_t len)
{
	const dlk_addr_t mask = DLK_PAGE_SIZE - 1;

	for (dlk_addr_t at = address & ~mask; at < address + len; at += DLK_PAGE_SIZE) {
		struct dlk_fake_page *page;
		enum dlk_status status = get_page(image, at, &page);

		if (status)
			return status;
	}
	return DLK_OK;
}

void dlk_fake_unmap(struct dlk_fake_image *image, dlk_addr_t address, uint64_t len)
{
	const dlk_addr_t mask = DLK_PAGE_SIZE - 1;

	for (dlk_addr_t at = address & ~mask; at < address + len; at += DLK_PAGE_SIZE) {
		struct dlk_fake_page *page = find_page(image, at);

		if (page)
			page->is_missing = true;
	}
}

uint32_t dlk_fake_image_page_count(const struct dlk_fake_image *image)
{
	return image->pages.len;
}

unsigned char *dlk_fake_image_page(struct dlk_fake_image *image, uint32_t index)
{
	return DLK_VEC_AT(&image->pages, struct dlk_fake_page, index)->data;
}

/* The element of a vector whose first member, a name, is @p name. */
static void *find_named(const struct dlk_vec *vec, const char *name)
{
	for (uint32_t i = 0; i < vec->len; i++) {
		char *element = (char *)vec->data + (size_t)i * vec->element;
		const char *its;

		memcpy(&its, element, sizeof(its));
		if (!strcmp(its, name))
			return element;
	}
	return NULL;
}

const struct dlk_fake_type *dlk_fake_find_type(const struct dlk_fake_image *image, const char *name)
{
	return find_named(&image->types, name);
}

const struct dlk_member *dlk_fake_find_member(const struct dlk_fake_image *image, const char *type,
					      const char *name)
{
	for (uint32_t i = 0; i < image->members.len; i++) {
		const struct dlk_fake_member *m = DLK_VEC_AT(&image->members,
							     const struct dlk_fake_member, i);

		if (!strcmp(m->type, type) && !strcmp(m->name, name))
			return &m->place;
	}
	return NULL;
}

const struct dlk_fake_enumerator *dlk_fake_find_enumerator(const struct dlk_fake_image *image,
							   const char *type, const char *name)
{
	for (uint32_t i = 0; i < image->enumerators.len; i++) {
		const struct dlk_fake_enumerator *e =
			DLK_VEC_AT(&image->enumerators, const struct dlk_fake_enumerator, i);

		if ((!type || !strcmp(e->type, type)) && !strcmp(e->name, name))
			return e;
	}
	return NULL;
}

struct dlk_fake_symbol *dlk_fake_find_symbol(const struct dlk_fake_image *image, const char *name)
{
	return find_named(&image->symbols, name);
}

const struct dlk_fake_object *dlk_fake_find_object(const struct dlk_fake_image *image,
						   const char *name)
{
	return find_named(&image->objects, name);
}

const struct dlk_fake_task *dlk_fake_find_task(const struct dlk_fake_image *image, const char *name)
{
	return find_named(&image->tasks, name);
}

dlk_addr_t dlk_fake_image_find(const struct dlk_fake_image *image, const char *object)
{
	const struct dlk_fake_object *o = dlk_fake_find_object(image, object);

	return o ? o->address : 0;
}

struct dlk_fake_symbol *dlk_fake_add_symbol(struct dlk_fake_image *image, const char *name,
					    dlk_addr_t address, uint64_t size)
{
	struct dlk_fake_symbol *s = dlk_vec_push(image->ctx, &image->symbols);

	if (s)
		*s = (struct dlk_fake_symbol){ .name = name, .address = address, .size = size };
	return s;
}

struct dlk_fake_symbol *dlk_fake_function(struct dlk_fake_image *image, const char *name)
{
	struct dlk_fake_symbol *s = dlk_fake_find_symbol(image, name);

	if (s)
		return s;
	s = dlk_fake_add_symbol(image, name, image->next_function, FUNCTION_SIZE);
	image->next_function += FUNCTION_SIZE;
	return s;
}

dlk_addr_t dlk_fake_place(struct dlk_fake_image *image, uint32_t size)
{
	dlk_addr_t address = image->next_object + OBJECT_OFFSET;
	uint32_t pages = (OBJECT_OFFSET + size + DLK_PAGE_SIZE - 1) / DLK_PAGE_SIZE;

	image->next_object += (dlk_addr_t)pages * DLK_PAGE_SIZE;
	return address;
}

const struct dlk_fake_object *dlk_fake_add_object(struct dlk_fake_image *image, const char *name,
						  const struct dlk_fake_type *type,
						  dlk_addr_t address)
{
	struct dlk_fake_object *o = dlk_vec_push(image->ctx, &image->objects);

	if (!o)
		return NULL;
	*o = (struct dlk_fake_object){ .name = name, .type = type->name, .size = type->size };
	o->address = address ? address : dlk_fake_place(image, type->size);
	return dlk_fake_map(image, o->address, o->size) ? NULL : o;
}
