#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A stranger: in a bare Debian 12 root, with nothing but a copy of the repository,
# the README's two commands, as written there, end with 0.
set -eu
. "$(dirname -- "$0")/lib.sh"
volumes_enter "$0" "$@"

source=$(cd -- "$here/../.." && pwd)
volumes_begin "$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-stranger-XXXXXX")"
debian_archive debian-minbase
system=$volumes_dir/debian
mkdir "$system"
unpack "$archive" "$system"
cp /etc/resolv.conf "$system/etc/resolv.conf"
mount -t proc proc "$system/proc"
mount -t sysfs sys "$system/sys"
mount --rbind /dev "$system/dev"
mount -t tmpfs none "$system/tmp"
mkdir "$system/root/mooring"
git -C "$source" archive HEAD | tar -C "$system/root/mooring" -xf -

# The two commands stand in the README in a block of their own each.
commands=$(sed -n 's|^    \(packaging/[a-z]*\)$|\1|p' "$source/README.md" | head -n 2)
[ "$(echo "$commands" | wc -l)" -eq 2 ] || fail "the README does not name two commands"
for command in $commands; do
  say "== $command"
  status=0
  chroot "$system" env -i HOME=/root TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    sh -c "cd /root/mooring && $command" >"$volumes_dir/said" 2>&1 </dev/null || status=$?
  cat "$volumes_dir/said"
  [ "$status" -eq 0 ] || fail "$command ended with $status"
  case $command in
  */demo)
    for person in alice bob carol; do
      grep -q "^$person: all [0-9]* objects are back" "$volumes_dir/said" ||
        fail "the demonstration does not tell what happened to $person's files"
    done
    picture=$(sed -n "s/^The window's picture: //p" "$volumes_dir/said")
    [ -s "$system$picture" ] || fail "there is no picture where the demonstration says"
    [ -z "${MOORING_PICTURE:-}" ] || cp "$system$picture" "$MOORING_PICTURE"
    ;;
  */check)
    tail -n 1 "$volumes_dir/said" | grep -qE '^[0-9]+ passed, 0 failed, [0-9]+ skipped$' ||
      fail "the check does not end with its numbers"
    ;;
  esac
done
say "A stranger can do it."
