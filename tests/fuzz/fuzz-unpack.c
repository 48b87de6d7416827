/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * src/target/unpack.c and packers.c: what the input says is packed in up to three layers, which are then
 * damaged as it says, or are not.  Then what was packed comes out again, or it was too much.
 *
 * Of any bytes behind a layer's magic, without limits of their own: fuzz-flattened.c.
 */
#include <config.h>

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pack.h"
#include "target/container.h"

#define MIB ((size_t)1 << 20)

enum { MAX_LAYERS = 3, MAX_SIZE = 4 << 20, SMALL = 64 << 10 };

/* How to spoil the outermost layer; packed as it stands in the input. */
struct plan {
	uint8_t layers;    /* how many */
	uint8_t packers;   /* two bits of each */
	uint8_t doublings; /* of what is packed */
	uint8_t mask;      /* of bits to be turned; 0: none */
	uint16_t at;       /* where */
	uint16_t cut;      /* so many bytes are left; 0: all */
};

static const struct dlk_unpack_limits limits = { .max = 8 * MIB,
						 .free = MIB,
						 .free_zeros = 2 * MIB,
						 .ratio = 16,
						 .zeros_ratio = 64 };

/* It begins with what is no layer's magic. */
static bool make_content(struct fuzz_packed *p, const struct plan *plan, const uint8_t *data,
			 size_t size)
{
	static const char start[] = "content";
	size_t once = sizeof(start) + size, count = (size_t)1 << plan->doublings % 19;

	while (count > 1 && once * count > MAX_SIZE)
		count /= 2;
	p->size = once * count;
	p->data = malloc(p->size);
	for (size_t i = 0; p->data && i < count; i++) {
		memcpy(p->data + i * once, start, sizeof(start));
		memcpy(p->data + i * once + sizeof(start), data, size);
	}
	return p->data;
}

static void damage(struct fuzz_packed *p, const struct plan *plan)
{
	if (plan->mask)
		p->data[plan->at % p->size] ^= plan->mask;
	if (plan->cut && plan->cut < p->size)
		p->size = plan->cut;
}

static void check_same(int fd, const struct fuzz_packed *content)
{
	uint8_t buf[16384];
	size_t at = 0;
	ssize_t got;

	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		FUZZ_CLAIM((size_t)got <= content->size - at);
		FUZZ_CLAIM(!memcmp(buf, content->data + at, (size_t)got));
		at += (size_t)got;
	}
	FUZZ_CLAIM(!got && at == content->size);
}

/* What is on the disk: a chunk may have come before it was too much. */
static void check_size(int fd, size_t packed)
{
	struct stat st;

	FUZZ_CLAIM(!fstat(fd, &st));
	FUZZ_CLAIM((size_t)st.st_blocks * 512 <=
		   limits.free + limits.ratio * packed + 2 * (size_t)DLK_UNPACK_CHUNK);
}

static void unpack(const struct fuzz_packed *packed, const struct fuzz_packed *content,
		   bool is_sound)
{
	int fd = fuzz_file(packed->data, packed->size);
	struct dlk_ctx ctx;
	enum dlk_status status;

	if (fd < 0)
		return;
	FUZZ_CLAIM(!lseek(fd, 0, SEEK_SET));
	dlk_ctx_init(&ctx);
	status = dlk_container_unpack(&ctx, &fd, &limits);
	if (status)
		FUZZ_CLAIM(ctx.err.text[0]);
	else
		check_size(fd, packed->size);
	if (is_sound && !status)
		check_same(fd, content);
	if (is_sound && status)
		FUZZ_CLAIM(status == DLK_ERR_LIMIT && content->size > SMALL);
	dlk_ctx_deinit(&ctx);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_packed content = { 0 }, packed;
	struct plan plan;

	if (size < sizeof(plan))
		return 0;
	memcpy(&plan, data, sizeof(plan));
	if (!make_content(&content, &plan, data + sizeof(plan), size - sizeof(plan)))
		return 0;
	packed = (struct fuzz_packed){ malloc(content.size), content.size };
	if (packed.data)
		memcpy(packed.data, content.data, content.size);
	for (unsigned i = 0; packed.data && i < plan.layers % (MAX_LAYERS + 1u); i++)
		(void)fuzz_pack(&packed, plan.packers >> 2 * i & 3);
	if (packed.data) {
		damage(&packed, &plan);
		unpack(&packed, &content, !plan.mask && !plan.cut);
	}
	free(packed.data);
	free(content.data);
	return 0;
}
