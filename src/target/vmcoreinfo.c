/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMCOREINFO: find a key in lines of KEY=VALUE. */
#include <config.h>

#include "target/vmcoreinfo.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NUMBER = 32 };

const char *dlk_vmcoreinfo_find(const char *text, const char *key, size_t *len)
{
	size_t key_len = strlen(key);

	while (text && *text) {
		size_t line = strcspn(text, "\n");

		if (line > key_len && !memcmp(text, key, key_len) && text[key_len] == '=') {
			*len = line - key_len - 1;
			return text + key_len + 1;
		}
		text += line + (text[line] == '\n');
	}
	return NULL;
}

/* Copy a value out, so that strtoull() ends where the line does. */
static bool get_number(const char *text, const char *key, char number[MAX_NUMBER])
{
	size_t len;
	const char *value = dlk_vmcoreinfo_find(text, key, &len);

	if (!value || !len || len >= MAX_NUMBER)
		return false;
	memcpy(number, value, len);
	number[len] = 0;
	return true;
}

bool dlk_vmcoreinfo_hex(const char *text, const char *key, uint64_t *ret)
{
	char number[MAX_NUMBER], *end;
	uint64_t value;

	/* strtoull() would take signs and spaces. */
	if (!get_number(text, key, number) || !isxdigit((unsigned char)number[0]))
		return false;
	errno = 0;
	value = strtoull(number, &end, 16);
	if (*end || errno)
		return false;
	*ret = value;
	return true;
}

bool dlk_vmcoreinfo_number(const char *text, const char *key, int64_t *ret)
{
	char number[MAX_NUMBER], *end;
	int64_t value;

	if (!get_number(text, key, number))
		return false;
	errno = 0;
	value = strtoll(number, &end, 0);
	if (*end || errno)
		return false;
	*ret = value;
	return true;
}
