# SPDX-License-Identifier: MIT
#
# Pages that are made from the sources.

$(B)/docs/trace_format: tools/docs/trace_format.c src/trace/events.def src/trace/format.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $< -o $@

docs: $(B)/docs/trace_format ## write docs/trace-format.md from the table of events
	$(Q)$< > $(B)/docs/trace-format.md && cp $(B)/docs/trace-format.md docs/trace-format.md
.PHONY: docs
tests: $(B)/docs/trace_format
