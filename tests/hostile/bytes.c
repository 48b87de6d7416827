/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files written piece by piece: see bytes.h. */
#include <config.h>

#include "bytes.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../unit/support.h"

enum { CHUNK = 1 << 20 };

static void open_file(struct bytes *b, const char *path, int flags)
{
	b->fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	b->at = 0;
	assert_true(b->fd >= 0);
}

void bytes_open(struct bytes *b, const char *path)
{
	open_file(b, path, O_CREAT | O_TRUNC);
}

void bytes_change(struct bytes *b, const char *path)
{
	open_file(b, path, 0);
}

void bytes_close(struct bytes *b)
{
	off_t size = lseek(b->fd, 0, SEEK_END);

	assert_true(size >= 0);
	if ((uint64_t)size < b->at)
		assert_int_equal(ftruncate(b->fd, (off_t)b->at), 0);
	close(b->fd);
}

void bytes_put(struct bytes *b, const void *data, size_t size)
{
	assert_int_equal(pwrite(b->fd, data, size, (off_t)b->at), size);
	b->at += size;
}

void bytes_text(struct bytes *b, const char *text)
{
	bytes_put(b, text, strlen(text));
}

void bytes_u8(struct bytes *b, uint8_t value)
{
	bytes_put(b, &value, sizeof(value));
}

void bytes_u16(struct bytes *b, uint16_t value)
{
	bytes_put(b, &value, sizeof(value));
}

void bytes_u32(struct bytes *b, uint32_t value)
{
	bytes_put(b, &value, sizeof(value));
}

void bytes_u64(struct bytes *b, uint64_t value)
{
	bytes_put(b, &value, sizeof(value));
}

void bytes_be64(struct bytes *b, uint64_t value)
{
	bytes_u64(b, __builtin_bswap64(value));
}

void bytes_repeat(struct bytes *b, const void *data, size_t size, size_t times)
{
	static unsigned char chunk[CHUNK];
	size_t fit = CHUNK / size, filled = fit < times ? fit : times;

	assert_true(fit > 0);
	for (size_t i = 0; i < filled; i++)
		memcpy(chunk + i * size, data, size);
	while (times) {
		size_t now = times < filled ? times : filled;

		bytes_put(b, chunk, now * size);
		times -= now;
	}
}

void bytes_fill(struct bytes *b, uint8_t value, size_t size)
{
	bytes_repeat(b, &value, 1, size);
}

void bytes_to(struct bytes *b, uint64_t at)
{
	b->at = at;
}
