/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All images: what the analysis says about each one is what the image expects, by ORC tables, by frame
 * pointers and by neither.
 *
 * Usage: image [FILE]...
 */
#include <config.h>

#include <stdio.h>

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
		fprintf(stderr, "%s: so it is by %s\n", path, ways[unwind]);
		return false;
	}
	if (dlk_fake_report(ctx, &model, &verdict))
		return dlk_fake_complain(ctx, path, "report");
	return true;
}

static bool check_image(struct dlk_fake_image *image, const char *path, struct dlk_ctx *unused)
{
	bool is_good = true;

	(void)unused;
	for (int unwind = 0; unwind < DLK_FAKE_UNWINDS; unwind++) {
		struct dlk_ctx ctx;

		dlk_ctx_init(&ctx);
		is_good &= check_run(image, path, (enum dlk_fake_unwind)unwind, &ctx);
		dlk_ctx_deinit(&ctx);
	}
	return is_good;
}

int main(int argc, char **argv)
{
	return dlk_fake_run_images("images", argc, argv, check_image);
}
