/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Somebody in a folder that others may write to plants links, pipes and files at the name of a capture, as fast
 * as can be, while the program writes it: nobody's file is touched, nobody gets the kernel's memory, and
 * nothing hangs.
 */
#include <config.h>

#include "victim.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS = 12 };

static const char precious[] = "precious";

static void plant_link(const char *name, const char *target)
{
	(void)!symlink(target, name);
	usleep(200);
	unlink(name);
}

/* Held open for reading: who writes to it would give its bytes away. */
static void plant_pipe(const char *name, const char *target)
{
	int fd;
	char byte;

	(void)target;
	if (mkfifo(name, 0600))
		return;
	fd = open(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
	usleep(200);
	unlink(name);
	if (fd >= 0 && read(fd, &byte, 1) > 0)
		_exit(1);
	if (fd >= 0)
		close(fd);
}

/* A file of the same user's, that is there for a moment. */
static void plant_file(const char *name, const char *target)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);

	(void)target;
	if (fd >= 0)
		close(fd);
	usleep(200);
	unlink(name);
}

struct folder {
	char name[512], capture[520], precious[520];
};

static void make_folder(struct meter *m, struct folder *f)
{
	char elsewhere[512];

	snprintf(elsewhere, sizeof(elsewhere), "%s", temp_file(&m->temp, "elsewhere"));
	snprintf(f->name, sizeof(f->name), "%s", temp_file(&m->temp, "shared"));
	snprintf(f->capture, sizeof(f->capture), "%.500s/capture", f->name);
	snprintf(f->precious, sizeof(f->precious), "%.500s/capture", elsewhere);
	assert_int_equal(mkdir(f->name, 0700), 0);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	temp_write(&m->temp, "elsewhere/capture", precious, sizeof(precious));
}

static pid_t start_planting(const struct folder *f, void (*plant)(const char *, const char *))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Now before the program looks, now between that and its end: a run takes some 20 ms. */
	for (unsigned i = 0;; i++) {
		plant(f->capture, f->precious);
		usleep(i * 37 % 4000);
	}
}

static void assert_untouched(const struct folder *f)
{
	char text[sizeof(precious)] = "";
	FILE *file = fopen(f->precious, "r");
	struct stat st;

	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text), file), sizeof(text));
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	assert_memory_equal(text, precious, sizeof(precious));
	assert_int_equal(lstat(f->precious, &st), 0);
	assert_int_equal(st.st_nlink, 1);
}

static void remove_folder(struct meter *m, const struct folder *f)
{
	unlink(f->capture);
	unlink(f->precious);
	/* What was left would keep it. */
	assert_int_equal(rmdir(f->name), 0);
	assert_int_equal(rmdir(temp_file(&m->temp, "elsewhere")), 0);
}

static void test_planted(void **state)
{
	static const struct {
		const char *what;
		void (*plant)(const char *name, const char *target);
	} rows[] = {
		{ "capture: links are planted", plant_link },
		{ "capture: pipes are planted", plant_pipe },
		{ "capture: files are planted", plant_file },
	};
	struct meter *m = *state;
	struct victim v;

	victim_open(&v, m, "hugetlb-6.12");
	victim_close(&v);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct folder f = { .name = "" };
		pid_t planter;
		int status;

		make_folder(m, &f);
		planter = start_planting(&f, rows[i].plant);
		for (int run = 0; run < RUNS; run++) {
			unlink(f.capture);
			meter_run(m, rows[i].what, "--capture", f.capture, m->path);
			/* Refused before anything is read, or at the end beside the report. */
			assert_in_range(m->status, 1, 2);
			assert_says(m, m->status == 1 ? "DEADLOCK" : f.capture);
			assert_untouched(&f);
		}
		kill(planter, SIGKILL);
		assert_int_equal(waitpid(planter, &status, 0), planter);
		if (!WIFSIGNALED(status))
			fail_msg("%s: a pipe got the kernel's memory", rows[i].what);
		remove_folder(m, &f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(test_planted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
