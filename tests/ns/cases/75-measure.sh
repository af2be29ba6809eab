# What a running container uses, as stats, top and metrics show it.
# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh

start --name gauge --net none "$R" sh -c "$(printf ': \033[31m\303\274; echo ready; sleep 60 & sleep 61; :')"
ready
_pid=$(sed 's/.*"pid": *\([0-9]*\).*/\1/' "$RUNDIR/containers/gauge.json")
_id=$(sed 's/.*"id": *"\([0-9a-f]*\)".*/\1/' "$RUNDIR/containers/gauge.json")

# --- top ---
_four() { [ "$("$CINIT" top gauge 2>/dev/null | grep -c sleep)" = 4 ]; }
wait_for 10 _four
cinit top gauge
is "$?|$(err)" '0|' "top"
is "$(out | awk '{ print $2 ":" $3 }' | tr '\n' ' ')" 'INSIDE:USER 1:root 2:root 3:root 4:root ' \
	"top: init, the program, and what it has started, as they are called inside"
is "$(out | awk 'NR == 2 { print $1 }')" "$_pid" "top: the first one is init, as it is called here"
is "$(out | tr -d '\n' | tr -c '\000-\037\177' x | tr -d x)" '' "top: no control character reaches the terminal"
ok "but all other ones do" grep -q "$(printf '?\\[31m\303\274;')" "$T/out"
cinit top "$(echo "$_id" | cut -c1-6)"
is "$(out | grep -c sleep)" 4 "top: a container by the beginning of its id"
cinit top --format json gauge
is "$(out | grep -c '^{"pid":[0-9]*,"pid_inside":[1-4],"uid":[0-9]*,"uid_inside":0,.*}$')" 4 "top as JSON: an object a line"
is "$(out | sed -n '1s/.*"uid":\([0-9]*\),.*/\1/p')" "$(stat -c %u "/proc/$_pid")" "with the user as he is called here"

# --- stats ---
cinit stats --no-stream gauge
is "$?|$(err)" '0|' "stats"
is "$(out | awk '{ print $1 }' | tr '\n' ' ')" 'NAME gauge ' "stats: a heading and a line"
is "$(out | wc -L)" "$(out | head -n 1 | wc -L)" "stats: which have the same length"
cinit stats --no-stream --format json
is "$(out | sed -n 's/.*"name":"gauge","id":"\([0-9a-f]*\)","pid":\([0-9]*\),.*/\1 \2/p')" "$_id $_pid" "stats as JSON"
like "$(out)" '*"net_received":0,"net_sent":0,*' "its own network has carried nothing"
unlike "$(out)" '*:-*' "what is not known is null, and no number below zero"
timeout -s INT 2 "$CINIT" stats --interval 100ms >"$T/out" 2>"$T/err"
ok "stats: again and again until it is interrupted" test "$(grep -c '^gauge ' "$T/out")" -ge 2
is "$(grep -c '^NAME ' "$T/out")" "$(grep -c '^gauge ' "$T/out")" "whole tables"
"$CINIT" stats --interval 100ms >"$T/out" 2>"$T/err" &
_stats=$!
wait_for 10 grep -q '^gauge ' "$T/out"
kill -INT $_stats
wait $_stats
is $? 0 "stats: which is no error"

# --- metrics ---
cinit metrics
is "$?|$(err)" '0|' "metrics"
# Every sample stands below the head of its family, whose name it has.
is "$(out | awk '
	/^# TYPE / { family = $3; type = $4; if (family in had) print; had[family] = 1; next }
	/^# (UNIT|HELP) / { if ($3 != family || ($2 == "UNIT" && $3 !~ "_" $4 "$")) print; next }
	/^# EOF$/ { end = NR; next }
	{
		name = family (type == "counter" ? "_total" : "")
		rest = substr($0, length(name) + 1)
		if (index($0, name) != 1 || seen[$1]++ ||
		    rest !~ /^([{][a-z]+="[^"]*"(,[a-z]+="[^"]*")*[}])? [0-9]+([.][0-9]+)?$/) print
	}
	END { if (end != NR || !NR) print "no end" }')" '' "metrics: OpenMetrics text"
ok "of this container" grep -q "^cinit_container_network_sent_bytes_total{name=\"gauge\",id=\"$_id\"} 0\$" "$T/out"
is "$(grep '^cinit_containers ' "$T/out")" 'cinit_containers 1' "and of no other one"
echo old >"$T/cinit.prom"
cinit metrics --output "$T/cinit.prom"
is "$?|$(out)|$(tail -n 1 "$T/cinit.prom")|$(echo "$T"/cinit.prom*)" "0||# EOF|$T/cinit.prom" "metrics: into a file, which is replaced"

# --- it ends ---
"$CINIT" stats --interval 100ms gauge >"$T/out" 2>"$T/err" &
_stats=$!
wait_for 10 grep -q '^gauge ' "$T/out"
kill $launcher
await
_gone() { ! kill -0 $_stats 2>/dev/null; }
wait_for 10 _gone || kill -9 $_stats
wait $_stats
is "$?|$(err)" '0|' "stats ends with the container that it was asked about"
cinit top gauge
is "$?|$(err)" '125|cinit: top: gauge: no running container has this name or id' "which is there no more"
