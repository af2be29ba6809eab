#!/bin/sh
# What Frama-C's Eva can say about the parsers that the privileged helper decides by: for
# every input of the drivers beside this file no operation is undefined and every assertion
# holds, but for those alarms that it cannot rule out. It fails when there are more.
# docs/security.md says what they are.
#
#   tests/prove/run.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v frama-c >/dev/null || { echo "prove: frama-c is missing"; exit 1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

# prove MOST SOURCE...: at most MOST alarms and assertions that are not proved.
prove() {
	most=$1
	shift
	frama-c -c11 -eva -eva-no-show-progress -eva-precision 2 -eva-slevel 500 -eva-split-return auto \
		-machdep gcc_x86_64 -cpp-extra-args="-D_GNU_SOURCE -I. -D__int128=long \
		-idirafter /usr/include -idirafter /usr/include/$(uname -m)-linux-gnu" "$@" >"$log" 2>&1
	alarms=$(sed -n 's/^ *\([0-9]*\) alarms\{0,1\} generated.*/\1/p' "$log")
	unknown=$(sed -n 's/^ *Assertions  *[0-9]* valid  *\([0-9]*\) unknown  *\([0-9]*\) invalid.*/\1 + \2/p' "$log")
	n=$((${alarms:-1000} + ${unknown:-0}))
	echo "prove: $1: $n not proved, $most are known"
	[ $n -le "$most" ] && return
	failed=1
	grep -A1 -e 'eva:alarm' -e 'aborted' "$log"
}
prove 8 tests/prove/subid.c lib/subid.c lib/slice.c lib/num.c
prove 0 tests/prove/frame.c runtime/helper/serve.c
exit $failed
