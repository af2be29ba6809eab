# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# A container has an address, and a way out.

for kind in caps setuid root; do
	who $kind
	up one
	A4=$(addr4 one) A6=$(addr6 one)
	like "$A4" "10.*" "$kind: an IPv4 address of the pool"
	like "$A6" "fd*" "$kind: and a unique local IPv6 one"
	cinit network inspect default
	case $kind in root) _long=21 ;; *) _long=22 ;; esac
	like "$(out | tr '\n' ' ')" "*/$_long*" "$kind: room for all interfaces of its owner, twice"
	is "$(sed 's/ .*//' "$T/one.addr" | sort -u | tr '\n' ' ')" "eth0 lo " "$kind: lo and eth0, nothing else"
	is "$(inside one 'ip link show eth0 | grep -c LOWER_UP')" 1 "$kind: eth0 is up"

	is "$(inside one probe ask tcp $OUT4 7000 | cut -d' ' -f1)" $HOST4 "$kind: TCP goes out by IPv4, as the host"
	is "$(inside one probe ask udp $OUT4 7000 | cut -d' ' -f1)" $HOST4 "$kind: UDP too"
	is "$(inside one probe ask tcp $OUT6 7000 | cut -d' ' -f1)" $HOST6 "$kind: TCP goes out by IPv6"
	is "$(inside one probe ask udp $OUT6 7000 | cut -d' ' -f1)" $HOST6 "$kind: UDP too"
	is "$(inside one probe ask tcp $LAN4 7000 | cut -d' ' -f1)" $HOSTLAN4 "$kind: by any interface of the host that leads out"
	is "$(inside one probe ask icmp $OUT4 0) $(inside one probe ask icmp $OUT6 0)" "pong pong" "$kind: ping, IPv4 and IPv6"

	serve one tcp 80
	serve one udp 80
	is "$(client "$PROBE" ask tcp $A4 80)" "$(inside one ip route | sed -n 's/default via \([^ ]*\).*/\1/p')" \
		"$kind: the host reaches it"
	for proto in tcp udp; do
		is "$(lan "$PROBE" ask $proto $A4 80 300)" ETIMEDOUT "$kind: $proto by IPv4 from a neighbour with a route does not"
		is "$(lan "$PROBE" ask $proto $A6 80 300)" ETIMEDOUT "$kind: nor by IPv6"
	done
	is "$(outside "$PROBE" ask tcp $HOST4 80 300)" ECONNREFUSED "$kind: nothing is published unasked"

	# What runs has no privilege, and nothing stays that has.
	is "$(sed -n 's/^Cap\(Prm\|Eff\|Amb\):\t//p' "/proc/$(pid_of one)/status" | sort -u)" \
		"$([ $kind = root ] && sed -n 's/^CapPrm:\t//p;s/^CapAmb:\t//p' /proc/self/status | sort -u || echo 0000000000000000)" \
		"$kind: the monitor has no more capabilities than its caller"
	[ $kind = root ] || is "$(for p in /proc/[0-9]*; do
		[ "$(readlink $p/ns/user 2>/dev/null)" = "$(readlink /proc/self/ns/user)" ] || continue
		case $(readlink $p/exe) in "$CINIT"*) sed -n 's/^CapPrm:\t//p' $p/status ;; esac
	done | sort -u)" 0000000000000000 "$kind: and no helper is left"

	is "$(inside one 'probe flat net' | grep -c 'lo=up')" 1 "$kind: loopback is up"
	down one
	up one
	is "$(addr4 one) $(addr6 one)" "$A4 $A6" "$kind: the same name has the same addresses again"
	up two
	isnt "$(addr4 two)" "$A4" "$kind: another one has others"
	serve two tcp 80
	is "$(client inside one probe ask tcp $(addr4 two) 80)" "$A4" "$kind: containers of one network reach each other"
	is "$(client inside one probe ask tcp $(addr6 two) 80)" "$A6" "$kind: by IPv6 too"
	down one two
done

who caps
if command -v strace >/dev/null; then
	(mine true) # the user's home is there
	strace -qq -f -u tester -e trace=execve,execveat -o "$T/execs" "$CINIT" run "$R" true </dev/null >/dev/null 2>&1
	is "$(grep -c ' = 0$' "$T/execs")" 3 "cinit, the container's init and its program: nothing else is executed"
else
	skip "nothing else is executed" "no strace here"
fi
up none --net none
is "$(grep -v ' mac ' "$T/none.addr" | sed 's/ .*//' | sort -u)" lo "--net none: loopback alone"
is "$(inside none probe ask tcp $OUT4 7000)" ENETUNREACH "and no way out"
up host --net host
is "$(client inside host probe ask tcp $OUT4 7000)" $HOST4 "--net host: the host's own network"
ok "with the host's interfaces" grep -q "^up0 $HOST4/24" "$T/host.addr"
up first
up second --net container:first
is "$(addr4 second)" "$(addr4 first)" "--net container:NAME: the other's interface"
