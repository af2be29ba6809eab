# shellcheck shell=sh disable=SC3045,SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Ports that cannot be had: one line, exit code 125, nothing left.

# bad CLAIM PATTERN ARG...: refused with one line (and advice) that has PATTERN.
bad() {
	_claim=$1 _pattern=$2
	shift 2
	run --net none "$@"
	is "$?" 125 "$_claim: is refused"
	like "$(err | head -n 1)" "$_pattern" "$_claim: by a line that says why"
	ok "$_claim: and at most one more" [ "$(err | wc -l)" -le 2 ]
}

"$PROBE" serve tcp 8070 >"$T/other" &
other=$!
wait_for 5 grep -q ready "$T/other"
bad "a port of another program" "cinit: port 8070/tcp is in use on this machine" -p 8070:80 "$R" true
bad "a range with one" "cinit: port 8070/tcp is in use on this machine" -p 8065-8075:80-90 "$R" true
bad "its port on one address" "cinit: port 127.0.0.1:8070/tcp is in use on this machine" -p 127.0.0.1:8070:80 "$R" true
run --net none -p 8070:80/udp "$R" true
is $? 0 "UDP has ports of its own"
kill $other
bad "an address of nobody" "cinit: no interface of this machine has the address 203.0.113.77" -p 203.0.113.77:8080:80 "$R" true
bad "an IPv6 address of nobody" "cinit: no interface*2001:db8::77*" -p '[2001:db8::77]:8080:80' "$R" true
bad "SCTP" "cinit: *sctp*" -p 5000:5000/sctp "$R" true
bad "two for one port" "cinit: run: -p: 80:80 and 80:81 *" -p 80:80 -p 80:81 "$R" true
bad "a port that is none" "cinit: run: -p: 80x:*" -p 80x "$R" true
if [ "$ME" != 0 ]; then
	bad "a port of root's" "cinit: port 80/tcp: ports below 1024 are root's*" -p 80:80 "$R" true
	like "$(err | tail -n 1)" "*ip_unprivileged_port_start=80*" "and the sysctl that would allow it"
fi
(ulimit -n 200 && run --net none -p 20000-20999:20000-20999 "$R" true)
is $? 125 "more ports than descriptors are refused"
like "$(err | head -n 1)" "*1000 ports*" "in words"

run --net host -p 8080:80 "$R" true
is "$? $(err | wc -l)" "0 1" "with --net host it is a note, as docker has it"
run --net container:$$ -p 8080:80 "$R" true
like "$? $(err)" "125 *publish*joins*" "with another container's network a refusal"

# ten thousand at once
if [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -gt 10200 ]; then
	start --net none -p 20000-29999:20000-29999 "$R" probe serve tcp 20000 29999
	ready
	is "$("$PROBE" ask tcp 127.0.0.1 20000 | cut -d' ' -f1) $("$PROBE" ask tcp ::1 29999 | cut -d' ' -f1)" \
		"192.0.0.8 fd63:696e:6974::8" "10,000 ports are served"
	kill "$launcher"
	await
else
	skip "10,000 ports are served" "the hard limit of open files is $(ulimit -Hn)"
fi
