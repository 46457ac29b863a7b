#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Capture, restore and verify beside cp -al, rsync --link-dest and find | cpio -pdl:
# the same home on the same volume, one after the other, several times.  Prints the
# median of each, and the median of its ratios to the cp -al of the same round.
#
#   MOORING_BENCH_FS="ext4 xfs btrfs"  MOORING_BENCH_OBJECTS=20000
#   MOORING_BENCH_ROUNDS=5  MOORING_BENCH_CACHE="warm cold"  MOORING_BENCH_THREADS=
#   MOORING_BENCH_RIVALS="rsync cpio"
set -eu
. "$(dirname -- "$0")/../proof/lib.sh"
volumes_enter "$0" "$@"

objects=${MOORING_BENCH_OBJECTS:-20000}
rounds=${MOORING_BENCH_ROUNDS:-5}
rivals=${MOORING_BENCH_RIVALS-rsync cpio}
threads=${MOORING_BENCH_THREADS:+--threads $MOORING_BENCH_THREADS}
# shellcheck disable=SC2034 # for volume_mount
VOLUMES_DIRECT_IO=yes
top=$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-bench-XXXXXX")

# prepare: what was written is on the disk, and the cache is as it should be
prepare() {
  sync
  if [ "$cache" = cold ]; then
    echo 3 >/proc/sys/vm/drop_caches
  else
    find "$home" -printf '%i%T@' >/dev/null
  fi
}

# took NAME COMMAND...: one line "NAME SECONDS PEAK-KIB" into the round's list
took() {
  what=$1
  shift
  prepare
  "$MOORING_TOOLS/measure" "$volumes_dir/measured" "$@" >"$volumes_dir/output" 2>&1 || {
    tail -n 20 "$volumes_dir/output" >&2
    fail "$what: $*"
  }
  read -r wall _ _ peak <"$volumes_dir/measured"
  echo "$round $what $wall $peak" >>"$volumes_dir/times"
}

one_round() {
  mkdir "$system/others"
  took cp-al cp -al "$home" "$system/others/cp"
  rm -rf "$system/others/cp"
  # shellcheck disable=SC2086 # words
  took capture "$MOORING" capture --root "$system" --store "$store" $threads
  took verify "$MOORING" verify --root "$system" --store "$store"
  # The home is moved out of the way, linked back, and checked.
  mv "$home" "$system/others/alice"
  home=$system/others/alice
  # shellcheck disable=SC2086 # words
  took restore "$MOORING" restore --root "$system" --store "$store"
  took verify-restored "$MOORING" verify --root "$system" --store "$store" --against restored
  rm -rf "$system/home/alice" "$store"
  mv "$home" "$system/home/alice"
  home=$system/home/alice
  for rival in $rivals; do
    mkdir "$system/others/rival"
    case $rival in
    rsync) took rsync rsync -a --link-dest="$home/" "$home/" "$system/others/rival/" ;;
    cpio)
      took cpio sh -c 'cd "$1" && find . -print0 | cpio -0pdlm --quiet "$2"' sh "$home" \
        "$system/others/rival"
      ;;
    esac
    rm -rf "$system/others/rival"
  done
  rmdir "$system/others"
}

# Median seconds, and median of the ratios to cp -al in the same round.
report() {
  awk '
    function median(list, n,   i, j, t) {
      for (i = 2; i <= n; i++)
        for (j = i; j > 1 && list[j] + 0 < list[j - 1] + 0; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
      return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    { time[$1, $2] = $3; if (!($2 in seen)) { seen[$2] = 1; order[++n_names] = $2 }
      if ($4 > peak[$2]) peak[$2] = $4; if ($1 > rounds) rounds = $1 }
    END {
      printf "  %-16s %9s %9s %9s\n", "", "seconds", "/ cp -al", "peak MiB"
      for (k = 1; k <= n_names; k++) {
        name = order[k]
        for (r = 1; r <= rounds; r++) { t[r] = time[r, name]; q[r] = time[r, name] / time[r, "cp-al"] }
        printf "  %-16s %9.3f %9.2f %9.1f\n", name, median(t, rounds), median(q, rounds), peak[name] / 1024
      } }' "$volumes_dir/times"
}

for fs in ${MOORING_BENCH_FS:-ext4 xfs btrfs}; do
  (
    volumes_need "$fs"
    mkdir "$top/$fs"
    volumes_begin "$top/$fs"
    volume_make "$fs" system 40000
    system=$volumes_dir/system
    store=$system/mooring-store
    home=$system/home/alice
    make_small_system "$system" bench
    add_small_person "$system" alice 1001 /home/alice
    make_home --seed 1 --objects "$objects" --owner 1001:1001 "$home"
    for cache in ${MOORING_BENCH_CACHE:-warm cold}; do
      : >"$volumes_dir/times"
      round=1
      while [ "$round" -le "$rounds" ]; do
        one_round
        round=$((round + 1))
      done
      say ""
      say "$fs, $cache cache, $objects objects, $rounds rounds (medians)"
      report
    done
  ) || {
    status=$?
    [ "$status" -eq 77 ] || exit "$status"
  }
done
rmdir "$top" 2>/dev/null || true
