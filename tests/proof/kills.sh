#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Nothing happens twice, nothing is lost:  kills.sh [FS]
#
# Capture, set aside, restore, undo, roll back and accept are killed (-9) at
# MOORING_PROOF_KILLS random moments, a new copy of the volume each time, and run
# again to their end.  The end must be the one an undisturbed run comes to, and at
# no moment may the inode of anybody's file be without a name.  The copies are of
# whole images, so inode numbers can be compared from one to the next.
set -eu
. "$(dirname -- "$0")/lib.sh"
volumes_enter "$0" "$@"

fs=${1:-ext4}
n_kills=${MOORING_PROOF_KILLS:-200}
size=${MOORING_PROOF_SIZE:-10000}
seed=${MOORING_PROOF_SEED:-1}
volumes_need "$fs"
volumes_begin "$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-kills-XXXXXX")"
dir=$volumes_dir
system=$dir/system
store=$system/mooring-store
operations='capture set-aside restore undo rollback accept'

open_image() {
  volume_mount "$1" "$system"
}

close_image() {
  volume_unmount "$system"
}

copy_image() {
  cp --sparse=always "$dir/$1.img" "$dir/$2.img"
  # btrfs and xfs refuse two images of one UUID at a time; only one is ever mounted.
}

# run OPERATION: becomes the command, so that its process id is the caller's $!
run() {
  operation=$1
  set -- --root "$system" --store "$store"
  case $operation in
  capture) exec setsid "$MOORING" capture "$@" --resume ;;
  restore) exec setsid "$MOORING" restore "$@" --create-accounts --enable-accounts ;;
  accept) exec setsid "$MOORING" accept "$@" --consent "$uuid" ;;
  *) exec setsid "$MOORING" "$operation" "$@" ;;
  esac
}

before() {
  case $1 in
  capture) echo fresh ;;
  set-aside) echo captured ;;
  restore) echo refreshed ;;
  *) echo restored ;;
  esac
}

# What the system and the store look like, but for what may differ from run to
# run: times and sizes of the engine's own records, and backups of account files.
describe_state() {
  (
    cd "$system"
    find . -path ./mooring-store -prune -o -path ./home -prune -o -path ./lost+found -prune -o \
      -name '*-' -prune -o -name '*.lock' -prune -o -printf '%P %y %m %U %G\n' | LC_ALL=C sort
    for account in passwd shadow group gshadow subuid; do
      echo "== $account"
      [ ! -e "etc/$account" ] || sed 's/:[0-9]*:0:99999:7:::$//' "etc/$account"
    done
    [ ! -d mooring-store ] || {
      echo "== store"
      for part in tree old-system new-system; do
        [ ! -d "mooring-store/$part" ] || (cd mooring-store &&
          find "$part" ! -type d -printf '%i %p\n' -o -printf 'd %p %m %U %G\n' | LC_ALL=C sort)
      done
      "$MOORING" --json store show "$store" 2>/dev/null |
        grep -a -o '"state" *: *"[a-z-]*"' || echo "no state"
    }
  ) | LC_ALL=C grep -a -v -e ' home$' -e '/replaced/'
}

record_end() {
  describe_state >"$dir/end-$1.state"
  rm -rf "$dir/end-$1.homes"
  mkdir "$dir/end-$1.homes"
  for home in "$system"/home/*; do
    [ ! -d "$home" ] || record "$dir/end-$1.homes/${home##*/}" "$home"
  done
}

compare_end() {
  describe_state >"$dir/now.state"
  diff "$dir/end-$1.state" "$dir/now.state" >"$dir/state.diff" || {
    head -n 40 "$dir/state.diff" >&2
    return 1
  }
  for person in "$dir/end-$1.homes"/*; do
    [ -e "$person" ] || continue
    same "$person" "$system/home/${person##*/}" >/dev/null
  done
  for home in "$system"/home/*; do
    [ ! -d "$home" ] || [ -e "$dir/end-$1.homes/${home##*/}" ] || {
      echo "$home should not be there" >&2
      return 1
    }
  done
}

all_alive() {
  alive "$dir/everybody" "$system"
}

say "Making a system on $fs with $size objects"
volume_make "$fs" fresh $((400 + size / 15))
volume_unmount "$dir/fresh"
[ "$fs" != btrfs ] || {
  # One subvolume is enough here, and it is the one that is mounted by default.
  mkfs.btrfs -q -f "$dir/fresh.img" >/dev/null 2>&1
}
uuid=$(blkid -o value -s UUID "$dir/fresh.img")
open_image fresh
make_small_system "$system" old
add_small_person "$system" alice 1001 /home/alice
add_small_person "$system" bob 1002 /home/bob
make_home --seed 1 --objects $((size / 2)) --owner 1001:1001 --every-kind "$system/home/alice"
make_home --seed 2 --objects $((size * 3 / 10)) --kind developer --owner 1002:1002 "$system/home/bob"
make_home --seed 3 --objects $((size / 5)) --owner 70000:70000 "$system/home/carol"
record "$dir/everybody" "$system/home"
close_image

# The undisturbed runs: how long each takes, and what it leaves behind.
say "Undisturbed:"
for operation in $operations; do
  copy_image "$(before "$operation")" work
  open_image work
  began=$(seconds_now)
  status=0
  (run "$operation") >"$dir/output" 2>&1 || status=$?
  took=$(seconds_since "$began")
  [ "$status" -eq 0 ] || {
    tail -n 30 "$dir/output" >&2
    fail "an undisturbed $operation ended with $status"
  }
  all_alive || fail "an undisturbed $operation lost somebody's file"
  record_end "$operation"
  echo "$took" >"$dir/took-$operation"
  say "  $operation: $took s"
  case $operation in
  capture)
    close_image
    cp --sparse=always "$dir/work.img" "$dir/captured.img"
    ;;
  set-aside)
    make_small_system "$system" new
    add_small_person "$system" alice 1001 /home/alice
    mkdir "$system/home/alice"
    cp "$system/etc/skel/.bashrc" "$system/home/alice/"
    echo "written since" >"$system/home/alice/a new file"
    chown -R 1001:1001 "$system/home/alice"
    close_image
    cp --sparse=always "$dir/work.img" "$dir/refreshed.img"
    ;;
  restore)
    close_image
    cp --sparse=always "$dir/work.img" "$dir/restored.img"
    ;;
  rollback)
    same "$dir/everybody" "$system/home"
    grep -q '^ID=old' "$system/etc/os-release" || fail "the old system is not back"
    close_image
    ;;
  accept)
    grep -q since "$system/home/alice/a new file" || fail "accepting lost what was written since"
    grep -q '^ID=new' "$system/etc/os-release" || fail "this is not the new system"
    [ ! -e "$store" ] || fail "the store is still there"
    close_image
    ;;
  *) close_image ;;
  esac
done

# Which operation, and when: from the seed, so that a failure can be repeated.
awk -v seed="$seed" -v n="$n_kills" -v all="$operations" 'BEGIN {
  srand(seed); m = split(all, names, " ");
  for (i = 0; i < n; i++) print names[i % m + 1], rand() }' >"$dir/plan"

n_done=0
n_in_time=0
while read -r operation fraction; do
  moment=$(awk -v t="$(cat "$dir/took-$operation")" -v f="$fraction" 'BEGIN { printf "%.4f", t * f }')
  copy_image "$(before "$operation")" work
  open_image work
  (run "$operation") >"$dir/output" 2>&1 &
  victim=$!
  sleep "$moment"
  if kill -9 -- "-$victim" 2>/dev/null || kill -9 "$victim" 2>/dev/null; then
    n_in_time=$((n_in_time + 1))
  fi
  wait "$victim" 2>/dev/null || true
  all_alive || fail "kill $n_done: $operation killed after $moment s lost somebody's file"
  status=0
  if [ "$operation" != accept ] || [ -e "$store" ]; then
    (run "$operation") >"$dir/output" 2>&1 || status=$?
  fi
  [ "$status" -eq 0 ] || {
    tail -n 30 "$dir/output" >&2
    cp --sparse=always "$dir/work.img" "${MOORING_KEEP_IMAGE:-/dev/null}" 2>/dev/null || true
    fail "kill $n_done: $operation killed after $moment s, then run again, ended with $status"
  }
  all_alive || fail "kill $n_done: $operation run again lost somebody's file"
  compare_end "$operation" ||
    fail "kill $n_done: $operation killed after $moment s came to another end"
  close_image
  n_done=$((n_done + 1))
  [ $((n_done % 20)) -ne 0 ] || say "  $n_done kills"
done <"$dir/plan"
say "$n_done kills ($n_in_time before the end): the same end each time, and nothing lost."
