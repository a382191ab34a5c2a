# SPDX-License-Identifier: MIT
#
# The same library and tests for aarch64, run by qemu-user, on a Debian machine, with
# the arm64 packages of libevent and CUnit beside the native ones.  Of libevent that is
# the library alone (the development package of one machine excludes that of another),
# whose headers are the same for both.

CROSS_aarch64 := EVENT_LIB=-l:libevent_core-2.1.so.7 CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar VARIANT=aarch64 \
	PKG="env PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig pkg-config"

# What the packages need is said here and not in tools/deps.sh: this is for Debian alone.
aarch64-deps:
	@tools/deps.sh build cross
	@[ -e /usr/lib/aarch64-linux-gnu/libevent_core-2.1.so.7 ] && \
	 [ -e /usr/lib/aarch64-linux-gnu/pkgconfig/cunit.pc ] || \
	{ echo "libevent and CUnit for arm64 are needed. As root:" ; \
	  echo "  dpkg --add-architecture arm64 && apt-get update && apt-get install -y libevent-core-2.1-7:arm64 libcunit1-dev:arm64" ; \
	  exit 1 ; }

cross-aarch64: aarch64-deps ## build for aarch64, in build/aarch64/
	@+$(MAKE) --no-print-directory $(CROSS_aarch64) all demos tests

test-aarch64: aarch64-deps ## the tests for aarch64, under qemu-user
	@+$(MAKE) --no-print-directory $(CROSS_aarch64) run-tests

ifeq ($(VARIANT),aarch64)
TEST_ENV     := COIL_TEST_TIMEOUT=10 COIL_TEST_WRAPPER=$(shell command -v qemu-aarch64)
TEST_WRAPPER := qemu-aarch64
endif

.PHONY: aarch64-deps cross-aarch64 test-aarch64
