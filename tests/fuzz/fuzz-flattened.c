/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/container.c: flattened, xz and zstd, one in the other. */
#include <config.h>

#include "fuzz.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target/container.h"

/* A few bytes of zstd make gigabytes: what is unpacked here must end sooner. */
enum { MAX_FILE = 32 << 20 };

static void limit_files(void)
{
	static int is_done;
	struct rlimit limit = { MAX_FILE, MAX_FILE };

	if (is_done++)
		return;
	signal(SIGXFSZ, SIG_IGN);
	FUZZ_CLAIM(!setrlimit(RLIMIT_FSIZE, &limit));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_container container = { .fd = -1 };
	struct stat st;
	struct dlk_ctx ctx;
	int fd;

	limit_files();
	fd = fuzz_file(data, size);
	if (fd < 0)
		return 0;
	dlk_ctx_init(&ctx);
	if (!dlk_container_open(&ctx, fuzz_path(fd), &container)) {
		FUZZ_CLAIM(!fstat(container.fd, &st) && st.st_size <= MAX_FILE);
		FUZZ_CLAIM(!lseek(container.fd, 0, SEEK_CUR));
		close(container.fd);
	} else {
		FUZZ_CLAIM(ctx.err.text[0]);
		FUZZ_CLAIM(container.fd == -1);
	}
	dlk_ctx_deinit(&ctx);
	close(fd);
	return 0;
}
