#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Whether an estimate comes true: MOORING_BENCH_RUNS (10) captures over the four kinds
# of homes, each preceded by its estimate.  Prints the announced range, what it
# took, and in how many runs it was inside.
set -eu
. "$(dirname -- "$0")/../proof/lib.sh"
volumes_enter "$0" "$@"

objects=${MOORING_BENCH_OBJECTS:-20000}
runs=${MOORING_BENCH_RUNS:-10}
fs=${MOORING_BENCH_FS:-ext4}
fs=${fs%% *}
# shellcheck disable=SC2034 # for volume_mount
VOLUMES_DIRECT_IO=yes
volumes_need "$fs"
volumes_begin "$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-bench-XXXXXX")"
volume_make "$fs" system 40000
system=$volumes_dir/system
store=$system/mooring-store

# number FILE NAME...: the number at this place of a JSON result
number() {
  python3 -c '
import json, sys
text = open(sys.argv[1], encoding="utf-8").read().strip()
try:
    value = json.loads(text)
except ValueError:
    value = json.loads(text.splitlines()[-1])
value = value.get("result", value)
for name in sys.argv[2:]:
    value = value[name]
print(value)' "$@"
}

n_inside=0
widest=0
run=0
while [ "$run" -lt "$runs" ]; do
  case $((run % 4)) in
  0) kind=office ;;
  1) kind=developer ;;
  2) kind=many ;;
  3) kind=huge ;;
  esac
  make_small_system "$system" bench
  n=$objects
  [ "$kind" != huge ] || n=300
  if [ "$kind" = many ]; then
    make_home --seed "$run" --objects "$n" --kind many --owner 1001:1001 "$system/home"
  else
    add_small_person "$system" alice 1001 /home/alice
    make_home --seed "$run" --objects "$n" --kind "$kind" --owner 1001:1001 "$system/home/alice"
  fi
  sync
  "$MOORING" --json estimate --root "$system" --store "$store" >"$volumes_dir/estimate" 2>/dev/null
  low=$(number "$volumes_dir/estimate" totals seconds-low)
  high=$(number "$volumes_dir/estimate" totals seconds-high)
  "$MOORING" --json capture --root "$system" --store "$store" >"$volumes_dir/capture" 2>/dev/null
  took=$(number "$volumes_dir/capture" seconds)
  verdict=$(awk -v l="$low" -v h="$high" -v t="$took" 'BEGIN {
    printf "%s %.2f", ((t >= l && t <= h) ? "inside" : (t < l ? "below" : "above")), ((l > 0) ? h / l : 0) }')
  [ "${verdict%% *}" != inside ] || n_inside=$((n_inside + 1))
  widest=$(awk -v a="$widest" -v b="${verdict#* }" 'BEGIN { print (a > b ? a : b) }')
  printf '  %-10s announced %8.3f to %8.3f s, took %8.3f s: %s\n' "$kind" "$low" "$high" "$took" \
    "${verdict%% *}"
  rm -rf "$store" "$system/home" "$system/etc"
  run=$((run + 1))
done
say "$n_inside of $runs inside the announced range, whose ends differ by a factor of $widest at most"
