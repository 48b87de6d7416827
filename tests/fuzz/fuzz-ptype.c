/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/debuginfo/ptype.c: what a GDB prints.  The input is answers, each ended by a form feed: a line that is
 * the question ("struct outer", "print" for any value), then what is printed.
 */
#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "debuginfo/ptype.h"
#include "edges.h"

static const char *const words[] = {
	"type = struct outer {\n",
	"/*    0      |     8 */    struct list_head last;\n",
	"/*    8      |    16 */    struct {\n",
	"/*                16 */    union {\n",
	"/*    4: 7   |     4 */    unsigned a : 3;\n",
	"    char b[4294967295][2];\n",
	"    } c;\n",
	"}\n",
	"/* total size (bytes): 4294967295 */\n",
	"/* total size: 0x10 bytes */\n",
	"\fstruct outer\n",
	"\ftask_struct\n",
	"\fprint\n{0, 64, 0, 8}\n",
	"    void (*f)(int);\n",
	" : 4294967295;\n",
	"4294967295, ",
	"0xffffffff",
	NULL,
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return fuzz_mutate_by_words((struct fuzz_bytes){ data, size, max_size }, seed, words, 2);
}

/* The first answer to a question. */
static enum dlk_status answer(const char *input, struct dlk_ctx *ctx, const char *question,
			      const char **ret)
{
	size_t len = strlen(question);

	for (const char *at = input; *at; at += strcspn(at, "\f"), at += *at == '\f') {
		if (strncmp(at, question, len) || at[len] != '\n')
			continue;
		at += len + 1;
		*ret = dlk_format(ctx, "%.*s", (int)strcspn(at, "\f"), at);
		return *ret ? DLK_OK : dlk_nomem(ctx);
	}
	return DLK_ERR_NOTFOUND;
}

static enum dlk_status gdb_ptype(void *arg, struct dlk_ctx *ctx, const char *type, const char **ret)
{
	/* Nothing but names reaches a GDB. */
	FUZZ_CLAIM(!type[strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_ ")]);
	return answer(arg, ctx, type, ret);
}

static enum dlk_status gdb_print(void *arg, struct dlk_ctx *ctx, const char *expression,
				 const char **ret)
{
	(void)expression;
	return answer(arg, ctx, "print", ret);
}

static enum dlk_status gdb_enumerator(void *arg, const char *name, int64_t *ret)
{
	(void)arg;
	(void)name;
	(void)ret;
	return DLK_ERR_NOTFOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	const struct dlk_gdb gdb = { gdb_ptype, gdb_print, gdb_enumerator, text, "fuzz" };
	struct dlk_types *types;
	struct dlk_ctx ctx;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	dlk_ctx_init(&ctx);
	if (!dlk_ptype_open(&ctx, &gdb, &types))
		fuzz_ask_types(types);
	dlk_ctx_deinit(&ctx);
	free(text);
	return 0;
}
