/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that looks into VMCOREINFO: a key up to the first newline, then the text. */
#include <config.h>

#include "fuzz.h"

#include <string.h>

#include "debuginfo/kallsyms.h"
#include "kernel/arch.h"
#include "kernel/xlat.h"
#include "target/vmcoreinfo.h"

static void look_up(const char *text, const char *key)
{
	size_t len = 0;
	const char *value = dlk_vmcoreinfo_find(text, key, &len);
	uint64_t hex;
	int64_t number;

	FUZZ_CLAIM(!value || (value > text && len <= strlen(value)));
	FUZZ_CLAIM(value || !dlk_vmcoreinfo_hex(text, key, &hex));
	FUZZ_CLAIM(value || !dlk_vmcoreinfo_number(text, key, &number));
	(void)dlk_vmcoreinfo_hex(text, key, &hex);
	(void)dlk_vmcoreinfo_number(text, key, &number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dlk_kallsyms_tables tables;
	struct dlk_xlat_root root;
	struct dlk_ctx ctx;
	char *copy, *text;

	dlk_ctx_init(&ctx);
	copy = dlk_alloc(&ctx, size + 1);
	if (copy && size) {
		memcpy(copy, data, size);
		text = strchr(copy, '\n');
		if (text)
			*text++ = 0;
		look_up(text ? text : "", copy);
		look_up(text, "OSRELEASE");
		look_up(text, "KERNELOFFSET");
		(void)!dlk_kallsyms_tables_from_vmcoreinfo(text, &tables);
		(void)!dlk_xlat_root_from_vmcoreinfo(&ctx, &dlk_kernel_arch_x86_64, text, &root);
	}
	dlk_ctx_deinit(&ctx);
	return 0;
}
