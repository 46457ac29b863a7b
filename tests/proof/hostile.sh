#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A hostile home.  While capture and restore run as root, a process of the home's
# owner swaps folders, symbolic links and files as fast as it can.  The links lead
# to a canary that only root can read, and to somebody else's home.  Nothing there
# may be linked, changed or given away.
set -eu
. "$(dirname -- "$0")/lib.sh"
volumes_enter "$0" "$@"

n_swaps=${MOORING_PROOF_SWAPS:-100000}
size=${MOORING_PROOF_SIZE:-3000}
volumes_need ext4
volumes_begin "$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-hostile-XXXXXX")"
chmod 0755 "$volumes_dir"
dir=$volumes_dir
system=$dir/system
store=$system/mooring-store
volume_make ext4 system 1500
make_small_system "$system" old
add_small_person "$system" mallory 1001 /home/mallory
add_small_person "$system" victim 1002 /home/victim
make_home --seed 1 --objects "$size" --owner 1001:1001 "$system/home/mallory"
make_home --seed 2 --objects 200 --owner 1002:1002 "$system/home/victim"
chmod 0700 "$system/home/victim"
mkdir -p "$system/canary/below"
echo secret >"$system/canary/secret"
echo secret >"$system/canary/below/secret"
chmod -R go= "$system/canary"
for target in secret below; do ln -s /etc/shadow "$system/canary/link to $target"; done

# What must stay as it is, number of names included.
watch_canary() {
  find "$system/canary" "$system/home/victim" "$system/etc" ! -name .pwd.lock ! -path "$system/etc" \
    -printf '%p %y %i %n %m %U %G %s %T@\n' |
    LC_ALL=C sort
}

swap() {
  setpriv --reuid "$1" --regid "$1" --clear-groups \
    "$MOORING_TOOLS/swapper" "$2" "$3" "$n_swaps" >"$dir/swapper" 2>&1 &
  enemy=$!
  until grep -qs ready "$dir/swapper"; do
    kill -0 "$enemy" 2>/dev/null || fail "$(cat "$dir/swapper")"
    sleep 0.05
  done
}

stop_swapping() {
  kill "$enemy"
  wait "$enemy" || fail "$(cat "$dir/swapper")"
  say "  $(tail -n 1 "$dir/swapper")"
}

still_swapping() {
  kill -0 "$enemy" 2>/dev/null || fail "the swapper is gone: $(cat "$dir/swapper")"
}

# Any outcome is fine but a harm: with exceptions, failed, or complete.
attempt() {
  status=0
  "$MOORING" "$@" >"$dir/output" 2>&1 || status=$?
  case $status in
  0 | 3 | 1 | 5 | 6) ;;
  *)
    tail -n 20 "$dir/output" >&2
    fail "mooring $1 ended with $status"
    ;;
  esac
  outcomes="$outcomes $status"
}

no_harm() {
  watch_canary >"$dir/canary.now"
  diff "$dir/canary.before" "$dir/canary.now" >&2 || fail "$1: something outside was touched"
}

# In the store only mallory's own things may bear mallory's name.
nothing_of_others() {
  [ -d "$1" ] || fail "nothing was done: there is no $1"
  find "$1" -uid 0 ! -type d -print | grep . >&2 && fail "root's files came into $1"
  find "$1" -uid 1002 -print | grep . >&2 && fail "the victim's files came into $1"
  return 0
}

say "Capture, only mallory, while mallory swaps"
watch_canary >"$dir/canary.before"
swap 1001 "$system/home/mallory" "$system/canary"
outcomes=
for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
  attempt capture --root "$system" --store "$store" --user mallory
  still_swapping
  nothing_of_others "$store/tree/home/mallory"
  mv "$store" "$dir/system/used-$round"
done
stop_swapping
no_harm "capture"
say "  exit codes:$outcomes"
rm -rf "$system"/used-*

say "Restore beside a home that its owner swaps"
rm -rf "$system"/home/mallory/swap-*
attempt capture --root "$system" --store "$store"
watch_canary >"$dir/canary.before"
swap 1001 "$system/home/mallory" "$system/home/victim"
outcomes=
for round in 1 2 3 4 5 6; do
  attempt restore --root "$system" --store "$store" --user mallory --create-accounts
  still_swapping
  nothing_of_others "$system/home/mallory"
  attempt undo --root "$system" --store "$store"
done
stop_swapping
no_harm "restore"
say "  exit codes:$outcomes"
say "Nothing outside the home was linked, changed or re-owned."
