# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086 # read by suite.sh
# `cinit stop` and `cinit kill`.

N=stop-$$
# here ARG...: a container named $N in the background, that has said "ready".
here() {
	start --name $N "$@"
	ready
}
refused() {
	_words=$1
	shift
	cinit "$@"
	is "$?|$(out)|$(err)" "125||cinit: $_words" "refused: cinit $*"
}

refused 'stop: containers are wanted, by name or id' stop
refused 'kill: containers are wanted, by name or id' kill
refused 'stop: nobody: no running container has this name or id' stop nobody
refused 'kill: nobody: no running container has this name or id' kill nobody
refused 'stop: -t: soon: a whole number of seconds is wanted' stop -t soon nobody
refused "kill: -s: NONE: a signal's name or number is wanted, like SIGTERM or 15" kill -s NONE nobody
refused 'kill: --all goes with KILL alone; other signals are init'"'"'s to pass on' kill --all -s HUP nobody

here "$R" sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
cinit stop $N
is "$?|$(out)|$(err)" "0|$N|" "stop"
ok "nothing is left when it returns" test ! -e "$RUNDIR/containers/$N.json" -a ! -e "$RUNDIR/containers/$N.lock"
await
is $? 3 "the program was asked to end"

here --stop-signal USR1 "$R" sh -c 'trap "exit 4" USR1; trap "" TERM; echo ready; while :; do sleep 0.1; done'
cinit stop "$(sed 's/.*"id":"\([0-9a-f]*\)".*/\1/' "$RUNDIR/containers/$N.json")"
is "$?|$(err)" '0|' "stop, by its id"
await
is $? 4 "with the signal that it was started with"

for _how in '--stop-timeout 1|' '--stop-timeout 1000|-t 0' '|-t 1'; do
	here ${_how%|*} "$R" sh -c 'trap "" TERM; sleep 1000 & echo ready; while :; do sleep 0.1; done'
	cinit stop ${_how#*|} $N
	is "$?|$(err)" '0|' "stop ${_how#*|}, of one that does not want to, run with ${_how%|*}"
	await
	is $? 137 "it is killed in the end"
done

here "$R" sh -c 'trap "echo hup" HUP; echo ready; while :; do sleep 0.1; done'
cinit kill -s HUP $N
is "$?|$(out)|$(err)" "0|$N|" "kill -s HUP"
ready hup
cinit kill --signal=0 $N
is "$?" 125 "0 is no signal"
cinit kill nobody $N
is "$?|$(out)|$(err)" "125|$N|cinit: kill: nobody: no running container has this name or id" \
	"one that is not there: the other is killed all the same"
await
is $? 137 "kill is KILL"
refused "kill: $N: no running container has this name or id" kill $N

here "$R" sh -c 'sleep 1000 & echo ready; while :; do sleep 0.1; done'
cinit kill --all $N
is "$?|$(err)" '0|' "kill --all"
await
is $? 137 "and it is dead"

# The process before the terminal is not its monitor.
"$PROBE" pty -- "$CINIT" run -it --name $N "$R" sh -c 'trap "exit 5" TERM; while :; do sleep 0.1; done' >"$T/pty" 2>&1 &
ok "with a terminal" wait_for 20 grep -q '"pid":[1-9]' "$RUNDIR/containers/$N.json"
cinit stop -t 1000 $N
is "$?|$(out)|$(err)" "0|$N|" "stop of one with a terminal"
wait
like "$(tail -n 1 "$T/pty")" "probe-pty: exit 5, modes kept" "its terminal is as it was"

# Asked at once: the first does not hold the others up.
_all=
for _i in 1 2 3; do
	"$CINIT" run --name $N-$_i --stop-signal USR1 -v "$V:/v" "$R" sh -c "trap 'echo ended >/v/$_i; exit' USR1
		echo ready >/v/$_i; while :; do sleep 0.1; done" </dev/null >/dev/null 2>&1 &
	ok "one of three" wait_for 20 test -s "$V/$_i"
	_all="$_all $N-$_i"
done
cinit stop $_all
is "$?|$(out | tr '\n' ' ')|$(err)" "0|${_all# } |" "stop of three"
is "$(cat "$V/1" "$V/2" "$V/3" | tr '\n' ' ')" 'ended ended ended ' "each was asked"
rm -f "$V/1" "$V/2" "$V/3"
wait
