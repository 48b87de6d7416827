/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of the enums that reports print: one table each, from the headers' X-macros. */
#include <config.h>

#include "deadlock/model.h"

#define NAME_IN(table, value)                                                                      \
	((size_t)(value) < sizeof(table) / sizeof((table)[0]) ? (table)[value] : "unknown")

const char *dlk_status_text(enum dlk_status status)
{
	static const char *const texts[] = {
#define X(name, text) text,
		DLK_STATUS_TABLE(X)
#undef X
	};

	return (size_t)status < sizeof(texts) / sizeof(texts[0]) ? texts[status] : "unknown status";
}

const char *dlk_kind_text(enum dlk_kind kind)
{
	static const char *const texts[] = {
#define X(name, text, extent, sharing, unknown) #text,
		DLK_KIND_TABLE(X)
#undef X
	};

	return NAME_IN(texts, kind);
}

bool dlk_kind_is_followed(enum dlk_kind kind)
{
	enum { NAMED, PARTLY, FOLLOWED };
	static const bool extents[] = {
#define X(name, text, extent, sharing, unknown) (extent) == FOLLOWED,
		DLK_KIND_TABLE(X)
#undef X
	};

	return (size_t)kind < sizeof(extents) / sizeof(extents[0]) && extents[kind];
}

enum sharing { EXCLUSIVE, SHARED, FAIR };

static enum sharing sharing_of(enum dlk_kind kind)
{
	static const enum sharing sharings[] = {
#define X(name, text, extent, sharing, unknown) sharing,
		DLK_KIND_TABLE(X)
#undef X
	};

	return (size_t)kind < sizeof(sharings) / sizeof(sharings[0]) ? sharings[kind] : EXCLUSIVE;
}

bool dlk_kind_is_shared(enum dlk_kind kind)
{
	return sharing_of(kind) != EXCLUSIVE;
}

bool dlk_kind_is_fair(enum dlk_kind kind)
{
	return sharing_of(kind) == FAIR;
}

enum dlk_mode dlk_kind_mode(enum dlk_kind kind, bool is_read)
{
	if (is_read)
		return DLK_MODE_READ;
	return dlk_kind_is_shared(kind) ? DLK_MODE_WRITE : DLK_MODE_EXCLUSIVE;
}

const char *dlk_kind_unknown(enum dlk_kind kind)
{
	static const char *const texts[] = {
#define X(name, text, extent, sharing, unknown) unknown,
		DLK_KIND_TABLE(X)
#undef X
	};

	return NAME_IN(texts, kind);
}

const char *dlk_purpose_text(enum dlk_purpose purpose)
{
	static const char *const texts[] = {
#define X(name, text, words) text,
		DLK_PURPOSE_TABLE(X)
#undef X
	};

	return NAME_IN(texts, purpose);
}

const char *dlk_purpose_words(enum dlk_purpose purpose)
{
	static const char *const texts[] = {
#define X(name, text, words) words,
		DLK_PURPOSE_TABLE(X)
#undef X
	};

	return NAME_IN(texts, purpose);
}

const char *dlk_context_text(enum dlk_context_kind kind)
{
	static const char *const texts[] = {
#define X(name, text) text,
		DLK_CONTEXT_TABLE(X)
#undef X
	};

	return NAME_IN(texts, kind);
}

const char *dlk_why_text(enum dlk_why why)
{
	static const char *const texts[] = {
#define X(name, text, meaning) text,
		DLK_WHY_TABLE(X)
#undef X
	};

	return NAME_IN(texts, why);
}

const char *dlk_why_meaning(enum dlk_why why)
{
	static const char *const texts[] = {
#define X(name, text, meaning) meaning,
		DLK_WHY_TABLE(X)
#undef X
	};

	return NAME_IN(texts, why);
}

const char *dlk_mode_text(enum dlk_mode mode)
{
	static const char *const texts[] = { "read", "write", "exclusive" };

	return NAME_IN(texts, mode);
}

/* The number of the lowest bit; one that no table has, if there is none. */
static unsigned best_of(uint32_t evidence)
{
	return evidence ? (unsigned)__builtin_ctz(evidence) : DLK_EVIDENCE_COUNT;
}

const char *dlk_evidence_text(uint32_t evidence)
{
	static const char *const texts[] = {
#define X(name, text, meaning) text,
		DLK_EVIDENCE_TABLE(X)
#undef X
	};

	return NAME_IN(texts, best_of(evidence));
}

bool dlk_evidence_is_confirmed(uint32_t evidence)
{
	return evidence & DLK_EVIDENCE_LOCKDEP && best_of(evidence) < DLK_EVIDENCE_BIT_LOCKDEP;
}

const char *dlk_evidence_meaning(uint32_t evidence)
{
	static const char *const texts[] = {
#define X(name, text, meaning) meaning,
		DLK_EVIDENCE_TABLE(X)
#undef X
	};

	return NAME_IN(texts, best_of(evidence));
}

const char *dlk_confidence_text(enum dlk_confidence confidence)
{
	static const char *const texts[] = { "possible", "likely", "certain" };

	return NAME_IN(texts, confidence);
}

const char *dlk_said_text(enum dlk_said_what what)
{
	static const char *const texts[] = {
#define X(name, text) text,
		DLK_SAID_TABLE(X)
#undef X
	};

	return NAME_IN(texts, what);
}

const char *dlk_finding_text(enum dlk_finding_code code)
{
	static const char *const texts[] = {
#define X(name, text) text,
		DLK_FINDING_TABLE(X)
#undef X
	};

	return NAME_IN(texts, code);
}

const char *dlk_lockdep_text(enum dlk_lockdep_state state)
{
	static const char *const texts[] = { "absent", "on", "off" };

	return NAME_IN(texts, state);
}

const char *dlk_irq_text(unsigned irq)
{
	static const char *const texts[] = { "none", "softirq", "hardirq", "hardirq on softirq" };

	return NAME_IN(texts, irq);
}
