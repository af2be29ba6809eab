# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Networks with a segment: bridge, vxlan.

for kind in caps root; do
	who $kind
	cinit network create -d bridge lake
	is "$? $(err)" "0 " "$kind: -d bridge"
	up b1 --net lake -p 8080:80
	up b2 --net lake
	serve b1 tcp 80
	serve b1 udp 80
	for family in 4 6; do
		eval "out=\$OUT$family host=\$HOST$family"
		for proto in tcp udp; do
			is "$(client inside b2 probe ask $proto $(addr$family b1) 80)" "$(addr$family b2)" "$kind: neighbours on a bridge, $proto/IPv$family"
			is "$(client inside b2 probe ask $proto $out 7000)" "$host" "$kind: NAT to the world"
			is "$(lan "$PROBE" ask $proto $(addr$family b1) 80 300)" ETIMEDOUT "$kind: out of a neighbour's reach"
		done
		is "$(client outside "$PROBE" ask tcp $host 8080)" "$out" "$kind: published, the client is seen"
		is "$(client inside b2 probe ask tcp $host 8080)" "$(addr$family b2)" "$kind: hairpin"
	done
	down b1 b2
	cinit network create -d bridge --isolate apart
	up b1 --net apart
	up b2 --net apart
	serve b1 tcp 80
	for family in 4 6; do
		eval "out=\$OUT$family host=\$HOST$family"
		case $(inside b2 probe ask tcp $(addr$family b1) 80 300) in
		ETIMEDOUT | EHOSTUNREACH) pass "$kind: --isolate: ports do not reach each other, IPv$family" ;;
		*) fail "$kind: --isolate: ports do not reach each other, IPv$family" ;;
		esac
		is "$(client inside b2 probe ask tcp $out 7000)" "$host" "$kind: but the world"
	done
	down b1 b2
	cinit network rm lake apart
	is $? 0 "$kind: their bridges go with them"
done

# Two machines with a segment across: the second one is `lan`, with a registry and a
# directory for what runs of its own.
who root
if ip link add has0 type vxlan id 9 dstport 4789 2>/dev/null; then
	ip link del has0
	cat >"$T/second" <<-END
		#!/bin/sh
		mkdir -p "$T/second.lib" "$T/second.run"
		mount --bind "$T/second.lib" /var/lib
		mount --bind "$T/second.run" /run
		exec "\$@"
	END
	chmod 755 "$T/second"
	over() { cinit network create -d vxlan --vxlan-id 77 "$@" --subnet 172.30.88.0/24 --subnet 2001:db8:88::/64 over; }
	over --peer $LAN4
	is "$? $(err)" "0 " "-d vxlan"
	up here --net over:ip=172.30.88.11,ip6=2001:db8:88::11
	"$PROBE" netns lan sh -c 'grep . /proc/sys/net/ipv4/conf/*/forwarding /proc/sys/net/ipv6/conf/*/f*forwarding' >"$T/second.before"
	WRAP="$PROBE netns lan unshare --mount --propagation private $T/second"
	over --peer $HOSTLAN4
	is "$? $(err)" "0 " "and on another machine"
	up there --net over:ip=172.30.88.12,ip6=2001:db8:88::12
	WRAP=
	serve there tcp 80
	serve here udp 80
	is "$(client inside here probe ask tcp 172.30.88.12 80)" 172.30.88.11 "vxlan: containers of two machines reach each other"
	is "$(client inside there probe ask udp 172.30.88.11 80)" 172.30.88.12 "both ways"
	is "$(client inside here probe ask tcp 2001:db8:88::12 80)" 2001:db8:88::11 "by IPv6 too"
	is "$(inside here ip link show eth0 | sed -n 's/.* mtu \([0-9]*\).*/\1/p')" 1450 "with room for the outer headers"
	is "$(client inside here probe ask tcp $OUT4 7000)" $HOST4 "and the world"
	down here there
	cinit network rm over
	is $? 0 "it goes away"
	WRAP="$PROBE netns lan unshare --mount --propagation private $T/second"
	cinit network rm over
	is $? 0 "on both"
	WRAP=
	is "$(ip -o link | grep -c ': ci[bx]')$("$PROBE" netns lan ip -o link | grep -c ': ci')" 00 "and its devices with it"
else
	skip "vxlan" "this kernel has none"
fi
