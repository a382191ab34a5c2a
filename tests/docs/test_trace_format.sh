#!/bin/sh
# SPDX-License-Identifier: MIT
#
# docs/trace-format.md is what `make docs` makes of the table of events today.
set -eu

"${B:-build}/docs/trace_format" >"$T/page"
diff -u docs/trace-format.md "$T/page" && exit 0
echo "docs/trace-format.md is not current: make docs"
exit 1
