# SPDX-License-Identifier: GPL-3.0-or-later
# What demo and check share; to be sourced with $root set to the source's top.

export DEBIAN_FRONTEND=noninteractive
export LC_ALL=C.UTF-8
umask 022

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Most of the work needs root: becomes root where that takes no question.
become_root() {
  [ "$(id -u)" -ne 0 ] || return 0
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    exec sudo -n --preserve-env=MOORING_BUILD,XDG_CACHE_HOME "$@"
  fi
  say "Neither root nor sudo without a password: going on as $(id -un), with less to show."
}

package_is_there() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_packages GROUP...: installs what is missing of these groups, asks nothing.
install_packages() {
  missing=
  for group; do
    while read -r its_group package _; do
      [ "$its_group" = "$group" ] || continue
      package_is_there "$package" || missing="$missing $package"
    done <"$root/packaging/packages"
  done
  [ -n "$missing" ] || return 0
  say "Installing from Debian:$missing"
  [ "$(id -u)" -eq 0 ] || die "these packages are missing, and only root can install them"
  install_log=$(mktemp)
  # shellcheck disable=SC2086 # a list of packages
  if ! {
    apt-get update -q &&
      apt-get install -q -y --no-install-recommends $missing
  } >"$install_log" 2>&1 </dev/null; then
    tail -n 30 "$install_log" >&2
    rm -f "$install_log"
    die "Debian's packages could not be installed (see above); is there a network?"
  fi
  rm -f "$install_log"
}

# Where to build: below the source; elsewhere if that cannot be written to.
find_build_top() {
  if [ -n "${MOORING_BUILD:-}" ]; then
    mkdir -p "$MOORING_BUILD" || die "cannot make $MOORING_BUILD"
  elif (: >"$root/_writable") 2>/dev/null; then
    rm -f "$root/_writable"
    MOORING_BUILD=$root
  else
    MOORING_BUILD=${TMPDIR:-/var/tmp}/mooring-build-$(id -u)
    mkdir -p -m 0700 "$MOORING_BUILD" || die "cannot make $MOORING_BUILD"
    [ -O "$MOORING_BUILD" ] || die "$MOORING_BUILD belongs to somebody else"
  fi
  export MOORING_BUILD
}

# What root built in a user's folder is the user's (called at the end).
give_back() {
  if [ "$(id -u)" -ne 0 ] || [ -z "${SUDO_UID:-}" ] || [ -z "${MOORING_BUILD:-}" ]; then
    return 0
  fi
  for built in build asan tsan; do
    if [ -d "$MOORING_BUILD/_$built" ]; then
      chown -hR "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$MOORING_BUILD/_$built"
    fi
  done
}

# build NAME COMPILER [MESON-OPTION...]: configures and compiles in _NAME.
build() {
  build_dir=$MOORING_BUILD/_$1
  compiler=$2
  shift 2
  mkdir -p "$build_dir"
  say "Building in $build_dir ($compiler $*)"
  if [ -e "$build_dir/build.ninja" ]; then
    set -- --reconfigure "$@"
  fi
  if ! CC=$compiler meson setup "$@" "$build_dir" "$root" >"$build_dir/build.log" 2>&1 ||
    ! ninja -C "$build_dir" >>"$build_dir/build.log" 2>&1; then
    grep -E -A 8 'FAILED|error:|ERROR' "$build_dir/build.log" | head -n 60 >&2
    say "The whole of it is in $build_dir/build.log" >&2
    return 1
  fi
}
