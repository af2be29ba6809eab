# lib.sh - what all shell suites share. POSIX sh: in the virtual machine it is
# read by busybox. Sourced, first thing, by a suite one directory below this one.
#
# A suite makes claims, one line each, as the unit tests do:
#
#	run "$ROOT" sh -c 'exit 7'; is $? 7 "the exit status is the command's own"
#	is "$(fact ids.euid)" 0 "root inside"
#	finish
#
# Environment, all with defaults for a checkout that was built with `make`:
#	BUILD	the build directory	CINIT	the program that is tested
#	CACHE	downloads that are kept	PROBE	tests/probe.c, built
# Set here:
#	TESTS	this directory		T	a directory of the suite's own
# shellcheck shell=sh disable=SC2034

TESTS=${TESTS:-$(cd "$(dirname "$0")/.." && pwd)}
: "${BUILD:=$TESTS/../build}"
: "${CINIT:=$BUILD/cinit}"
: "${PROBE:=$BUILD/tests/probe}"
: "${CACHE:=$TESTS/../build/cache}"
: "${TMPDIR:=/var/tmp}"

passed=0 failed=0 skipped=0

# bail WORDS...: this suite cannot go on, and that is a failure.
bail() {
	echo "not ok - $*"
	failed=$((failed + 1))
	finish
}

# skip_all REASON: nothing of this suite makes sense here.
skip_all() {
	echo "ok - # SKIP $*"
	skipped=$((skipped + 1))
	finish
}

# finish: the closing line, and the suite's exit status.
finish() {
	if [ $skipped -gt 0 ]; then
		echo "$passed passed, $failed failed, $skipped skipped"
	else
		echo "$passed passed, $failed failed"
	fi
	[ $failed -eq 0 ]
	exit
}

pass() {
	passed=$((passed + 1))
	echo "ok - $*"
}

# fail CLAIM [LINE...]: the lines say what was seen.
fail() {
	failed=$((failed + 1))
	echo "not ok - $1"
	shift
	for _line; do
		printf '%s\n' "$_line" | sed 's/^/#   /'
	done
	if [ -n "${said:-}" ]; then
		printf '%s' "$said" | tr '\n' ' ' | cut -c1-200 | sed 's/^/#   after: /'
		[ ! -s "$T/err" ] || sed 's/^/#   stderr: /' "$T/err" | head -n 5
	fi
}

# skip CLAIM REASON
skip() {
	skipped=$((skipped + 1))
	echo "ok - $1 # SKIP $2"
}

# is GOT WANTED CLAIM
is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3" "got:    $1" "wanted: $2"
	fi
}

# isnt GOT UNWANTED CLAIM
isnt() {
	if [ "$1" != "$2" ]; then
		pass "$3"
	else
		fail "$3" "got: $1"
	fi
}

# like GOT PATTERN CLAIM: a shell pattern.
like() {
	# shellcheck disable=SC2254 # a pattern is meant
	case $1 in
	$2) pass "$3" ;;
	*) fail "$3" "got:    $1" "wanted: $2" ;;
	esac
}

unlike() {
	# shellcheck disable=SC2254
	case $1 in
	$2) fail "$3" "got: $1" ;;
	*) pass "$3" ;;
	esac
}

# ok CLAIM COMMAND...: the command succeeds.
ok() {
	_claim=$1
	shift
	if "$@" >/dev/null 2>&1; then
		pass "$_claim"
	else
		fail "$_claim" "failed: $*"
	fi
}

# notok CLAIM COMMAND...
notok() {
	_claim=$1
	shift
	if "$@" >/dev/null 2>&1; then
		fail "$_claim" "succeeded: $*"
	else
		pass "$_claim"
	fi
}

# same FILE FILE CLAIM: the first difference is shown.
same() {
	if cmp -s "$1" "$2"; then
		pass "$3"
	else
		fail "$3" "$(diff "$1" "$2" | grep '^[<>+-][^+-]' | head -n 6)"
	fi
}

# run ARG...: `cinit run ARG...` with nothing on stdin; what it says is in the
# files $T/out and $T/err, and its exit status is returned.
run() {
	said="cinit run $*"
	"$PROBE" timeout "${RUN_TIMEOUT:-30}" "$CINIT" run "$@" </dev/null >"$T/out" 2>"$T/err"
}

# cinit ARG...: the same for any command.
cinit() {
	said="cinit $*"
	"$PROBE" timeout "${RUN_TIMEOUT:-30}" "$CINIT" "$@" </dev/null >"$T/out" 2>"$T/err"
}

out() { cat "$T/out"; }
err() { cat "$T/err"; }

# fact KEY: a value from the `probe flat` that the last run printed.
fact() {
	while IFS= read -r _line; do
		case $_line in "$1="*)
			printf '%s\n' "${_line#"$1="}"
			return
			;;
		esac
	done <"$T/out"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	_left=$(($1 * 20))
	shift
	while [ $_left -gt 0 ]; do
		! "$@" >/dev/null 2>&1 || return 0
		"$PROBE" sleep 50
		_left=$((_left - 1))
	done
	return 1
}

# The suite's directory, reachable by everybody, and gone at the end. Files may
# belong to ids of a container: an unprivileged user becomes their root for that.
T=$(mktemp -d "$TMPDIR/cinit-test.XXXXXX") || exit 1
chmod 755 "$T"
_tidy() {
	cd /
	chmod -R u+rwX "$T" 2>/dev/null
	rm -rf "$T" 2>/dev/null || unshare --map-root-user --map-auto rm -rf "$T" 2>/dev/null
}
trap _tidy EXIT
trap 'exit 130' INT TERM HUP

[ -x "$CINIT" ] || bail "no program to test at $CINIT: make first"
[ -x "$PROBE" ] || bail "no probe at $PROBE: make first"
