/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/outfile.c: what others do in the folder while a file is written leads nowhere. */
#include <config.h>

#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target/outfile.h"

static void assert_text(const char *path, const char *want)
{
	char text[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) <= sizeof(text));
	fclose(f);
	assert_string_equal(text, want);
}

struct scene {
	struct dlk_ctx ctx;
	struct temp temp;
	struct dlk_outfile out;
};

static int setup(void **state)
{
	static struct scene s;

	memset(&s, 0, sizeof(s));
	s.out.folder = s.out.former = -1;
	dlk_ctx_init(&s.ctx);
	temp_make(&s.temp);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	dlk_outfile_abandon(&s->out);
	temp_remove(&s->temp);
	dlk_ctx_deinit(&s->ctx);
	return 0;
}

static void start(struct scene *s, const char *name)
{
	assert_int_equal(dlk_outfile_open(&s->ctx, temp_file(&s->temp, name), &s->out), DLK_OK);
	assert_true(fputs("new", s->out.stream) >= 0);
}

static void test_outfile__new(void **state)
{
	struct scene *s = *state;
	struct stat st;

	start(s, "out");
	assert_int_not_equal(access(temp_file(&s->temp, "out"), F_OK), 0);
	assert_int_equal(dlk_outfile_commit(&s->out), DLK_OK);
	assert_text(temp_file(&s->temp, "out"), "new");
	assert_int_equal(stat(temp_file(&s->temp, "out"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_outfile__replaces_its_own(void **state)
{
	struct scene *s = *state;

	temp_write(&s->temp, "out", "old", strlen("old"));
	start(s, "out");
	assert_text(temp_file(&s->temp, "out"), "old");
	assert_int_equal(dlk_outfile_commit(&s->out), DLK_OK);
	assert_text(temp_file(&s->temp, "out"), "new");
}

static void test_outfile__abandoned(void **state)
{
	struct scene *s = *state;

	temp_write(&s->temp, "out", "old", strlen("old"));
	start(s, "out");
	dlk_outfile_abandon(&s->out);
	assert_text(temp_file(&s->temp, "out"), "old");
}

/* A link at a name that was free when the file was begun. */
static void test_outfile__link_planted(void **state)
{
	struct scene *s = *state;

	temp_write(&s->temp, "victim", "precious", strlen("precious"));
	start(s, "out");
	assert_int_equal(symlink("victim", temp_file(&s->temp, "out")), 0);
	assert_int_equal(dlk_outfile_commit(&s->out), DLK_ERR_INVALID);
	assert_non_null(strstr(s->ctx.err.text, "meanwhile"));
	assert_text(temp_file(&s->temp, "victim"), "precious");
}

/* The user's own file made place for a link, and that for another's file. */
static void test_outfile__replaced_by_link(void **state)
{
	struct scene *s = *state;
	char target[16] = "";

	temp_write(&s->temp, "victim", "precious", strlen("precious"));
	temp_write(&s->temp, "out", "old", strlen("old"));
	start(s, "out");
	assert_int_equal(unlink(temp_file(&s->temp, "out")), 0);
	assert_int_equal(symlink("victim", temp_file(&s->temp, "out")), 0);
	assert_int_equal(dlk_outfile_commit(&s->out), DLK_ERR_INVALID);
	assert_true(readlink(temp_file(&s->temp, "out"), target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "victim");
	assert_text(temp_file(&s->temp, "victim"), "precious");
}

/* The folder's name leads elsewhere now: the file comes to where it was begun. */
static void test_outfile__folder_moved(void **state)
{
	struct scene *s = *state;
	char folder[256], moved[256], path[512];

	snprintf(folder, sizeof(folder), "%s", temp_file(&s->temp, "folder"));
	snprintf(moved, sizeof(moved), "%s", temp_file(&s->temp, "moved"));
	assert_int_equal(mkdir(folder, 0700), 0);
	start(s, "folder/out");
	assert_int_equal(rename(folder, moved), 0);
	assert_int_equal(symlink("/", folder), 0);
	assert_int_equal(dlk_outfile_commit(&s->out), DLK_OK);
	snprintf(path, sizeof(path), "%s/out", moved);
	assert_text(path, "new");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(rename(moved, folder), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_outfile__new, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outfile__replaces_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outfile__abandoned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outfile__link_planted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outfile__replaced_by_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outfile__folder_moved, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
