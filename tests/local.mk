# SPDX-License-Identifier: GPL-2.0-or-later
# Tests: every program is one source file, of which it has the name (or more, below), with what tests
# share and the core.  What is read or run as it stands is found by its name.

TEST_EXTENSIONS = .sh
# What hangs is cut; TEST_WRAPPER is for valgrind and its like.
TEST_LIMIT = timeout --foreground 300
TEST_WRAPPER =
LOG_COMPILER = $(TEST_LIMIT) $(TEST_WRAPPER)
SH_LOG_COMPILER = $(TEST_LIMIT) bash
AM_TESTS_ENVIRONMENT = \
	LC_ALL=C; export LC_ALL; \
	DEADLOCK='$(abs_top_builddir)/deadlock'; export DEADLOCK; \
	SANITIZED='$(SANITIZED)'; export SANITIZED; \
	SECCOMP='$(with_seccomp)'; export SECCOMP; \
	INVADER_SO='$(abs_top_builddir)/tests/fake/.libs/invader.so'; export INVADER_SO; \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir;

libtests_la_SOURCES = \
	tests/fake/arch.c \
	tests/fake/expect.c \
	tests/fake/fake.c \
	tests/fake/image.c \
	tests/fake/late.c \
	tests/fake/other64.c \
	tests/fake/parse.c \
	tests/fake/parse_objects.c \
	tests/fake/parse_tasks.c \
	tests/fake/parse_types.c \
	tests/fake/run.c \
	tests/fake/stub.c \
	tests/fake/task.c \
	tests/hostile/bytes.c \
	tests/hostile/meter.c \
	tests/hostile/peer.c \
	tests/hostile/victim.c
noinst_HEADERS += $(wildcard $(srcdir)/tests/crash/*.h $(srcdir)/tests/fake/*.h \
	$(srcdir)/tests/hostile/*.h)

include tests/unit/local.mk
include tests/fuzz/local.mk

# Over fake kernels in words, tests/fake/README.md.
IMAGE_TESTS = \
	tests/image/faults \
	tests/image/format \
	tests/image/garbage \
	tests/image/image

# What bad input may cost: tests/hostile/README.md.
HOSTILE_TESTS = \
	tests/hostile/army \
	tests/hostile/code \
	tests/hostile/elf \
	tests/hostile/guest \
	tests/hostile/kdump \
	tests/hostile/kernel \
	tests/hostile/outfile \
	tests/hostile/symbols \
	tests/hostile/vmlinux

# The extension's calls of crash, faked; against crash's own header.
if HAVE_CRASH
CRASH_TESTS = tests/crash/faults
endif
tests_crash_faults_SOURCES = \
	tests/crash/calls.c \
	tests/crash/faults.c \
	tests/crash/questions.c \
	tests/crash/sound.c \
	tests/fake/crash.c \
	$(crash_sources)
tests_crash_faults_CPPFLAGS = $(crash_cppflags)
tests_crash_faults_CFLAGS = $(crash_cflags)

SCRIPT_TESTS = \
	tests/cli/err.bombs.sh \
	tests/cli/err.input.sh \
	tests/cli/err.limits.sh \
	tests/cli/err.magic.sh \
	tests/cli/err.open.sh \
	tests/cli/err.truncated.sh \
	tests/cli/err.vmlinux.sh \
	tests/cli/tst.capture.sh \
	tests/cli/tst.costs.sh \
	tests/cli/tst.crash-6.1.sh \
	tests/cli/tst.crash-6.1-jumps.sh \
	tests/cli/tst.crash-6.12.sh \
	tests/cli/tst.exit-status.sh \
	tests/cli/tst.future.sh \
	tests/cli/tst.golden.sh \
	tests/cli/tst.hugetlb.sh \
	tests/cli/tst.lockdep.sh \
	tests/cli/tst.logs.sh \
	tests/cli/tst.no-vmcoreinfo.sh \
	tests/cli/tst.operands.sh \
	tests/cli/tst.sandbox.sh \
	tests/cli/tst.scenarios-6.12.sh \
	tests/cli/tst.scenarios-later.sh \
	tests/cli/tst.scenarios-older.sh \
	tests/cli/tst.two-kernels.sh

# What takes longest begins first, so that no one runs alone at the end.
PROGRAM_TESTS = $(IMAGE_TESTS) $(HOSTILE_TESTS) $(FUZZ_TESTS) $(UNIT_TESTS)
TESTS = $(PROGRAM_TESTS) $(SCRIPT_TESTS)

if HAVE_CMOCKA
check_LTLIBRARIES = libtests.la tests/fake/invader.la
check_PROGRAMS = $(PROGRAM_TESTS) $(CRASH_TESTS) tests/bench/bench tests/lab/code-truth tests/lab/log-blocks
else
check_DATA = cmocka
cmocka:
	@echo "make check needs cmocka (Debian: libcmocka-dev); install it and run configure again" >&2
	@exit 1
EXTRA_LTLIBRARIES = libtests.la tests/fake/invader.la
EXTRA_PROGRAMS = $(PROGRAM_TESTS) $(CRASH_TESTS) tests/bench/bench tests/lab/code-truth tests/lab/log-blocks
endif
LDADD = libtests.la libdeadlock.la $(CMOCKA_LIBS)

# Preloaded: a shared object, which libtool makes of what would be installed only.
tests_fake_invader_la_SOURCES = tests/fake/invader.c
tests_fake_invader_la_LIBADD =
tests_fake_invader_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -rpath /nowhere

# What the analysis costs; BENCH_DUMPS="FILE..." instead of the bundled captures and a live guest.
tests_bench_bench_LDADD = libdeadlock.la
# Code against lockdep: vmcores/check-code runs it.
tests_lab_code_truth_LDADD = libdeadlock.la
# What is read of a log, a line for each block.
tests_lab_log_blocks_LDADD = libdeadlock.la
bench: tests/bench/bench deadlock$(EXEEXT)
	$(AM_V_at)DEADLOCK=./deadlock$(EXEEXT) $(srcdir)/build-aux/bench tests/bench/bench $(BENCH_DUMPS)
.PHONY: bench

# Not whole folders where programs are built.
EXTRA_DIST += \
	tests/log/answers.jsonl \
	tests/log/check-logs \
	$(SCRIPT_TESTS) \
	$(wildcard $(srcdir)/tests/image/*.image $(srcdir)/tests/image/*.types) \
	$(wildcard $(srcdir)/tests/*/README.md) \
	tests/.clang-tidy \
	tests/cli/golden \
	tests/cli/crash.sh \
	tests/cli/lib.sh \
	tests/cli/scenarios.sh \
	tests/crash/behave \
	tests/crash/compare \
	tests/crash/gdb-6.1-cloud.zst \
	tests/crash/gdb-6.12-cloud.zst \
	tests/crash/live \
	tests/crash/record \
	tests/live
