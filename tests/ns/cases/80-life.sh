# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Signals, ends, and what is left when somebody is killed.

start "$R" probe catch 5
ready
for signal in HUP USR1 USR2 WINCH; do
	kill -$signal "$launcher"
	"$PROBE" sleep 50
done
"$PROBE" queue "$launcher" 40 4711
await
is "$?" 0 "the payload got five signals"
like "$(tr '\n' ' ' <"$T/bg.out")" "ready 1 -*10 -*12 -*28 -*40 4711 " "each as it was sent, a real-time one with its value"

start "$R" sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
ready
kill "$launcher"
await
is $? 3 "TERM to the launcher is TERM to the payload, and its exit status comes back"
start "$R" sh -c 'echo ready; sleep 60'
ready
kill "$launcher"
await
is $? 143 "a payload that does not handle it ends by it"
start --stop-signal USR1 "$R" sh -c 'trap "exit 4" USR1; echo ready; while :; do sleep 0.1; done'
ready
kill "$launcher"
await
is $? 4 "--stop-signal is what it gets for TERM"
start --stop-timeout 1 "$R" sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
ready
kill "$launcher"
await
is $? 137 "who ignores it is killed after --stop-timeout"
start "$R" sh -c '(trap "" HUP TERM INT; while :; do sleep 1; done) & echo ready; sleep 0.2; exit 8'
ready
await
is $? 8 "what the payload left running does not keep the container up"
no_containers || "$PROBE" sleep 300
is "$(containers)" "$PROCESSES_BEFORE" "and is gone with it"

# Names
start --name "twice-$$" "$R" sh -c 'echo ready; exec sleep 60'
ready
run --name "twice-$$" "$R" true
is "$? $(err | wc -l)" "125 1" "a name in use is refused with one line"
like "$(err)" "cinit: *twice-$$*" "that says it"
kill -0 "$launcher"
is $? 0 "and the other container goes on"
kill -9 "$launcher"
await
run --name "twice-$$" "$R" echo again
is "$(out)" again "after SIGKILL of its launcher the name is free"

# SIGKILL of the launcher, settled and at any moment of the start
start "$R" sh -c 'sleep 50 & setsid sleep 50 & echo ready; sleep 50'
ready
kill -9 "$launcher"
await
wait_for 5 no_containers
is "$(containers)" "$PROCESSES_BEFORE" "SIGKILL of the launcher ends every process of the container"
for ms in 0 1 2 3 4 5 6 7 8 9 10 12 14 17 20 25 30; do
	[ -z "${IN_VM:-}" ] || ms=$((ms * 8))
	"$CINIT" run --name "kill-$$-$ms" -v "$V:/v" "$R" sleep 50 </dev/null >"$T/bg.out" 2>"$T/bg.err" &
	launcher=$!
	"$PROBE" sleep $ms
	kill -9 "$launcher" 2>/dev/null
	await
done
wait_for 10 no_containers
said="SIGKILL 0 to 30 ms after the start"
is "$(containers)" "$PROCESSES_BEFORE" "SIGKILL at any moment of the start leaves no process"
run "$R" true
clean "and after the next command nothing at all"

# Among very many containers not every start looks for dead ones: so many milliseconds go
# by as there were containers the last time, here an hour.
_dir=$RUNDIR/containers
: >"$_dir/dead-$$.lock"
dd if=/dev/zero of="$_dir/.looked" bs=1 count=0 seek=3600000 2>/dev/null
run "$R" true
ok "with an hour's worth of containers a start does not look for dead ones" test -e "$_dir/dead-$$.lock"
touch -t 202001010000 "$_dir/.looked"
run "$R" true
ok "when the hour is over it does" test ! -e "$_dir/dead-$$.lock"
is "$(wc -c <"$_dir/.looked")" 1 "and says how many live: itself"

# Killed from inside and from outside
start "$R" sh -c 'echo ready; probe sleep 50000; exit $?'
ready
wait_for 5 sh -c 'cat /proc/[0-9]*/comm 2>/dev/null | grep -q "^probe$"'
kill -9 "$(containers | sed -n 's/^process \([0-9]*\) probe$/\1/p' | tail -n 1)"
await
is $? 137 "a payload's child that is killed gives the payload's status"
run "$R" sh -c 'kill -9 1; kill -19 1; echo alive'
is "$(out)" alive "init does not die by its own container's signals"
run "$R" sh -c 'sleep 50 & sleep 0.1; kill -9 -1; echo alive; exit 5'
is "$? $(out)" "5 alive" "kill -9 -1 inside reaches neither init nor the launcher"

# A lot at once
i=0
while [ $i -lt 12 ]; do
	"$CINIT" run "$R" sh -c "exit $i" </dev/null >/dev/null 2>"$T/err.$i" &
	eval "p$i=$!"
	i=$((i + 1))
done
i=0 wrong=
while [ $i -lt 12 ]; do
	eval "wait \$p$i"
	_rc=$?
	[ $_rc = $i ] || wrong="$wrong
$i: $_rc $(cat "$T/err.$i")"
	i=$((i + 1))
done
is "$wrong" "" "twelve containers at once, each with its own status"
said=
