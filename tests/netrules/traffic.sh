# traffic.sh - what the rules do to packets. Sourced by run.
#
#	outside ---- up0 host lan0 ---- lan		outside: the world; lan: sends
#	             |  |  |				everything to the host
#	            c1 c2 c3 ...			one veth each
#
# outside is 203.0.113.2 and 2001:db8:1::2, the host there .1 and ::1; lan is 192.0.2.2 and
# 2001:db8:2::2. Container N of network S is 10.192.S.N and fd00:c1:0:S::N.
# shellcheck shell=sh disable=SC2086,SC2016

PACKETS="python3 $TESTS/netrules/packets.py"
OUT4=203.0.113.2 OUT6=2001:db8:1::2 UP4=203.0.113.1 UP6=2001:db8:1::1
LAN4=192.0.2.2 LAN6=2001:db8:2::2
GROUP=791575

# started PID NAME: ended by `stop NAME`, or at the end.
started() {
	echo "$1" >"$T/pid.$2"
}
stop() {
	kill "$(cat "$T/pid.$1")" 2>/dev/null
	wait "$(cat "$T/pid.$1")" 2>/dev/null
	rm -f "$T/pid.$1"
}
stop_all() {
	for _pid in "$T"/pid.*; do
		[ ! -f "$_pid" ] || stop "${_pid##*/pid.}"
	done
}

wire() { # A IFA B IFB: between two namespaces
	ip -n "$1" link add "$2" type veth peer name "$4" netns "$3"
	for _end in "$1 $2" "$3 $4"; do
		in_ns ${_end% *} sysctl -qw net.ipv6.conf.${_end#* }.accept_dad=0
		ip -n ${_end% *} link set ${_end#* } up
	done
}
addr() { # NS IF ADDR...
	_n=$1 _i=$2
	shift 2
	for _a; do
		ip -n "$_n" addr add "$_a" dev "$_i" $(case $_a in *:*) echo nodad ;; esac)
	done
}
namespace() {
	ip netns add "$1"
	ip -n "$1" link set lo up
}

world() {
	for _w in host outside lan; do
		namespace $_w
	done
	wire host up0 outside eth0
	wire host lan0 lan eth0
	addr host up0 $UP4/24 $UP6/64
	addr outside eth0 $OUT4/24 $OUT6/64
	addr host lan0 192.0.2.1/24 2001:db8:2::1/64
	addr lan eth0 $LAN4/24 $LAN6/64
	ip -n lan route add default via 192.0.2.1
	ip -n lan route add default via 2001:db8:2::1
	in_ns host sysctl -qw net.ipv4.conf.all.forwarding=1 net.ipv6.conf.all.forwarding=1
}

# container NS S N [FLAGS]: a routed link, as the helper makes it.
container() {
	namespace $1
	attach $1 if=ci$1 id=$2 ip4=10.192.$2.$3 ip6=fd00:c1:0:$2::$3 subnet4=10.192.$2.0/24 \
		subnet6=fd00:c1:0:$2::/64 flags=${4:-0}
}
attach() { # NS WORDS...
	_ns=$1
	shift
	in_ns host "$ATTACH" attach /run/netns/$_ns "$@" >"$T/out" 2>"$T/err" || bail "no link: $*" "$(err)"
}
words_of() { # NS S N
	echo "table=ci$1 if=ci$1 id=$2 ip4=10.192.$2.$3 net4=10.192.$2.0/24 ip6=fd00:c1:0:$2::$3 net6=fd00:c1:0:$2::/64"
}

# hold NAME rules|publish WORDS...: by the driver, in the host's namespace, until `stop NAME`.
hold() {
	_h=$1
	shift
	ip netns exec host "$DRIVER" hold "$@" <"$T/forever" >"$T/said.$_h" 2>"$T/err" 9>&- &
	started $! "$_h"
	wait_for 5 grep -q . "$T/said.$_h" || bail "no rules: $*" "$(err)"
}
rules() { # NS S N WORDS...
	_r=$1 _words=$(words_of $1 $2 $3)
	shift 3
	hold $_r rules $_words "$@"
}
publish() { # NAME NS S N WORDS...
	_name=$1 _p="table=cp-$1 ip4=10.192.$3.$4 ip6=fd00:c1:0:$3::$4"
	shift 4
	hold $_name publish $_p "$@"
}

serve() { # NS PROTO PORT
	ip netns exec $1 $PACKETS serve $2 $3 "$T/ready.$1.$2.$3" 9>&- &
	started $! serve.$1.$2.$3
	wait_for 5 test -f "$T/ready.$1.$2.$3" || bail "no server in $1"
}
sniff() { # NS IF
	rm -f "$T/ready.$1"
	ip netns exec $1 $PACKETS sniff $2 "$T/seen.$1" "$T/ready.$1" 9>&- &
	started $! sniff.$1
	wait_for 5 test -f "$T/ready.$1" || bail "nobody listens in $1"
}
seen() { # NS PATTERN: how often, after what is on its way has arrived
	"$PROBE" sleep 200
	grep -c -- "$2" "$T/seen.$1"
}

# asks FROM PROTO ADDR PORT WANTED CLAIM
asks() {
	case $5 in timeout) PACKETS_WAIT=0.5 ;; *) PACKETS_WAIT=5 ;; esac
	is "$(in_ns $1 $PACKETS ask $2 $3 $4)" "$5" "$6"
}
# how_many FROM N ADDR PORT...: N connections to each, of which some will be dropped.
how_many() {
	_f=$1
	shift
	PACKETS_WAIT=0.5
	in_ns $_f $PACKETS many tcp "$@"
}
export PACKETS_WAIT=5

out_and_in() {
	asks c1 tcp $OUT4 7000 $UP4 "out by IPv4, as the host"
	asks c1 udp $OUT4 7000 $UP4 "UDP too"
	asks c1 tcp $OUT6 7000 $UP6 "out by IPv6, as the host"
	asks c1 udp $OUT6 7000 $UP6 "UDP too"
	asks c1 tcp $LAN4 7000 192.0.2.1 "to another interface, as the host's address there"

	for _p in tcp udp; do
		asks outside $_p $UP4 8080 $OUT4 "$_p: a published port, and who asks is seen"
		asks outside $_p $UP6 8080 $OUT6 "$_p: by IPv6"
		asks lan $_p $UP4 8080 $LAN4 "$_p: at an address of another interface"
		asks lan $_p 10.192.1.2 80 timeout "$_p: a route to the container is no way in"
		asks lan $_p fd00:c1:0:1::2 80 timeout "$_p: nor by IPv6"
		asks host $_p 10.192.1.2 80 10.192.1.1 "$_p: the host itself may"
		asks host $_p fd00:c1:0:1::2 80 fd00:c1:0:1:8000::2 "$_p: by IPv6"
		asks host $_p $UP4 8080 $UP4 "$_p: the host at its own address, published port"
		asks host $_p $UP6 8080 $UP6 "$_p: by IPv6"
		asks host $_p 127.0.0.1 8080 ECONNREFUSED "$_p: 127.0.0.1 is not translated"
		asks host $_p ::1 8080 ECONNREFUSED "$_p: nor ::1"
	done
	asks outside tcp $UP4 80 ECONNREFUSED "a port that is not published is the host's own"
	asks lan tcp $UP4 8081 ECONNREFUSED "a port published at one address is not at the others"
	asks lan tcp 192.0.2.1 8081 $LAN4 "but at that one"
	asks outside udp 203.0.113.1 8081 ECONNREFUSED "nor for another protocol"
	asks outside tcp $UP4 20007 $OUT4 "a range whose numbers change"
	asks outside tcp $UP6 20007 $OUT6 "by IPv6"
	asks outside tcp $UP4 20020 ECONNREFUSED "ends where it ends"
	asks outside tcp $UP4 10017 $OUT4 "a range whose numbers stay"
	asks outside tcp $UP4 8446 $OUT4 "published for IPv4 only"
	asks outside tcp $UP6 8446 ECONNREFUSED "so not for IPv6"
	asks outside tcp $UP6 8447 $OUT6 "published for IPv6 only"
	asks outside tcp $UP4 8447 ECONNREFUSED "so not for IPv4"
	# A socket can be bound to an address that is not the host's, and so prove its port.
	asks c1 tcp $OUT4 7000 $UP4 "a port published at an address of somebody else's catches nothing"
}

neighbours() {
	for _p in tcp udp; do
		asks c1 $_p 10.192.1.3 80 10.192.1.2 "$_p: two on one network reach each other"
		asks c1 $_p fd00:c1:0:1::3 80 fd00:c1:0:1::2 "$_p: by IPv6"
		asks c3 $_p 10.192.1.2 80 timeout "$_p: another network does not"
		asks c3 $_p fd00:c1:0:1::2 80 timeout "$_p: nor by IPv6"
		asks c1 $_p 10.192.2.2 80 timeout "$_p: in neither direction"
		asks c3 $_p $UP4 8080 10.192.2.2 "$_p: but at the published port, and is seen"
		asks c3 $_p $UP6 8080 fd00:c1:0:2::2 "$_p: by IPv6"
		asks c2 $_p $UP4 8080 10.192.1.3 "$_p: a neighbour too"
		asks c1 $_p $UP4 8080 10.192.1.1 "$_p: a container reaches its own published port"
		asks c1 $_p $UP6 8080 fd00:c1:0:1:8000::2 "$_p: by IPv6"
		asks c1 $_p 10.192.1.1 8080 10.192.1.1 "$_p: at its gateway's address"
	done
	# Everybody else's 'masquerade all', older and newer, must not open anything.
	in_ns host nft -f - <<EOF
table ip admin { chain post { type nat hook postrouting priority srcnat; masquerade; }; }
table ip6 admin { chain post { type nat hook postrouting priority srcnat; masquerade; }; }
EOF
	asks c3 tcp 10.192.1.2 80 timeout "with a masquerade of the administrator's: still no way"
	asks lan tcp 10.192.1.2 80 timeout "from outside neither"
	asks c1 tcp $OUT4 7000 $UP4 "and the world is still there"
	in_ns host nft 'delete table ip admin; delete table ip6 admin'

	sniff outside eth0
	ip -n host route add default via $OUT4
	asks c1 tcp 10.192.1.77 80 timeout "an address that nobody has"
	is "$(seen outside 10.192.1.77)" 0 "is not asked for outside"
	ip -n host route del default
	stop sniff.outside
}

isolated() {
	serve i1 tcp 80
	serve i2 tcp 80
	asks i1 tcp 10.192.3.3 80 timeout "isolated: neighbours do not reach each other"
	asks i1 tcp fd00:c1:0:3::3 80 timeout "nor by IPv6"
	asks i1 tcp $OUT4 7000 $UP4 "but the world"
	asks i1 tcp $UP4 8080 10.192.3.2 "and what is published"
}

internal() {
	serve n1 tcp 80
	serve n2 tcp 80
	sniff outside eth0
	asks n1 tcp $OUT4 7000 timeout "internal: no way out"
	asks n1 tcp $OUT6 7000 timeout "nor by IPv6"
	asks n1 tcp 10.192.4.3 80 10.192.4.2 "but to its neighbour"
	asks n1 tcp fd00:c1:0:4::3 80 fd00:c1:0:4::2 "by IPv6"
	asks n1 tcp $UP4 8080 timeout "nor through ports published at the host"
	asks host tcp 10.192.4.2 80 10.192.4.1 "the host reaches it"
	asks host tcp fd00:c1:0:4::2 80 fd00:c1:0:4:8000::2 "by IPv6"
	asks lan tcp 10.192.4.2 80 timeout "nobody else does"
	# Packets that no connection can begin with meet no nat chain at all.
	in_ns n1 $PACKETS raw 10.192.4.2 $OUT4 tcp 5 6 63
	in_ns n1 $PACKETS raw fd00:c1:0:4::2 $OUT6 tcp 5 6 63
	is "$(seen outside ' 5 .* 6 ')" 0 "packets of no connection do not come out either"
	in_ns c1 $PACKETS raw 10.192.1.2 $OUT4 tcp 5 6 63
	is "$(seen outside ' 5 .* 6 ')" 1 "(where others let them pass: known)"
	stop sniff.outside
}

forged() {
	sniff c1 eth0
	in_ns lan $PACKETS raw 2001:db8:1::1 fd00:c1:0:1::2 udp 5 80
	in_ns lan $PACKETS raw fd00:c1:0:1::3 fd00:c1:0:1::2 udp 5 80
	in_ns lan $PACKETS raw 10.192.1.3 10.192.1.2 udp 5 80
	in_ns lan $PACKETS raw 192.0.2.1 10.192.1.2 udp 5 80
	in_ns lan $PACKETS raw 127.0.0.1 10.192.1.2 udp 5 80
	is "$(seen c1 ' 5 .* 80 ')" 0 "from outside in the name of the host, of a neighbour: nothing comes in"
	in_ns c2 $PACKETS raw fd00:c1:0:1::3 fd00:c1:0:1::2 udp 5 80
	is "$(seen c1 ' 5 .* 80 ')" 1 "(the neighbour's own packet does)"
	in_ns lan $PACKETS raw $LAN4 127.0.0.1 udp 5 8080 2>/dev/null
	is "$(seen c1 "$LAN4 5 .* 80 ")" 0 "loopback addresses from outside are not translated"
	stop sniff.c1
}

capped() {
	is "$(how_many m1 8 $OUT4 7000)" 5 "at most 5 connections at a time"
	is "$(how_many m1 4 $OUT4 7000)" 4 "of which closed ones are none"
	is "$(how_many m1 3 $OUT4 7000 $OUT6 7000)" 5 "of both families together"
	serve host tcp 7000
	is "$(how_many m1 3 $OUT4 7000 10.192.5.1 7000)" 5 "with the host itself too"
	is "$(how_many m1 3 10.192.5.1 7000 $OUT4 7000)" 5 "in whatever order"
	is "$(how_many c1 8 $OUT4 7000)" 8 "others are not touched"
	stop serve.host.tcp.7000
}

egress() {
	serve host tcp 7000
	serve host tcp 7001
	serve e1 tcp 80
	sniff outside eth0
	asks e1 tcp $OUT4 7000 $UP4 "egress: an allowed address"
	asks e1 tcp $OUT4 7001 timeout "on an allowed port only"
	asks e1 udp $OUT4 7000 timeout "of an allowed protocol"
	asks e1 tcp $OUT6 7000 $UP6 "an IPv6 address, any protocol"
	asks e1 udp $OUT6 7000 $UP6 "so UDP too"
	asks e1 tcp $LAN6 7000 timeout "the rest is denied"
	asks e1 tcp $LAN4 7000 timeout "the first row that matches decides"
	asks e1 tcp 10.192.1.2 80 timeout "other containers too"
	asks e1 tcp $UP4 8080 timeout "and what they publish"
	asks e1 tcp 192.0.2.1 7000 timeout "the host's own addresses"
	asks e1 tcp 10.192.6.1 7001 10.192.6.2 "but for a row of their own"
	asks e1 tcp fe80::1%eth0 7000 timeout "and the gateway's link-local one"
	asks outside tcp $UP4 8090 $OUT4 "who comes in is answered"
	asks host tcp 10.192.6.2 80 10.192.6.1 "the host too"
	in_ns e1 $PACKETS raw 10.192.6.2 $OUT4 tcp 5 7000 63
	in_ns e1 $PACKETS raw 10.192.6.2 $OUT4 tcp 5 7001 16
	in_ns e1 $PACKETS raw 10.9.9.9 $OUT4 udp 5 9
	in_ns e1 $PACKETS raw 10.9.9.9 $OUT4 tcp 5 7001 2
	is "$(seen outside ' 5 .* [79]')" 0 "neither packets of no connection nor forged ones come out"
	asks e2 tcp $OUT4 7000 timeout "rows that deny, with all else allowed"
	asks e2 tcp $OUT4 7001 $UP4 "as told"
	stop sniff.outside
	stop serve.host.tcp.7000
	stop serve.host.tcp.7001
}

# Tables that end with their socket, and that nobody else can touch.
owned() {
	mkfifo "$T/live.fifo"
	ip netns exec outside $PACKETS live $UP4 8080 "$T/live.fifo" "$T/live.out" 9>&- &
	started $! live
	exec 8>"$T/live.fifo"
	wait_for 5 grep -q up "$T/live.out" || fail "a connection that lives"
	in_ns host nft 'add table ip theirs { chain f { type filter hook forward priority 0; }; }'
	in_ns host nft flush ruleset
	notok "(the others' tables are gone)" in_ns host nft list table ip theirs
	ok "a flush of all rules leaves ours" in_ns host nft list table inet cic1
	echo after-flush >&8
	wait_for 5 grep -q after-flush "$T/live.out"
	is "$(tail -n 1 "$T/live.out")" after-flush "the connection goes on"
	asks outside tcp $UP4 8080 $OUT4 "new ones come"
	notok "another root cannot delete the table" in_ns host nft delete table inet cic1
	notok "nor add to it" in_ns host nft add rule inet cic1 in accept
	notok "nor empty it" in_ns host nft flush chain inet cic1 in
	notok "nor make it dormant" in_ns host nft add table inet cic1 '{ flags dormant; }'
	notok "nor delete a chain by its handle" in_ns host nft delete chain inet cic1 handle 1
	is "$(in_ns host "$DRIVER" hold rules $(words_of c1 1 2) </dev/null)" taken \
		"who makes it a second time is told so"
	is "$(in_ns host "$DRIVER" hold publish table=cp-pub ip4=10.192.1.2 port=tcp,*,1,1 </dev/null)" \
		taken "and for ports"
	stop pub
	asks outside tcp $UP4 8080 ECONNREFUSED "with the socket the ports go"
	echo after-close >&8
	wait_for 5 grep -q after-close "$T/live.out"
	is "$(tail -n 1 "$T/live.out")" after-close "open connections stay"
	exec 8>&-
	kill -9 "$(cat "$T/pid.c1")"
	stop c1
	notok "SIGKILL of the holder removes the table" in_ns host nft list table inet cic1
	asks c1 tcp 10.192.1.3 80 10.192.1.2 "neighbours are as before"
	asks c1 tcp 10.192.2.2 80 timeout "and others just as closed"
}

# Which tables see a packet of a connection that is under way: by the kernel's own trace.
traced() {
	ip -n host link add ciT index 7777 type veth peer name ciU
	ip netns exec host "$DRIVER" hold=300 rules table=ciT if=ciT ip4=10.192.9.2 net4=10.192.9.0/24 max=9 \
		<"$T/forever" >"$T/said.many" 2>"$T/err" 9>&- &
	started $! many
	wait_for 20 grep -q ready "$T/said.many" || bail "no 300 tables"
	ip netns exec host "$DRIVER" hold=50 publish table=cpT ip4=10.192.9.2 port=tcp,*,9,9 \
		<"$T/forever" >"$T/said.manyp" 2>"$T/err" 9>&- &
	started $! manyp
	wait_for 20 grep -q ready "$T/said.manyp" || bail "no publications"
	in_ns host nft -f - <<EOF
table inet tr {
	chain p { type filter hook prerouting priority -150; jump t; }
	chain o { type filter hook output priority -150; jump t; }
	chain t { ct state new tcp dport 7000 meta nftrace set 1; ct state established tcp dport 7001 meta nftrace set 1; }
}
EOF
	watch
	ok "among 300 other containers the first packet of a connection meets all of their tables" \
		wait_for 20 saw_many
	asks c2 tcp $OUT4 7000 $UP4 "and gets through"
	stop monitor
	watch
	ok "(later packets are watched too)" wait_for 20 saw_later
	# cie1, cie2 and cib2 have rows, which are asked about every packet.
	is "$(trace_tables | grep -v -e cie -e cib2)" "" \
		"and meet none but of those that have an egress policy"
	stop monitor
	in_ns host nft delete table inet tr
	stop many
	stop manyp
}
watch() {
	ip netns exec host stdbuf -oL nft monitor trace >"$T/trace" 2>/dev/null 9>&- &
	started $! monitor
}
trace_tables() {
	grep -o 'inet c[ip][^ ]*' "$T/trace" | sort -u
}
# nft does not say when it has begun to watch: connections are made until it has.
saw_many() {
	in_ns c2 $PACKETS ask tcp $OUT4 7000
	test "$(trace_tables | wc -l)" -ge 300
}
saw_later() {
	in_ns c2 $PACKETS ask tcp $OUT4 7001
	"$PROBE" sleep 200
	grep -q 'inet tr t' "$T/trace"
}

bridged() {
	for _b in "b1 2" "b2 3"; do
		namespace ${_b% *}
		attach ${_b% *} if=ci${_b% *} driver=bridge id=1000 mac=02:42:0a:c0:07:0${_b#* } \
			ip4=10.192.7.${_b#* } ip6=fd00:c1:0:7::${_b#* } subnet4=10.192.7.0/24 \
			subnet6=fd00:c1:0:7::/64
		serve ${_b% *} tcp 80
	done
	# br_netfilter shows bridged packets to the rules, and is on where it is there.
	_nf=net.bridge.bridge-nf-call
	in_ns host sysctl -qw $_nf-iptables=0 $_nf-ip6tables=0 2>/dev/null
	# 1000 in base 36 is rs.
	rules b1 7 2 driver=bridge id=1000 max=5
	rules b2 7 3 driver=bridge id=1000 default=deny allow=10.192.7.0/24 allow=fd00:c1:0:7::/64 allow=$UP4/32
	publish pubb b1 7 2 port=tcp,*,8070,80
	asks b1 tcp $OUT4 7000 $UP4 "bridge: out"
	asks b1 tcp $OUT6 7000 $UP6 "by IPv6"
	asks b1 tcp 10.192.7.3 80 10.192.7.2 "to a neighbour"
	asks b2 tcp fd00:c1:0:7::2 80 fd00:c1:0:7::3 "by IPv6"
	asks b2 tcp $OUT4 7000 timeout "rows hold for one and not the other"
	asks b2 tcp $OUT6 7000 timeout "by IPv6"
	asks c2 tcp 10.192.7.2 80 timeout "another network does not come in"
	asks b1 tcp 10.192.1.3 80 timeout "nor get out to it"
	asks lan tcp 10.192.7.2 80 timeout "nor who has a route"
	asks lan tcp fd00:c1:0:7::2 80 timeout "by IPv6"
	asks outside tcp $UP4 8070 $OUT4 "a published port, and who asks is seen"
	asks b2 tcp $UP4 8070 10.192.7.1 "a neighbour reaches it as the gateway"
	asks b1 tcp $UP4 8070 10.192.7.1 "itself too"
	asks c2 tcp $UP4 8070 10.192.1.3 "another network as itself"
	asks host tcp 10.192.7.2 80 10.192.7.1 "the host"
	is "$(how_many b1 3 $OUT4 7000 $OUT6 7000)" 5 "the cap counts one container"
	sniff outside eth0
	asks b1 tcp 10.192.7.77 80 timeout "a free address"
	is "$(seen outside 10.192.7.77)" 0 "is looked for on the segment only"
	stop sniff.outside
	if in_ns host sysctl -qw $_nf-iptables=1 $_nf-ip6tables=1 2>/dev/null; then
		asks b1 tcp 10.192.7.3 80 10.192.7.2 "with br_netfilter: to a neighbour"
		asks b2 tcp fd00:c1:0:7::2 80 fd00:c1:0:7::3 "by IPv6"
		asks c2 tcp 10.192.7.2 80 timeout "another network does not"
		asks b2 tcp $OUT4 7000 timeout "rows hold"
		asks b1 tcp $OUT4 7000 $UP4 "out"
		asks b2 tcp $UP4 8070 10.192.7.3 "published, from a neighbour, who is seen then"
	else
		skip "with br_netfilter" "this kernel has none"
	fi
}

traffic() {
	mkfifo "$T/forever"
	exec 9<>"$T/forever"
	trap 'stop_all; _tidy' EXIT
	world
	container c1 1 2
	container c2 1 3
	container c3 2 2
	container i1 3 2 2
	container i2 3 3 2
	container n1 4 2 1
	container n2 4 3 1
	container m1 5 2
	container e1 6 2
	container e2 6 3
	rules c1 1 2
	rules c2 1 3
	rules c3 2 2
	rules i1 3 2 flags=isolate
	rules i2 3 3 flags=isolate
	rules n1 4 2 flags=internal
	rules n2 4 3 flags=internal
	rules m1 5 2 max=5
	rules e1 6 2 default=deny allow=$OUT4/32,tcp,7000 allow=2001:db8:1::/64 deny=192.0.2.0/24 \
		allow=192.0.2.2/32 allow=10.192.6.1/32,any,7001
	rules e2 6 3 deny=$OUT4/32,any,7000
	publish pub c1 1 2 port=tcp,*,8080,80 port=udp,*,8080,80 port=tcp,192.0.2.1,8081,80 \
		port=tcp,*,20000,73,20 port=tcp,$OUT4,7000,80 port=tcp,0.0.0.0,8446,80 port=tcp,::,8447,80
	publish pub2 c2 1 3 port=tcp,*,10000,10000,1000
	publish pub3 e1 6 2 port=tcp,*,8090,80
	serve c2 tcp 10017
	for _p in tcp udp; do
		serve outside $_p 7000
		serve lan $_p 7000
		for _c in c1 c2 c3; do
			serve $_c $_p 80
		done
	done
	serve outside tcp 7001
	for _step in ${NETRULES_STEPS:-out_and_in neighbours isolated internal forged capped egress bridged \
		traced owned}; do
		$_step
	done
	stop_all
	is "$(in_ns host "$DRIVER" dump)" "" "nothing is left"
}
