# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# The process that serves ports: what it is, and who dies with whom.

# proxy: its pid; there is one of ours at most.
proxy() {
	for _p in /proc/[0-9]*; do
		[ "$(cat "$_p/comm" 2>/dev/null)" != cinit:ports ] || echo "${_p#/proc/}"
	done
}
no_proxy() { [ -z "$(proxy)" ]; }
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" | tr '\t' ' '; }
serving() { [ "$("$PROBE" ask tcp 127.0.0.1 8080 | wc -w)" = 2 ]; }

start --net none -p 8080:80 "$R" probe serve tcp 80
ready
pid=$(proxy)
isnt "$pid" "" "there is a process cinit:ports"
is "$(status PPid)" "$launcher" "a child of the monitor"
is "$(status CapInh) $(status CapPrm) $(status CapEff) $(status CapAmb)" \
	"0000000000000000 0000000000000000 0000000000000000 0000000000000000" "without any capability"
is "$(status NoNewPrivs) $(status Seccomp)" "1 2" "and no way to one, behind a filter"
is "$(status SigBlk)" fffffffffffbfeff "it leaves signals to the monitor"
if [ "$ME" = 0 ]; then
	isnt "$(status Uid)" "0 0 0 0" "it is not root"
	is "$(readlink "/proc/$pid/fd/"* | grep -vc -e socket: -e eventpoll -e /dev/null)" 0 \
		"it has sockets open, and nothing of the host's"
	is "$(readlink "/proc/$pid/cwd")" / "and stands nowhere"
else
	notok "its user may not look into it" cat "/proc/$pid/environ"
fi

"$PROBE" chat 127.0.0.1 8080 >"$T/chat" &
chat=$!
wait_for 10 grep -q ready "$T/chat"
"$PROBE" sleep 1200 # one that dies sooner is not started again
kill -9 "$pid"
wait $chat
like "$(cat "$T/chat")" "*broken*" "a connection through a killed proxy is gone"
wait_for 10 serving
ok "and another proxy serves new ones" serving
isnt "$(proxy)" "$pid" "it is another one"
like "$(cat "$T/bg.err")" "*cinit:ports ended*" "which is said"
kill -0 "$launcher"
is $? 0 "the container has not noticed"
kill -9 "$launcher"
await
wait_for 5 no_proxy
is "$(proxy)" "" "when the monitor is killed the proxy is gone"
is "$("$PROBE" ask tcp 127.0.0.1 8080)" ECONNREFUSED "and the port free"

start --net none -p 8080:80 "$R" sh -c 'probe serve tcp 80 & echo ready; sleep 2; exit 7'
ready
kill -9 "$(proxy)"
await
is $? 7 "a proxy killed at once: the exit status is the program's all the same"
wait_for 5 no_proxy
is "$(proxy)" "" "and no proxy is left"

# Which user namespace it enters
for mode in --userns=host --userns=keep-id "--pid host" "--uidmap 0:100000:1000 --gidmap 0:100000:1000"; do
	case $IAM:$mode in
	root:--userns=keep-id | user:--userns=host | user:--uidmap*) continue ;;
	esac
	start --net none $mode -p 8080:8000 "$R" probe serve tcp 8000
	ready
	wait_for 5 serving
	ok "with $mode" serving
	pid=$(proxy)
	is "$(status CapEff)" 0000000000000000 "without capabilities: $mode"
	[ "$mode" != --userns=host ] || is "$(status Uid)" "65534 65534 65534 65534" "as nobody: $mode"
	kill "$launcher"
	await
done
