# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# A user without subordinate ids: ports all the same.
start --net none -p 8080:80 -p 8053:53/udp "$R" sh -c 'probe serve udp 53 & exec probe serve tcp 80'
ready
is "$("$PROBE" ask tcp 127.0.0.1 8080 | cut -d' ' -f1)" 192.0.0.8 "one id: a server is reached"
is "$("$PROBE" ask udp ::1 8053 | cut -d' ' -f1)" fd63:696e:6974::8 "one id: and by UDP"
kill "$launcher"
await
