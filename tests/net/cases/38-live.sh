# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Changes to a running container.

for kind in caps root; do
	who $kind
	cinit network create extra
	up box
	up peer --net extra
	serve box tcp 80 81
	serve peer tcp 80
	is "$(inside box probe ask tcp $(addr4 peer) 80 300)" ETIMEDOUT "$kind: not on that network"
	cinit network connect extra box
	is "$? $(err)" "0 " "$kind: network connect"
	inside box probe addr >"$T/box.addr"
	like "$(addr4 box eth1)" "10.*" "$kind: gives it eth1"
	is "$(client inside box probe ask tcp $(addr4 peer) 80)" "$(addr4 box eth1)" "$kind: by which it reaches its peers"
	is "$(client inside box probe ask tcp $OUT4 7000)" $HOST4 "$kind: and the world as before"
	is "$(inside box probe resolve peer | sort | tr '\n' ' ')" \
		"$(printf '%s\n' "$(addr4 peer)" "$(addr6 peer)" | sort | tr '\n' ' ')" "$kind: whom it knows by name"
	is "$(client inside peer probe ask tcp $(addr4 box eth1) 80)" "$(addr4 peer)" "$kind: and who reach it"
	bad "$kind: connected already" "*extra*" network connect extra box
	cinit network disconnect extra box
	is "$? $(err)" "0 " "$kind: network disconnect"
	is "$(inside box probe addr | grep -c '^eth1')" 0 "$kind: takes it away"
	is "$(inside box probe resolve peer)" none "$kind: and the names"
	is "$(inside box probe ask tcp $(addr4 peer) 80 300)" ETIMEDOUT "$kind: and the way"
	bad "$kind: not connected" "*extra*" network disconnect extra box
	cinit network connect extra box
	cinit network disconnect default box
	is "$? $(err)" "0 " "$kind: off the network that was its way out"
	is "$(client inside box probe ask tcp $OUT4 7000) $(client inside box probe ask tcp $OUT6 7000)" "$HOST4 $HOST6" \
		"$kind: it goes out by the other one"
	cinit network connect default box
	is "$? $(err)" "0 " "$kind: and back"
	cinit network disconnect extra box
	is "$(client inside box probe ask tcp $OUT4 7000) $(client inside box probe ask tcp $OUT6 7000)" "$HOST4 $HOST6" \
		"$kind: by which it goes out again"

	cinit port add box 8080:80
	is "$? $(err)" "0 " "$kind: port add"
	is "$(client outside "$PROBE" ask tcp $HOST4 8080)" "$OUT4" "$kind: is published"
	is "$("$PROBE" ask tcp 127.0.0.1 8080 | wc -w)" 2 "$kind: on 127.0.0.1 as well"
	bad "$kind: that port again" "*8080*" port add box 8080:81
	cinit port add box 8081:81
	cinit port rm box 8080:80
	is "$? $(err)" "0 " "$kind: port rm"
	is "$(outside "$PROBE" ask tcp $HOST4 8080 500)" ECONNREFUSED "$kind: is not published any more"
	is "$(client outside "$PROBE" ask tcp $HOST4 8081)" "$OUT4" "$kind: while others stay"
	bad "$kind: a port that is not published" "*8080*" port rm box 8080:80

	cinit update --net-rate 8mbit box
	is "$? $(err)" "0 " "$kind: update --net-rate"
	like "$(tc qdisc show)" "*tbf*rate 8Mbit*" "$kind: changes the rate"
	like "$("$PROBE" netns "$(netns_of box)" tc qdisc show)" "*tbf*rate 8Mbit*" "$kind: in both directions"
	cinit update --net-rate 16mbit box
	like "$(tc qdisc show) $("$PROBE" netns "$(netns_of box)" tc qdisc show)" "*tbf*rate 16Mbit*tbf*rate 16Mbit*" "$kind: and again"
	bad "$kind: a container that is not there" "*nowhere*" network connect extra nowhere
	down box peer
	cinit network rm extra
done
who caps
up box
who other
bad "another user's container is out of reach" "*box*" network connect default box
bad "its ports too" "*box*" port add box 8080:80
