# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# The caller's terminal, environment, limits, and the machine's settings.

# TIOCSTI: keystrokes for the shell that comes back (CVE-2017-5226)
tty() {
	said="probe pty -- cinit run $*"
	: >"$T/err"
	"$PROBE" timeout 30 "$PROBE" pty -- "$CINIT" run "$@" >"$T/pty" 2>&1
	tr -d '\r' <"$T/pty" >"$T/out"
}
for how in "-i" "-it" "-i --no-init" "-i --security-opt seccomp=unconfined" "-i --privileged"; do
	tty $how "$R" sh -c 'for t in tiocsti tiocsti-high tioclinux; do echo "$t=$(probe try $t)"; done'
	for t in tiocsti tiocsti-high tioclinux; do
		like "$(fact $t)" "E*" "$t through an inherited terminal ($how)"
	done
done
tty "$R" sh -c 'probe try tiocsti <&2; probe try tiocsti-high <&2'
notok "nor through stderr" grep -q '^ok' "$T/out"
tty -i "$R" probe flat tty
is "$(fact tty.controlling)" no "the caller's terminal is not the container's controlling one"

# Settings of the machine by a container's --sysctl
_pattern=$(cat /proc/sys/kernel/core_pattern)
for key in kernel.core_pattern kernel/core_pattern net/../kernel/core_pattern net/../kernel.core_pattern \
	net.ipv4/../../kernel/core_pattern kernel.shm_rmid_forced/../core_pattern fs.mqueue/../../kernel/core_pattern \
	net..kernel .net.x net. /net/ipv4/ip_forward vm.swappiness fs.file-max kernel.hostname kernel.modprobe "net.ipv4.ip_forward
kernel.core_pattern"; do
	run --sysctl "$key=|/tmp/x" "$R" true
	is "$? $(err | wc -l)" "125 1" "--sysctl '$key' is refused"
done
is "$(cat /proc/sys/kernel/core_pattern)" "$_pattern" "the machine's core_pattern is as it was (CVE-2022-0811)"
run --sysctl net/ipv4/ip_forward=1 "$R" cat /proc/sys/net/ipv4/ip_forward
is "$(out)" 1 "a sysctl of its own, with slashes, is set"
run "$R" sh -c 'for f in kernel/core_pattern kernel/modprobe vm/swappiness net/ipv4/ip_forward; do echo x >/proc/sys/$f; done 2>/dev/null; true'
is "$(cat /proc/sys/kernel/core_pattern)" "$_pattern" "and not from inside"

# Control bytes and newlines that would end up in files
for opt in "--hostname a
b" "--add-host a
b:1.2.3.4" "--dns 1.2.3.4
nameserver" "--dns-search a
b" "--dns-option a
b"; do
	run ${opt%% *} "${opt#* }" "$R" true
	is "$? $(err | wc -l)" "125 1" "a newline in ${opt%% *} is refused"
done

# A caller in a strange state
said="cinit run in a directory that is gone"
mkdir "$T/gone"
(cd "$T/gone" && rmdir "$T/gone" && run "$R" echo fine)
is "$(out)" fine "$said"
(ulimit -f 0 && run "$R" true)
is "$(err | wc -l)" "$(err | grep -c '^cinit: ')" "a file size limit of 0: works or says so"
for n in 4 6 9 12 16 20 24; do
	# the limit is for cinit alone: shells need some descriptors themselves
	sh -c 'ulimit -n $0; exec "$@"' $n "$CINIT" run "$R" echo fine </dev/null >"$T/out" 2>"$T/err"
	case $(out)$(err | wc -l) in
	fine0 | 1 | 2) pass "a limit of $n descriptors: works or one line, and one of advice" ;;
	*) fail "a limit of $n descriptors: works or one line, and one of advice" "$(out)" "$(err)" ;;
	esac
done
(umask 777 && run "$R" echo fine)
is "$(out)" fine "umask 777"
LD_PRELOAD=/no/such.so LD_LIBRARY_PATH=/evil GCONV_PATH=/evil TMPDIR=/evil MALLOC_TRACE=/evil IFS=x run "$R" probe flat env
is "$(out | grep -c evil)" 0 "the caller's loader variables stay outside"
env -i "$CINIT" run "$R" echo fine </dev/null >"$T/out" 2>"$T/err"
is "$(out)" fine "an empty environment"
XDG_RUNTIME_DIR=relative run "$R" echo fine
ok "a relative XDG_RUNTIME_DIR: works or one line" test "$(out)" = fine -o "$(err | wc -l)" = 1
notok "nothing is made in the current directory" test -e relative
# A run directory that somebody else has prepared
if [ $IAM = user ]; then
	mkdir -m 777 "$T/open"
	ln -s "$T/open" "$T/elsewhere"
	XDG_RUNTIME_DIR=/proc/self run "$R" echo fine
	ok "a run directory that cannot be one: works or one line" test "$(out)" = fine -o "$(err | wc -l)" = 1
	mkdir "$T/xdg" && chmod 700 "$T/xdg" && ln -s "$V" "$T/xdg/cinit"
	XDG_RUNTIME_DIR=$T/xdg run "$R" echo fine
	is "$(ls "$V")" file "a run directory that is a link is not written to"
fi

# Abstract sockets have no owner (CVE-2020-15257)
start --net host "$R" sh -c 'echo ready; exec sleep 20'
ready
is "$(grep -c '@.*cinit' /proc/net/unix)" 0 "no abstract socket is made"
kill "$launcher"
await

# A crash inside leaves no core of anything
# shellcheck disable=SC3045
(ulimit -c unlimited 2>/dev/null; run -w /tmp "$R" sh -c 'probe kill 11; ls /tmp')
is "$(out)" "" "a crash inside writes no core file"
