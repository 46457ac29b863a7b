#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What no compiler checks: who may include whom, and a few mistakes that compile
# silently.  Usage: check-source.sh SOURCE-ROOT
set -u
root=$1
bad=0
cd "$root" || exit 2

complain() {
  echo "check-source: $1" >&2
  bad=1
}

# refuse WHAT PATTERN FOLDER...: no C source below the folders has the pattern.
refuse() {
  what=$1 pattern=$2
  shift 2
  for folder; do
    [ -d "$folder" ] || continue
    if grep -rnE --include='*.[ch]' -e "$pattern" "$folder" >&2; then
      complain "$what"
    fi
  done
}

# The walls (DESIGN 2): a room, and the rooms whose headers it may include.
# Nobody else's private headers, ever.
walls='
core/base:
core/fs: core/base
core/system: core/base core/fs
core/rules: core/base core/fs
core/store: core/base core/fs
core/jobs: core/base core/fs core/system core/rules core/store
core/usmt: core/base core/fs core/system core/rules core/store core/jobs
core/sequence: core/base core/fs core/system core/rules core/store core/jobs core/usmt
core/report: core/base core/fs core/system core/rules core/store core/jobs core/usmt core/sequence
app/client: CORE
app/engine: CORE app/client
app/cli: CORE app/client
app/gtk: CORE app/client
'
all_of_core='core/base core/fs core/system core/rules core/store core/jobs core/usmt core/sequence core/report'

check_includes() {
  room=$1 allowed=$2
  grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$room" |
    while IFS=: read -r file line text; do
      header=${text#*\"}
      header=${header%%\"*}
      [ -e "$room/$header" ] && continue
      for other in $allowed; do
        if [ -e "$other/$header" ]; then
          case $header in *-private.h) continue ;; esac
          continue 2
        fi
      done
      # Made while building: the tables that resources and templates become.
      case $header in *-resources.h | config.h) continue ;; esac
      echo "$file:$line: $header is behind a wall"
    done
}

found=$(printf '%s' "$walls" | while IFS=: read -r room allowed; do
  [ -d "${room:-/nowhere}" ] || continue
  case $allowed in *CORE*) allowed="$all_of_core ${allowed#*CORE}" ;; esac
  check_includes "$room" "$allowed"
done)
[ -z "$found" ] || {
  echo "$found" >&2
  complain 'a room includes only what stands below it'
}
for room in core/*/ app/*/; do
  case $walls in *"
${room%/}:"*) ;; *) complain "nobody has said whom ${room%/} may include" ;; esac
done

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]'
not_store='core/base core/fs core/system core/rules core/jobs core/usmt core/sequence core/report app'
not_xml='core/base core/fs core/system core/store core/jobs core/usmt core/report app'
not_system='core/base core/fs core/rules core/store core/jobs core/usmt core/sequence core/report app'

refuse 'GTK is for app/gtk' "$include(gtk|gdk|handy|atk|pango|cairo)" core app/cli app/client app/engine
refuse 'core does not translate' "$include(glib/gi18n|libintl)" core
refuse 'core does not translate' '[^a-zA-Z_]_ \("' core
# shellcheck disable=SC2086 # lists of folders
refuse 'SQLite is for core/store' "$include""sqlite3" $not_store
# shellcheck disable=SC2086
refuse 'libxml2 is for core/rules and core/sequence' "$include""libxml" $not_xml
# shellcheck disable=SC2086
refuse 'hivex is for core/system' "$include""hivex" $not_system

everything='core app tests'
# shellcheck disable=SC2086
{
  refuse 'the condition comes first' \
    'g_return_(val_)?if_fail \((-?[0-9]+|NULL|TRUE|FALSE),' $everything
  refuse 'no goto' '(^|[^a-zA-Z_])goto [a-z_]+;' $everything
  refuse 'a note to oneself is an issue, or nothing' '\b(TODO|FIXME|XXX)\b' core app
  refuse 'no shell' '(^|[=(;!&|]) *(system|popen|g_spawn_command_line_[a-z]+) \(' core app
  refuse 'assertions stay on' 'define G_DISABLE_(ASSERT|CHECKS)' $everything
  refuse 'no code for tests in production' 'RUNNING_TESTS|getenv \("MOORING_TEST' core app
}

# Names of their own for every source, and none too long to read.
for file in $(git ls-files --cached --others --exclude-standard 2>/dev/null ||
  find core app tests packaging -type f); do
  case $file in
  *.c | *.h | *.sh | *.py | packaging/check | packaging/demo)
    [ -e "$file" ] || continue
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
      complain "$file does not say its licence (SPDX)"
    ;;
  *) continue ;;
  esac
  lines=$(wc -l <"$file")
  [ "$lines" -le 1000 ] || complain "$file has $lines lines; 1000 are the limit"
done

[ "$bad" -eq 0 ] && echo "the source keeps its walls"
exit $bad
