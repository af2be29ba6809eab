# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Rates and counts.

# What the policy gives to each: a rate for those who ask for none, and the most there is.
who caps
policy '[default]' 'rate = 1M'
up box
like "$(tc qdisc show)" "*tbf*" "a rate by policy"
down box
bad "more than the policy gives" "*rate*" run --net-rate 100mbit "$R" true
run --net-rate 4mbit "$R" true
is "$? $(err)" "0 " "less is one's own business"
policy '[default]' 'published = 3'
bad "more ports than the policy gives" "*" run -p 8080-8083:80-83 "$R" true
up box -p 8080-8082:80-82
bad "more than are left" "*" run -p 8090:90 "$R" true
down box
policy

for kind in caps root; do
	who $kind
	up slow --net-rate 8mbit
	serve slow tcp 80
	like "$(tc qdisc show)" "*tbf*rate 8Mbit*" "$kind: --net-rate: tbf towards the container"
	like "$(inside slow probe flat net >/dev/null; "$PROBE" netns "$(netns_of slow)" tc qdisc show)" "*tbf*rate 8Mbit*" "$kind: and from it"
	# a megabyte a second, and what the queues hold: anything below ten is slow
	n=$(inside slow probe pull $OUT4 7000 1000)
	ok "$kind: about a megabyte in a second comes in" test "$n" -gt 100000 -a "$n" -lt 5000000
	n=$(inside slow probe push $OUT4 7000 1000)
	ok "$kind: or goes out" test "$n" -gt 100000 -a "$n" -lt 5000000
	up odd --net-rate up=4mbit,down=16mbit --net-burst 64k
	like "$(tc qdisc show)" "*rate 16Mbit burst 64K*" "$kind: each direction by itself, with a burst"
	down slow odd

	up few --max-conns 10
	is "$(inside few probe many $OUT4 7000 30 1000)" 10 "$kind: --max-conns: so many connections and no more"
	up many
	is "$(inside many probe many $OUT4 7000 30 2000)" 30 "$kind: others do not notice"
	n=$(cat /proc/sys/net/netfilter/nf_conntrack_count)
	is "$(inside few probe flood $OUT4 7009 200)" 200 "$kind: datagrams that go nowhere"
	ok "$kind: do not fill the machine's table" test $(($(cat /proc/sys/net/netfilter/nf_conntrack_count) - n)) -le 12
	down few many
done
