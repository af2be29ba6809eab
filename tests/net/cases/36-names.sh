# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Names: containers of a network know each other.

for kind in caps root; do
	who $kind
	up db --net default:alias=sql --network-alias store -e SECRET=x
	up web
	serve db tcp 80
	lines() { inside "$1" probe resolve "$2" | sort | tr '\n' ' '; }
	both=$(printf '%s\n' "$(addr4 db)" "$(addr6 db)" | sort | tr '\n' ' ')
	for name in db sql store; do
		is "$(lines web $name)" "$both" "$kind: another container by name: $name"
	done
	is "$(lines db web)" "$(printf '%s\n' "$(addr4 web)" "$(addr6 web)" | sort | tr '\n' ' ')" "$kind: whoever came later is known too"
	is "$(inside web probe resolve host.cinit.internal | grep -c .)" \
		"$(inside web probe resolve host.cinit.internal | grep -c '[.:]')" "$kind: host.cinit.internal"
	is "$(inside web 'probe ask tcp $(probe resolve host.cinit.internal | grep -v : | head -n 1) 7000' | wc -w)" 2 \
		"$kind: is the host, which answers there"
	is "$(inside web probe ask tcp $(inside web probe resolve host.cinit.internal | grep : | head -n 1) 7000 | wc -w)" 2 "$kind: by IPv6 too"

	up linked --link db:database
	is "$(lines linked database)" "$both" "$kind: --link NAME:ALIAS"
	like "$(inside linked env | sort | tr '\n' ' ')" "*DATABASE_NAME=*database*" "$kind: and its environment"

	cinit network create quiet
	up stranger --net quiet
	is "$(inside stranger probe resolve db)" none "$kind: names are the network's"

	kill -9 "$(pid_of db)"
	down db
	gone() { [ "$(inside web probe resolve db)" = none ]; }
	wait_for 5 gone
	is "$(inside web probe resolve db)" none "$kind: the name of a killed container goes away"
	is "$(inside web probe resolve sql)" none "$kind: and its aliases"
	up db
	known() { [ "$(inside web probe resolve db)" != none ]; }
	wait_for 5 known
	is "$(lines web db)" "$both" "$kind: and comes back with it"
	down web linked stranger db
	cinit network rm quiet
done

# resolv.conf
who caps
printf 'nameserver 192.0.2.2\nsearch example\n' >/etc/resolv.conf
run "$R" cat /etc/resolv.conf
like "$(out | tr '\n' ' ')" "*nameserver 192.0.2.2*" "resolv.conf is the host's"
run --dns 198.51.100.2 "$R" cat /etc/resolv.conf
is "$(out | grep -c nameserver) $(out | sed -n 's/^nameserver //p')" "1 198.51.100.2" "or what --dns says"
printf 'nameserver 127.0.0.53\noptions edns0\n' >/etc/resolv.conf
run "$R" cat /etc/resolv.conf
unlike "$(out | tr '\n' ' ')" "*127.0.0.53*" "a resolver that only the host's loopback reaches is not passed on"
echo "nameserver $OUT4" >/etc/resolv.conf
