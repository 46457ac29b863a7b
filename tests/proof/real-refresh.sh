#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A real refresh, on real systems:  real-refresh.sh FS [--move] [--elsewhere]
#
# A Debian system with three people (alice at home on the root volume, bob on a
# second volume, carol known to a directory service only) and every kind of
# object is captured, set aside, replaced by a different Debian system, restored
# and verified.  Then everything that is no folder must be the same object as
# before, folders must be equal in all but the inode, and alice and bob must be
# able to log in with their old passwords.
set -eu
. "$(dirname -- "$0")/lib.sh"
volumes_enter "$0" "$@"

fs=$1
shift
move='' elsewhere=''
for option; do
  case $option in
  --move) move=--move ;;
  --elsewhere) elsewhere=yes ;;
  *) fail "unknown option $option" ;;
  esac
done
size=${MOORING_PROOF_SIZE:-100000}
volumes_need "$fs"
volumes_begin "$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-refresh-XXXXXX")"
debian_archive debian-minbase
old_archive=$archive
if [ "$size" -ge 100000 ]; then
  debian_archive debian-other --include=nano,less,adduser,tzdata
  new_archive=$archive
else
  new_archive=$old_archive
fi

mib=$((2500 + size / 50))
volume_make "$fs" rootvol "$mib"
volume_unmount "$volumes_dir/rootvol"
truncate -s 1500M "$volumes_dir/second.img"
"mkfs.$fs" -q "$volumes_dir/second.img" >/dev/null
second_uuid=$(blkid -o value -s UUID "$volumes_dir/second.img")

# mount_root POINT: the root volume, with /home on btrfs; mount_second POINT
mount_root() {
  if [ "$fs" = btrfs ]; then
    volume_mount rootvol "$1" subvol=@
  else
    volume_mount rootvol "$1"
  fi
}

mount_others() {
  mkdir -p "$1/data"
  volume_mount second "$1/data"
  [ "$fs" != btrfs ] || volume_mount rootvol "$1/home" subvol=@home
}

unmount_others() {
  volume_unmount "$1/data"
  [ "$fs" != btrfs ] || volume_unmount "$1/home"
}

write_fstab() {
  root_uuid=$(blkid -o value -s UUID "$volumes_dir/rootvol.img")
  if [ "$fs" = btrfs ]; then
    printf 'UUID=%s / btrfs subvol=@ 0 0\nUUID=%s /home btrfs subvol=@home 0 0\n' \
      "$root_uuid" "$root_uuid"
  else
    printf 'UUID=%s / %s defaults 0 1\n' "$root_uuid" "$fs"
  fi >"$1/etc/fstab"
  printf 'UUID=%s /data %s defaults 0 2\n' "$second_uuid" "$fs" >>"$1/etc/fstab"
}

say "A Debian system on $fs with three people and $size objects"
system=$volumes_dir/running
mount_root "$system"
unpack "$old_archive" "$system"
mount_others "$system"
write_fstab "$system"
echo old >"$system/etc/which-system"
useradd -P "$system" -u 1001 -M -d /home/alice -c 'Alice Arden' -s /bin/bash -G audio,plugdev alice
useradd -P "$system" -u 1002 -M -d /data/bob -c 'Bob Brook' -s /bin/bash bob
printf 'alice:secret of alice\nbob:secret of bob\n' | chpasswd -R "$system" -c SHA512
make_home --seed 1 --objects "$((size / 2))" --owner 1001:1001 --every-kind "$system/home/alice"
make_home --seed 2 --objects "$((size * 3 / 10))" --kind developer --owner 1002:1002 --every-kind \
  "$system/data/bob"
make_home --seed 3 --objects "$((size / 5))" --owner 70000:70000 --every-kind "$system/home/carol"
record "$volumes_dir/alice" "$system/home/alice"
record "$volumes_dir/bob" "$system/data/bob"
record "$volumes_dir/carol" "$system/home/carol"
grep -E '^(alice|bob):' "$system/etc/shadow" >"$volumes_dir/shadow"
grep -E '^(alice|bob):' "$system/etc/subuid" >"$volumes_dir/subuid"

say "Capture"
store=$system/mooring-store
expect 0 mooring estimate --root "$system" --store "$store"
began=$(seconds_now)
expect 0 mooring capture --root "$system" --store "$store"
say "  $(seconds_since "$began") s"
expect 0 mooring verify --root "$system" --store "$store"
alive "$volumes_dir/alice" "$system/home" || fail "alice lost something by a capture"

say "Set aside"
expect 6 mooring set-aside --root "$system" --store "$store"
says /data
unmount_others "$system"
if [ -n "$elsewhere" ]; then
  volume_unmount "$system"
  system=$volumes_dir/live/medium/target
  store=$system/mooring-store
  mount_root "$system"
fi
expect 0 mooring set-aside --root "$system" --store "$store" --dry-run
[ -e "$system/etc/which-system" ] || fail "a dry run set something aside"
began=$(seconds_now)
expect 0 mooring set-aside --root "$system" --store "$store"
say "  $(seconds_since "$began") s; at the top there is now: $(cd "$system" && echo ./*)"
[ ! -e "$system/etc/which-system" ] || fail "the old system is still there"

say "A different Debian system"
unpack "$new_archive" "$system"
write_fstab "$system"
echo new >"$system/etc/which-system"
printf 'the new one\n' >"$system/etc/hostname"
mount_others "$system"

say "Restore $move"
expect 6 mooring restore --root "$system" --store "$store"
! grep -q '^alice:' "$system/etc/passwd" || fail "a refused restore made an account"
expect 0 mooring restore --root "$system" --store "$store" --create-accounts --enable-accounts \
  ${move:+"$move"} --dry-run
! grep -q '^alice:' "$system/etc/passwd" || fail "a dry run made an account"
began=$(seconds_now)
expect 0 mooring restore --root "$system" --store "$store" --create-accounts --enable-accounts \
  ${move:+"$move"}
say "  $(seconds_since "$began") s"
expect 0 mooring verify --root "$system" --store "$store" --against restored

say "Compare"
same "$volumes_dir/alice" "$system/home/alice"
same "$volumes_dir/bob" "$system/data/bob"
same "$volumes_dir/carol" "$system/home/carol"
[ "$(cat "$system/etc/which-system")" = new ] || fail "this is not the new system"
grep -E '^(alice|bob):' "$system/etc/shadow" | cmp - "$volumes_dir/shadow" ||
  fail "the password hashes are others"
grep -E '^(alice|bob):' "$system/etc/subuid" | cmp - "$volumes_dir/subuid" ||
  fail "the subordinate ids are others"
chroot "$system" id -nG alice | grep -qw audio || fail "alice is no longer in the group audio"
for person in alice bob; do
  # Asked as nobody, su wants the password.
  who=$(printf 'secret of %s\n' "$person" |
    chroot --userspec=65534:65534 "$system" su "$person" -c 'id -un; cd && pwd' 2>/dev/null) ||
    fail "$person cannot log in with the old password"
  say "  su $person: $(echo "$who" | tr '\n' ' ')"
done
say "Run again, a finished restore changes nothing"
expect 0 mooring restore --root "$system" --store "$store" --create-accounts --enable-accounts \
  ${move:+"$move"}
same "$volumes_dir/alice" "$system/home/alice"
say "All is as it was, on the new system."
