# SPDX-License-Identifier: GPL-3.0-or-later
# Loop-mounted volumes for tests and proofs; to be sourced by a POSIX shell:
#
#   . tests/tools/volumes.sh
#   volumes_enter "$0" "$@"     first of all: a mount namespace of its own
#   volumes_begin DIR           images and mounts live below DIR
#   volume_make FS NAME MIB     DIR/NAME.img, mounted at DIR/NAME
#   volume_mount NAME POINT [OPTIONS]
#   volume_unmount POINT
#   volumes_end                 also called when the shell exits, however it does
#
# Nothing outlives the test: the mounts are in a namespace that ends with the last
# process in it, even by kill -9, and the kernel lets go of a loop device with its
# last mount.

# Runs the script again in a mount namespace; returns in there.  Where there is
# none to be had it skips the test (77) and says why.  In a chroot whose root is
# no mount, mounts cannot be made private; they are unmounted at the end anyway.
volumes_enter() {
  [ "${MOORING_IN_NAMESPACE:-}" = "$1" ] && return 0
  [ "$(id -u)" -eq 0 ] || volumes_skip "mounting needs root"
  for propagation in private unchanged; do
    if unshare --mount --propagation $propagation true 2>/dev/null; then
      MOORING_IN_NAMESPACE=$1 exec unshare --mount --propagation $propagation "$@"
    fi
  done
  volumes_skip "this machine gives no mount namespaces"
}

volumes_skip() {
  echo "skipped: $*"
  exit 77
}

# Skips the test unless images of this file system can be made and mounted here.
volumes_need() {
  command -v "mkfs.$1" >/dev/null 2>&1 || volumes_skip "mkfs.$1 is not installed"
  [ -e /dev/loop-control ] || volumes_skip "this machine has no loop devices"
  loop=$(losetup --find 2>/dev/null) || volumes_skip "this machine has no free loop device"
  grep -qw "$1" /proc/filesystems || modprobe -q "$1" 2>/dev/null ||
    volumes_skip "this kernel knows no $1"
}

volumes_begin() {
  volumes_dir=$1
  trap volumes_end EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# Attaches the image and mounts it; the device is let go of at once, so that it
# lasts exactly as long as its mounts.  A second mount of one image (a btrfs
# subvolume) has to share the device.
volume_mount() {
  mkdir -p "$2"
  loop=$(losetup --noheadings --output NAME --associated "$volumes_dir/$1.img" | head -n 1)
  [ -n "$loop" ] ||
    loop=$(losetup --find --show ${VOLUMES_DIRECT_IO:+--direct-io=on} "$volumes_dir/$1.img") ||
    return 1
  mounted=0
  mount ${3:+-o "$3"} "$loop" "$2" || mounted=1
  losetup --detach "$loop"
  return "$mounted"
}

volume_unmount() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    umount "$1" 2>/dev/null && break
    mountpoint -q "$1" || break
    [ "$try" -lt 10 ] || umount "$1" || return 1
    sleep 0.3
  done
}

# On btrfs the volume gets the subvolumes @ and @home, as installers make them,
# and NAME shows @; mount @home with volume_mount NAME POINT subvol=@home.
volume_make() {
  truncate -s "$3M" "$volumes_dir/$2.img"
  case $1 in
  btrfs) mkfs.btrfs -q "$volumes_dir/$2.img" >/dev/null 2>&1 ;;
  *) "mkfs.$1" -q "$volumes_dir/$2.img" ;;
  esac || return 1
  if [ "$1" != btrfs ]; then
    volume_mount "$2" "$volumes_dir/$2"
    return
  fi
  volume_mount "$2" "$volumes_dir/$2" || return 1
  btrfs -q subvolume create "$volumes_dir/$2/@" &&
    btrfs -q subvolume create "$volumes_dir/$2/@home" &&
    volume_unmount "$volumes_dir/$2" && volume_mount "$2" "$volumes_dir/$2" subvol=@
}

volumes_end() {
  trap - EXIT HUP INT TERM
  # Everything below, whoever mounted it, the last first.
  awk -v top="$volumes_dir/" 'index($5, top) == 1 { all = $5 "\n" all } END { printf "%s", all }' \
    /proc/self/mountinfo | while read -r point; do
    umount "$point" 2>/dev/null || umount --lazy "$point" 2>/dev/null || true
  done
  [ -n "${volumes_dir:-}" ] && [ "${MOORING_KEEP:-}" != 1 ] && rm -rf --one-file-system "$volumes_dir"
  return 0
}
