# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# --egress: what a container may reach, decided outside of it.

for kind in caps root; do
	who $kind
	up free
	serve free tcp 80
	up deny --egress deny=$OUT4/32 --egress "deny=$OUT6/128"
	is "$(inside deny probe ask tcp $OUT4 7000 300)" ETIMEDOUT "$kind: deny=: not there"
	is "$(inside deny probe ask udp $OUT4 7000 300)" ETIMEDOUT "$kind: by UDP neither"
	is "$(inside deny probe ask tcp $OUT6 7000 300)" ETIMEDOUT "$kind: by IPv6 neither"
	is "$(client inside deny probe ask tcp $LAN4 7000)" $HOSTLAN4 "$kind: elsewhere yes"
	up allow --egress "allow=$OUT4/32:7001" --egress "allow=[$OUT6/128]:7001" -p 8080:80
	serve allow tcp 80
	is "$(client inside allow probe ask tcp $OUT4 7001)" $HOST4 "$kind: allow=CIDR:PORT: there"
	is "$(client inside allow probe ask tcp $OUT6 7001)" $HOST6 "$kind: by IPv6 too"
	for to in "$OUT4 7000" "$OUT6 7000" "$LAN4 7000" "$LAN6 7000" "$HOST4 7000" "$HOST6 7000" "$HOSTLAN4 7000" \
		"$(addr4 free) 80" "$(addr6 free) 80"; do
		is "$(inside allow probe ask tcp $to 300)" ETIMEDOUT "$kind: and nowhere else: $to"
	done
	is "$(client outside "$PROBE" ask tcp $HOST4 8080)" "$OUT4" "$kind: who asks it is answered"
	is "$(client inside free probe ask tcp $(addr4 allow) 80)" "$(addr4 free)" "$kind: by a neighbour too"
	inside allow "ip route flush table main; ip addr flush dev eth0; ip addr add 10.1.2.3/24 dev eth0; ip route add default dev eth0" >/dev/null
	is "$(inside allow probe ask tcp $OUT4 7000 300 | grep -c ' ')" 0 "$kind: whatever it does to its own interface"
	up order --egress "deny=$OUT4/32:7000" --egress "allow=0.0.0.0/0"
	is "$(inside order probe ask tcp $OUT4 7000 300) $(client inside order probe ask tcp $OUT4 7001)" "ETIMEDOUT $HOST4" \
		"$kind: the first row that matches decides"
	down free deny allow order
done
