#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a program on a virtual display with a session bus and a home of its own.
# Usage: run-with-display.sh PROGRAM [ARGUMENT...]
set -eu

for tool in xvfb-run dbus-run-session; do
  if ! command -v "$tool" > /dev/null; then
    echo "skipped: $tool is not installed"
    exit 77
  fi
done

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-gtk.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir -m 0700 "$scratch/runtime" "$scratch/home"
export HOME="$scratch/home" XDG_RUNTIME_DIR="$scratch/runtime"
export XDG_CONFIG_HOME="$scratch/home/.config" XDG_CACHE_HOME="$scratch/home/.cache" XDG_DATA_HOME="$scratch/home/.local"
export TZ=UTC LC_ALL=C.UTF-8 GDK_BACKEND=x11
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS || true

# A number of its own to begin with: two tests that start at once must not meet.  And a
# server that begins anew when its last client leaves would turn the next one away.
xvfb-run -a -n "$((100 + $$ % 800))" -s '-screen 0 1280x900x24 -nolisten tcp -noreset' dbus-run-session -- "$@"
