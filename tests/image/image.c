/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All images: what the analysis says about each one is what the image expects, by ORC tables, by frame
 * pointers and by neither; and again as a kernel of an architecture that only the tests know, with pages, addresses and
 * stacks of another kind: so what is not in an architecture's row is seen.
 *
 * Usage: image [FILE]...
 */
#include <config.h>

#include <stdio.h>

#include "target/arch.h"

#include "../fake/run.h"

static bool check_run(struct dlk_fake_image *image, const char *path, enum dlk_fake_unwind unwind,
		      struct dlk_ctx *ctx)
{
	static const char *const ways[] = { "ORC tables", "frame pointers", "scanning" };
	struct dlk_model model;
	struct dlk_verdict verdict;
	struct dlk_fake_lines found;
	struct dlk_fake fake;

	dlk_fake_open(&fake, image, ctx);
	fake.unwind = unwind;
	if (dlk_fake_analyze(&fake, &model, &verdict) ||
	    dlk_fake_describe(image, ctx, &model, &verdict, &found))
		return dlk_fake_complain(ctx, path, "analysis");
	if (dlk_fake_check(image, ctx, &found, unwind != DLK_FAKE_GUESS)) {
		fprintf(stderr, "%s: so it is by %s on %s\n", path, ways[unwind],
			fake.target.arch->name);
		return false;
	}
	if (dlk_fake_report(ctx, &model, &verdict))
		return dlk_fake_complain(ctx, path, "report");
	return true;
}

static bool check_ways(struct dlk_fake_image *image, const char *path)
{
	bool is_good = true;

	for (int unwind = 0; unwind < DLK_FAKE_UNWINDS; unwind++) {
		struct dlk_ctx ctx;

		dlk_ctx_init(&ctx);
		is_good &= check_run(image, path, (enum dlk_fake_unwind)unwind, &ctx);
		dlk_ctx_deinit(&ctx);
	}
	return is_good;
}

static bool check_image(struct dlk_fake_image *image, const char *path, struct dlk_ctx *ctx)
{
	struct dlk_fake_image *other;
	bool is_good = check_ways(image, path);

	if (dlk_fake_image_is_of_one_arch(image))
		return is_good;
	if (dlk_fake_image_load_as(ctx, path, "other64", &other))
		return dlk_fake_complain(ctx, path, "as of other64");
	return check_ways(other, path) && is_good;
}

int main(int argc, char **argv)
{
	return dlk_fake_run_images("images", argc, argv, check_image);
}
