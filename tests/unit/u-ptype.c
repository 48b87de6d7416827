/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/debuginfo/ptype.c: what the GDB 10.2 of crash 8.0.2 printed of a kernel 6.1, GDB 16.3 of a struct
 * that has an array without a length, and what they might.
 */
#include <config.h>

#include "support.h"

#include <stdlib.h>

#include "debuginfo/ptype.h"

struct answer {
	const char *question, *text;
};

static const char orc_entry[] = "/* offset    |  size */  type = struct orc_entry {\n"
				"/*    0      |     2 */    s16 sp_offset;\n"
				"/*    2      |     2 */    s16 bp_offset;\n"
				"/*    4: 0   |     4 */    unsigned int sp_reg : 4;\n"
				"/*    4: 4   |     4 */    unsigned int bp_reg : 4;\n"
				"/*    5: 0   |     4 */    unsigned int type : 2;\n"
				"/*    5: 2   |     4 */    unsigned int end : 1;\n"
				"/* XXX  5-bit padding   */\n"
				"\n"
				"                           /* total size (bytes):    6 */\n"
				"                         }\n";

static const char slab[] = "/* offset    |  size */  type = struct slab {\n"
			   "/*    0      |     8 */    long unsigned int __page_flags;\n"
			   "/*    8      |    16 */    union {\n"
			   "/*                16 */        struct list_head {\n"
			   "/*    8      |     8 */            struct list_head *next;\n"
			   "/*   16      |     8 */            struct list_head *prev;\n"
			   "\n"
			   "                                   /* total size (bytes):   16 */\n"
			   "                               } slab_list;\n"
			   "/*                16 */        struct {\n"
			   "/*    8      |     8 */            struct slab *next;\n"
			   "/*   16      |     4 */            int slabs;\n"
			   "/* XXX  4-byte padding  */\n"
			   "\n"
			   "                                   /* total size (bytes):   16 */\n"
			   "                               };\n"
			   "/* XXX  8-byte padding  */\n"
			   "\n"
			   "                               /* total size (bytes):   16 */\n"
			   "                           };\n"
			   "/*   24      |     8 */    void (*func)(struct callback_head *);\n"
			   "/*   32      |    16 */    atomic_long_t counts[2];\n"
			   "/*   48      |     0 */    char tail[];\n"
			   "\n"
			   "                           /* total size (bytes):   48 */\n"
			   "                         }\n";

static const char atomic_long_t[] = "/* offset    |  size */  type = struct {\n"
				    "/*    0      |     8 */    s64 counter;\n"
				    "\n"
				    "                           /* total size (bytes):    8 */\n"
				    "                         }\n";

/* GDB 12 and later, after "set print type hex on". */
static const char mutex_waiter[] =
	"/* offset      |    size */  type = struct mutex_waiter {\n"
	"/* 0x0000      |  0x0010 */    struct list_head {\n"
	"/* 0x0000      |  0x0008 */        struct list_head *next;\n"
	"/* 0x0008      |  0x0008 */        struct list_head *prev;\n"
	"\n"
	"                                   /* total size: 0x0010 bytes */\n"
	"                               } list;\n"
	"/* 0x0010      |  0x0008 */    struct task_struct *task;\n"
	"/* 0x0018: 0x4 |  0x0004 */    unsigned int flag : 1;\n"
	"\n"
	"                               /* total size: 0x0020 bytes */\n"
	"                             }\n";

/* By the compiler it is 72 bytes long. */
static const char dynamic[] = "warning: ptype/o does not work with dynamic types; disabling '/o'\n"
			      "type = struct dynamic {\n"
			      "    unsigned long flags;\n"
			      "    union {\n"
			      "        struct list_head run_list;\n"
			      "        struct {...};\n"
			      "    };\n"
			      "    void (*func)(struct list_head *);\n"
			      "    atomic_long_t counts[2];\n"
			      "    unsigned int in_iowait : 1;\n"
			      "    struct {\n"
			      "        int x;\n"
			      "        struct {...};\n"
			      "    } point;\n"
			      "    enum {ONE, TWO} state;\n"
			      "    struct fpstate fpu;\n"
			      "}\n";

static const struct answer answers[] = {
	{ "struct dynamic", dynamic },
	{ "($deadlock = (struct dynamic *)0, {(long)0, (long)sizeof(struct dynamic), "
	  "(long)&$deadlock->flags, (long)sizeof($deadlock->flags), "
	  "(long)&$deadlock->run_list, (long)sizeof($deadlock->run_list), "
	  "(long)&$deadlock->func, (long)sizeof($deadlock->func), "
	  "(long)&$deadlock->counts, (long)sizeof($deadlock->counts), "
	  "(long)&$deadlock->in_iowait, (long)sizeof($deadlock->in_iowait), "
	  "(long)&$deadlock->point, (long)sizeof($deadlock->point), "
	  "(long)&$deadlock->point.x, (long)sizeof($deadlock->point.x), "
	  "(long)&$deadlock->state, (long)sizeof($deadlock->state), "
	  "(long)&$deadlock->fpu, (long)sizeof($deadlock->fpu)})",
	  "{0, 72, 0, 8, 8, 16, 24, 8, 32, 16, 48, 4, 52, 8, 52, 4, 60, 4, 64, 4}" },
	{ "struct list_head", "/* offset      |    size */  type = struct list_head {\n"
			      "/*      0      |       8 */    struct list_head *next;\n"
			      "/*      8      |       8 */    struct list_head *prev;\n"
			      "\n"
			      "                               /* total size (bytes):   16 */\n"
			      "                             }\n" },
	{ "struct orc_entry", orc_entry },
	{ "struct slab", slab },
	{ "atomic_long_t", atomic_long_t },
	{ "struct mutex_waiter", mutex_waiter },
	{ "struct opaque", "type = struct opaque {\n    <incomplete type>\n}\n" },
	{ "int", "type = int\n" },
};

struct gdb {
	struct dlk_ctx ctx;
	struct dlk_types *types;
	struct answer override;
	unsigned asked, asked_places;
};

static enum dlk_status answer(void *arg, struct dlk_ctx *ctx, const char *question,
			      const char **ret)
{
	struct gdb *g = arg;

	(void)ctx;
	if (g->override.question && !strcmp(question, g->override.question)) {
		*ret = g->override.text;
		return DLK_OK;
	}
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (!strcmp(question, answers[i].question)) {
			*ret = answers[i].text;
			return DLK_OK;
		}
	return DLK_ERR_NOTFOUND;
}

static enum dlk_status ptype(void *arg, struct dlk_ctx *ctx, const char *type, const char **ret)
{
	((struct gdb *)arg)->asked++;
	return answer(arg, ctx, type, ret);
}

static enum dlk_status print(void *arg, struct dlk_ctx *ctx, const char *expression,
			     const char **ret)
{
	((struct gdb *)arg)->asked_places++;
	return answer(arg, ctx, expression, ret);
}

static enum dlk_status enumerator(void *arg, const char *name, int64_t *ret)
{
	(void)arg;
	if (strcmp(name, "PG_slab"))
		return DLK_ERR_NOTFOUND;
	*ret = 9;
	return DLK_OK;
}

static void start(struct gdb *g)
{
	const struct dlk_gdb how = {
		.ptype = ptype, .print = print, .enumerator = enumerator, .arg = g, .name = "gdb"
	};

	dlk_ctx_init(&g->ctx);
	assert_int_equal(dlk_ptype_open(&g->ctx, &how, &g->types), DLK_OK);
}

static int setup(void **state)
{
	struct gdb *g = test_calloc(1, sizeof(*g));

	start(g);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct gdb *g = *state;

	dlk_ctx_deinit(&g->ctx);
	test_free(g);
	return 0;
}

static void check_member(struct gdb *g, const char *type, const char *name,
			 struct dlk_member expected)
{
	struct dlk_member m;

	assert_int_equal(g->types->ops->member(g->types, type, name, &m), DLK_OK);
	assert_int_equal(m.offset, expected.offset);
	assert_int_equal(m.size, expected.size);
	assert_int_equal(m.bit_offset, expected.bit_offset);
	assert_int_equal(m.bit_size, expected.bit_size);
	assert_int_equal(m.count, expected.count);
}

static void check_size(struct gdb *g, const char *type, uint32_t expected)
{
	uint32_t size = 0;

	assert_int_equal(g->types->ops->size(g->types, type, &size),
			 expected ? DLK_OK : DLK_ERR_NOTFOUND);
	assert_int_equal(size, expected);
}

static void test_members(void **state)
{
	struct gdb *g = *state;

	check_size(g, "slab", 48);
	check_member(g, "slab", "__page_flags", (struct dlk_member){ 0, 8, 0, 0, 1 });
	check_member(g, "slab", "slab_list", (struct dlk_member){ 8, 16, 0, 0, 1 });
	check_member(g, "slab", "slab_list.prev", (struct dlk_member){ 16, 8, 0, 0, 1 });
	check_member(g, "slab", "slabs", (struct dlk_member){ 16, 4, 0, 0, 1 });
	check_member(g, "slab", "func", (struct dlk_member){ 24, 8, 0, 0, 1 });
	check_member(g, "slab", "counts", (struct dlk_member){ 32, 16, 0, 0, 2 });
	check_member(g, "slab", "tail", (struct dlk_member){ 48, 0, 0, 0, 0 });
	assert_int_equal(g->asked, 1);
	check_member(g, "slab", "counts.counter", (struct dlk_member){ 32, 8, 0, 0, 1 });
	assert_int_equal(g->asked, 2);
}

/* Bits count from the start of the storage unit, wherever GDB says that its byte is. */
static void test_bits(void **state)
{
	struct gdb *g = *state;
	struct dlk_member m;

	check_size(g, "orc_entry", 6);
	check_member(g, "orc_entry", "bp_offset", (struct dlk_member){ 2, 2, 0, 0, 1 });
	assert_int_equal(g->types->ops->member(g->types, "orc_entry", "end", &m), DLK_OK);
	assert_int_equal(m.offset * 8 + m.bit_offset, 5 * 8 + 2);
	assert_int_equal(m.bit_size, 1);
	assert_in_range(m.offset + m.size, 1, 6);
}

static void test_hexadecimal(void **state)
{
	struct gdb *g = *state;
	struct dlk_member m;

	check_size(g, "mutex_waiter", 32);
	check_member(g, "mutex_waiter", "list.prev", (struct dlk_member){ 8, 8, 0, 0, 1 });
	check_member(g, "mutex_waiter", "task", (struct dlk_member){ 16, 8, 0, 0, 1 });
	assert_int_equal(g->types->ops->member(g->types, "mutex_waiter", "flag", &m), DLK_OK);
	assert_int_equal(m.offset * 8 + m.bit_offset, 24 * 8 + 4);
}

/* All in one question, and nothing of those that have their offsets printed. */
static void test_dynamic(void **state)
{
	struct gdb *g = *state;
	struct dlk_member m;

	check_size(g, "dynamic", 72);
	check_member(g, "dynamic", "flags", (struct dlk_member){ 0, 8, 0, 0, 1 });
	check_member(g, "dynamic", "run_list", (struct dlk_member){ 8, 16, 0, 0, 1 });
	check_member(g, "dynamic", "func", (struct dlk_member){ 24, 8, 0, 0, 1 });
	check_member(g, "dynamic", "counts", (struct dlk_member){ 32, 16, 0, 0, 2 });
	check_member(g, "dynamic", "point", (struct dlk_member){ 52, 8, 0, 0, 1 });
	check_member(g, "dynamic", "point.x", (struct dlk_member){ 52, 4, 0, 0, 1 });
	check_member(g, "dynamic", "fpu", (struct dlk_member){ 64, 4, 0, 0, 1 });
	assert_int_equal(g->asked, 1);
	check_member(g, "dynamic", "run_list.prev", (struct dlk_member){ 16, 8, 0, 0, 1 });
	check_size(g, "slab", 48);
	assert_int_equal(g->asked_places, 1);
	/* Which of the bits it is was not said, nor that there is another member. */
	assert_int_equal(g->types->ops->member(g->types, "dynamic", "in_iowait", &m),
			 DLK_ERR_NOTFOUND);
	assert_int_equal(g->types->ops->member(g->types, "dynamic", "next", &m), DLK_ERR_NOTFOUND);
}

/* Past a bit-field that is who knows where. */
static void test_dynamic_path(void **state)
{
	struct gdb *g = *state;
	const char *path, *outer;

	assert_int_equal(g->types->ops->path_at(g->types, "dynamic", 8, "list_head", &path, &outer),
			 DLK_OK);
	assert_string_equal(path, "run_list");
	assert_int_equal(g->types->ops->path_at(g->types, "dynamic", 40, "atomic_long_t", &path,
						&outer),
			 DLK_OK);
	assert_string_equal(path, "counts[1]");
	assert_int_equal(g->types->ops->path_at(g->types, "dynamic", 52, "nothing", &path, &outer),
			 DLK_ERR_NOTFOUND);
}

/* An answer with too few numbers, too many, or none, is no answer. */
static void test_dynamic_damaged(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"0",
		"{0, 72}",
		"{0, 72, 0, 8, 8, 16, 24, 8, 32, 16, 48, 4, 52, 8, 52, 4, 60, 4, 64, }",
		"{0, 72, 0, 8, 8, 16, 24, 8, 32, 16, 48, 4, 52, 8, 52, 4, 60, 4, 64, 4",
		"{0, 72, 0, 8, 8, 16, 24, 8, 32, 16, 48, 4, 52, 8, 52, 4, 60, 4, 64, 4, 68}",
		"{0, 72, 0, 8, 8, 16, 24, 8, 32, 16, 48, 4, 52, 8, 52, 4, 60, 4, 4294967296, 4}",
		"{0, 72, 0, 8, 8, 16, 24, 8, 32, 16, 48, 4, 52, 8, 52, 4, 60, 4...}",
		"{0, 0, 0, 8, 8, 16, 24, 8, 32, 16, 48, 4, 52, 8, 52, 4, 60, 4, 64, 4}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct gdb g = { .asked = 0 };

		start(&g);
		g.override = (struct answer){ answers[1].question, texts[i] };
		check_size(&g, "dynamic", 0);
		dlk_ctx_deinit(&g.ctx);
	}
}

/* Outside of its struct. */
static void test_dynamic_outside(void **state)
{
	struct gdb *g = *state;
	struct dlk_member m;

	g->override = (struct answer){
		answers[1].question,
		"{0, 72, 0, 8, 8, 16, 24, 8, 32, 16, 48, 4, 52, 8, 52, 4, 60, 4, 4294967295, 4}"
	};
	assert_int_equal(g->types->ops->member(g->types, "dynamic", "fpu", &m), DLK_ERR_CORRUPT);
}

static void test_path(void **state)
{
	struct gdb *g = *state;
	const char *path, *outer;

	assert_int_equal(g->types->ops->path_at(g->types, "slab", 8, "list_head", &path, &outer),
			 DLK_OK);
	assert_string_equal(path, "slab_list");
	assert_string_equal(outer, "slab");
	assert_int_equal(g->types->ops->path_at(g->types, "slab", 0, "list_head", &path, &outer),
			 DLK_ERR_NOTFOUND);
}

static void test_enumerator(void **state)
{
	struct gdb *g = *state;
	int64_t value = 0;

	assert_int_equal(g->types->ops->enumerator(g->types, "pageflags", "PG_slab", &value),
			 DLK_OK);
	assert_int_equal(value, 9);
	assert_int_equal(g->types->ops->enumerator(g->types, NULL, "PG_none", &value),
			 DLK_ERR_NOTFOUND);
}

/* An answer of no is remembered as well; for one struct these are three questions. */
static void test_not_there(void **state)
{
	struct gdb *g = *state;

	check_size(g, "nothing", 0);
	check_size(g, "nothing", 0);
	assert_int_equal(g->asked, 3);
	check_size(g, "opaque", 0);
	check_size(g, "int", 0);
}

/* What a dump calls a slab cache; to GDB the question is a line of its command language. */
static void test_no_name(void **state)
{
	static const char *const names[] = {
		"",           " ",     "kmalloc-96", "x; shell true", "x\nshell true", "a(1)",
		"$_exitcode", "a|cat", "*p",         "\xff",
	};
	struct gdb *g = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_size(g, names[i], 0);
	assert_int_equal(g->asked, 0);
}

/* What is cut off anywhere is no struct: half of one would be believed. */
static void test_cut(void **state)
{
	static const struct answer whole[] = {
		{ "struct orc_entry", orc_entry },
		{ "struct slab", slab },
		{ "struct mutex_waiter", mutex_waiter },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		const char *name = strchr(whole[i].question, ' ') + 1;
		size_t len = strlen(whole[i].text);

		/* The last brace closes it. */
		for (size_t cut = 0; cut + 2 < len; cut++) {
			struct gdb g = { .asked = 0 };
			char *text = strndup(whole[i].text, cut);

			start(&g);
			g.override = (struct answer){ whole[i].question, text };
			check_size(&g, name, 0);
			dlk_ctx_deinit(&g.ctx);
			free(text);
		}
	}
}

static void test_short_of_memory(void **state)
{
	struct gdb *g = *state;
	uint32_t size = 77;

	g->ctx.budget = g->ctx.used;
	while (dlk_alloc(&g->ctx, 16))
		;
	assert_int_equal(g->types->ops->size(g->types, "slab", &size), DLK_ERR_NOMEM);
	assert_int_equal(size, 77);
}

#define PTYPE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PTYPE_TEST(test_members),         PTYPE_TEST(test_bits),
		PTYPE_TEST(test_hexadecimal),     PTYPE_TEST(test_path),
		PTYPE_TEST(test_enumerator),      PTYPE_TEST(test_not_there),
		PTYPE_TEST(test_no_name),         PTYPE_TEST(test_cut),
		PTYPE_TEST(test_short_of_memory), PTYPE_TEST(test_dynamic),
		PTYPE_TEST(test_dynamic_path),    PTYPE_TEST(test_dynamic_damaged),
		PTYPE_TEST(test_dynamic_outside),
	};

	return cmocka_run_group_tests_name("ptype", tests, NULL, NULL);
}
