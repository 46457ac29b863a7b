#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Whether clang-format would change anything.  Another version than 14 breaks
# lines elsewhere, so only that one is asked.  Usage: check-format.sh SOURCE-ROOT
set -u
cd "$1" || exit 2
formatter=
for name in clang-format-14 clang-format; do
  if command -v $name >/dev/null 2>&1 && $name --version | grep -q 'version 14\.'; then
    formatter=$name
    break
  fi
done
if [ -z "$formatter" ]; then
  echo "skipped: clang-format 14 is not installed"
  exit 77
fi

bad=0
for file in core/*/*.[ch] app/*/*.[ch] tests/*.[ch] tests/*/*.[ch]; do
  [ -e "$file" ] || continue
  if ! $formatter --style=file "$file" | cmp -s - "$file"; then
    echo "$file: run clang-format -i on it" >&2
    bad=1
  fi
done
exit $bad
