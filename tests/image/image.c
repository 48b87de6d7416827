/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All images: what the analysis says about each one is what the image expects, with ORC tables and
 * without.
 *
 * Usage: image [FILE]...
 */
#include <config.h>

#include <stdio.h>

#include "../fake/run.h"

static bool check_run(struct dlk_fake_image *image, const char *path, bool with_orc,
		      struct dlk_ctx *ctx)
{
	struct dlk_model model;
	struct dlk_verdict verdict;
	struct dlk_fake_lines found;
	struct dlk_fake fake;

	dlk_fake_open(&fake, image, ctx);
	fake.with_orc = with_orc;
	if (dlk_fake_analyze(&fake, &model, &verdict) ||
	    dlk_fake_describe(image, ctx, &model, &verdict, &found))
		return dlk_fake_complain(ctx, path, "analysis");
	if (dlk_fake_check(image, ctx, &found, with_orc)) {
		fprintf(stderr, "%s: so it is %s ORC tables\n", path,
			with_orc ? "with" : "without");
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
	for (int with_orc = 1; with_orc >= 0; with_orc--) {
		struct dlk_ctx ctx;

		dlk_ctx_init(&ctx);
		is_good &= check_run(image, path, with_orc, &ctx);
		dlk_ctx_deinit(&ctx);
	}
	return is_good;
}

int main(int argc, char **argv)
{
	return dlk_fake_run_images("images", argc, argv, check_image);
}
