#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A volume to try things on: make-volume.sh FS MIB COMMAND...
# Runs COMMAND in the top folder of a new file system; both vanish when it ends.
set -eu
here=$(dirname -- "$0")
. "$here/volumes.sh"
if [ $# -lt 3 ]; then
  echo "make-volume.sh ext4|xfs|btrfs MIB COMMAND..." >&2
  exit 2
fi
volumes_enter "$0" "$@"
volumes_need "$1"
volumes_begin "$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-volume-XXXXXX")"
volume_make "$1" volume "$2"
fs=$1
shift 2
cd "$volumes_dir/volume"
status=0
MOORING_FS=$fs "$@" || status=$?
cd /
exit $status
