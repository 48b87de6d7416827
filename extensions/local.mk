# SPDX-License-Identifier: GPL-2.0-or-later
# What runs inside other debuggers.

dist_pkgdata_DATA = extensions/deadlock.gdb

# The crash extension: a shared object that exports nothing.
crash_sources = \
	extensions/crash_deadlock.c \
	extensions/help.c \
	extensions/openfiles.c \
	src/cli/answer.c \
	src/cli/options.c \
	src/cli/said.c
crash_cppflags = $(AM_CPPFLAGS) $(CRASH_CPPFLAGS)
# crash takes char * for all that it only reads.
crash_cflags = $(AM_CFLAGS) -Wno-write-strings

if HAVE_CRASH
crashext_LTLIBRARIES = deadlock.la
deadlock_la_SOURCES = $(crash_sources)
deadlock_la_CPPFLAGS = $(crash_cppflags)
deadlock_la_CFLAGS = $(crash_cflags)
deadlock_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared
deadlock_la_LIBADD = libdeadlock-core.la

# crash wants the .so alone.  To automake all that has no "exec" in its folder's name is data.
install-data-hook:
	rm -f '$(DESTDIR)$(crashextdir)/deadlock.la'

# Part of "make distcheck".
installcheck-local:
	test -e '$(DESTDIR)$(crashextdir)/deadlock.so'
	test ! -e '$(DESTDIR)$(crashextdir)/deadlock.la'

uninstall-hook:
	rm -f '$(DESTDIR)$(crashextdir)/deadlock.so'
endif

noinst_HEADERS += $(wildcard $(srcdir)/extensions/*.h)
