# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Root inside a container sends what it likes.

for driver in routed bridge; do
	who caps
	cinit network create -d $driver arena
	up evil --net arena --cap-add NET_RAW --cap-add NET_ADMIN
	up good --net arena
	serve good tcp 80
	up watch --net arena --cap-add NET_RAW
	A=$(addr4 evil) A6=$(addr6 evil) M=$(mac evil) G=$(addr4 good) G6=$(addr6 good)
	GW=$(inside evil ip route | sed -n 's/default via \([^ ]*\).*/\1/p')
	remember hostile
	ip neigh show >"$T/neigh"
	inside watch 'probe sniff eth0 >/tmp/sniffed & probe await /tmp/sniffed ready 5000' >/dev/null
	"$PROBE" netns outside "$PROBE" sniff eth0 >"$T/sniffed" &
	sniffer=$!
	"$PROBE" await "$T/sniffed" ready 5000
	GM=$(inside evil ip neigh show $GW | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
	[ -n "$GM" ] || GM=$(ip -o link show master "$(ip -o link show type bridge | sed -n 's/^[0-9]*: \([^:]*\):.*/\1/p' | head -n 1)" 2>/dev/null | sed -n '1s/.*ether \([^ ]*\).*/\1/p')

	# the one honest packet shows that the others could have arrived
	is "$(inside evil probe forge eth0 to $GM ip4 $A $OUT4 7009)" sent "$driver: an honest packet"
	is "$(inside evil probe forge eth0 to $GM ip4 10.99.99.99 $OUT4 7009)" sent "$driver: a forged IPv4 source"
	inside evil probe forge eth0 to $GM ip4 $G $OUT4 7009 >/dev/null
	inside evil probe forge eth0 to $GM ip4 $HOST4 $OUT4 7009 >/dev/null
	inside evil probe forge eth0 to $GM ip4 $OUT4 $G 80 >/dev/null
	inside evil probe forge eth0 to $GM ip6 fd99::9 $OUT6 7009 >/dev/null
	inside evil probe forge eth0 to $GM ip6 $G6 $OUT6 7009 >/dev/null
	inside evil probe forge eth0 from 02:00:00:00:00:99 to $GM ip4 $A $OUT4 7010 >/dev/null
	inside evil probe forge eth0 arp $GW $G >/dev/null
	inside evil probe forge eth0 arp $G $GW >/dev/null
	inside evil probe forge eth0 arp $HOST4 $GW >/dev/null
	inside evil probe forge eth0 na $G6 ff02::1 >/dev/null
	inside evil probe forge eth0 ra fe80::99 >/dev/null
	inside evil probe forge eth0 type 0x8100 >/dev/null
	inside evil probe forge eth0 type 0x88cc >/dev/null
	inside evil probe ask udp $OUT4 7001 >/dev/null # after all of them
	wait_for 5 grep -q "ip4 $HOST4 > $OUT4 proto 17" "$T/sniffed"
	kill $sniffer
	is "$(grep -c "ip4 $HOST4 > $OUT4" "$T/sniffed")" 2 "$driver: what is honest arrives outside, and no more"
	is "$(grep -v "^ready$\|ip4 $HOST4 > $OUT4\|ip6 .* icmp 13[0-9]\|arp" "$T/sniffed")" "" "$driver: nothing forged leaves the machine"
	is "$(inside watch "grep -v 'ready\|fe80::1 >\|arp $GW >\|> ff02::16 \|ip6 :: > ff02::1:ff.* icmp 135$\|icmp 133$' /tmp/sniffed" | grep -v "$(mac watch)")" "" \
		"$driver: nothing of it reaches another container"
	ip neigh show >"$T/neigh.now"
	is "$(diff "$T/neigh" "$T/neigh.now" | grep '^>' | grep -v "^> $A \|^> $A6 \|^> fe80" | grep -c "$M\|02:00:00:00:00:99")" 0 "$driver: the host learns no neighbour by it"
	is "$(ip -6 route show default | grep -c ' ci')" 0 "$driver: nor a default route"
	is "$(ip -6 addr | grep -c 2001:db8:bad)" 0 "$driver: nor an address"
	unchanged "$driver: and the kernel is as it was" hostile

	# Other addresses than the given ones
	inside evil "ip addr add 10.99.99.99/32 dev eth0; ip addr add $G/32 dev eth0" >/dev/null
	is "$(inside evil probe ask udp $OUT4 7000 300 10.99.99.99)" ETIMEDOUT "$driver: an address it gave itself leads nowhere"
	is "$(inside evil probe ask udp $OUT4 7000 300 $G)" ETIMEDOUT "$driver: and its neighbour's neither"
	is "$(client inside good probe ask tcp $OUT4 7000)" $HOST4 "$driver: the neighbour is not disturbed"
	inside evil "ip addr flush dev eth0; ip link set eth0 address 02:00:00:00:00:99; ip addr add $A/32 dev eth0" >/dev/null
	inside evil "ip link set eth0 up; ip route add $GW dev eth0; ip route add default via $GW; ip neigh replace $GW lladdr $GM dev eth0" >/dev/null
	is "$(inside evil probe ask udp $OUT4 7000 300)" ETIMEDOUT "$driver: another hardware address leads nowhere"
	# What is inside is its own business: it may take all of it away.
	inside evil 'ip link del eth0' >/dev/null
	is "$(client inside good probe ask tcp $OUT4 7000)" $HOST4 "$driver: it deletes its own interface, others go on"
	down evil good watch
	cinit network rm arena
done
