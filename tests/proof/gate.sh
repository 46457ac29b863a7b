#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The gate, and what bad input gets: every refusal leaves everything as it was.
set -eu
. "$(dirname -- "$0")/lib.sh"
volumes_enter "$0" "$@"

size=${MOORING_PROOF_SIZE:-2000}
volumes_need ext4
volumes_begin "$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-gate-XXXXXX")"
dir=$volumes_dir
system=$dir/system
store=$system/mooring-store

volume_make ext4 base 600
volume_unmount "$dir/base"
volume_mount base "$system"
make_small_system "$system" old
add_small_person "$system" alice 1001 /home/alice
add_small_person "$system" bob 1002 /home/bob
make_home --seed 1 --objects "$size" --owner 1001:1001 --every-kind "$system/home/alice"
make_home --seed 2 --objects 300 --owner 1002:1002 "$system/home/bob"
# The links that tests below need: a document everybody can name.
echo "a letter" >"$system/home/alice/letter"
chown 1001:1001 "$system/home/alice/letter"
record "$dir/fresh" "$system/home"
volume_unmount "$system"

# with IMAGE: a fresh copy of it, mounted at $system
with() {
  mountpoint -q "$system" && volume_unmount "$system"
  cp --sparse=always "$dir/$1.img" "$dir/work.img"
  volume_mount work "$system"
}

untouched() {
  [ -e "$system/usr/bin/program" ] || fail "the system was set aside"
  alive "$dir/fresh" "$system" || fail "something was lost"
}

# refused WORDS: set aside must be, and must say so
refused() {
  expect 6 mooring set-aside --root "$system" --store "$store"
  says "$1"
  untouched
  say "refused: $2"
}

# differs WHAT: set aside is refused, and verify names the letter that is why
differs() {
  refused differ "$1"
  expect 5 mooring verify --root "$system" --store "$store"
  says letter
  untouched
}

with base
expect 0 mooring capture --root "$system" --store "$store"
same "$dir/fresh" "$system/home"
volume_unmount "$system"
cp --sparse=always "$dir/work.img" "$dir/sealed.img"
stored=$store/tree/home/alice/letter

say "The gate"
with sealed
rm "$stored"
differs "an object of the store was removed"

with sealed
cp -p "$stored" "$dir/kept" && rm "$stored" && cp -p "$dir/kept" "$stored"
differs "an object of the store was replaced"

with sealed
truncate -s 1 "$system/home/alice/letter"
differs "an object was truncated"

with sealed
echo "saved in place" >>"$system/home/alice/letter"
differs "a file was changed in place after sealing"

with sealed
echo "a new letter" >"$system/home/alice/letter.new"
chown 1001:1001 "$system/home/alice/letter.new"
mv "$system/home/alice/letter.new" "$system/home/alice/letter"
differs "a file was saved anew after sealing"
expect 0 mooring capture --root "$system" --store "$store" --resume
expect 0 mooring set-aside --root "$system" --store "$store"
[ ! -e "$system/usr" ] || fail "it was not set aside after linking what was saved anew"
grep -q "a new letter" "$stored" || fail "what was saved anew was not linked"
say "allowed: what was saved anew was linked on request"

with sealed
echo "here and" >"$system/home/alice/gone"
expect 6 mooring set-aside --root "$system" --store "$store"
rm "$system/home/alice/gone"
expect 0 mooring set-aside --root "$system" --store "$store"
say "allowed: a file came and went"

with sealed
mkdir "$system/mnt"
mount -t tmpfs none "$system/mnt"
refused mnt "something is mounted below the root"
umount "$system/mnt"

with base
timeout -s KILL 0.05 "$MOORING" capture --root "$system" --store "$store" \
  >/dev/null 2>&1 || true
if [ -e "$store/MOORING" ]; then
  status=0
  "$MOORING" set-aside --root "$system" --store "$store" >"$dir/output" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then
    say "(the capture was quicker than its killer)"
  else
    [ "$status" -eq 6 ] || [ "$status" -eq 8 ] || fail "an unsealed store: exit $status"
    untouched
    say "refused: an unsealed store"
  fi
fi

with sealed
status=0
mooring set-aside --root / --store "$store" >"$dir/output" 2>&1 || status=$?
[ "$status" -eq 6 ] || fail "the running root: exit $status"
untouched
say "refused: the running system"

say "Bad input"
with base
mkdir "$dir/elsewhere"
# bad CODE WORDS WHAT ARGUMENT...: capture must end so, and change nothing
bad() {
  code=$1 words=$2 what=$3
  shift 3
  expect "$code" mooring capture "$@"
  says "$words"
  same "$dir/fresh" "$system/home" >/dev/null
  say "refused: $what"
}
expect 0 mooring capture --root "$system" --store "$dir/elsewhere/store"
find "$system" -name MOORING | grep -q . || fail "there is no part of the store on the volume"
[ "$(find "$dir/elsewhere/store/tree" -type f | wc -l)" -eq 0 ] || fail "files were copied"
say "allowed: a store on another volume gets a part on the volume of the homes"
with base
bad 6 home "a store inside a home" --root "$system" --store "$system/home/alice/store"
bad 6 proc "a store inside /proc" --root "$system" --store /proc/store
bad 6 . "a root that is no system" --root "$dir/elsewhere" --store "$dir/elsewhere/store"
mount -o remount,ro "$system"
bad 6 'read-only' "a store on a read-only volume" --root "$system" --store "$store"
mount -o remount,rw "$system"

with sealed
find "$store/tree" -printf '%i %p\n' | sort >"$dir/listed"
expect 0 mooring capture --root "$system" --store "$store"
find "$store/tree" -printf '%i %p\n' | sort | cmp - "$dir/listed" || fail "the store is another"
say "allowed: a finished capture, run again, says so and does nothing"

with sealed
printf 'something else' >"$store/catalogue.db"
expect 8 mooring verify --root "$system" --store "$store"
say "refused: a damaged catalogue"

with sealed
rm "$store/MOORING"
expect 8 mooring verify --root "$system" --store "$store"
say "refused: a folder without a marker"

with sealed
sed -i 's/^\(.*format.*[^0-9]\)[0-9][0-9]*/\1999/I' "$store/MOORING"
expect 8 mooring verify --root "$system" --store "$store"
says newer
say "refused: a store of a newer Mooring"

with sealed
flock --no-fork "$store/MOORING" sleep 30 &
holder=$!
sleep 0.5
expect 7 mooring set-aside --root "$system" --store "$store"
kill "$holder"
wait "$holder" 2>/dev/null || true
untouched
say "refused: a store that another job holds"

with sealed
expect 8 mooring verify --root "$system" --store "$system/no-such-store"
say "refused: a store that is not there"

with base
chattr +i "$system/home/alice/letter"
expect 3 mooring capture --root "$system" --store "$store"
says immutable
chattr -i "$system/home/alice/letter"
say "with exceptions: an immutable file was copied"

with base
mkdir "$system/home/alice/usb"
mount -t tmpfs none "$system/home/alice/usb"
echo "not mine" >"$system/home/alice/usb/stick"
status=0
mooring capture --root "$system" --store "$store" >"$dir/output" 2>&1 || status=$?
umount "$system/home/alice/usb"
[ "$status" -eq 3 ] || fail "a mount below a home: exit $status"
[ ! -e "$store/tree/home/alice/usb/stick" ] || fail "a mount was crossed"
say "with exceptions: a mount below a home is not crossed, and is named"

with base
mv "$system/home" "$system/srv/home"
ln -s srv/home "$system/home"
expect 0 mooring capture --root "$system" --store "$store"
[ -e "$store/tree/srv/home/alice/letter" ] || [ -e "$store/tree/home/alice/letter" ] ||
  fail "a home behind a symbolic link was not found"
say "followed: /home is a symbolic link of root's"

# Doubling a folder of a thousand is the quick way to the 65,000 names ext4 allows.
with base
echo "many names" >"$system/home/bob/many"
mkdir "$system/srv/names"
seq 1000 | while read -r name; do
  ln "$system/home/bob/many" "$system/srv/names/n$name"
done
for doubled in 1 2 3 4 5 6 7; do
  cp -al "$system/srv/names" "$system/srv/again" 2>/dev/null || true
  mv "$system/srv/again" "$system/srv/names/$doubled"
done
[ "$(stat -c %h "$system/home/bob/many")" -eq 65000 ] || fail "65,000 names could not be made"
expect 3 mooring capture --root "$system" --store "$store"
says link
say "with exceptions: a file with 65,000 names was copied"

with base
cat /dev/zero >"$system/srv/filler" 2>/dev/null || true
bad 6 full "a full volume" --root "$system" --store "$store"
truncate -s "-${MOORING_PROOF_ROOM:-700K}" "$system/srv/filler"
sync -f "$system"
status=0
mooring capture --root "$system" --store "$store" >"$dir/output" 2>&1 || status=$?
case $status in 1 | 3 | 6) ;; *) fail "a volume that fills up while linking: exit $status" ;; esac
says 'space\|full'
cp "$dir/output" "$dir/full-said"
same "$dir/fresh" "$system/home" >/dev/null
rm "$system/srv/filler"
expect 0 mooring capture --root "$system" --store "$store" --resume
expect 0 mooring verify --root "$system" --store "$store"
say "recovered: a volume that filled up while linking, once there was room"

mount -o remount,ro "$system"
expect 0 mooring verify --root "$system" --store "$store"
expect 0 mooring store show "$store"
mount -o remount,rw "$system"
say "verified: a store on a volume that is read-only"

volume_unmount "$system"
cp --sparse=always "$dir/sealed.img" "$dir/work.img"
debugfs -w -R 'set_super_value error_count 3' "$dir/work.img" 2>/dev/null
debugfs -w -R 'set_super_value first_error_time 20260101' "$dir/work.img" 2>/dev/null
debugfs -w -R 'set_super_value last_error_time 20260101' "$dir/work.img" 2>/dev/null
volume_mount work "$system"
status=0
mooring capture --root "$system" --store "$store-2" >"$dir/output" 2>&1 || status=$?
case $status in 0 | 3) ;; *) fail "a volume with recorded errors: exit $status" ;; esac
says error
say "warned: the file system has recorded errors"

# Two at once: one does it, the other is told that it is busy.
with base
mooring capture --root "$system" --store "$store" --resume >"$dir/first" 2>&1 &
first=$!
second=0
mooring capture --root "$system" --store "$store" --resume >"$dir/output" 2>&1 || second=$?
status=0
wait "$first" || status=$?
case $status,$second in
0,0 | 0,7 | 7,0) ;;
*) fail "two captures at once ended with $status and $second" ;;
esac
expect 0 mooring verify --root "$system" --store "$store"
say "one after the other: two captures at once ($status and $second)"

volume_unmount "$system"
say "The gate holds."
