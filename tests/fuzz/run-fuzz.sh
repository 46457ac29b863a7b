#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs one fuzz target for MOORING_FUZZ_SECONDS (60), starting from its kept inputs.
# What it finds stays in the build folder; what breaks it is printed, too.
# Usage: run-fuzz.sh TARGET KEPT-INPUTS WORDS FOUND
set -eu
target=$1 kept=$2 words=$3 found=$4
mkdir -p "$found"
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 exec "$target" \
  -max_total_time="${MOORING_FUZZ_SECONDS:-60}" \
  -timeout=10 -error_exitcode=1 -rss_limit_mb=2048 -max_len=16384 \
  -dict="$words" -artifact_prefix="$found-broken-" \
  -print_final_stats=1 \
  "$found" "$kept"
