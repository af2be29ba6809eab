# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# The payload's surroundings: environment, directory, terminal, descriptors.

SECRET=1 FOO=bar run --hostname box -e A=1 -e FOO -e UNSET_HERE -e "SP=a b=c" "$R" probe flat env
is "$(out | grep . | cut -d= -f1 | sort | tr '\n' ' ')" "env.A env.FOO env.HOME env.HOSTNAME env.PATH env.SP env.container " \
	"exactly these variables"
is "$(fact env.A) $(fact env.FOO) $(fact env.SP) $(fact env.HOSTNAME)" "1 bar a b=c box" "with these values"
printf '# comment\nONE=1\nTWO=two words\n\nFOO\n' >"$T/envfile"
FOO=bar run --env-file "$T/envfile" -e ONE=over "$R" probe flat env
is "$(fact env.ONE) $(fact env.TWO) $(fact env.FOO)" "over two words bar" "--env-file, and -e over it"
run -e PATH=/nowhere "$R" true
is $? 127 "the container's PATH is what counts"
run -e HOME=/x "$R" sh -c 'echo $HOME'
is "$(out)" /x "HOME can be said"

run -w /srv/data "$R" pwd
is "$(out)" /srv/data "--workdir"
run -w /srv/data "$R" cat file
is $? 0 "in it files are found"
run -w /made/by/it "$R" pwd
is "$(out)" /made/by/it "a working directory that is not there is made, as docker does"
notok "but not in ROOTFS" test -e "$R/made"
run -w /srv/data/file "$R" pwd
is "$? $(err | wc -l)" "125 1" "a file cannot be one"
(cd "$V" && run "$R" pwd)
is "$(out)" / "/ is the default"

run "$R" probe flat proc
like "$(fact proc.pid)" "[2-9]" "init is process 1, not the payload"
like "$(fact proc.pid1_cmdline)" "*init*" "and is called so"
run --no-init "$R" probe flat proc
is "$(fact proc.pid)" 1 "--no-init: the payload is"
run "$R" sh -c 'sh -c "sleep 0.1 & sleep 0.2 &" ; sleep 0.5; grep -c Z /proc/[0-9]*/stat | grep -vc ":0"'
is "$(out)" 0 "orphans are reaped"

# Standard input
said="echo | cinit run -i"
echo hello | "$CINIT" run -i "$R" cat >"$T/out" 2>"$T/err"
is "$(out)" hello "-i: stdin reaches the payload"
echo hello | "$CINIT" run "$R" cat >"$T/out" 2>"$T/err"
is "$(out)" "" "without -i there is none"
head -c 300000 /dev/zero | "$CINIT" run -i "$R" wc -c >"$T/out" 2>"$T/err"
is "$(out)" 300000 "all of it arrives"
"$CINIT" run "$R" head -c 300000 /dev/zero </dev/null 2>"$T/err" | wc -c >"$T/out"
is "$(out)" 300000 "and comes out"
run "$R" sh -c 'echo to-out; echo to-err >&2'
is "$(out) $(err)" "to-out to-err" "stdout and stderr stay apart"
"$CINIT" run "$R" yes </dev/null 2>"$T/err" | head -n 1 >"$T/out"
is "$(out)" y "a reader that goes away ends a writer"

# A terminal. probe pty is the terminal that the caller sits at.
pty() {
	said="probe pty $*"
	: >"$T/err"
	"$PROBE" timeout 60 "$PROBE" pty "$@" >"$T/pty" 2>&1
	tr -d '\r' <"$T/pty" >"$T/out"
}
pty -- "$CINIT" run -it "$R" probe flat tty proc dev
is "$(fact tty.fd0)$(fact tty.fd1)$(fact tty.fd2)" ttyttytty "-t: all three are a terminal"
is "$(fact tty.name) $(fact tty.controlling)" "/dev/pts/0 yes" "of the container's own devpts, its controlling one"
is "$(fact tty.size)" 80x24 "as big as the caller's"
is "$(fact tty.owner | cut -d: -f1)" 0 "it belongs to the payload's user"
is "$(fact proc.pgid)" "$(fact proc.tpgid)" "the payload is in the foreground"
like "$(fact dev.console)" "char *" "/dev/console is there"
like "$(tail -n 1 "$T/out")" "probe-pty: exit 0, modes kept" "the caller's terminal is as it was"
pty 'e:$ ' 's:stty size\r' 'e:24 80' 'r:100x40' 'w:300' 's:stty size\r' 'e:40 100' 's:exit 3\r' -- \
	"$CINIT" run -it -e 'PS1=$ ' "$R" sh
like "$(tail -n 1 "$T/out")" "probe-pty: exit 3, modes kept" "the window's size follows; the exit status is the shell's"
# Not before the program has said so: until then the shell edits its line, with control-C
# turned off.
pty 'e:$ ' 's:sh -c "echo u$((1))p; exec sleep 60"\r' 'e:u1p' 's:\x03' 'e:$ ' 's:echo s$((1+1))\r' 'e:s2' 'e:$ ' 's:\x04' -- \
	"$CINIT" run -it -e 'PS1=$ ' "$R" sh
like "$(tail -n 1 "$T/out")" "probe-pty: exit *, modes kept" "control-C reaches what runs in the foreground inside, control-D the shell"
pty -- "$CINIT" run -it "$R" sh -c 'stty raw -echo; kill -9 $$'
like "$(tail -n 1 "$T/out")" "probe-pty: exit 137, modes kept" "modes are restored when the payload is killed"
pty 'e:up' 'k:15' -- "$CINIT" run -it "$R" sh -c 'trap "exit 5" TERM; echo up; while :; do sleep 0.1; done'
like "$(tail -n 1 "$T/out")" "probe-pty: exit 5, modes kept" "and when the launcher gets TERM"
pty 'e:up' 'k:2' -- "$CINIT" run -it "$R" sh -c 'trap "exit 6" INT; echo up; while :; do sleep 0.1; done'
like "$(tail -n 1 "$T/out")" "probe-pty: exit 6, modes kept" "and INT"
pty 'e:up' 'k:9' 'm:' -- "$CINIT" run -it "$R" sh -c 'echo up; exec sleep 50'
like "$(tail -n 1 "$T/out")" "probe-pty: exit 137, modes kept" "who is killed before the terminal leaves it to the monitor, which restores its modes"
wait_for 5 no_containers
is "$(containers)" "$PROCESSES_BEFORE" "SIGKILL of who holds the terminal ends the container"
: >"$T/bg.out"
"$PROBE" pty 'e:up' -- "$CINIT" run --pidfile "$T/pid" -it "$R" sh -c 'stty raw -echo; echo up; exec sleep 50' >"$T/bg.out" 2>&1 &
launcher=$!
wait_for 10 test -s "$T/pid"
"$PROBE" sleep 300
_parent=$(sed 's/.*) [A-Z] \([0-9]*\).*/\1/' "/proc/$(cat "$T/pid")/stat")
kill -9 "$_parent"
await
like "$(tail -n 1 "$T/bg.out")" "probe-pty: exit 137, modes kept" "modes are restored when the monitor is killed by SIGKILL"
ok "and a line says so" grep -q "cinit: the monitor was killed by signal 9" "$T/bg.out"
rm -f "$T/pid"
pty 'e:up' 's:\x10\x11' -- "$CINIT" run --pidfile "$T/pid" -it "$R" sh -c 'echo up; exec sleep 50'
like "$(tail -n 1 "$T/out")" "probe-pty: exit 0, modes kept" "the detach keys let go of it"
_inside=$(cat "$T/pid" 2>/dev/null)
ok "and it goes on" test -d "/proc/${_inside:-none}"
[ -z "$_inside" ] || kill -9 "$_inside"
wait_for 5 no_containers
rm -f "$T/pid"
pty 'e:up' 's:\x10a\x10\x10b' 'e:got 10 61 10 10 62' -- "$CINIT" run -it "$R" sh -c 'stty raw -echo; echo up; echo got $(head -c 5 | od -An -tx1)'
like "$(tail -n 1 "$T/out")" "probe-pty: exit 0, modes kept" "keys that only begin like it reach the payload, all of them"
pty -- "$CINIT" run -it "$R" no-such-program
like "$(tail -n 1 "$T/out")" "probe-pty: exit 127, modes kept" "and when nothing could be started"
pty -- "$CINIT" run -it --user 1000 "$R" probe flat tty
is "$(fact tty.owner | cut -d: -f1) $(fact tty.controlling)" "1000 yes" "a user's terminal is the user's"
# Job control, with the shell that a user has around it.
pty -- sh -c 'set -m
	"$0" run --pidfile "$2" -it "$1" echo in"side" &
	until grep -q "^State:.T" /proc/$!/status; do sleep 0.1; done
	case $(stty -a) in *" icanon"*) echo not raw ;; esac
	[ -e "$2" ] || echo not begun
	fg %1
	echo end $?' "$CINIT" "$R" "$T/pid"
is "$(out | grep -c "^not raw\|^not begun\|^inside\|^end 0")" 4 "started in the background it stops before it begins, until it gets the terminal"
pty 'e:up' 'e:now cooked' 'e:raw again' 's:word\r' -- sh -c 'set -m
	"$0" run -it "$1" sh -c "echo up; read x; echo got \$x" &
	front=$!
	until grep -q "^State:.T" /proc/$front/status; do sleep 0.1; done
	( until stty -a | grep -q -e -icanon; do sleep 0.1; done; kill -TSTP $front ) &
	fg %1
	case $(stty -a) in *" icanon"*) echo now cooked ;; esac
	( until stty -a | grep -q -e -icanon; do sleep 0.1; done; echo raw again ) &
	fg %1
	echo end $?' "$CINIT" "$R"
is "$(out | grep -c "^now cooked\|^got word\|^end 0")" 3 "stopped from outside it gives the terminal back, continued it goes on"
like "$(tail -n 1 "$T/out")" "probe-pty: exit 0, modes kept" "and leaves it as it was"
pty 'e:up' 's:\x10\x11' 'w:500' 'k:9' -- "$CINIT" run -it --detach-keys "" "$R" sh -c 'echo up; exec sleep 20'
unlike "$(tail -n 1 "$T/out")" "*exit 99*" "no detach keys: they are keys like others"
run -t "$R" true
is "$? $(err | wc -l)" "125 1" "-t without a terminal is refused with one line"
pty -- "$CINIT" run "$R" probe flat tty
is "$(fact tty.fd0)" no "without -t and -i stdin is none, though the caller has a terminal"

# Sockets that somebody opened, and where to say that all is well
said="LISTEN_FDS"
sh -c 'LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b exec "$0" run "$1" probe flat env fds proc' "$CINIT" "$R" \
	3<"$V/file" 4<"$V/file" 5<"$V/file" </dev/null >"$T/out" 2>"$T/err"
is "$(out | grep '^fds\.' | cut -d= -f1 | tr '\n' ' ')" "fds.0 fds.1 fds.2 fds.3 fds.4 " "LISTEN_FDS are handed on, no others"
is "$(fact env.LISTEN_FDS) $(fact env.LISTEN_FDNAMES) $(fact env.LISTEN_PID)" "2 a:b $(fact proc.pid)" \
	"with the payload's own pid"
LISTEN_PID=1 LISTEN_FDS=2 run "$R" probe flat env fds
is "$(fact env.LISTEN_FDS)$(fact env.LISTEN_PID)" "" "LISTEN_FDS for somebody else is not"

said="NOTIFY_SOCKET"
"$PROBE" listen "$T/notify" "$CINIT" run "$R" probe notify READY=1 </dev/null >"$T/out" 2>"$T/err"
is "$(out)" READY=1 "NOTIFY_SOCKET: what the payload says reaches the service manager"
NOTIFY_SOCKET=$T/no-socket run "$R" probe flat env
is "$? $(fact env.NOTIFY_SOCKET)" "0 " "one that is not there is not handed on"

run --pidfile "$T/pid" "$R" cat /proc/1/comm
is $? 0 "--pidfile"
start --pidfile "$T/pid" "$R" sh -c 'readlink /proc/self/ns/pid; echo ready; exec sleep 60'
ready
wait_for 5 test -s "$T/pid"
is "$(readlink "/proc/$(cat "$T/pid")/ns/pid")" "$(head -n 1 "$T/bg.out")" "--pidfile has the container's process, as seen from here"
kill "$launcher"
await
rm -f "$T/pid"
