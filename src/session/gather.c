/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which facts are gathered: records first; what none of them says is inferred. */
#include <config.h>

#include "session/gather.h"

#include "lockdep/lockdep.h"
#include "locks/find.h"
#include "locks/infer.h"

enum dlk_status dlk_gather(struct dlk_facts *f, struct dlk_kernel *k,
			   const struct dlk_analyze_options *options)
{
	enum dlk_status status = dlk_facts_init(f, k);

	if (!status)
		status = dlk_locks_gather(f);
	if (!status)
		status = dlk_lockdep_gather(f, options->usages);
	return status ? status : dlk_locks_infer(f, options->all_stacks, options->all_holds);
}
