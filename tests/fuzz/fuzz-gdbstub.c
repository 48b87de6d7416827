/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/target/gdbstub.c: a stub's answers, a line each, which become packets with right sums; if the first
 * byte is 0, what follows is sent as it is.
 *
 * The guest is one that stood, so that there is no guard (guard.h).
 */
#include <config.h>

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edges.h"
#include "peer.h"
#include "target/gdbstub.h"

enum { TIMEOUT_MS = 5000, PACKET = 4, MAX_CPUS = 4096, PAGES = 4 };

static const char *const words[] = {
	"OK\n",
	"PacketSize=1000;qXfer:features:read+;multiprocess+\n",
	"PacketSize=ffffffffffffffff;qXfer:features:read+\n",
	"PacketSize=40;qXfer:features:read+\n",
	"l<target><architecture>i386:x86-64</architecture>",
	"<xi:include href=\"a.xml\"/>",
	"<reg name=\"cr3\" bitsize=\"64\"/>",
	"mp1.1,p1.2\n",
	"mp1.1\nl\n",
	"l\n",
	"E01\n",
	"T05thread:p01.01;\n",
	"O\n",
	"OK\nOK\n",
	"\n",
	"0* ",
	"}\x03",
	NULL,
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return fuzz_mutate_by_words((struct fuzz_bytes){ data, size, max_size }, seed, words, 2);
}

/* Each line as a packet; returns how long they are. */
static size_t frame(const uint8_t *data, size_t size, char *to)
{
	size_t len = 0;
	unsigned sum = 0;

	to[len++] = '$';
	for (size_t i = 0; i <= size; i++) {
		if (i < size && data[i] != '\n') {
			sum += data[i];
			to[len++] = (char)data[i];
			continue;
		}
		len += (size_t)sprintf(to + len, "#%02x", sum & 0xff);
		sum = 0;
		if (i < size)
			to[len++] = '$';
	}
	return len;
}

static void use(struct dlk_gdbstub *g)
{
	unsigned char page[DLK_PAGE_SIZE];

	FUZZ_CLAIM(g->cpu_count && g->cpu_count <= MAX_CPUS && g->regs);
	for (dlk_addr_t at = 0; at < PAGES; at++)
		(void)!dlk_gdbstub_read(g, at * DLK_PAGE_SIZE, page, sizeof(page));
	(void)!dlk_gdbstub_read(g, -(dlk_addr_t)DLK_PAGE_SIZE, page, sizeof(page));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_wire_plan plan = { .timeout = TIMEOUT_MS, .server = DLK_WIRE_ANYBODY };
	bool is_raw = size && !data[0];
	char *packets = malloc((size + 1) * PACKET + 1);
	static struct dlk_gdbstub g;
	struct dlk_ctx ctx;

	if (!packets)
		return 0;
	plan.address = is_raw ? fuzz_peer_says(data + 1, size - 1)
			      : fuzz_peer_says(packets, frame(data, size, packets));
	dlk_ctx_init(&ctx);
	if (!dlk_gdbstub_attach(&ctx, &plan, DLK_RAN_NOT, &g))
		use(&g);
	else
		FUZZ_CLAIM(ctx.err.text[0]);
	(void)!dlk_gdbstub_leave(&g, false);
	fuzz_peer_wait();
	dlk_ctx_deinit(&ctx);
	free(packets);
	return 0;
}
