#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What rule files cost: an estimate of an office home with them and without, and how long
# reading and compiling them takes.  MOORING_BENCH_RULES names the files (a stock MigApp.xml,
# say), with blanks between; without it there is nothing to measure.  Each time is the best of
# MOORING_BENCH_RUNS (5).
set -eu
. "$(dirname -- "$0")/../proof/lib.sh"
if [ -z "${MOORING_BENCH_RULES:-}" ]; then
  echo "skipped: MOORING_BENCH_RULES names no rule file"
  exit 77
fi
volumes_enter "$0" "$@"

objects=${MOORING_BENCH_OBJECTS:-20000}
runs=${MOORING_BENCH_RUNS:-5}
fs=${MOORING_BENCH_FS:-ext4}
fs=${fs%% *}
volumes_need "$fs"
volumes_begin "$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-bench-XXXXXX")"
volume_make "$fs" system 40000
system=$volumes_dir/system
# The whole home besides, so that both estimates look at the same.
cat >"$volumes_dir/home.xml" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<migration urlid="http://example.org/bench">
  <component type="Documents" context="User">
    <displayName>Home</displayName>
    <role role="Data"><rules><include><objectSet>
      <pattern type="File">%USERPROFILE%\* [*]</pattern>
    </objectSet></include></rules></role>
  </component>
</migration>
XML
rules="--rules $volumes_dir/home.xml"
for file in $MOORING_BENCH_RULES; do
  rules="$rules --rules $file"
done

# best COMMAND...: the shortest of some runs, in seconds
best() {
  python3 - "$runs" "$@" <<'PYTHON'
import subprocess, sys, time
shortest = None
for _ in range(int(sys.argv[1])):
    started = time.monotonic()
    code = subprocess.call(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took = time.monotonic() - started
    if code not in (0, 3):
        sys.exit(f"{' '.join(sys.argv[2:])} ended with {code}")
    shortest = took if shortest is None else min(shortest, took)
print(f"{shortest:.3f}")
PYTHON
}

make_small_system "$system" bench
add_small_person "$system" alice 1001 /home/alice
make_home --seed 1 --objects "$objects" --kind office --owner 1001:1001 "$system/home/alice"
sync
plain=$(best "$MOORING" estimate --root "$system")
# shellcheck disable=SC2086 # options
ruled=$(best "$MOORING" estimate --root "$system" $rules)
bare=$(best "$MOORING" explain --root "$system" /home/alice/x)
# shellcheck disable=SC2086
compiled=$(best "$MOORING" explain --root "$system" $rules /home/alice/x)
awk -v p="$plain" -v r="$ruled" -v b="$bare" -v c="$compiled" -v n="$objects" 'BEGIN {
  printf "  %d objects: %.3f s without rule files, %.3f s with them: %.2f times\n", n, p, r, r / p
  printf "  reading and compiling: %.3f s\n", c - b }'
