#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# --version and --help answer without a display; an unknown option is refused.
# Usage: test-options.sh MOORING-GTK
set -eu
unset DISPLAY WAYLAND_DISPLAY || true
export LC_ALL=C.UTF-8

"$1" --version | grep -q '^mooring-gtk [0-9]'
"$1" --help | grep -q -- '--root=DIR'
if "$1" --no-such-option > /dev/null 2>&1; then
  echo "an unknown option was taken" >&2
  exit 1
fi
