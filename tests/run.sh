#!/bin/bash
# Runs test suites one after another and adds up what they say.
#
#   tests/run.sh LOGDIR SUITE...
#
# A suite is an executable that ends with the line "N passed, N failed", with
# ", N skipped" behind it if need be. A suite that fails without saying so, or
# says nothing, is one failure more. What it says about claims that hold goes to
# its log alone.
#
# The last line is the sum; the exit status is 1 if anything failed or nothing
# was run.
set -uo pipefail

logs=$1
shift
mkdir -p "$logs"
: "${SUITE_TIMEOUT:=1200}" # seconds for one suite

passed=0 failed=0 skipped=0 lines=()
for suite; do
	name=${suite#"${BUILD:-}"/}
	log=$logs/${name//\//_}.log
	start=$SECONDS
	timeout -k 10 "$SUITE_TIMEOUT" "$suite" </dev/null 2>&1 | tee "$log" | grep -avE '^ok |^1\.\.|^[0-9]+ passed, '
	status=${PIPESTATUS[0]}
	sum=$(grep -aE '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
	read -r p _ f _ s _ <<<"${sum//,/}"
	if [ -z "$sum" ]; then
		p=0 f=1
		echo "not ok - $name ended with status $status and no closing line; its output: $log"
	elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
		echo "not ok - $name ended with status $status; its output: $log"
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
	lines+=("$(printf '  %-24s %5d passed %3d failed %3d skipped %4d s' "$name" "$p" "$f" \
		"${s:-0}" $((SECONDS - start)))")
done

echo
[ ${#lines[@]} -eq 0 ] || printf '%s\n' "${lines[@]}"
[ $skipped -eq 0 ] || echo "$skipped skipped: each says why"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
