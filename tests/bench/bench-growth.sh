#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# How time and memory grow with the number of objects: capture, verify and restore
# of offices of MOORING_BENCH_SIZES objects ("10000 20000 40000"; the proof goes to
# 1000000).
set -eu
. "$(dirname -- "$0")/../proof/lib.sh"
volumes_enter "$0" "$@"

fs=${MOORING_BENCH_FS:-ext4}
fs=${fs%% *}
# shellcheck disable=SC2034 # for volume_mount
VOLUMES_DIRECT_IO=yes
volumes_need "$fs"
volumes_begin "$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-bench-XXXXXX")"

printf '  %-9s %-16s %9s %12s %9s\n' objects "" seconds us/object "peak MiB"
for objects in ${MOORING_BENCH_SIZES:-10000 20000 40000}; do
  volume_make "$fs" "v$objects" $((2000 + objects / 20))
  system=$volumes_dir/v$objects
  store=$system/mooring-store
  make_small_system "$system" bench
  add_small_person "$system" alice 1001 /home/alice
  make_home --seed 1 --objects "$objects" --owner 1001:1001 "$system/home/alice"
  for step in capture verify restore move; do
    sync
    set -- --root "$system" --store "$store"
    case $step in
    capture | verify) set -- "$step" "$@" ;;
    restore)
      mv "$system/home/alice" "$system/kept"
      set -- restore "$@"
      ;;
    move)
      "$MOORING" undo "$@" >/dev/null 2>&1 || fail "undo"
      set -- restore "$@" --move
      ;;
    esac
    "$MOORING_TOOLS/measure" "$volumes_dir/measured" "$MOORING" "$@" >"$volumes_dir/output" 2>&1 || {
      tail -n 20 "$volumes_dir/output" >&2
      fail "$*"
    }
    read -r wall _ _ peak <"$volumes_dir/measured"
    awk -v n="$objects" -v s="$step" -v t="$wall" -v p="$peak" 'BEGIN {
      printf "  %-9d %-16s %9.3f %12.2f %9.1f\n", n, s, t, t / n * 1e6, p / 1024 }'
  done
  volume_unmount "$system"
  rm -f "$volumes_dir/v$objects.img"
done
