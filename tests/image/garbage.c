/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole analysis over garbage: every image, with random words in random places.
 *
 * The words are not only noise, which is dropped at the first check, but also addresses of the image's
 * own objects and words that stand elsewhere in it, so that lists are knotted and structs overlap.
 * The analysis must end soon, with reports or with an error, within its memory.
 *
 * Usage: garbage [FILE]...
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "../fake/run.h"

enum { SEEDS = 48, MAX_WORDS = 96, MAX_READS = 100000, BUDGET = 64 << 20 };

struct random {
	uint64_t state;
};

/* splitmix64 */
static uint64_t next(struct random *r)
{
	uint64_t x = r->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static unsigned char *random_word(struct random *r, struct dlk_fake_image *image)
{
	uint32_t page = (uint32_t)(next(r) % dlk_fake_image_page_count(image));

	return dlk_fake_image_page(image, page) + next(r) % (DLK_PAGE_SIZE / 8) * 8;
}

/* Of the words that are not 0, which most are. */
static unsigned char *used_word(struct random *r, struct dlk_fake_image *image)
{
	static const unsigned char zero[8];
	unsigned char *word = random_word(r, image);

	for (int tries = 0; tries < 4096 && !memcmp(word, zero, sizeof(zero)); tries++)
		word = random_word(r, image);
	return word;
}

static void spoil_word(struct random *r, struct dlk_fake_image *image)
{
	unsigned char *word = next(r) % 4 ? used_word(r, image) : random_word(r, image);
	uint64_t value = next(r);

	switch (next(r) % 5) {
	case 0:
		break; /* noise */
	case 1:
		value &= 0xff;
		break;
	case 2:
		value = UINT64_C(0xffff888000100000) + (value & 0x3ffff8);
		break;
	default:
		memcpy(&value, used_word(r, image), sizeof(value));
		if (next(r) % 2)
			value += (next(r) % 17) * 8 - 64;
		break;
	}
	memcpy(word, &value, sizeof(value));
}

static bool run_seed(const char *path, uint64_t seed, struct dlk_ctx *ctx)
{
	struct random r = { seed };
	struct dlk_fake_image *image;
	struct dlk_fake fake;
	struct dlk_model model;
	struct dlk_verdict verdict;
	uint64_t words;
	enum dlk_status status;

	if (dlk_fake_image_load(ctx, path, &image))
		return dlk_fake_complain(ctx, path, "image");
	for (words = next(&r) % MAX_WORDS + 1; words > 0; words--)
		spoil_word(&r, image);
	dlk_fake_open(&fake, image, ctx);
	fake.unwind = (enum dlk_fake_unwind)(next(&r) % DLK_FAKE_UNWINDS);
	status = dlk_fake_analyze(&fake, &model, &verdict);
	if (!status)
		status = dlk_fake_report(ctx, &model, &verdict);
	if (fake.reads > MAX_READS || dlk_status_is_fatal(status)) {
		fprintf(stderr, "%s: seed %llu: %llu reads, %s\n", path, (unsigned long long)seed,
			(unsigned long long)fake.reads, dlk_status_text(status));
		return false;
	}
	return true;
}

static bool check_image(struct dlk_fake_image *unused, const char *path, struct dlk_ctx *unused_ctx)
{
	bool is_good = true;

	(void)unused, (void)unused_ctx;
	for (uint64_t seed = 1; seed <= SEEDS && is_good; seed++) {
		struct dlk_ctx ctx;

		dlk_ctx_init(&ctx);
		ctx.budget = BUDGET;
		is_good = run_seed(path, seed, &ctx);
		dlk_ctx_deinit(&ctx);
	}
	return is_good;
}

int main(int argc, char **argv)
{
	return dlk_fake_run_images("garbage", argc, argv, check_image);
}
