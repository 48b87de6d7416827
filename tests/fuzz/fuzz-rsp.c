/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/target/rsp.c and tdesc.c: the first byte says what follows: packets (cut into pieces of that
 * many bytes), a target description, or the monitor's memory map.
 */
#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "target/gdbstub.h"

enum { DESCRIPTION = 0xfe, MAP = 0xff };

static void parse_packets(struct dlk_rsp_parser *p, const uint8_t *data, size_t size, size_t piece)
{
	memset(p, 0, sizeof(*p));
	while (size) {
		size_t len = size < piece ? size : piece, used;
		enum dlk_rsp_event event = dlk_rsp_parse(p, data, len, &used);

		FUZZ_CLAIM(used > 0 && used <= len);
		FUZZ_CLAIM(event != DLK_RSP_MORE || used == len);
		FUZZ_CLAIM(p->len <= DLK_RSP_MAX_PACKET);
		FUZZ_CLAIM(event != DLK_RSP_PACKET || !p->data[p->len]);
		data += used;
		size -= used;
	}
}

static void parse_description(struct dlk_ctx *ctx, const char *text, size_t size)
{
	struct dlk_tdesc d;
	uint64_t value;

	dlk_tdesc_init(ctx, &d);
	if (dlk_tdesc_parse(&d, text, size, false))
		return;
	dlk_tdesc_settle(&d);
	for (uint32_t i = 0; i < d.regs.len; i++)
		(void)!dlk_tdesc_get(&d, text, size,
				     DLK_VEC_AT(&d.regs, struct dlk_tdesc_reg, i)->name, &value);
}

static void parse_map(struct dlk_ctx *ctx, const char *text)
{
	struct dlk_vec ranges;
	dlk_addr_t last = 0;

	if (dlk_gdbstub_parse_map(ctx, text, &ranges))
		return;
	for (uint32_t i = 0; i < ranges.len; i++) {
		const struct dlk_ram_range *r = DLK_VEC_AT(&ranges, struct dlk_ram_range, i);

		FUZZ_CLAIM(r->start >= last && r->end > r->start);
		last = r->end;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dlk_rsp_parser parser;
	struct dlk_ctx ctx;
	char *text;

	if (!size)
		return 0;
	dlk_ctx_init(&ctx);
	text = dlk_alloc(&ctx, size);
	if (text)
		memcpy(text, data + 1, size - 1);
	if (data[0] == DESCRIPTION && text)
		parse_description(&ctx, text, size - 1);
	else if (data[0] == MAP && text)
		parse_map(&ctx, text);
	else
		parse_packets(&parser, data + 1, size - 1, data[0] % 64 + (size_t)1);
	dlk_ctx_deinit(&ctx);
	return 0;
}
