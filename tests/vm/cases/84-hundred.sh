# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046,SC2010,SC2012 # read by suite.sh
# A hundred containers, four at a time, and SIGKILL to a hundred processes of theirs at any
# moment: the kernel takes back what was made, without a collector. 80-killed.sh aims at
# single system calls; that takes ptrace, and many minutes on an emulated processor.

kinds="caps other setuid root"
# cinit's own, and the inits of containers
ours() { grep -l '^cinit\|^init$' /proc/[0-9]*/comm 2>/dev/null | grep -v '^/proc/1/'; }
links() { ls /sys/class/net | grep '^ci'; }
nothing_left() { [ -z "$(links)$(ours)" ]; }

round=0 killed=0 hanging=0 names="" lasting=""
while [ $round -lt 25 ]; do
	port=8080 launchers=""
	for kind in $kinds; do
		who $kind
		WRAP="$PROBE timeout 120"
		(mine "$CINIT" run -p $port:80 "$R" sleep 1) </dev/null >/dev/null 2>&1 &
		launchers="$launchers $!" port=$((port + 1))
	done
	WRAP=
	"$PROBE" sleep $((round % 16 * 60 + 40)) # they run for a second
	for nth in 0 1 2 3; do
		set -- $(ours)
		[ $# -gt 0 ] || break
		shift $(((round + nth * 5) % $#))
		pid=${1#/proc/} pid=${pid%/comm}
		names="$names $(cat $1 2>/dev/null)"
		kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
	done
	for pid in $launchers; do
		wait $pid
		[ $? != 124 ] || hanging=$((hanging + 1))
	done
	wait_for $((5 * slow)) nothing_left || lasting="$lasting
round $round: $(links | tr '\n' ' ')$(nft list tables | grep ' c[ip]' | tr '\n' ' ')$(ours | tr '\n' ' ')"
	round=$((round + 1))
done
set --
who caps
is "$lasting" "" "$killed processes of a hundred containers were killed, and nothing stayed"
ok "they were: 80 at least" test $killed -ge 80
for name in cinit cinit:monitor init; do
	like "$names " "* $name *" "among them $name"
done
is $hanging 0 "no container outlived it"
is "$(nft list tables | grep ' c[ip]')" "" "no rules"
is "$(ip route show table all | grep 'dev ci[^ ]*-'; ip -6 route show table all | grep 'dev ci[^ ]*-')" "" "no leases"
cinit system gc
is "$? $(out | grep -v '^removed [0-9]* records of dead containers$\|^nothing to collect$')" "0 " \
	"a collector finds nothing but their files"
