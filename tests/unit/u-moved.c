/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/debuginfo/moved.c: an image that was moved, and modules that were not. */
#include <config.h>

#include "support.h"

#include "debuginfo/moved.h"

#define LINKED 0xffffffff81000000u
#define OFFSET 0x3d000000
#define MODULE 0xffffffffc0536a90u /* less OFFSET: in the image, as linked */

static enum dlk_status find(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	(void)s;
	*ret = strcmp(name, "cpu_number") ? LINKED + 0x10 : 0x1234;
	return DLK_OK;
}

/* Whatever it is, it is the function before. */
static enum dlk_status at(struct dlk_symbols *s, dlk_addr_t address, struct dlk_symbol *ret)
{
	(void)s;
	*ret = (struct dlk_symbol){ .address = address & ~(dlk_addr_t)0xf, .name = "function" };
	return DLK_OK;
}

static enum dlk_status line(struct dlk_symbols *s, dlk_addr_t address, const char **ret)
{
	*ret = dlk_format(s->ctx, "%#llx", (unsigned long long)address);
	return DLK_OK;
}

static struct dlk_symbols *move(struct fake *f)
{
	static const struct dlk_symbols_ops ops = { .find = find, .at = at, .line = line };
	struct dlk_symbols *inner = dlk_alloc(&f->ctx, sizeof(*inner)), *moved;

	assert_non_null(inner);
	*inner = (struct dlk_symbols){ .ops = &ops, .ctx = &f->ctx };
	assert_int_equal(dlk_symbols_moved(inner, &dlk_arch_x86_64, OFFSET, &moved), DLK_OK);
	return moved;
}

static void test_image(void **state)
{
	struct dlk_symbols *s = move(*state);
	struct dlk_symbol symbol;
	dlk_addr_t address;
	const char *text;

	assert_int_equal(s->ops->find(s, "_text", &address), DLK_OK);
	assert_int_equal(address, LINKED + OFFSET + 0x10);
	assert_int_equal(s->ops->at(s, LINKED + OFFSET + 0x18, &symbol), DLK_OK);
	assert_int_equal(symbol.address, LINKED + OFFSET + 0x10);
	assert_int_equal(s->ops->line(s, LINKED + OFFSET + 0x18, &text), DLK_OK);
	assert_string_equal(text, "0xffffffff81000018");
}

static void test_per_cpu(void **state)
{
	struct dlk_symbols *s = move(*state);
	dlk_addr_t address;

	assert_int_equal(s->ops->find(s, "cpu_number", &address), DLK_OK);
	assert_int_equal(address, 0x1234);
}

static void test_module(void **state)
{
	struct dlk_symbols *s = move(*state);
	struct dlk_symbol symbol;
	const char *text;

	assert_int_equal(s->ops->at(s, MODULE, &symbol), DLK_ERR_NOTFOUND);
	assert_int_equal(s->ops->line(s, MODULE, &text), DLK_ERR_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_image),
		FAKE_TEST(test_per_cpu),
		FAKE_TEST(test_module),
	};

	return cmocka_run_group_tests_name("moved", tests, NULL, NULL);
}
