/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/qmp.c: what a monitor says, line by line. */
#include <config.h>

#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "edges.h"
#include "peer.h"
#include "target/address.h"
#include "target/qmp.h"

enum { TIMEOUT_MS = 5000 };

static const char *const words[] = {
	"{\"QMP\": {}}\n",
	"{\"return\": {}}\n",
	"{\"return\": {}, \"id\": 1}\n",
	"{\"return\": {\"running\": true}, \"id\": 2}\n",
	"{\"return\": [{\"label\": \"gdb\", \"filename\": \"",
	"disconnected:tcp:0.0.0.0:1234,server=on",
	"disconnected:tcp:[::]:1234",
	"disconnected:unix:/run/gdb,server=on",
	"{\"event\": \"STOP\"}\n",
	"{\"error\": {\"desc\": \"",
	"\"id\": 3",
	"\"}]}\n",
	"\"\\u0000\"",
	"9223372036854775808",
	"1e999",
	"\n",
	"[[[[[[[[[[[[[[[[",
	"{\"a\":",
	NULL,
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	return fuzz_mutate_by_words((struct fuzz_bytes){ data, size, max_size }, seed, words, 2);
}

/* A monitor on a unix socket may lead to loopback, and to unix sockets by their whole path. */
static void check_stub(struct dlk_ctx *ctx, const char *stub)
{
	struct dlk_address a;

	FUZZ_CLAIM(strncmp(stub, "unix:", 5) || stub[5] == '/');
	if (!dlk_address_parse(ctx, stub, &a))
		for (unsigned i = 0; i < a.count; i++)
			FUZZ_CLAIM(dlk_address_is_local((const struct sockaddr *)&a.at[i]));
}

static void use(struct dlk_ctx *ctx, struct dlk_qmp *q)
{
	const char *stub = NULL;
	bool is_running;

	(void)!dlk_qmp_is_running(q, &is_running);
	if (!dlk_qmp_find_stub(q, &stub))
		check_stub(ctx, stub);
	(void)!dlk_qmp_continue(q);
	dlk_qmp_close(q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *address = fuzz_peer_says(data, size);
	struct dlk_ctx ctx;
	struct dlk_qmp q;

	dlk_ctx_init(&ctx);
	if (!dlk_qmp_connect(&ctx, address, TIMEOUT_MS, &q))
		use(&ctx, &q);
	else
		FUZZ_CLAIM(ctx.err.text[0]);
	fuzz_peer_wait();
	dlk_ctx_deinit(&ctx);
	return 0;
}
