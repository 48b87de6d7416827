// SPDX-License-Identifier: GPL-2.0-only
/* A module that takes its time to start, or needs itself for that: dlk_life.c has it loaded. */
#include <linux/kmod.h>

#include "dlk_lab.h"

static noinline int lab_load_again(char **arguments)
{
	static char *environment[] = { "HOME=/", "PATH=/bin", NULL };

	return call_usermodehelper(arguments[0], arguments, environment, UMH_WAIT_PROC);
}

static int lab_self(void)
{
	static char *arguments[] = { "/bin/insmod", "/dlk_life_self.ko", "scenario=self", NULL };

	lab_load_again(arguments);
	lab_say_escaped();
	return -EINVAL;
}

/* The same module, from another file. */
static int lab_name(void)
{
	static char *arguments[] = { "/bin/sh", "-c",
				     "cp /dlk_life_self.ko /copy.ko && exec insmod /copy.ko",
				     NULL };

	lab_load_again(arguments);
	lab_say_escaped();
	return -EINVAL;
}

static const struct lab_scenario lab_scenarios[] = {
	{ "self", lab_self },
	{ "name", lab_name },
	{ "slow", lab_sleep_for_good },
};

static int __init lab_init(void)
{
	return lab_run(lab_scenarios, ARRAY_SIZE(lab_scenarios));
}
module_init(lab_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Starts slowly, or never, to try deadlock finders on");
