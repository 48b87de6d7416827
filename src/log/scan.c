/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps along a line, in ASCII whatever the locale is. */
#include <config.h>

#include "log/scan.h"

#include <string.h>

enum { MAX_DECIMAL = 19, MAX_HEX = 16 };

bool dlk_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool dlk_is_hex(char c)
{
	return dlk_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool dlk_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

const char *dlk_skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

const char *dlk_skip_word(const char *at)
{
	while (*at && *at != ' ' && *at != '\t')
		at++;
	return at;
}

bool dlk_scan_text(const char **at, const char *text)
{
	const char *p = *at;

	while (*text)
		if (*p++ != *text++)
			return false;
	*at = p;
	return true;
}

bool dlk_scan_to(const char **at, const char *text)
{
	const char *found = strstr(*at, text);

	if (!found)
		return false;
	*at = found + strlen(text);
	return true;
}

bool dlk_scan_number(const char **at, uint64_t *ret)
{
	const char *p = *at;
	uint64_t value = 0;

	while (dlk_is_digit(*p) && p - *at < MAX_DECIMAL)
		value = value * 10 + (uint64_t)(*p++ - '0');
	if (p == *at || dlk_is_digit(*p))
		return false;
	*at = p;
	*ret = value;
	return true;
}

bool dlk_scan_int(const char **at, int32_t *ret)
{
	const char *p = *at;
	uint64_t value;

	if (!dlk_scan_number(&p, &value) || value > INT32_MAX)
		return false;
	*at = p;
	*ret = (int32_t)value;
	return true;
}

static unsigned digit_of(char c)
{
	return dlk_is_digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
}

bool dlk_scan_hex(const char **at, uint64_t *ret)
{
	const char *p = *at, *begin;
	uint64_t value = 0;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && dlk_is_hex(p[2]))
		p += 2;
	begin = p;
	while (dlk_is_hex(*p) && p - begin < MAX_HEX)
		value = value << 4 | digit_of(*p++);
	if (p == begin || dlk_is_hex(*p))
		return false;
	*at = p;
	*ret = value;
	return true;
}
