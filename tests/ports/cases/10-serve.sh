# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Programs inside, reached at the host's ports through the proxy.

# seen ADDR PORT: as whom the server inside sees who asks.
seen() { "$PROBE" ask tcp "$1" "$2" | cut -d' ' -f1; }
mine='192.0.0.8' mine6='fd63:696e:6974::8'

start --name web --net none -p 8080:80 -p 8053:53/udp -p 127.0.0.2:8081:81 -p '[::1]:8082:82' \
	-p 9000-9099:9000-9099 -p 83 -p 8085:85 "$R" sh -c '
	nc -ll -p 85 -e sha256sum &
	probe serve udp 53 &
	exec probe serve tcp 80 81 82 83 9000 9099'
ready
is "$(wc -l <"$T/bg.err")" 1 "one line says how ports are served"
like "$(cat "$T/bg.err")" "cinit: *192.0.0.8*" "and whom programs see instead of their clients"
is "$(seen 127.0.0.1 8080)" $mine "a server is reached at 127.0.0.1, and is not made to trust its client"
is "$(seen ::1 8080)" $mine6 "and at ::1"
is "$(seen 127.0.0.2 8081)" $mine "a port of one address"
is "$(seen 127.0.0.1 8081)" ECONNREFUSED "is not one of another"
is "$(seen ::1 8082)" $mine6 "a port of an IPv6 address"
is "$(seen 127.0.0.1 8082)" ECONNREFUSED "is none of IPv4"
is "$(seen 127.0.0.1 9000) $(seen ::1 9099)" "$mine $mine6" "the ends of a range"
is "$(seen 127.0.0.1 9100) $(seen 127.0.0.1 8999)" "ECONNREFUSED ECONNREFUSED" "and what lies beyond"
is "$(seen 127.0.0.1 9050)" ECONNRESET "where nobody listens inside: a reset"
is "$("$PROBE" ask udp 127.0.0.1 8053 | cut -d' ' -f1) $("$PROBE" ask udp ::1 8053 | cut -d' ' -f1)" \
	"$mine $mine6" "UDP, by both families"
chosen=$("$CINIT" port web 83/tcp | sed 's/.*://')
is "$(seen 127.0.0.1 "${chosen:-0}")" $mine "a port that the kernel has chosen is listed, and leads inside"

head -c 67108864 /dev/urandom >"$T/big"
sum=$(sha256sum <"$T/big")
is "$(busybox nc 127.0.0.1 8085 <"$T/big")" "$sum" "64 MiB arrive as they were, and the end of them"
is "$("$PROBE" many 127.0.0.1 8080 200 20000)" 200 "200 connections at a time"
rm "$T/big"

# a port more, a port less
cinit port add web 8090:80 127.0.0.1:8091:81
is $? 0 "ports are added to the running container"
is "$(seen 127.0.0.1 8090) $(seen 127.0.0.1 8091)" "$mine $mine" "and served"
cinit port rm web 8090:80
is $? 0 "one is given up"
wait_for 5 eval '[ "$(seen 127.0.0.1 8090)" = ECONNREFUSED ]'
is "$(seen 127.0.0.1 8090) $(seen 127.0.0.1 8091) $(seen 127.0.0.1 8080)" "ECONNREFUSED $mine $mine" "alone"

run --net none -p 8080:80 "$R" true
is "$? $(err | wc -l)" "125 1" "a port that a container has is refused with one line"
like "$(err)" "cinit: *8080/tcp*container web" "which names the container"
run --net none -p 9200:1 -p 9095-9105:9095-9105 "$R" true
like "$? $(err)" "125 *9095/tcp*container web" "also when it is one of a range of its"
notok "and nothing else stays bound" "$PROBE" ask tcp 127.0.0.1 9200

kill "$launcher"
await
is "$(seen 127.0.0.1 8080) $(seen ::1 9000)" "ECONNREFUSED ECONNREFUSED" "with the container its ports are free"
