/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One test for each image. */
#include <config.h>

#include "run.h"

#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct image_test {
	const char *path;
	dlk_fake_check_fn *check;
};

bool dlk_fake_complain(const struct dlk_ctx *ctx, const char *path, const char *what)
{
	print_error("%s: %s: %s\n", path, what, ctx->err.text);
	return false;
}

static bool check_file(const struct image_test *test, struct dlk_ctx *ctx)
{
	struct dlk_fake_image *image;
	struct dlk_fake_lines expected;

	if (dlk_fake_image_load(ctx, test->path, &image) ||
	    dlk_fake_expected(image, ctx, true, &expected))
		return dlk_fake_complain(ctx, test->path, "image");
	if (!dlk_fake_has_prefix(&expected, "verdict ") ||
	    !dlk_fake_has_prefix(&expected, "complete ")) {
		print_error("%s: it expects no verdict, or not whether it is complete\n",
			    test->path);
		return false;
	}
	return test->check(image, test->path, ctx);
}

/* Everything is given back before cmocka jumps out of a failed test. */
static void test_image(void **state)
{
	struct dlk_ctx ctx;
	bool is_good;

	dlk_ctx_init(&ctx);
	is_good = check_file(*state, &ctx);
	dlk_ctx_deinit(&ctx);
	assert_true(is_good);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int run_all(const char *group, char **paths, size_t count, dlk_fake_check_fn *check)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	struct image_test *states = calloc(count, sizeof(*states));
	int failed = 1;

	for (size_t i = 0; i < count && tests && states; i++) {
		states[i] = (struct image_test){ paths[i], check };
		tests[i] = (struct CMUnitTest){ .name = base_name(paths[i]),
						.test_func = test_image,
						.initial_state = &states[i] };
	}
	if (tests && states)
		failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
	free(tests);
	free(states);
	return failed != 0;
}

int dlk_fake_run_images(const char *group, int argc, char **argv, dlk_fake_check_fn *check)
{
	const char *top = getenv("top_srcdir");
	char pattern[4096];
	glob_t found;
	int result;

	if (argc > 1)
		return run_all(group, argv + 1, (size_t)argc - 1, check);
	snprintf(pattern, sizeof(pattern), "%s/tests/image/*.image", top ? top : ".");
	if (glob(pattern, 0, NULL, &found)) {
		fprintf(stderr, "%s: no images\n", pattern);
		return 1;
	}
	result = run_all(group, found.gl_pathv, found.gl_pathc, check);
	globfree(&found);
	return result;
}
