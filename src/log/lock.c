/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks as the validator prints them; see lock.h. */
#include <config.h>

#include "log/lock.h"

#include <string.h>

#include "log/frame.h"
#include "log/scan.h"

/* A class may have parentheses itself: "((wq_completion)events)", "(&(&p->lock)->rlock)". */
static const char *end_of_class(const char *at)
{
	unsigned depth = 0;

	for (; *at; at++) {
		if (*at == '(')
			depth++;
		else if (*at == ')' && !--depth)
			return at;
	}
	return NULL;
}

/* Of locks that are shared, as their functions are called. */
static void tell_mode(const char *function, struct dlk_log_held *held)
{
	static const struct {
		const char *begin;
		bool is_read;
	} functions[] = {
		{ "down_read", true },
		{ "down_write", false },
		{ "percpu_down_read", true },
		{ "percpu_down_write", false },
		{ "inode_lock_shared", true },
		{ "inode_lock", false },
		{ "mmap_read_lock", true },
		{ "mmap_write_lock", false },
		{ "mmap_read_trylock", true },
		{ "mmap_write_trylock", false },
		{ "i_mmap_lock_read", true },
		{ "i_mmap_lock_write", false },
		{ "i_mmap_trylock_read", true },
		{ "i_mmap_trylock_write", false },
		{ "anon_vma_lock_read", true },
		{ "anon_vma_lock_write", false },
		{ "__super_lock_shared", true },
		{ "super_lock_shared", true },
		{ "__super_lock_excl", false },
		{ "super_lock_excl", false },
		{ "filemap_invalidate_lock_shared", true },
		{ "filemap_invalidate_lock", false },
		{ "read_lock", true },
		{ "write_lock", false },
		{ "queue_read_lock", true },
		{ "queue_write_lock", false },
		{ "lock_sock", false },
		{ "mutex_lock", false },
		{ "sb_start_write", true },
		{ "file_start_write", true },
	};

	for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strncmp(function, functions[i].begin, strlen(functions[i].begin))) {
			held->is_read_known = true;
			held->is_read = functions[i].is_read;
			return;
		}
}

static void read_at(struct dlk_log_keep *keep, const char *at, struct dlk_log_held *held)
{
	struct dlk_log_frame frame;
	const char *p = dlk_skip_blanks(at);

	if (*p == '[' && p[1] == '<' && !dlk_scan_to(&p, ">]"))
		return;
	if (!dlk_log_symbol_read(keep, p, &frame) && !dlk_log_inline_read(keep, p, &frame))
		return;
	held->at = frame.symbol;
	held->at_function = frame.function;
	held->at_offset = frame.offset;
	held->at_place = frame.place;
	tell_mode(frame.function, held);
}

/* "{+.+.}-{3:3}"; older kernels print the usage alone. */
static const char *read_usage(struct dlk_log_keep *keep, const char *at, struct dlk_log_held *held)
{
	const char *end;

	if (*at != '{')
		return at;
	end = strchr(at, '}');
	if (!end)
		return at;
	held->usage = dlk_log_keep_string(keep, at + 1, (size_t)(end - at - 1));
	at = end + 1;
	if (at[0] == '-' && at[1] == '{' && strchr(at, '}'))
		at = strchr(at, '}') + 1;
	return at;
}

bool dlk_log_lock_read(struct dlk_log_keep *keep, const char *text, struct dlk_log_held *ret)
{
	const char *p = text, *end;

	ret->at_offset = DLK_LOG_NO_OFFSET;
	if (*p == '[')
		p++;
	if (dlk_is_hex(*p) && dlk_scan_hex(&p, &ret->lock) && *p == ']')
		p++;
	p = dlk_skip_blanks(p);
	if (*p != '(')
		return false;
	end = end_of_class(p);
	if (!end)
		return false;
	ret->class = dlk_log_keep_string(keep, p + 1, (size_t)(end - p - 1));
	p = read_usage(keep, end + 1, ret);
	if (dlk_scan_to(&p, "at:"))
		read_at(keep, p, ret);
	return true;
}
