# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Without the privileged helper: no network, but ports all the same.

who plain
up alone
is "$(grep -v ' mac ' "$T/alone.addr" | sed 's/ .*//' | sort -u)" lo "no privilege: loopback alone by default"
down alone
bad "no privilege: a network is refused" "*default*" run --net default "$R" true
like "$(err)" "*setcap*" "and the line says how to mend it"
up web -p 8080:80 -p 8081:81/udp
like "$(cat "$T/web.err")" "*proxy*" "published ports go through the proxy, which is said"
serve web tcp 80
serve web udp 81
for address in $HOST4 $HOST6; do
	is "$(outside "$PROBE" ask tcp $address 8080 | wc -w)" 2 "TCP from outside is served, $address"
	is "$(outside "$PROBE" ask udp $address 8081 | wc -w)" 2 "and UDP"
done
for address in 127.0.0.1 ::1; do
	is "$("$PROBE" ask tcp $address 8080 | wc -w)" 2 "TCP from the host itself, $address"
	is "$("$PROBE" ask udp $address 8081 | wc -w)" 2 "and UDP"
done
is "$(outside "$PROBE" ask tcp $HOST4 8080 | wc -w)" 2 "a second connection"
bad "a port below 1024 is not the user's" "*80*" run -p 80:80 "$R" true
down web
is "$(outside "$PROBE" ask tcp $HOST4 8080 500)" ECONNREFUSED "with the container the port is gone"

# The capabilities of the file do not count below no_new_privs.
who caps
said="setpriv --no-new-privs cinit run"
(mine setpriv --no-new-privs "$CINIT" run "$R" probe addr) </dev/null >"$T/out" 2>"$T/err"
is "$? $(out | grep -vc '^lo ')" "0 0" "no_new_privs: no network by default, and it runs"
(mine setpriv --no-new-privs "$CINIT" run --net default "$R" probe addr) </dev/null >"$T/out" 2>"$T/err"
case $?:$(err | wc -l) in
125:[12]) pass "and one line, perhaps with advice, for who asks for one" ;;
*) fail "and one line, perhaps with advice, for who asks for one" ;;
esac
(mine unshare --user --map-root-user "$CINIT" run --net default host true) </dev/null >"$T/out" 2>"$T/err"
case $?:$(err | wc -l) in
125:[12]) pass "the same in a user namespace" ;;
*) fail "the same in a user namespace" ;;
esac
