# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Which namespaces are the container's own.

mine() { readlink "/proc/self/ns/$1"; }
all="user mnt pid net ipc uts cgroup"

run --net none "$R" probe flat ns proc net process
for ns in $all; do
	isnt "$(fact ns.$ns)" "$(mine $ns)" "its own $ns namespace"
	like "$(fact ns.$ns)" "$ns:\[[0-9]*\]" "with a name"
done
is "$(fact ns.time)" "$(mine time)" "the machine's clocks"
is "$(fact proc.cgroup | sed 's/.*0:://')" '/\n' "the cgroup namespace begins here"
is "$(grep -c '^net\.' "$T/out") $(fact net.lo)" "1 up,running" "loopback, up, and no other interface"
like "$(fact process.hostname)" "[0-9a-f][0-9a-f][0-9a-f][0-9a-f]*" "the host name is the container's id"
is "$(printf %s "$(fact process.hostname)" | wc -c)" 12 "of 12 digits"

for ns in net pid ipc uts cgroup; do
	option=--$ns
	[ $ns != cgroup ] || option=--cgroupns
	run $option host "$R" probe flat ns process
	is "$? $(fact ns.$ns)" "0 $(mine $ns)" "$option host"
	for other in $all; do
		[ $other = $ns ] || [ "$(fact ns.$other)" != "$(mine $other)" ] || fail "$option host shares $other as well"
	done
	[ $ns != uts ] || is "$(fact process.hostname)" "$(hostname)" "--uts host: the machine's name"
	run $option private "$R" probe flat ns
	isnt "$(fact ns.$ns)" "$(mine $ns)" "$option private"
done
# The kernel takes the links of networks that were down in the background.
_no_links() { ! "$PROBE" flat net | grep -q '^net\.ci'; }
wait_for 5 _no_links
run --net host "$R" probe flat net
is "$(out | sort)" "$("$PROBE" flat net | sort)" "--net host: the machine's interfaces"
run --network=none "$R" probe flat net
is "$(out | tr -d '\n')" "net.lo=up,running" "--net none: loopback alone, up"
run "$R" sh -c 'nc -l -p 8080 -e echo served & sleep 0.3; nc 127.0.0.1 8080 </dev/null'
is "$(out)" served "loopback carries a connection"
run --pid host "$R" sh -c 'ls -d /proc/[0-9]* | wc -l; echo $$'
ok "--pid host sees the machine's processes" test "$(out | head -n 1)" -gt 3
run --pid host "$R" sh -c 'sleep 77 & sleep 78 &'
ok "--pid host: what the payload left is ended with it" sh -c '! grep -l -a "^sleep.7[78]" /proc/[0-9]*/cmdline'

# Clocks
before=$("$PROBE" flat process | sed -n 's/process.boottime=//p')
run --time-offset boottime=7d --time-offset monotonic=2h "$R" probe flat process ns
isnt "$(fact ns.time)" "$(mine time)" "--time-offset: its own time namespace"
ok "boottime is 7 days ahead" test $(($(fact process.boottime) - before - 604800)) -lt 60 -a \
	$(($(fact process.boottime) - before - 604800)) -ge 0
ok "monotonic is 2 hours ahead" test $(($(fact process.monotonic) - before)) -gt 7000

# Another container's
start --name "ns-$$" --hostname first "$R" sh -c 'probe flat ns; echo ready; exec sleep 60'
ready
cp "$T/bg.out" "$T/first"
theirs() { sed -n "s/^ns\.$1=//p" "$T/first"; }
run --net "container:ns-$$" --ipc "container:ns-$$" --uts "container:ns-$$" --pid "container:ns-$$" \
	--cgroupns "container:ns-$$" "$R" sh -c 'probe flat ns process; ls -d /proc/[0-9]* | wc -l'
is $? 0 "a container can be joined by name"
for ns in net ipc uts pid cgroup; do
	is "$(fact ns.$ns)" "$(theirs $ns)" "--$ns container:NAME"
done
isnt "$(fact ns.mnt)" "$(theirs mnt)" "its mounts are its own all the same"
is "$(fact process.hostname)" first "the host name comes with the namespace"
run --net "container:$launcher" "$R" probe flat ns
is "$? $(fact ns.net)" "125 " "a launcher's pid is not a container"
inside=$(for p in /proc/[0-9]*; do
	[ "$(readlink $p/ns/net 2>/dev/null)" != "$(theirs net)" ] || echo "${p#/proc/}"
done | head -n 1)
run --net "container:$inside" "$R" probe flat ns
is "$(fact ns.net)" "$(theirs net)" "--net container:PID"
kill "$launcher"
await
run --net "container:ns-$$" "$R" true
is "$? $(err | wc -l)" "125 1" "a container that has ended cannot be joined"
run --pid container:no-such-one "$R" true
is "$? $(err | wc -l)" "125 1" "nor one that never was"
like "$(err)" "*no-such-one*" "the message names it"
