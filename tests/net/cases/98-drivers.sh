# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Drivers that not every kernel has: where one is missing a line says so; where it is
# there, it works.

who root
has() { # DRIVER
	ip link add has0 link seg0 type $1 2>/dev/null && ip link del has0
}

# A segment with a neighbour on it, where the host has no address.
place_segment() {
	ip netns add segment
	ip link add seg0 type veth peer name eth0 netns segment
	echo 1 >/proc/sys/net/ipv6/conf/seg0/disable_ipv6
	# When it speaks IPv6 after all, its link-local address is there at once.
	echo 0 >/proc/sys/net/ipv6/conf/seg0/accept_dad
	ip -n segment addr add 198.18.0.2/24 dev eth0
	ip -n segment addr add 2001:db8:3::2/64 dev eth0 nodad
	ip -n segment link set eth0 up
	ip -n segment link set lo up
	ip link set seg0 up
	"$PROBE" netns segment "$PROBE" serve tcp 7000 >"$T/serves.segment" 2>&1 &
	segment=$!
	"$PROBE" await "$T/serves.segment" ready 5000
}
segment_create() { # DRIVER [MODE]
	cinit network create -d $1 --parent seg0 ${2:+-o mode=$2} --subnet 198.18.0.0/24 --subnet 2001:db8:3::/64 seg
}

# The kernel takes a container's network down in the background: is 198.18.0.50 free?
seg_free() {
	case $driver in
	ipvlan) ip link add has0 link seg0 type ipvlan && ip addr add 198.18.0.50/24 dev has0 ;;
	*) ip link add has0 link seg0 address 02:42:c6:12:00:32 type $driver && ip link set has0 up ;;
	esac
	_rc=$?
	ip link del has0
	return $_rc
}

# on_segment DRIVER MODE: a container beside the neighbour, with an address of its own
on_segment() {
	segment_create $1 $2
	is "$? $(err)" "0 " "$1 $2: network create"
	# Kernel: there the host's own routes carry the packets, and it has to speak IPv6.
	case $2 in
	l3*)
		echo 0 >/proc/sys/net/ipv6/conf/seg0/disable_ipv6
		ip -6 route add 2001:db8:3::/64 dev seg0
		;;
	esac
	up seg1 --net seg:ip=198.18.0.50,ip6=2001:db8:3::50
	serve seg1 tcp 80
	is "$(client inside seg1 probe ask tcp 198.18.0.2 7000)" 198.18.0.50 "$1 $2: its neighbour sees its own address"
	is "$(client inside seg1 probe ask tcp 2001:db8:3::2 7000)" 2001:db8:3::50 "$1 $2: IPv6 too"
	is "$(client "$PROBE" netns segment "$PROBE" ask tcp 198.18.0.50 80)" 198.18.0.2 "$1 $2: and reaches it"
	is "$(client "$PROBE" netns segment "$PROBE" ask tcp 2001:db8:3::50 80)" 2001:db8:3::2 "$1 $2: by IPv6 too"
	bad "$1 $2: an address that is taken" "*198.18.0.50*" run --net seg:ip=198.18.0.50 "$R" true
	down seg1
	wait_for $((5 * slow)) seg_free
	bad "$1 $2: no published ports there" "*publish*" run --net seg:ip=198.18.0.50 -p 8080:80 "$R" true
	wait_for $((5 * slow)) seg_free
	cinit network rm seg
	is $? 0 "$1 $2: network rm"
	echo 1 >/proc/sys/net/ipv6/conf/seg0/disable_ipv6
}

place_segment
for driver in macvlan ipvlan macvtap; do
	modes="bridge vepa private passthru"
	[ $driver != ipvlan ] || modes="l2 l3 l3s"
	if has $driver; then
		for mode in $modes; do
			on_segment $driver $mode
		done
	else
		skip "$driver" "this kernel has none"
		segment_create $driver
		if [ $? = 0 ]; then
			bad "no $driver in this kernel: one line" "*$driver*" run --net seg "$R" true
			cinit network rm seg
		else
			like "$(err)" "cinit: *$driver*" "no $driver in this kernel: one line"
		fi
	fi
done

who caps
bad "ordinary users get none of them" "*driver*not allowed*" network create -d macvlan --parent seg0 --subnet 198.18.0.0/24 seg
policy '[default]' 'drivers = macvlan' 'parents = seg0' 'subnets = 198.18.0.0/16, 2001:db8:3::/64'
bad "nor on another parent than the policy says" "*parent*not allowed*" network create -d macvlan --parent lan0 --subnet 198.18.0.0/24 seg
if has macvlan; then
	segment_create macvlan
	is "$? $(err)" "0 " "unless the policy gives it"
	up seg1 --net seg
	is "$(client inside seg1 probe ask tcp 198.18.0.2 7000)" "$(addr4 seg1)" "then it works for them too"
	down seg1
fi
# A parent that is gone
who root
cinit network create -d macvlan --parent seg0 --subnet 198.18.1.0/24 seg
kill $segment
ip link del seg0
bad "a parent that is gone" "*seg0*" run --net seg "$R" true
cinit network rm seg
cinit network create -d macvlan --parent nowhere0 --subnet 198.18.1.0/24 seg
bad "a parent that has never been" "*nowhere0*" run --net seg "$R" true
cinit network rm seg
who caps
bad "for a user" "*seg0*" run --net seg "$R" true
cinit network rm seg
policy
ip netns del segment
who root
cinit network create -d macvlan --parent lan0 --subnet 198.51.100.0/24 --gateway $LAN4 seg
is "$? $(err)" "0 " "the parent's own subnet is the ordinary case"
cinit network rm seg
