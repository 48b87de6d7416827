/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program may take: see governor.h. */
#include <config.h>

#include "cli/governor.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

enum {
	ARENA_PART = 8,   /* of the memory one in so many bytes */
	LAST_SECONDS = 5, /* after which nobody is asked any more */
	ROOM = 1 << 20    /* what must be left to begin with */
};

/* Lower it, never raise it; where the system does not want to there is no limit. */
static void lower(int what, rlim_t soft, rlim_t hard)
{
	struct rlimit limit;

	if (getrlimit(what, &limit))
		return;
	if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > hard)
		limit.rlim_max = hard;
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > soft)
		limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
	setrlimit(what, &limit);
}

/* The address sanitizer's shadow is address space, too, terabytes of it. */
static void limit_address_space(uint64_t size)
{
#ifdef __SANITIZE_ADDRESS__
	(void)size;
#else
	lower(RLIMIT_AS, size, RLIM_INFINITY);
#endif
}

/* libseccomp 2.5 looks at none of its allocations, so it is not called where there is no room for them. */
static bool has_room(void)
{
	void *room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return room != MAP_FAILED && !munmap(room, ROOM);
}

enum dlk_status dlk_governor_start(struct dlk_ctx *ctx)
{
	if (!ctx->limits.memory)
		return DLK_OK;
	ctx->budget = ctx->limits.memory / ARENA_PART;
	limit_address_space(ctx->limits.memory);
	return has_room() ? DLK_OK : dlk_nomem(ctx);
}

void dlk_governor_start_cpu(const struct dlk_ctx *ctx)
{
	struct timespec used;
	rlim_t end;

	if (!ctx->limits.cpu || clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used))
		return;
	end = (rlim_t)used.tv_sec + ctx->limits.cpu;
	lower(RLIMIT_CPU, end, end + LAST_SECONDS);
}
