/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/target/tdesc.c: a line that is a "g" packet, then a target description; the first byte says whether it is
 * one that was included.
 */
#include <config.h>

#include "fuzz.h"

#include <string.h>

#include "edges.h"
#include "target/tdesc.h"

static const char *const words[] = {
	"<target>",
	"</target>",
	"<architecture>i386:x86-64</architecture>",
	"<feature name=\"org.gnu.gdb.i386.core\">",
	"</feature>",
	"<reg name=\"rip\" bitsize=\"64\"/>",
	"<reg name=\"cr3\" bitsize=\"64\" regnum=\"",
	"bitsize=\"4294967295\"",
	"bitsize=\"-1\"",
	"regnum=\"4294967295\"",
	"<xi:include href=\"64bit-core.xml\"/>",
	"<!DOCTYPE a [<!ENTITY b \"cccccccc\">]>",
	"&b;",
	"<![CDATA[",
	"xxxxxxxxxxxxxxxx",
	NULL,
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return fuzz_mutate_by_words((struct fuzz_bytes){ data, size, max_size }, seed, words, 3);
}

static void use(struct dlk_tdesc *d, const char *packet, size_t len)
{
	uint64_t value;

	dlk_tdesc_settle(d);
	for (uint32_t i = 0; i < d->regs.len; i++)
		(void)!dlk_tdesc_get(d, packet, len,
				     DLK_VEC_AT(&d->regs, struct dlk_tdesc_reg, i)->name, &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	const char *packet = (const char *)data + 1, *text;
	struct dlk_tdesc d;
	struct dlk_ctx ctx;

	if (!newline || newline == data)
		return 0;
	text = (const char *)newline + 1;
	dlk_ctx_init(&ctx);
	dlk_tdesc_init(&ctx, &d);
	if (!dlk_tdesc_parse(&d, text, size - (size_t)(text - (const char *)data), data[0] & 1))
		use(&d, packet, (size_t)((const char *)newline - packet));
	else
		FUZZ_CLAIM(ctx.err.text[0]);
	dlk_ctx_deinit(&ctx);
	return 0;
}
