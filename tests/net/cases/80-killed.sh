# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046,SC2010,SC1007 # read by suite.sh
# SIGKILL, to every process in turn, at any moment: the kernel takes back what was
# made, without a collector. CYCLES says how often.

: "${CYCLES:=24}"
[ -z "${IN_VM:-}" ] || CYCLES=20

# left: what there is of containers, in lines.
left() {
	containers
	ls /sys/class/net | grep '^ci.*-' # not the bridge: that is the network's
	bridge fdb 2>/dev/null | grep static
	nft list tables | grep ' c[ip]'
	{
		ip route show table all
		ip -6 route show table all
	} 2>/dev/null | grep 'dev ci[^ ]*-'
}
none_left() { [ -z "$(left)" ]; }

# Who is killed: the process that is the P-th to be made, at its N-th stop at a system
# call; each call has two. First one without: how many are there?
killing() { # P N
	WRAP="$PROBE timeout 20 $PROBE killer $1 $2"
	(mine "$CINIT" run --net $net -p 8080:80 "$R" true) </dev/null >"$T/killed" 2>"$T/killed.err"
	_rc=$?
	WRAP=
	return $_rc
}
done=0 wrong=
for kind in caps root; do
	who $kind
	cinit network create -d bridge lake
done
for place in caps:default root:default caps:lake root:lake; do
	kind=${place%:*} net=${place#*:}
	who $kind
	killing 99 1
	is "$? $(cut -d' ' -f1 "$T/killed")" "0 ended" "$kind, network $net: nobody is killed: it works"
	# "ended 241 88 ...": the stops of each
	set -- $(sed 's/ended//' "$T/killed")
	ok "$kind: there is a helper, a stage and an init to kill" test $# -ge 3
	share=$(((CYCLES / 4 + $# - 1) / $#))
	process=0
	for stops; do
		i=0
		while [ $i -lt $share ]; do
			at=$((1 + (stops * i + stops / 2) / share))
			killing $process $at
			[ $? != 124 ] || wrong="$wrong
$place: process $process at $at ($(cat "$T/killed")): the others do not end: $(containers)"
			none_left || wait_for 10 none_left || {
				wrong="$wrong
$place: process $process at $at ($(cat "$T/killed")): $(left | head -n 3 | tr '\n' ',')"
				containers | while read -r _ pid _; do kill -9 $pid; done
				wait_for 10 none_left
			}
			done=$((done + 1))
			i=$((i + 1))
			# each costs its patience; five say enough
			[ "$(echo "$wrong" | wc -l)" -le 5 ] || break 3
		done
		process=$((process + 1))
	done
done
set --
for kind in caps root; do
	who $kind
	removed() { cinit network rm lake; }
	ok "$kind: the bridge goes with its network" wait_for $((5 * slow)) removed
done
is "$wrong" "" "$done times a process was killed on the way, and nothing stayed"

# Each process of a running one, while it is used.
victims() { # NAME: monitor and all below it
	_below=$(pid_of $1)
	echo $_below
	for _round in 1 2 3 4; do
		for _p in /proc/[0-9]*; do
			_parent=$(sed -n 's/^PPid:\t//p' $_p/status 2>/dev/null)
			case " $_below " in
			*" ${_p#/proc/} "*) ;;
			*" $_parent "*)
				_below="$_below ${_p#/proc/}"
				echo "${_p#/proc/}"
				;;
			esac
		done
	done
}
for kind in caps root; do
	who $kind
	up box -p 8080:80
	serve box tcp 80
	n=$(victims box | wc -l)
	down box
	wait_for 5 none_left
	k=1 wrong= names=
	while [ $k -le $n ]; do
		up box -p 8080:80
		serve box tcp 80
		outside "$PROBE" ask tcp $HOST4 8080 >/dev/null
		"$PROBE" ask tcp 127.0.0.1 8080 >/dev/null
		pid=$(victims box | sed -n ${k}p)
		names="$names $(cat /proc/$pid/comm)"
		kill -9 $pid
		# what goes on in spite of it has to end like any other
		"$PROBE" sleep 50
		down box
		wait_for 10 none_left || wrong="$wrong
$(echo $names | sed 's/.* //'): $(left | head -n 3 | tr '\n' ',')"
		[ "$(outside "$PROBE" ask tcp $HOST4 8080 500)" = ECONNREFUSED ] || wrong="$wrong
$(echo $names | sed 's/.* //'): the port is still served"
		[ -z "$wrong" ] || break
		k=$((k + 1))
	done
	is "$wrong" "" "$kind: each process of a running container killed in turn ($names): nothing stays"
done
# What came to a running one later goes with it too.
for kind in caps root; do
	who $kind
	cinit network create late
	up box
	cinit network connect late box
	cinit port add box 8080:80
	is "$? $(ls /sys/class/net | grep -c '^ci')" "0 2" "$kind: a network and a port more"
	kill -9 "$(pid_of box)"
	wait_for $((10 * slow)) none_left
	is "$(left)" "" "$kind: nothing of them stays when its monitor is killed"
	down box
	removed() { cinit network rm late; }
	ok "$kind: and the network can go" wait_for $((5 * slow)) removed
done
cinit system gc
is "$? $(out | grep -v '^removed [0-9]* records of dead containers$\|^nothing to collect$')" "0 " \
	"a collector finds nothing but their files"
