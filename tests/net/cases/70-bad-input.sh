# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# What bad input gets: one line, 125, and nothing has changed.

who caps
up taken -p 8080:80
remember state.bad

bad "a network that is not there" "*nowhere*" run --net nowhere "$R" true
bad "a network's name with a slash too many" "*a/b/c*" run --net a/b/c "$R" true
bad "a name with other letters" "*" run --net 'a b' "$R" true
bad "an unknown key" "*colour*" run --net default:colour=red "$R" true
bad "an address that is none" "*10.1.2*" run --net default:ip=10.1.2 "$R" true
bad "an address outside of the subnet" "*10.9.9.9*" run --net default:ip=10.9.9.9 "$R" true
bad "an address that is taken" "*$(addr4 taken)*" run --net default:ip=$(addr4 taken) "$R" true
bad "an IPv6 address that is taken" "*$(addr6 taken)*" run --net default:ip6=$(addr6 taken) "$R" true
bad "the gateway's address" "*" run --net default:ip=$(inside taken ip route | sed -n 's/default via \([^ ]*\).*/\1/p') "$R" true
bad "an IPv6 address for IPv4" "*fd00::1*" run --net default:ip=fd00::1 "$R" true
bad "a hardware address that is none" "*" run --net default:mac=zz "$R" true
bad "a multicast hardware address" "*" run --net default:mac=01:00:5e:00:00:01 "$R" true
bad "--net none and another one" "*none*" run --net none --net default "$R" true
run --net host -p 9000:80 "$R" true
is "$? $(err | wc -l)" "0 1" "--net host and -p: it runs, and a note says that -p means nothing"
bad "the same network twice" "*default*" run --net default --net default "$R" true
bad "an alias with a space" "*" run --net default:alias='a b' "$R" true
bad "a link to nobody" "*nobody*" run --link nobody:x "$R" true

bad "a port that is none" "*nonsense*" run -p nonsense "$R" true
bad "port 0 inside" "*" run -p 9000:0 "$R" true
bad "a port beyond 65535" "*65536*" run -p 65536:80 "$R" true
bad "ranges of different length" "*" run -p 9000-9002:80-81 "$R" true
bad "a range the wrong way round" "*" run -p 9002-9000:80-82 "$R" true
bad "an unknown protocol" "*icmp*" run -p 9000:80/icmp "$R" true
bad "an address that the host has not" "*203.0.113.77*" run -p 203.0.113.77:9000:80 "$R" true
bad "a port twice" "*9000*" run -p 9000:80 -p 9000:81 "$R" true
bad "a port that is in use" "*8080*taken*" run -p 8080:80 "$R" true
bad "a port in use, among others that are free" "*8080*" run -p 9000:80 -p 9001:81 -p 8080:82 "$R" true
bad "a range with a port in use" "*8080*" run -p 8070-8090:70-90 "$R" true

bad "an egress rule without verb" "*" run --egress 10.0.0.0/8 "$R" true
bad "an egress rule with host bits" "*" run --egress allow=10.0.0.1/8 "$R" true
bad "an egress rule with a bad port" "*" run --egress allow=10.0.0.0/8:99999 "$R" true
bad "more egress rules than there may be" "*" run $(i=0; while [ $i -lt 40 ]; do echo "--egress deny=10.$i.0.0/16"; i=$((i + 1)); done) "$R" true
bad "a rate that is none" "*fast*" run --net-rate fast "$R" true
bad "a rate of nothing" "*" run --net-rate 1bit "$R" true
bad "no connections" "*0*" run --max-conns 0 "$R" true
bad "a rate without a network" "*" run --net none --net-rate 8mbit "$R" true

bad "network create without name" "*" network create
bad "a name that is taken" "*default*" network create default
bad "a name with a slash" "*a/b*" network create a/b
bad "a name that is too long" "*" network create $(printf 'n%050d' 0)
bad "an unknown driver" "*token-ring*" network create -d token-ring x
bad "a subnet with host bits" "*10.77.0.1/24*" network create --subnet 10.77.0.1/24 x
bad "a subnet that no policy gives to users" "*10.77.0.0/24*not allowed*" network create --subnet 10.77.0.0/24 x
policy '[default]' 'subnets = 0.0.0.0/0, ::/0'
bad "a subnet that the host is on" "*192.0.2.1/24*" network create --subnet 192.0.2.0/24 x
bad "a subnet around the host's" "*192.0.2.1/24*" network create --subnet 192.0.0.0/16 x
bad "a subnet that the host has a route to" "*" network create --subnet 2001:db8:2::/64 x
bad "a subnet of another network" "*" network create --subnet $(addr4 taken | cut -d. -f1-3).0/24 x
bad "loopback's addresses" "*127.0.0.0/8*" network create --subnet 127.0.0.0/8 x
bad "multicast addresses" "*" network create --subnet 224.1.0.0/16 x
bad "a subnet for one" "*" network create --subnet 10.77.0.0/32 x
bad "three subnets" "*" network create --subnet 10.77.0.0/24 --subnet 10.78.0.0/24 --subnet 10.79.0.0/24 x
bad "a gateway outside" "*gateway*" network create --subnet 10.77.0.0/24 --gateway 10.99.0.1 x
bad "an MTU that is too small" "*" network create --mtu 10 x
bad "macvlan is not for everybody" "*" network create -d macvlan --parent up0 x
policy
bad "network rm of nothing" "*nowhere*" network rm nowhere
bad "network inspect of nothing" "*nowhere*" network inspect nowhere
bad "connect of nobody" "*nobody*" network connect default nobody
bad "port add for nobody" "*nobody*" port add nobody 9000:80
bad "an unknown command" "*" network destroy x
unchanged "none of this has changed anything" state.bad
cinit network ls
is "$(out | grep -cw x)" 0 "nor made a network"

# The policy file
mkdir -p /etc/cinit
conf=/etc/cinit/net.conf
echo '[default]' >$conf
chmod 666 $conf
bad "a policy that everybody may write" "*net.conf*" run "$R" true
chmod 644 $conf
chown $TESTER $conf
bad "a policy of somebody else's" "*net.conf*" run "$R" true
chown 0 $conf
printf '[default]\nnonsense = 1\n' >$conf
bad "a policy with a word that means nothing" "*net.conf*2*" run "$R" true
printf '[default]\ninterfaces = 1\n' >$conf
bad "a quota that is used up" "*" run "$R" true
printf '[default]\ninterfaces = 0\n' >$conf
who other
bad "a quota of nothing" "*" run "$R" true
who caps
printf '[default]\nports = 9000-9010\n' >$conf
bad "a port outside of the policy's range" "*9011*" run -p 9011:80 "$R" true
run -p 9005:80 "$R" true
is $? 0 "and one inside"
printf '[default]\nnetworks = 1\n' >$conf
bad "networks used up" "*" network create x
rm -r /etc/cinit
unchanged "nor have the policies" state.bad

# Limits that could hurt the helper
for limit in "-f 0" "-n 8" "-t 1" "-v 20000" "-s 64" "-c 0" "-l 0" "-u 40"; do
	said="ulimit $limit; cinit run"
	# Through a pipe: below a limit of nothing a file could not even take the line.
	{
		(ulimit $limit 2>/dev/null; mine "$PROBE" timeout 20 "$CINIT" run "$R" true) </dev/null
		echo $? >"$T/rc"
	} 2>&1 | cat >"$T/err"
	rc=$(cat "$T/rc")
	case $rc:$(err | wc -l) in
	0:0 | 12[567]:[12]) pass "ulimit $limit: it runs or says why not" ;;
	*) fail "ulimit $limit: it runs or says why not" "$rc" "$(err)" ;;
	esac
done
unchanged "and nothing is left by any of them" state.bad

down taken

# Machines that lack something: other hosts, where the same user starts the same thing.
for lack in v6 uplink forwarding; do
	ip netns add $lack
	ip -n $lack link set lo up
done
machine v6
"$PROBE" netns v6 sh -c 'for f in all default lo; do echo 1 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done'
up box -p 8080:80
serve box tcp 80
like "$(addr4 box)" "10.*" "a machine without IPv6: IPv4 all the same"
is "$("$PROBE" netns v6 "$PROBE" ask tcp 127.0.0.1 8080 | wc -w)" 2 "and ports"
down box
machine uplink
up box
up other
serve box tcp 80
is "$(client inside other probe ask tcp $(addr4 box) 80)" "$(addr4 other)" "a machine without a way out: containers reach each other"
down box other
machine forwarding
"$PROBE" netns forwarding sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
run "$R" true
is "$? $(err)" "0 " "a machine that forwards already"
is "$("$PROBE" netns forwarding cat /proc/sys/net/ipv4/ip_forward)" 1 "goes on with it"
machine ""
for lack in v6 uplink forwarding; do
	ip netns del $lack
done
unchanged "none of them has changed this one"

# A kernel without nftables: no container goes without the rules that protect it.
WRAP="$PROBE without nft"
for kind in caps root; do
	who $kind
	bad "$kind: no nftables in this kernel" "*not supported*" run -p 8080:80 "$R" true
	like "$(err | tail -n 1)" "*nftables*" "$kind: which is said"
done
who caps
run --net none "$R" true
is "$? $(err)" "0 " "without a network it runs"
WRAP=
unchanged "and nothing is left of these"

# Signals that mean nothing, very many of them
i=0 wrong=0
while [ $i -lt 10 ]; do
	(mine "$CINIT" run -p 8080:80 "$R" true) </dev/null >"$T/out" 2>"$T/err" &
	pid=$!
	k=0
	while [ $k -lt 500 ]; do
		kill -CONT $pid && kill -WINCH $pid && kill -URG $pid && kill -CHLD $pid
		k=$((k + 1))
	done 2>/dev/null
	wait $pid || wrong=$((wrong + 1))
	i=$((i + 1))
done
is "$wrong $(err)" "0 " "a storm of signals: it runs as ever"

# br_netfilter, on and off
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
	before=$(cat /proc/sys/net/bridge/bridge-nf-call-iptables)
	cinit network create -d bridge lake
	for on in 0 1; do
		for file in iptables ip6tables arptables; do
			echo $on >/proc/sys/net/bridge/bridge-nf-call-$file
		done
		up b1 --net lake -p 8080:80
		up b2 --net lake
		serve b1 tcp 80
		is "$(client inside b2 probe ask tcp $(addr4 b1) 80) $(client inside b2 probe ask tcp $(addr6 b1) 80)" \
			"$(addr4 b2) $(addr6 b2)" "bridge-nf-call $on: neighbours"
		is "$(client inside b2 probe ask tcp $OUT4 7000) $(client outside "$PROBE" ask tcp $HOST4 8080)" \
			"$HOST4 $OUT4" "bridge-nf-call $on: the world"
		down b1 b2
	done
	for file in iptables ip6tables arptables; do
		echo $before >/proc/sys/net/bridge/bridge-nf-call-$file
	done
	cinit network rm lake
else
	skip "br_netfilter on and off" "the kernel has none"
fi
