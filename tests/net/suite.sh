#!/bin/sh
# The claims about networks; started by tests/net/run, and by tests/vm/guest in the
# virtual machine, as root and in a place that tests/net/place.sh has made.
#
#   suite.sh [CASE...]
#
# Cases say who is at work and then do what that user would do:
#
#	who caps		tester, whose cinit has file capabilities
#	who setuid, who plain	tester, with a set-user-id root one, with no privilege
#	who other		another user, file capabilities
#	who root
#	up web -p 8080:80	a container called web is running
#	serve web tcp 80	and serves there (see tests/probe/net.c)
#	inside web COMMAND	what a command in it says
#	outside COMMAND		the same in the netns `outside`; and lan, host
#	down web		it has ended
#
# Environment: COPIES, of the program; DEBIAN, a Debian root or nothing; IN_VM.
# shellcheck disable=SC2034,SC2317 # cases are read at the end
# shellcheck source=tests/lib.sh
. "${0%/*}/../lib.sh"
# shellcheck source=tests/net/place.sh
. "${0%/*}/place.sh"
umask 022
chmod 755 "$T"
# lib.sh made a directory for the suite alone; homes are beside it.
P=${COPIES%/*}
as_home() { echo "$P/home.$(place_name "$1")"; }

R=$T/busybox
"$TESTS/roots.sh" busybox "$R" "$PROBE"
V=$T/volume
mkdir "$V"
slow=${IN_VM:+10} slow=${slow:-1}	# what takes a moment takes ten there

# --- who ----------------------------------------------------------------------------
who() {
	case $1 in
	caps | setuid | plain) ID=$TESTER COPY=$1 ;;
	other) ID=$OTHER COPY=caps ;;
	root) ID=0 COPY=plain ;;
	esac
	WHO=$1
	CINIT=$COPIES/$COPY/cinit
}

# mine COMMAND...: as that user; replaces the shell.
mine() { T=$P as "$ID" "$@"; }

# machine NETNS: that one is the host for whoever is at work; "" this one.
machine() { WRAP=${1:+$PROBE netns $1}; }

cinit() {
	said="$WHO: cinit $*"
	(mine "$PROBE" timeout $((${RUN_TIMEOUT:-20} * slow)) "$CINIT" "$@") </dev/null >"$T/out" 2>"$T/err"
}
run() { cinit run "$@"; }

# --- containers ---------------------------------------------------------------------
boxes=
_seq=0

# up NAME OPTION...: a container whose shell waits for what inside() sends.
up() {
	_name=$1
	shift
	_start "$_name" "$@" || fail "container $_name starts" "$(tail -n 3 "$T/$_name.err")"
	inside "$_name" probe addr >"$T/$_name.addr"
}
_start() {
	_name=$1
	shift
	said="$WHO: cinit run --name $_name $*"
	: >"$T/err"
	rm -f "$T/$_name.in"
	mkfifo "$T/$_name.in"
	: >"$T/$_name.out"
	# What is written into a pipe that nobody has open is lost: it stays open here until
	# the container answers.
	{
		(mine "$CINIT" run --name "$_name" -i "$@" "$R" sh) \
			<>"$T/$_name.in" >>"$T/$_name.out" 2>"$T/$_name.err" 9>&- &
		eval "pid_$_name=\$!"
		boxes="$boxes $_name"
		echo 'echo @up' >&9
		_wait_box "$_name" "@up"
	} 9<>"$T/$_name.in"
}

# pid_of NAME: its launcher, which is its monitor.
pid_of() { eval "echo \$pid_$1"; }

_wait_box() {
	_tries=$((200 * slow))
	! _dead "$(pid_of "$1")" || return 1
	until "$PROBE" await "$T/$1.out" "$2" 50; do
		_tries=$((_tries - 1))
		[ $_tries -gt 0 ] && ! _dead "$(pid_of "$1")" || return 1
	done
}

# inside NAME COMMAND...: words are put together and read by its shell.
inside() {
	_box=$1
	shift
	_seq=$((_seq + 1))
	: >"$T/$_box.out"
	printf '{ %s\n} </dev/null 2>&1; echo; echo "@%s $?"\n' "$*" "$_seq" 1<>"$T/$_box.in"
	_wait_box "$_box" "@$_seq " || {
		echo "nothing from container $_box: $(tail -n 2 "$T/$_box.err")"
		return 1
	}
	sed -n "/^@$_seq /q;p" "$T/$_box.out" | sed '$d'
	return "$(sed -n "s/^@$_seq //p" "$T/$_box.out")"
}

# serve NAME PROTO PORT...: until the container ends; what it saw: seen NAME.
serve() {
	_box=$1
	shift
	inside "$_box" "probe serve $* >>/tmp/seen.$1 2>&1 & probe await /tmp/seen.$1 ready 5000" >/dev/null ||
		fail "a server for $* in $_box" "$(inside "$_box" cat "/tmp/seen.$1")"
}
seen() { inside "$1" "cat /tmp/seen.$2; : >/tmp/seen.$2"; }

down() {
	for _name; do
		kill "$(pid_of "$_name")" 2>/dev/null
		_tries=$((400 * slow))
		while [ $_tries -gt 0 ] && ! _dead "$(pid_of "$_name")"; do
			"$PROBE" sleep 5
			_tries=$((_tries - 1))
		done
		kill -9 "$(pid_of "$_name")" 2>/dev/null && [ $_tries = 0 ] && fail "$_name ends by SIGTERM"
		wait "$(pid_of "$_name")" 2>/dev/null
		boxes=$(echo " $boxes " | sed "s/ $_name / /; s/  */ /g; s/^ //")
	done
	# The kernel takes their links down in the background.
	[ -n "$boxes" ] || wait_for $((5 * slow)) _no_links
}
_no_links() { ! ip -o link | grep -q ': ci[^ ]*-'; }

_dead() {
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
	Z* | '') ;;
	*) return 1 ;;
	esac
}

# addr4, addr6 NAME [IF], mac NAME [IF]: as the container itself says.
addr4() { sed -n "s|^${2:-eth0} \([0-9.]*\)/.*|\1|p" "$T/$1.addr" | head -n 1; }
addr6() { sed -n "s|^${2:-eth0} \(f[cd][0-9a-f:]*\)/.*|\1|p" "$T/$1.addr" | head -n 1; }
mac() { sed -n "s|^${2:-eth0} mac \([^ ]*\).*|\1|p" "$T/$1.addr"; }
netns_of() {
	for _p in /proc/[0-9]*; do
		[ "$(sed -n 's/^NSpid:.*\t1$/1/p' "$_p/status" 2>/dev/null)" = 1 ] || continue
		[ "$(sed -n 's/^PPid:\t//p' "$_p/status" 2>/dev/null)" = "$(pid_of "$1")" ] || continue
		echo "${_p#/proc/}"
	done
}

# --- the world ----------------------------------------------------------------------
outside() { "$PROBE" netns outside "$@"; }
lan() { "$PROBE" netns lan "$@"; }

# world_serves NETNS|"" PROTO PORT...: for the whole suite.
world_serves() {
	_where=$1
	shift
	_log=$T/serves.${_where:-host}.$1
	: >"$_log"
	if [ -n "$_where" ]; then
		"$PROBE" netns "$_where" "$PROBE" serve "$@" >"$_log" 2>&1 &
	else
		"$PROBE" serve "$@" >"$_log" 2>&1 &
	fi
	"$PROBE" await "$_log" ready 5000 || bail "no server in ${_where:-the host}"
}
for _proto in tcp udp; do
	world_serves outside $_proto 7000 7001
	world_serves lan $_proto 7000
	world_serves "" $_proto 7000
done
# Names that are not containers' are unknown at once.
world_serves outside dns 53
echo "nameserver $OUT4" >/etc/resolv.conf

# client COMMAND: of a `probe ask`, only the address that was seen.
client() { "$@" | cut -d' ' -f1; }

# --- what the kernel knows ----------------------------------------------------------
# Everything that a container's network could change, in lines; nothing that moves by
# itself.
kernel_state() {
	ip -o link | sed 's/ \(state\|mode\|qlen\) [^ ]*//g'
	ip -o addr | sed 's/ valid_lft.*//'
	ip route show table all
	ip -6 route show table all | grep -v ' cache\|^multicast'
	ip neigh show nud permanent | sort
	ip -6 neigh show nud permanent | sort
	ip rule
	bridge_state
	nft list ruleset
	grep -r . /proc/sys/net 2>/dev/null |
		grep -v 'nf_conntrack_count\|/neigh/.*base_reachable\|rpc_\|fastopen_key\|/random'
}
bridge_state() { bridge fdb 2>/dev/null | sort; }

# Processes in other network namespaces than those of the world.
containers() {
	for _p in /proc/[0-9]*; do
		_ns=$(readlink "$_p/ns/pid" 2>/dev/null) || continue
		[ "$_ns" = "$_here" ] || echo "process ${_p#/proc/} $(cat "$_p/comm" 2>/dev/null)"
	done
}
_here=$(readlink /proc/self/ns/pid)

# unchanged CLAIM [FILE]: the kernel is as it was when `remember [FILE]` was said, at
# the latest after some seconds: namespaces are taken down in the background.
remember() { kernel_state >"$T/${1:-state}"; }
unchanged() {
	_before=$T/${2:-state}
	_tries=$((50 * slow))
	while :; do
		kernel_state >"$T/state.now"
		cmp -s "$_before" "$T/state.now" && break
		_tries=$((_tries - 1))
		[ $_tries -gt 0 ] || break
		"$PROBE" sleep 100
	done
	same "$_before" "$T/state.now" "$1"
}

# clean CLAIM: and no process either; what is left of failed cases is ended.
clean() {
	[ -z "$boxes" ] || down $boxes
	wait_for 5 _no_containers
	is "$(containers)" "" "$1: no process"
	containers | while read -r _ _pid _; do kill -9 "$_pid"; done
	unchanged "$1: interfaces, addresses, routes, rules, sysctls"
	cmp -s "$T/state" "$T/state.now" || remember
}
_no_containers() { [ -z "$(containers)" ]; }

# bad CLAIM PATTERN WORD...: `cinit WORD...` is refused with one line like PATTERN, at most
# one more of advice, and 125.
bad() {
	_what=$1 _pattern=$2
	shift 2
	cinit "$@"
	_rc=$?
	if [ "$_rc" != 125 ]; then
		fail "$_what: exit status 125" "got: $_rc" "$(out | head -n 3)"
	elif [ "$(err | grep -c '^cinit: ')" != "$(err | wc -l)" ] || [ "$(err | wc -l)" -gt 2 ]; then
		fail "$_what: one line, and perhaps advice" "$(err)"
	elif [ -s "$T/out" ]; then
		fail "$_what: nothing on stdout" "$(out | head -n 3)"
	else
		# shellcheck disable=SC2254
		case $(err | head -n 1) in
		"cinit: "$_pattern) pass "$_what" ;;
		*) fail "$_what: the line says what is wrong" "got: $(err)" "wanted: cinit: $_pattern" ;;
		esac
	fi
}

# policy LINE...: that is /etc/cinit/net.conf now; without lines there is none.
# shellcheck disable=SC2120
policy() {
	rm -rf /etc/cinit
	[ $# -gt 0 ] || return 0
	mkdir /etc/cinit
	printf '%s\n' "$@" >/etc/cinit/net.conf
}

# --- the cases ----------------------------------------------------------------------
# shellcheck disable=SC2119
policy
# What a machine's first container changes for good: ways out forward from then on, and
# nothing else does. (On kernels before 6.17 IPv6 has one switch for all of them.)
remember first
for _who in caps root; do
	who $_who
	run "$R" true
	is "$? $(err)" "0 " "$_who: a first container"
done
wait_for $((5 * slow)) _no_links
kernel_state >"$T/state.now"
if [ -e /proc/sys/net/ipv6/conf/lo/force_forwarding ]; then
	is "$(diff "$T/first" "$T/state.now" | sed -n 's|^> /proc/sys/net/\(.*\)|\1|p;/^> [^/]/p' | sort | tr '\n' ' ')" \
		"ipv4/conf/lan0/forwarding:1 ipv4/conf/up0/forwarding:1 ipv6/conf/lan0/force_forwarding:1 ipv6/conf/up0/force_forwarding:1 " \
		"it lets packets pass by the interfaces that lead out, and nothing else is changed"
else
	skip "nothing but the ways out forward" "this kernel has one switch for all"
fi
who caps
remember

# shellcheck disable=SC2046 # names are plain
[ $# -gt 0 ] || set -- $(for file in "$TESTS"/net/cases/*.sh; do basename "$file" .sh; done)
for case; do
	_began=$(date +%s)
	echo "# $case"
	# shellcheck disable=SC1090
	. "$TESTS/net/cases/$case.sh"
	said=
	clean "after $case"
	echo "# $case took $(($(date +%s) - _began)) s"
done
finish
