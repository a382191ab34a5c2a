# SPDX-License-Identifier: MIT
#
# Installing: the library (static, and shared with its soname), the headers, the
# command, coil.pc for pkg-config, and the manual page.

PREFIX  ?= /usr/local
DESTDIR ?=
TO      := $(DESTDIR)$(PREFIX)
MAN     := $(wildcard docs/coil.1)

# Written anew each time: it depends on PREFIX.
$(B)/coil.pc: coil.pc.in FORCE
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@LIBUV@|$(if $(UV_LIBS), libuv)|' $< > $@

install: all $(B)/coil.pc ## install to PREFIX (/usr/local), under DESTDIR
	install -d "$(TO)/bin" "$(TO)/lib/pkgconfig" "$(TO)/include/coil" "$(TO)/share/man/man1"
	install -m 755 $(B)/coil "$(TO)/bin"
	install -m 644 $(B)/libcoil.a "$(TO)/lib"
	install -m 755 $(B)/libcoil.so.$(VERSION) "$(TO)/lib"
	ln -sf libcoil.so.$(VERSION) "$(TO)/lib/libcoil.so.$(SOVERSION)"
	ln -sf libcoil.so.$(SOVERSION) "$(TO)/lib/libcoil.so"
	install -m 644 include/coil.h "$(TO)/include"
	install -m 644 include/coil/* "$(TO)/include/coil"
	install -m 644 $(B)/coil.pc "$(TO)/lib/pkgconfig"
	$(if $(MAN),install -m 644 $(MAN) "$(TO)/share/man/man1")

uninstall: ## remove what install put there
	rm -f "$(TO)/bin/coil" "$(TO)/lib/libcoil.a" "$(TO)/lib/libcoil.so" \
		"$(TO)/lib/libcoil.so.$(SOVERSION)" "$(TO)/lib/libcoil.so.$(VERSION)" \
		"$(TO)/include/coil.h" "$(TO)/lib/pkgconfig/coil.pc" "$(TO)/share/man/man1/coil.1"
	rm -rf "$(TO)/include/coil"

check-install: all $(B)/tests/run ## install to a temporary place, and use what is there from C and C++
	$(B)/tests/run -v install/

.PHONY: install uninstall check-install FORCE
FORCE:
