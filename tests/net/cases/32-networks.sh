# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Networks of one's own: made, listed, isolated from each other, removed.

# Whoever is not root may name subnets that the policy gives to users.
policy '[default]' 'subnets = 10.77.0.0/16, fd77::/16'
for kind in caps root; do
	who $kind
	cinit network create red
	is "$? $(err)" "0 " "$kind: network create"
	cinit network create --subnet 10.77.0.0/24 --subnet fd77::/64 blue
	is $? 0 "$kind: with subnets"
	cinit network ls
	like "$(out | tr '\n' ' ')" "*red*" "$kind: network ls"
	cinit network inspect blue
	like "$(out | tr '\n' ' ')" "*10.77.0.0/24*fd77::/64*" "$kind: network inspect"
	up red1 --net red
	up red2 --net red
	up blue1 --net blue:ip=10.77.0.9,ip6=fd77::9
	up both --net red --net blue
	is "$(addr4 blue1) $(addr6 blue1)" "10.77.0.9 fd77::9" "$kind: addresses that were asked for"
	serve red1 tcp 80
	serve blue1 tcp 80
	for family in 4 6; do
		is "$(client inside red2 probe ask tcp $(addr$family red1) 80)" "$(addr$family red2)" "$kind: one network, IPv$family"
		is "$(inside red2 probe ask tcp $(addr$family blue1) 80 300)" ETIMEDOUT "$kind: two networks are isolated, IPv$family"
		is "$(inside blue1 probe ask tcp $(addr$family red1) 80 300)" ETIMEDOUT "$kind: both ways"
		is "$(client inside both probe ask tcp $(addr$family red1) 80)" "$(addr$family both eth0)" "$kind: who is on both reaches the one"
		is "$(client inside both probe ask tcp $(addr$family blue1) 80)" "$(addr$family both eth1)" "$kind: and the other"
	done
	is "$(client inside both probe ask tcp $OUT4 7000)" $HOST4 "$kind: and the world"
	bad "$kind: a network in use is not removed" "*red*" network rm red
	down red1 red2 blue1 both
	cinit network rm red blue
	is "$? $(err)" "0 " "$kind: network rm"
	bad "$kind: a removed network is gone" "*red*" run --net red "$R" true

	cinit network create --internal inner
	cinit network create --isolate lonely
	up in1 --net inner
	up in2 --net inner --cap-add NET_ADMIN
	up lo1 --net lonely
	up lo2 --net lonely
	serve in1 tcp 80
	serve lo1 tcp 80
	for family in 4 6; do
		eval "out=\$OUT$family host=\$HOST$family lanhost=\$HOSTLAN$family"
		is "$(client inside in2 probe ask tcp $(addr$family in1) 80)" "$(addr$family in2)" "$kind: --internal: they reach each other, IPv$family"
		case $(inside in2 probe ask tcp $out 7000 300) in
		ETIMEDOUT | ENETUNREACH | EHOSTUNREACH | ECONNREFUSED) pass "$kind: and nobody outside" ;;
		*) fail "$kind: and nobody outside" ;;
		esac
		gateway=$(inside in2 ip -$family route show table all | sed -n 's/.* via \([^ ]*\) dev eth0.*/\1/p' | head -n 1)
		inside in2 ip -$family route add default via "$gateway" dev eth0 onlink >/dev/null
		is "$(inside in2 ip -$family route | grep -c '^default')" 1 "$kind: (with a default route by $gateway)"
		case $(inside in2 probe ask tcp $out 7000 300) in
		ETIMEDOUT | ENETUNREACH | EHOSTUNREACH | ECONNREFUSED) pass "$kind: not with a route of their own either" ;;
		*) fail "$kind: not with a route of their own either" ;;
		esac
		is "$(inside lo2 probe ask tcp $(addr$family lo1) 80 300)" ETIMEDOUT "$kind: --isolate: they do not, IPv$family"
		is "$(client inside lo2 probe ask tcp $out 7000)" "$host" "$kind: but the world they do"
	done
	down in1 in2 lo1 lo2
	cinit network prune
	is $? 0 "$kind: network prune"
	cinit network ls
	unlike "$(out | tr '\n' ' ')" "*lonely*" "$kind: removes what nobody uses"
done
policy
