# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Published ports: who is served, and whom the container sees.

for kind in caps setuid root; do
	who $kind
	up web -p 8080:80 -p 8081:81/udp -p 192.0.2.1:8082:82 -p '[2001:db8:1::1]:8083:83' -p 127.0.0.1:8084:84 \
		-p 8090-8092:90-92
	up friend
	serve web tcp 80 82 83 84 90 91 92
	serve web udp 81
	for family in 4 6; do
		eval "host=\$HOST$family out=\$OUT$family hostlan=\$HOSTLAN$family lan=\$LAN$family"
		friend=$(addr$family friend)
		[ $family = 4 ] && lo=127.0.0.1 || lo=::1
		is "$(client outside "$PROBE" ask tcp $host 8080)" $out "$kind: TCP/IPv$family from outside, the client's address is seen"
		is "$(client outside "$PROBE" ask udp $host 8081)" $out "$kind: UDP/IPv$family too"
		is "$(client lan "$PROBE" ask tcp $hostlan 8080)" $lan "$kind: on every address of the host"
		is "$(client lan "$PROBE" ask udp $host 8081)" $lan "$kind: also by another interface"
		is "$(client inside friend probe ask tcp $host 8080)" "$friend" "$kind: hairpin: another container's address is seen, IPv$family"
		is "$(client inside friend probe ask udp $host 8081)" "$friend" "$kind: UDP too"
		is "$(inside web probe ask tcp $host 8080 | wc -w)" 2 "$kind: it reaches itself by its published port, IPv$family"
		is "$("$PROBE" ask tcp $host 8080 | wc -w)" 2 "$kind: and so does the host by its own address"
		is "$("$PROBE" ask udp $host 8081 | wc -w)" 2 "$kind: UDP too"
		is "$("$PROBE" ask tcp $lo 8080 | wc -w)" 2 "$kind: and $lo"
		is "$("$PROBE" ask udp $lo 8081 | wc -w)" 2 "$kind: UDP too"
	done
	is "$(outside "$PROBE" ask tcp $HOST4 8082 | wc -w) $(lan "$PROBE" ask tcp $HOSTLAN4 8082)" "2 ECONNREFUSED" \
		"$kind: HOSTIP: on that address alone"
	is "$(outside "$PROBE" ask tcp $HOST6 8083 | wc -w) $(outside "$PROBE" ask tcp $HOST4 8083)" "2 ECONNREFUSED" "$kind: IPv6 too"
	is "$("$PROBE" ask tcp 127.0.0.1 8084 | wc -w) $(outside "$PROBE" ask tcp $HOST4 8084)" "2 ECONNREFUSED" \
		"$kind: 127.0.0.1: for the host alone"
	is "$(for port in 8090 8091 8092; do outside "$PROBE" ask tcp $HOST4 $port; done | wc -w)" 6 "$kind: a range"
	is "$(outside "$PROBE" ask tcp $HOST4 8093)" ECONNREFUSED "$kind: and not one more"
	is "$(lan "$PROBE" ask tcp $(addr4 web) 80 300)" ETIMEDOUT "$kind: the container's own address stays out of reach"
	is "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/route_localnet | sort -u)" 0 \
		"$kind: the machine is no router for that, and its loopback no network"
	down web friend
	is "$(outside "$PROBE" ask tcp $HOST4 8080 500) $("$PROBE" ask tcp 127.0.0.1 8080)" "ECONNREFUSED ECONNREFUSED" \
		"$kind: with the container its ports are gone"
done

# A range that is shifted, and a large one
who caps
up web -p 20000-20999:30000-30999
serve web tcp 30000 30512 30999
is "$(for port in 20000 20512 20999; do client outside "$PROBE" ask tcp $HOST4 $port; done | sort | uniq -c | tr -s ' ')" \
	" 3 $OUT4" "1000 ports, each to its own"
is "$(client outside "$PROBE" ask tcp $HOST6 20512)" "$OUT6" "by IPv6 too"
down web

# -P: what is exposed, at ports that cinit chooses
up web --expose 80 --expose 81/udp -P
serve web tcp 80
serve web udp 81
cinit port web
at() { out | sed -n "s|^80/$1.*:\([0-9]*\)\$|\1|p;s|^81/$1.*:\([0-9]*\)\$|\1|p" | head -n 1; }
is "$(client outside "$PROBE" ask tcp $HOST4 $(at tcp)) $(client outside "$PROBE" ask udp $HOST6 $(at udp))" "$OUT4 $OUT6" \
	"-P: what is exposed is published, and port says where"
down web

# SCTP goes by the rules alone
if "$PROBE" serve sctp 7003 >"$T/sctp" 2>&1 & sctp=$!; "$PROBE" await "$T/sctp" ready 500; then
	kill $sctp
	up web -p 8080:80/sctp
	serve web sctp 80
	is "$(client outside "$PROBE" ask sctp $HOST4 8080) $(client outside "$PROBE" ask sctp $HOST6 8080)" "$OUT4 $OUT6" "SCTP"
	down web
else
	skip "SCTP" "this kernel has none"
	bad "SCTP without the kernel's" "*8080*sctp*" run -p 8080:80/sctp "$R" true
fi

# Ports that are taken
"$PROBE" serve tcp 8085 >"$T/taken" &
taken=$!
"$PROBE" await "$T/taken" ready 5000
bad "a port that a program of the host has" "*8085*" run -p 8085:80 "$R" true
kill $taken
up first -p 8080:80
bad "a port that a container has" "*8080*first*" run -p 8080:80 "$R" true
who other
bad "a port that another user's container has" "*8080*" run -p 8080:80 "$R" true
who caps
bad "a port below 1024 for an ordinary user" "*80*" run -p 80:80 "$R" true
down first
who root
up web -p 80:80
serve web tcp 80
is "$(client outside "$PROBE" ask tcp $HOST4 80)" "$OUT4" "root may publish port 80"
down web
