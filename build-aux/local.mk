# SPDX-License-Identifier: GPL-2.0-or-later
# Checks of the source: each prints what is wrong, one line a finding, and fails.

CHECKS = check-hardening check-lists check-layers check-headers check-symbols check-sizes lint \
	format-check
.PHONY: $(CHECKS) format coverage

check-lists:
	@printf '%s\n' $(DISTFILES) | sed 's|^$(srcdir)/||; s|^$(top_srcdir)/||' | \
		(cd $(srcdir) && bash build-aux/check-lists)

check-layers:
	@cd $(srcdir) && bash build-aux/check-layers

check-sizes:
	@cd $(srcdir) && bash build-aux/check-sizes

check-headers:
	@cd $(srcdir) && CC='$(CC)' CFLAGS='$(CHECK_FLAGS)' bash build-aux/check-headers

check-symbols: libdeadlock.la deadlock$(EXEEXT)
	@bash $(srcdir)/build-aux/check-symbols

check-hardening: all
	@bash $(srcdir)/build-aux/check-hardening

lint:
	@cd $(srcdir) && CFLAGS='$(CHECK_FLAGS)' bash build-aux/lint

format-check:
	@cd $(srcdir) && bash build-aux/format --check

format:
	@cd $(srcdir) && bash build-aux/format

# For a compiler that runs in $(srcdir).
CHECK_FLAGS = -std=gnu11 -I$(abs_top_builddir) -Isrc -Iinclude -DHAVE_CONFIG_H \
	$(ADDRXLAT_CFLAGS) $(BPF_CFLAGS) $(ELF_CFLAGS) $(DW_CFLAGS) \
	$(JANSSON_CFLAGS) $(EXPAT_CFLAGS) $(LZMA_CFLAGS) $(SECCOMP_CFLAGS) $(ZLIB_CFLAGS) $(LZO_CFLAGS) \
	$(SNAPPY_CFLAGS) $(ZSTD_CFLAGS) $(CMOCKA_CFLAGS) \
	$(CRASH_CPPFLAGS)

if ENABLE_GCOV
coverage: check
	@bash $(srcdir)/build-aux/coverage

clean-local:
	find . \( -name '*.gcda' -o -name '*.gcno' \) -exec rm -f {} +
else
coverage:
	@echo "make coverage needs a build configured with --enable-gcov" >&2
	@exit 1
endif

# What autoreconf puts beside them is automake's affair.
EXTRA_DIST += \
	$(wildcard $(srcdir)/build-aux/check-*) \
	build-aux/bench \
	build-aux/coverage \
	build-aux/format \
	build-aux/lint \
	build-aux/list-scripts \
	build-aux/man-kinds.awk
