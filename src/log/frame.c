/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of stacks; see frame.h. */
#include <config.h>

#include "log/frame.h"

#include <string.h>

#include "log/scan.h"

enum { MAX_PLACE = 256 };

static bool is_symbol_char(char c)
{
	return dlk_is_letter(c) || dlk_is_digit(c) || c == '_' || c == '.' || c == '$';
}

/* Past a function's name; what begins with a digit is none. */
static bool scan_symbol(const char **at)
{
	const char *p = *at;

	if (dlk_is_digit(*p))
		return false;
	while (is_symbol_char(*p))
		p++;
	if (p == *at || p - *at >= MAX_PLACE)
		return false;
	*at = p;
	return true;
}

/* "+0x1a2/0x3c0", "+0x1a2"; the size may be cut. */
static bool scan_offset(const char **at, uint64_t *offset)
{
	const char *p = *at;

	if (p[0] != '+' || p[1] != '0' || p[2] != 'x')
		return false;
	p++;
	if (!dlk_scan_hex(&p, offset))
		return false;
	if (*p == '/')
		for (p++; dlk_is_hex(*p) || *p == 'x'; p++)
			;
	*at = p;
	return true;
}

/* "mm/filemap.c:1234", "./include/x.h:12:3": a path that ends as a source does, and a line. */
static bool scan_place(const char **at)
{
	const char *p = *at, *colon;
	uint64_t line;

	while (*p && *p != ' ' && *p != '\t' && *p != ':' && *p != ')')
		p++;
	colon = p;
	if (*p++ != ':' || colon - *at < 3 || colon - *at > MAX_PLACE || colon[-2] != '.')
		return false;
	if (colon[-1] != 'c' && colon[-1] != 'h' && colon[-1] != 'S')
		return false;
	if (!dlk_scan_number(&p, &line))
		return false;
	*at = p;
	return true;
}

static const char *kept(struct dlk_log_keep *keep, const char *from, const char *to)
{
	return dlk_log_keep_string(keep, from, (size_t)(to - from));
}

/* "[ext4]", "[ext4 0123abcd4567]", "[ext4] mm/x.c:1", "(P)", "(unreliable)": what may follow a symbol */
static void read_rest(struct dlk_log_keep *keep, const char *at, struct dlk_log_frame *frame)
{
	for (unsigned i = 0; i < 4; i++) {
		const char *begin, *end;

		at = dlk_skip_blanks(at);
		begin = at;
		if (*at == '[') {
			end = at + 1;
			while (is_symbol_char(*end) || *end == '-')
				end++;
			if (end > at + 1 && (*end == ']' || *end == ' ') &&
			    strncmp(at, "[inline]", 8))
				frame->module = kept(keep, at + 1, end);
			if (!dlk_scan_to(&at, "]"))
				return;
		} else if (*at == '(') {
			if (dlk_scan_text(&at, "(unreliable)"))
				frame->is_reliable = false;
			else if (!dlk_scan_to(&at, ")"))
				return;
		} else if (scan_place(&at)) {
			frame->place = kept(keep, begin, at);
		} else {
			return;
		}
	}
}

static struct dlk_log_frame new_frame(void)
{
	return (struct dlk_log_frame){ .offset = DLK_LOG_NO_OFFSET,
				       .is_reliable = true,
				       .on = DLK_CONTEXT_TASK };
}

static bool read_symbol(struct dlk_log_keep *keep, const char *text, struct dlk_log_frame *frame)
{
	const char *p = text, *end;

	if (!scan_symbol(&p))
		return false;
	end = p;
	if (!scan_offset(&p, &frame->offset))
		return false;
	frame->function = kept(keep, text, end);
	/* Without the function's size. */
	end = memchr(end, '/', (size_t)(p - end));
	frame->symbol = kept(keep, text, end ? end : p);
	if (*p && *p != ' ' && *p != '\t' && *p != ')' && *p != ',')
		return false;
	read_rest(keep, *p == ')' ? p + 1 : p, frame);
	return true;
}

bool dlk_log_symbol_read(struct dlk_log_keep *keep, const char *text, struct dlk_log_frame *ret)
{
	*ret = new_frame();
	return read_symbol(keep, dlk_skip_blanks(text), ret);
}

static bool read_inline(struct dlk_log_keep *keep, const char *text, struct dlk_log_frame *frame)
{
	const char *p = text, *end, *place;

	if (!scan_symbol(&p) || *p != ' ')
		return false;
	end = p;
	place = p = dlk_skip_blanks(p);
	if (!scan_place(&p))
		return false;
	frame->place = kept(keep, place, p);
	p = dlk_skip_blanks(p);
	if (!dlk_scan_text(&p, "[inline]"))
		return false;
	frame->function = frame->symbol = kept(keep, text, end);
	frame->is_inlined = true;
	return true;
}

bool dlk_log_inline_read(struct dlk_log_keep *keep, const char *text, struct dlk_log_frame *ret)
{
	*ret = new_frame();
	return read_inline(keep, dlk_skip_blanks(text), ret);
}

/* A function alone, where what stands around it says that it is one. */
static bool read_bare(struct dlk_log_keep *keep, const char **at, struct dlk_log_frame *frame)
{
	const char *begin = *at;

	if (!scan_symbol(at))
		return false;
	frame->function = frame->symbol = kept(keep, begin, *at);
	return true;
}

/* "[<ffffffff81234567>]", "[<0>]", "([<..>]" of s390, ppc's "[c000..] [c000..]", sparc's "[0000..]" */
static bool scan_address(const char **at, bool *is_zero)
{
	const char *p = *at;
	uint64_t address;
	bool is_angled;

	if (*p == '(')
		p++;
	if (*p++ != '[')
		return false;
	is_angled = *p == '<';
	p += is_angled;
	if (!dlk_scan_hex(&p, &address))
		return false;
	if (is_angled && *p++ != '>')
		return false;
	if (*p++ != ']')
		return false;
	*is_zero = is_angled && !address;
	*at = dlk_skip_blanks(p);
	return true;
}

/* arm: the function that was called, and from where: "(f) from [<..>] (g+0x60/0xdc)", "(f+0x1/0x2) from ...",
 * "f from g+0x60/0xdc" */
static const char *read_arm(struct dlk_log_keep *keep, const char *text,
			    struct dlk_log_frame *frame)
{
	const char *p = text, *from = text, *end;
	bool is_zero;

	if (!dlk_scan_to(&from, " from "))
		return NULL;
	if (*p == '(')
		p++;
	end = p;
	if (!scan_symbol(&end))
		return NULL;
	(void)scan_address(&from, &is_zero);
	if (*from == '(')
		from++;
	p = from;
	if (!scan_symbol(&p) || *p != '+')
		return NULL;
	p = *text == '(' ? text + 1 : text;
	frame->function = frame->symbol = kept(keep, p, end);
	return from;
}

/* "f at ffffffff81aaa010 [mod]" */
static bool read_crash(struct dlk_log_keep *keep, const char *text, struct dlk_log_frame *frame)
{
	const char *p = text;
	uint64_t address;

	if (!read_symbol(keep, text, frame)) {
		frame->offset = DLK_LOG_NO_OFFSET;
		if (!read_bare(keep, &p, frame))
			return false;
	} else {
		p = dlk_skip_word(p);
	}
	p = dlk_skip_blanks(p);
	if (!dlk_scan_text(&p, "at ") || !dlk_scan_hex(&p, &address))
		return false;
	read_rest(keep, p, frame);
	return true;
}

/* "f (mm/filemap.c:1234:3)", "f+0x1/0x2 (mm/filemap.c:1234:3)"; other debuggers give no column. */
static bool read_drgn(struct dlk_log_keep *keep, const char *text, struct dlk_log_frame *frame)
{
	const char *p = text, *place;

	if (!read_bare(keep, &p, frame))
		return false;
	if (scan_offset(&p, &frame->offset))
		frame->symbol = kept(keep, text, p);
	p = dlk_skip_blanks(p);
	if (*p++ != '(')
		return frame->offset != DLK_LOG_NO_OFFSET;
	place = p;
	if (!scan_place(&p) || *p != ':')
		return false;
	frame->place = kept(keep, place, p);
	return true;
}

/* "#0 [ffffc90000123400] f at ...", "#0  f (...)" */
static enum dlk_log_frame_form read_numbered(struct dlk_log_keep *keep, const char *text,
					     struct dlk_log_frame *frame, uint32_t *number)
{
	const char *p = text + 1;
	bool is_zero;
	int32_t n;

	if (!dlk_scan_int(&p, &n) || *p != ' ')
		return DLK_LOG_NO_FRAME;
	*number = (uint32_t)n;
	p = dlk_skip_blanks(p);
	if (scan_address(&p, &is_zero))
		return read_crash(keep, p, frame) ? DLK_LOG_FRAME_CRASH : DLK_LOG_NO_FRAME;
	return read_drgn(keep, p, frame) ? DLK_LOG_FRAME_DRGN : DLK_LOG_NO_FRAME;
}

enum dlk_log_frame_form dlk_log_frame_read(struct dlk_log_keep *keep, const char *text,
					   struct dlk_log_frame *ret, uint32_t *number,
					   const char **from)
{
	bool has_address = false, is_zero = false;
	const char *p = text;

	*ret = new_frame();
	*number = 0;
	*from = NULL;
	if (*p == '#')
		return read_numbered(keep, p, ret, number);
	while (scan_address(&p, &is_zero))
		has_address = true;
	if (*p == '?') {
		ret->is_reliable = false;
		p = dlk_skip_blanks(p + 1);
	}
	*from = read_arm(keep, p, ret);
	if (*from)
		return DLK_LOG_FRAME_PRINTED;
	if (has_address && *p == '(')
		p++;
	if (read_symbol(keep, p, ret))
		return is_zero ? DLK_LOG_FRAME_PROC : DLK_LOG_FRAME_PRINTED;
	if (has_address)
		return read_crash(keep, p, ret) ? DLK_LOG_FRAME_CRASH : DLK_LOG_NO_FRAME;
	return read_inline(keep, p, ret) ? DLK_LOG_FRAME_PRINTED : DLK_LOG_NO_FRAME;
}
