# place.sh - a machine of one's own, and a world around it. POSIX sh; sourced, as
# root, in mount, pid and network namespaces that the caller has made for it: what
# is done here is seen by nobody else and ends with them.
#
#	outside ── up0 [ the host: the caller's own network namespace ] lan0 ── lan
#
# `outside` is the world that knows the host by one address and has no way back to
# anything behind it. `lan` is a neighbour who has such a way: a route to all
# addresses that containers may have. Both have names for `ip -n` and `probe netns`.
#
# Needs: ip, of iproute2. Environment: PROBE, T.
# shellcheck shell=sh disable=SC2034

HOST4=192.0.2.1 HOST6=2001:db8:1::1	# the host, seen from outside
OUT4=192.0.2.2 OUT6=2001:db8:1::2
HOSTLAN4=198.51.100.1 HOSTLAN6=2001:db8:2::1	# the same, seen from lan
LAN4=198.51.100.2 LAN6=2001:db8:2::2

# Two users. Their numbers are far from any that a distribution gives out.
TESTER=23456 OTHER=23457

# busybox's shell would take its own `ip` and `tc`, wherever PATH leads.
place_tool() {
	for _dir in /usr/sbin /sbin /usr/bin /bin; do
		if [ -x $_dir/$1 ] && [ "$(readlink $_dir/$1)" != busybox ]; then
			echo $_dir/$1
			return
		fi
	done
}
IP=$(place_tool ip) TC=$(place_tool tc)
ip() { "$IP" "$@"; }
tc() { "$TC" "$@"; }

# place_machine: an own /etc, with these users and their subordinate ids; nothing in
# /run and in /var/lib.
place_machine() {
	mount -t tmpfs -o mode=755 run /run
	mkdir -p "$T/varlib" "$T/etc"
	cp -a /etc/. "$T/etc/"
	rm -rf "$T/etc/cinit"
	mount --bind "$T/varlib" /var/lib
	mount --bind "$T/etc" /etc
	mount -t sysfs sysfs /sys 2>/dev/null # this network namespace's interfaces
	touch /etc/subuid /etc/subgid
	sed -i '/^cinit:/d;/^tester:/d;/^other:/d' /etc/subuid /etc/subgid /etc/passwd /etc/group
	for _id in $TESTER $OTHER; do
		_name=$(place_name $_id)
		echo "$_name:x:$_id:$_id::$T/home.$_name:/bin/sh" >>/etc/passwd
		echo "$_name:x:$_id:" >>/etc/group
		for _file in /etc/subuid /etc/subgid; do
			echo "$_name:$((200000000 + (_id - TESTER) * 65536)):65536" >>$_file
		done
		mkdir -p "$T/home.$_name" "/run/user/$_id"
		chown $_id:$_id "$T/home.$_name" "/run/user/$_id"
		chmod 700 "/run/user/$_id"
	done
	mkdir -p /run/netns
}

place_name() {
	case $1 in
	"$TESTER") echo tester ;;
	"$OTHER") echo other ;;
	*) echo root ;;
	esac
}

# as ID COMMAND...: what a shell of that user would have in its environment. Replaces
# the shell: call it behind ( or in a pipe, or give it a `&`. $WRAP, a command's first
# words, stands around all of it.
as() {
	_id=$1
	shift
	if [ "$_id" = 0 ]; then
		# shellcheck disable=SC2086 # words
		exec ${WRAP:-} "$@"
	fi
	cd "$T/home.$(place_name "$_id")" || exit 99
	HOME=$PWD USER=$(place_name "$_id") LOGNAME=$USER XDG_RUNTIME_DIR=/run/user/$_id
	export HOME USER LOGNAME XDG_RUNTIME_DIR
	unset SUDO_USER XDG_DATA_HOME XDG_CACHE_HOME
	# shellcheck disable=SC2086
	exec ${WRAP:-} "$PROBE" as "$_id" "$@"
}

# place_world: the namespaces around the host, and the ways between them.
place_world() {
	ip link set lo up
	place_beside outside up0 $HOST4 $OUT4 $HOST6 $OUT6
	place_beside lan lan0 $HOSTLAN4 $LAN4 $HOSTLAN6 $LAN6
	ip route add default via $OUT4
	ip -6 route add default via $OUT6
	# a machine at the same desk, told where containers live
	ip -n lan route add 10.0.0.0/8 via $HOSTLAN4
	ip -n lan -6 route add fc00::/7 via $HOSTLAN6
	ip -n lan route add default via $HOSTLAN4
	ip -n lan -6 route add default via $HOSTLAN6
}

# place_beside NAME LINK HOST4 THEIR4 HOST6 THEIR6
place_beside() {
	ip netns add "$1"
	ip link add "$2" type veth peer name eth0 netns "$1"
	ip -n "$1" link set lo up
	# Link-local addresses are there at once, as all others.
	echo 0 >"/proc/sys/net/ipv6/conf/$2/accept_dad"
	"$PROBE" netns "$1" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad'
	ip addr add "$3/24" dev "$2"
	ip addr add "$5/64" dev "$2" nodad
	ip -n "$1" addr add "$4/24" dev eth0
	ip -n "$1" addr add "$6/64" dev eth0 nodad
	ip link set "$2" up
	ip -n "$1" link set eth0 up
	# Nobody waits for a neighbour to answer.
	_here=$(cat "/sys/class/net/$2/address")
	_there=$(ip -n "$1" -o link show eth0 | sed 's/.*link.ether \([^ ]*\).*/\1/')
	ip neigh replace "$4" lladdr "$_there" dev "$2"
	ip neigh replace "$6" lladdr "$_there" dev "$2"
	ip -n "$1" neigh replace "$3" lladdr "$_here" dev eth0
	ip -n "$1" neigh replace "$5" lladdr "$_here" dev eth0
}

# place_copies DIR: the program as it may be installed:
#	DIR/caps/cinit		with file capabilities, as `make install` does it
#	DIR/setuid/cinit	set-user-id root
#	DIR/plain/cinit		without privilege
place_copies() {
	for _kind in caps setuid plain; do
		mkdir -p "$1/$_kind"
		cp "$CINIT" "$1/$_kind/cinit"
		chown 0:0 "$1/$_kind/cinit"
	done
	chmod 755 "$1" "$1"/* "$1"/*/cinit
	chmod u+s "$1/setuid/cinit"
	setcap cap_net_admin,cap_setuid,cap_setgid=ep "$1/caps/cinit"
}
