#!/bin/sh
# Runs every fuzzer in DIR for SECONDS. Runs on the build machine, as anybody.
#
#   scripts/fuzz.sh DIR SECONDS
#
# A fuzzer starts from its corpus in the tree and keeps what it finds in the
# build directory. A finding ends with the command that shows it again.
set -eu

dir=$1
seconds=$2
passed=0 failed=0

for fuzzer in "$dir"/*; do
	case $fuzzer in *.*) continue ;; esac # what the compiler and the fuzzers left
	[ -f "$fuzzer" ] || continue
	name=${fuzzer##*/}
	found=$dir/$name.found
	mkdir -p "$found/corpus"
	seeds=tests/fuzz/$name
	[ -d "$seeds" ] || seeds=
	echo "  FUZZ    $name for $seconds s"
	# shellcheck disable=SC2086 # no seeds, no word
	if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$found/" "$found/corpus" $seeds >"$found/log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		sed -n 's/^stat::number_of_executed_units: */          runs /p' "$found/log"
	else
		failed=$((failed + 1))
		grep -E 'ERROR|SUMMARY|runtime error|Test unit written' "$found/log" || tail -n 20 "$found/log"
		echo "not ok - $name: see $found/log; again: $fuzzer $found/CRASHFILE"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
