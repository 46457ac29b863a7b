#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The instruments themselves: same seed, same home; the oracle sees what changed.
# Usage: test-tools.sh MAKE-HOME COMPARE-TREES
set -eu
make_home=$1 compare_trees=$2
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/mooring-tools-XXXXXX")
trap 'chmod -R u+rwx "$dir"; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
  echo "test-tools: $*" >&2
  exit 1
}

# What ./a and ./b are must not depend on when or where they were made: only the
# clock's times of nodes and deep folders may differ.
for kind in office developer huge; do
  "$make_home" --seed 7 --objects 700 --kind "$kind" "$dir/$kind-a"
  "$make_home" --seed 7 --objects 700 --kind "$kind" "$dir/$kind-b"
  "$compare_trees" --record="$dir/manifest" --content "$dir/$kind-a"
  touch -r "$dir/$kind-a" "$dir/$kind-b"
  "$compare_trees" --compare="$dir/manifest" --no-inodes --content "$dir/$kind-b" ||
    fail "the same seed made two different homes ($kind)"
  n=$(find "$dir/$kind-a" -mindepth 1 | wc -l)
  [ "$n" -ge 690 ] && [ "$n" -le 720 ] || fail "700 objects were asked for, $n made ($kind)"
done

"$make_home" --seed 3 --objects 300 --every-kind "$dir/home"
"$compare_trees" --record="$dir/manifest" "$dir/home"
"$compare_trees" --compare="$dir/manifest" "$dir/home" || fail "nothing changed, yet something differs"
"$compare_trees" --inodes-alive="$dir/manifest" "$dir/home" || fail "everything is alive"

# expect WORD: the oracle must see a difference, and say this word.
expect() {
  if "$compare_trees" --compare="$dir/manifest" "$dir/home" >"$dir/said"; then
    fail "a difference was not seen: $1"
  fi
  grep -q "$1" "$dir/said" || fail "“$1” was not said"
}

top="$dir/home/every kind"
mv "$top/sizes/one byte" "$dir/kept"
expect '^missing: every%20kind/sizes/one%20byte'
cp -p "$dir/kept" "$top/sizes/one byte"
expect ' inode '
if "$compare_trees" --inodes-alive="$dir/manifest" "$dir/home" >"$dir/said"; then
  fail "a lost inode was not noticed"
fi
mv "$dir/kept" "$top/sizes/one byte"
chmod 0640 "$top/links/first name"
expect ' mode 0644 -> 0640'
chmod 0644 "$top/links/first name"
mv "$top/links/second name" "$dir/kept"
cp -p "$top/links/first name" "$top/links/second name"
expect ' link group '
rm "$top/links/second name"
mv "$dir/kept" "$top/links/second name"
touch -d '2020-01-01 00:00:00.5' "$top/times/fine"
expect ' mtime '
touch "$top/appeared"
expect '^extra: every%20kind/appeared'
echo "the instruments work"
