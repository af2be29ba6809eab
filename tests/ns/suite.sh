#!/bin/sh
# The claims about containers, made by whoever runs this: root, a user, or the
# user of the virtual machine (tests/ns/run and tests/vm/guest start it).
#
#   suite.sh [CASE...]
#
# Reads the cases in order. What they may use besides tests/lib.sh stands here.
# Environment: SUITE, whose cases (ns); DEBIAN, a Debian root, or nothing; ROOTS_DEBIAN, one that belongs to
# root; SHARED, a shared mount; SMALL, a tiny disk; IN_VM.
# shellcheck disable=SC2034,SC2317 # cases are read at the end
# shellcheck source=tests/lib.sh
. "${0%/*}/../lib.sh"
umask 022

ME=$(id -u)
if [ "$ME" = 0 ]; then
	IAM=root
	RUNDIR=/run/cinit DATADIR=/var/lib/cinit
	MAP_START=1878982656 MAP_COUNT=65536
	MAP_WANTED="0 $MAP_START $MAP_COUNT"
	# Root's volumes are idmapped: who owns a file inside owns it outside.
	ROOT_OUTSIDE=0				# whom a container's root is outside
	APP_OUTSIDE=1000			# and its user 1000
else
	IAM=user
	grep -q "^$(id -un):" /etc/subuid 2>/dev/null || IAM=lonely # no subordinate ids
	[ -d "${XDG_RUNTIME_DIR:-}" ] || {
		XDG_RUNTIME_DIR=$T/xdg-run
		mkdir -m 700 "$XDG_RUNTIME_DIR"
		export XDG_RUNTIME_DIR
	}
	export XDG_DATA_HOME="$T/xdg-data" XDG_CACHE_HOME="$T/xdg-cache"
	RUNDIR=$XDG_RUNTIME_DIR/cinit DATADIR=$XDG_DATA_HOME/cinit
	MAP_START=$(sed -n "s/^$(id -un):\([0-9]*\):.*/\1/p" /etc/subuid | head -n 1)
	MAP_COUNT=$(sed -n "s/^$(id -un):[0-9]*:\([0-9]*\).*/\1/p" /etc/subuid | head -n 1)
	MAP_WANTED="0 $ME 1,1 $MAP_START $MAP_COUNT"
	ROOT_OUTSIDE=$ME
	APP_OUTSIDE=$((MAP_START + 999))
fi

# The root file system of most cases, and a directory for volumes.
R=$T/busybox
V=$T/volume
"$TESTS/roots.sh" busybox "$R" "$PROBE"
mkdir "$V"
echo volume >"$V/file"

# start ARG...: `cinit run ARG...` in the background, as $launcher; what it says is
# in $T/bg.out and $T/bg.err.
start() {
	said="cinit run $* &"
	: >"$T/bg.out"
	: >"$T/err"
	"$CINIT" run "$@" </dev/null >"$T/bg.out" 2>"$T/bg.err" &
	launcher=$!
}

# await: the exit status of the background container, which ends within 20 s.
await() {
	wait_for 20 _over || {
		fail "the container in the background ends"
		kill -9 "$launcher"
	}
	wait "$launcher" 2>/dev/null
}
_over() {
	case $(sed 's/.*) //' "/proc/$launcher/stat" 2>/dev/null) in
	Z* | '') ;;
	*) return 1 ;;
	esac
}

# ready [WORD]: the background container has said WORD.
ready() {
	wait_for 20 grep -q "${1:-ready}" "$T/bg.out" ||
		fail "the background container says ${1:-ready}" "$(cat "$T/bg.out" "$T/bg.err")"
}

# Processes in other mount namespaces than ours, or process 1's, that we can see:
# containers.
containers() {
	_mine=$(readlink /proc/self/ns/mnt) _first=$(readlink /proc/1/ns/mnt 2>/dev/null)
	for _p in /proc/[0-9]*; do
		_ns=$(readlink "$_p/ns/mnt" 2>/dev/null) || continue
		[ "$_ns" = "$_mine" ] || [ "$_ns" = "$_first" ] || echo "process ${_p#/proc/} $(cat "$_p/comm" 2>/dev/null)"
	done
}
no_containers() { [ "$(containers)" = "$PROCESSES_BEFORE" ]; }

# Everything that a container could leave behind. Directories of the run and data
# directories themselves may stay, and with them the empty table of names, its bell, and when
# dead containers were last looked for; so may the cgroup that containers' cgroups are made in.
left_behind() {
	containers
	cat /proc/self/mountinfo
	find "$RUNDIR" ! -type d ! \( -name .names -size 0 \) ! -name .bell ! -name .looked ! -name events ! -name events.old 2>/dev/null
	find "$DATADIR" -mindepth 2 2>/dev/null
	find /sys/fs/cgroup -maxdepth 5 -name 'ctr-*' 2>/dev/null
	ls /sys/class/net
	sha256sum <"$CINIT"
}

# clean CLAIM: nothing has been left behind since the suite began.
clean() {
	wait_for 5 no_containers
	left_behind >"$T/left.now"
	same "$T/left.before" "$T/left.now" "$1"
	cmp -s "$T/left.before" "$T/left.now" && return
	# once is enough: what has been told is not told again
	containers | while read -r _ _pid _; do kill -9 "$_pid"; done
	wait_for 2 no_containers
	left_behind >"$T/left.before"
}

PROCESSES_BEFORE=$(containers)
left_behind >"$T/left.before"

CASES=$TESTS/${SUITE:-ns}/cases
# shellcheck disable=SC2046 # names are plain
[ $# -gt 0 ] || set -- $(for file in "$CASES"/*.sh; do basename "$file" .sh; done)
for case; do
	_start=$(date +%s)
	# Without subordinate ids most claims do not hold; what does has a file of its own.
	case $IAM:$case in
	lonely:*-one-id) ;;
	# the virtual machine calls it by name, while it forbids what it is about
	*:99-forbidden) [ "$*" = 99-forbidden ] || continue ;;
	lonely:* | *:*-one-id) continue ;;
	esac
	echo "# $case"
	# shellcheck disable=SC1090
	. "$CASES/$case.sh"
	said=
	clean "nothing is left behind by the cases of $case"
	echo "# $case took $(($(date +%s) - _start)) s"
done
finish
