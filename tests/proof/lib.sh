# SPDX-License-Identifier: GPL-3.0-or-later
# What the proofs share; to be sourced first of all, by
#
#   . "$(dirname -- "$0")/lib.sh"
#
# From the environment: MOORING (the program), MOORING_TOOLS (the folder with
# make-home and its like), MOORING_PROOF_SIZE (objects; small in packaging/check),
# MOORING_CACHE (where archives of Debian systems are kept), MOORING_KEEP=1 leaves
# the scratch folder behind.

here=$(cd -- "$(dirname -- "$0")" && pwd)
. "$here/../tools/volumes.sh"
: "${MOORING:?the program}" "${MOORING_TOOLS:?the folder of the instruments}"
MOORING_CACHE=${MOORING_CACHE:-${XDG_CACHE_HOME:-/var/tmp}/mooring}
export LC_ALL=C.UTF-8
export PATH="$PATH:/usr/sbin:/sbin"
umask 022

say() { printf '%s\n' "$*"; }

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# expect CODE COMMAND...: the command must end with this code, and is shown.
expect() {
  wanted=$1
  shift
  status=0
  "$@" >"$volumes_dir/output" 2>&1 || status=$?
  if [ "$status" -ne "$wanted" ]; then
    sed 's/^/    /' "$volumes_dir/output" | tail -n 60 >&2
    shift
    fail "mooring $* ended with $status, not with $wanted"
  fi
}

# says WORDS: the last expected command said so (a basic regular expression).
says() {
  grep -qi -e "$1" "$volumes_dir/output" && return
  sed 's/^/    /' "$volumes_dir/output" >&2
  fail "it did not say “$1”"
}

mooring() { "$MOORING" "$@"; }

make_home() { "$MOORING_TOOLS/make-home" "$@" || fail "make-home $*"; }

record() { "$MOORING_TOOLS/compare-trees" --record="$1" "$2" >/dev/null || fail "recording $2"; }

# same MANIFEST DIR [OPTION...]
same() {
  manifest=$1 compared=$2
  shift 2
  "$MOORING_TOOLS/compare-trees" --compare="$manifest" "$@" "$compared" >"$volumes_dir/compared" || {
    cut -c 1-400 "$volumes_dir/compared" >&2
    fail "$compared is not what it was"
  }
  say "  $compared: $(tail -n 1 "$volumes_dir/compared")"
}

# alive MANIFEST DIR...
alive() {
  manifest=$1
  shift
  "$MOORING_TOOLS/compare-trees" --inodes-alive="$manifest" "$@" >"$volumes_dir/compared" || {
    cat "$volumes_dir/compared" >&2
    return 1
  }
}

seconds_now() { date +%s.%N; }

seconds_since() { awk -v a="$1" -v b="$(seconds_now)" 'BEGIN { printf "%.3f", b - a }'; }

uuid_of() { findmnt --noheadings --output UUID --target "$1" | head -n 1; }

# A Debian root as mmdebstrap makes it, cached as a tar archive; sets $archive.
# debian_archive NAME [MMDEBSTRAP-OPTION...]
debian_archive() {
  name=$1
  shift
  archive=$MOORING_CACHE/$name.tar
  [ -f "$archive" ] && return 0
  command -v mmdebstrap >/dev/null || volumes_skip "mmdebstrap is not installed"
  mkdir -p "$MOORING_CACHE"
  mmdebstrap --mode=root --variant=minbase --format=tar "$@" bookworm "$MOORING_CACHE/$name.part" \
    >"$MOORING_CACHE/$name.log" 2>&1 || {
    tail -n 5 "$MOORING_CACHE/$name.log"
    rm -f "$MOORING_CACHE/$name.part"
    volumes_skip "mmdebstrap could not make a Debian system here (no network?)"
  }
  mv "$MOORING_CACHE/$name.part" "$archive"
}

unpack() {
  tar -C "$2" --numeric-owner --xattrs --xattrs-include='*' -xpf "$1" || fail "unpacking $1"
}

# make_small_system DIR NAME: as much of a system as the engine needs to see.
make_small_system() {
  mkdir -p "$1/etc/skel" "$1/usr/bin" "$1/usr/lib" "$1/var/lib" "$1/home" "$1/root" "$1/srv"
  printf 'NAME="%s"\nID=%s\nPRETTY_NAME="%s"\n' "$2" "$2" "$2" >"$1/etc/os-release"
  printf 'UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nCREATE_HOME no\n' \
    >"$1/etc/login.defs"
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:*:19000:0:99999:7:::\n' >"$1/etc/shadow"
  printf 'root:x:0:\naudio:x:29:\nusers:x:100:\n' >"$1/etc/group"
  printf 'root:*::\naudio:*::\nusers:*::\n' >"$1/etc/gshadow"
  printf '# new\n' >"$1/etc/skel/.bashrc"
  : >"$1/etc/subuid"
  : >"$1/etc/subgid"
  chmod 0640 "$1/etc/shadow" "$1/etc/gshadow"
  echo "a program of $2" >"$1/usr/bin/program"
}

# add_small_person DIR LOGIN ID HOME
add_small_person() {
  printf '%s:x:%s:%s:%s:%s:/bin/bash\n' "$2" "$3" "$3" "$2" "$4" >>"$1/etc/passwd"
  # shellcheck disable=SC2016 # a hash
  printf '%s:$6$salt$hash%s:19500:0:99999:7:::\n' "$2" "$3" >>"$1/etc/shadow"
  printf '%s:x:%s:\n' "$2" "$3" >>"$1/etc/group"
  printf '%s:!::\n' "$2" >>"$1/etc/gshadow"
}
