/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session: a kernel that can be read, the facts gathered from it, what they cost.
 */
#include <config.h>

#include "deadlock/session.h"

#include <string.h>

#include "kernel/arch.h"
#include "session/live.h"
#include "session/session.h"
#include "target/vmcoreinfo.h"

enum { MAX_RELEASE = 64, FILTER_USER_DATA = 8 /* of makedumpfile's dump level */ };

enum dlk_status dlk_session_record(struct dlk_ctx *ctx, const char *path,
				   struct dlk_target **target)
{
	struct dlk_target *outer = *target;
	enum dlk_status status = dlk_target_open_capture(ctx, *target, &outer);

	if (!status)
		status = dlk_capture_begin(outer, path);
	if (status)
		outer->ops->close(outer);
	else
		*target = outer;
	return status;
}

enum dlk_status dlk_session_new(struct dlk_ctx *ctx, struct dlk_target *target,
				struct dlk_session **ret)
{
	struct dlk_session *s = dlk_alloc(ctx, sizeof(*s));
	enum dlk_status status = s ? DLK_OK : dlk_nomem(ctx);

	if (s)
		status = dlk_memory_init(&s->kernel.memory, target);
	if (status) {
		target->ops->close(target);
		return status;
	}
	s->ctx = s->kernel.ctx = ctx;
	s->kernel.arch = dlk_kernel_arch_of(target->arch);
	s->target = target;
	*ret = s;
	return DLK_OK;
}

/* "6.12.117", by VMCOREINFO or by the kernel's banner: "Linux version 6.12.117 (...". */
static void read_release(struct dlk_session *s)
{
	static const char start[] = "Linux version ";
	char banner[sizeof(start) + MAX_RELEASE];
	dlk_addr_t at = dlk_kernel_symbol(&s->kernel, "linux_banner");
	size_t len;
	const char *release = dlk_vmcoreinfo_find(s->target->vmcoreinfo, "OSRELEASE", &len);

	if (!release && at &&
	    !dlk_memory_read_cstr(&s->kernel.memory, at, banner, sizeof(banner)) &&
	    !strncmp(banner, start, sizeof(start) - 1)) {
		release = banner + sizeof(start) - 1;
		len = strcspn(release, " ");
	}
	if (release && len <= MAX_RELEASE)
		s->kernel.release = dlk_format(s->ctx, "%.*s", (int)len, release);
}

enum dlk_status dlk_session_understand(struct dlk_session *s, enum dlk_status status,
				       const char *advice)
{
	char why[sizeof(s->ctx->err.text)];

	if (status != DLK_ERR_NOTFOUND && status != DLK_ERR_CORRUPT &&
	    status != DLK_ERR_UNSUPPORTED)
		return status;
	memcpy(why, s->ctx->err.text, sizeof(why));
	s->not_understood = dlk_format(s->ctx, "this kernel%s is not understood: %s%s%s",
				       dlk_kernel_release(&s->kernel), why, advice ? "; " : "",
				       advice ? advice : "");
	return s->not_understood ? DLK_OK : dlk_nomem(s->ctx);
}

enum dlk_status dlk_session_start(struct dlk_session *s)
{
	read_release(s);
	return dlk_session_understand(s, dlk_kernel_init(&s->kernel), NULL);
}

static void describe_source(const struct dlk_session *s, struct dlk_source *ret)
{
	*ret = (struct dlk_source){ .target = s->target->ops->name,
				    .name = s->target->name,
				    .container = s->target->container,
				    .arch = s->target->arch->name,
				    .release = s->kernel.release };
	if (s->kernel.symbols)
		ret->symbols = s->kernel.symbols->ops->name;
	if (s->kernel.types)
		ret->types = s->kernel.types->ops->name;
}

/* The one finding that there is. */
static enum dlk_status model_nothing(struct dlk_session *s, struct dlk_model *ret)
{
	struct dlk_model model = { .finding_count = 1 };
	struct dlk_finding *finding = dlk_alloc(s->ctx, sizeof(*finding));

	if (!finding)
		return dlk_nomem(s->ctx);
	*finding = (struct dlk_finding){ .code = DLK_FINDING_UNSUPPORTED,
					 .text = s->not_understood,
					 .is_loss = true };
	model.findings = finding;
	describe_source(s, &model.source);
	*ret = model;
	return DLK_OK;
}

/*
 * What a user can do about pages that are not there.  Slab became a page type in v6.10 (46df8e73a4a3):
 * VMCOREINFO then has PAGE_SLAB_MAPCOUNT_VALUE, which makedumpfile 1.7.2, in wide use, does not know.
 */
static enum dlk_status explain_losses(struct dlk_session *s)
{
	const struct dlk_finding *findings = s->facts.model.findings.data;
	int64_t value;
	uint32_t i;

	if (!(s->target->dump_level & FILTER_USER_DATA) ||
	    !dlk_vmcoreinfo_number(s->target->vmcoreinfo, "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)",
				   &value))
		return DLK_OK;
	for (i = 0; i < s->facts.model.findings.len; i++)
		if (findings[i].is_loss && findings[i].code == DLK_FINDING_UNREADABLE)
			break;
	if (i == s->facts.model.findings.len)
		return DLK_OK;
	return dlk_facts_add_finding(
		&s->facts, DLK_FINDING_UNREADABLE, 0, false,
		"the dump was filtered by makedumpfile -d %u: an old one (1.7.2 does) takes "
		"the kernel's slab pages for user data; make dumps of this kernel with -d "
		"%u, or with a newer makedumpfile",
		s->target->dump_level, s->target->dump_level & ~(uint32_t)FILTER_USER_DATA);
}

enum dlk_status dlk_session_analyze(struct dlk_session *s,
				    const struct dlk_analyze_options *options,
				    struct dlk_model *ret)
{
	struct dlk_model model = { 0 };
	enum dlk_status status;

	if (s->not_understood)
		return model_nothing(s, ret);
	s->kernel.with_lines = options->lines;
	status = dlk_memory_settle(&s->kernel.memory,
				   dlk_live_gather(&s->facts, &s->kernel, s->xlat, options));
	if (!status)
		status = explain_losses(s);
	if (!status && s->other_kernel)
		status = dlk_facts_add_finding(&s->facts, DLK_FINDING_OTHER_KERNEL, 0, false, "%s",
					       s->other_kernel);
	if (status)
		return dlk_prepend(s->ctx, status, "%s", s->target->name);
	s->has_facts = true;
	describe_source(s, &model.source);
	dlk_model_finish(&s->facts.model, &model);
	*ret = model;
	return DLK_OK;
}

bool dlk_session_is_foreign(const struct dlk_session *s)
{
	return s->not_understood;
}

struct dlk_session_costs dlk_session_costs(const struct dlk_session *s)
{
	return (struct dlk_session_costs){ .pages_read = s->kernel.memory.pages_read,
					   .memory = s->ctx->used };
}

void dlk_session_close(struct dlk_session *s)
{
	if (!s)
		return;
	if (s->kernel.types && s->kernel.types->ops->close)
		s->kernel.types->ops->close(s->kernel.types);
	if (s->kernel.cfi)
		s->kernel.cfi->ops->close(s->kernel.cfi);
	if (s->close)
		s->close(s->close_arg);
	dlk_xlat_close(s->xlat);
	s->target->ops->close(s->target);
}
