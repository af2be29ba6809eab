# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# What bad input gets: one line that names it, 125, nothing started, nothing left.

# bad CLAIM PATTERN ARG...: PATTERN is for stderr
bad() {
	_what=$1 _pattern=$2
	shift 2
	run "$@"
	_rc=$?
	_lines=$(err | wc -l)
	if [ "$_rc" != 125 ]; then
		fail "$_what: exit status 125" "got: $_rc"
	elif [ "$_lines" != 1 ]; then
		fail "$_what: one line" "$(err)"
	elif [ -s "$T/out" ]; then
		fail "$_what: nothing on stdout" "$(out | head -n 3)"
	else
		# shellcheck disable=SC2254
		case $(err) in
		"cinit: "$_pattern) pass "$_what" ;;
		*) fail "$_what: the line says what is wrong" "got: $(err)" "wanted: cinit: $_pattern" ;;
		esac
	fi
}

bad "unknown option, the nearest one named" "*--nmae*--name*" --nmae x "$R" true
bad "unknown option, nothing near" "*--qqqqqqqq*" --qqqqqqqq "$R" true
bad "unknown short option" "*-Q*" -Q "$R" true
bad "option without value" "*--name*" --name
bad "option of a flag with a value" "*--read-only*" --read-only=perhaps "$R" true
bad "no ROOTFS" "*ROOTFS*" --read-only
bad "no words at all" "*ROOTFS*"
bad "an empty ROOTFS" "*ROOTFS*" "" true
bad "ROOTFS missing" "*$T/nowhere*no such*" "$T/nowhere" true
bad "ROOTFS a file" "*$R/bin/busybox*not a directory*" "$R/bin/busybox" true
bad "ROOTFS like an image" "*debian:12*image*" debian:12 true
bad "ROOTFS like a short image name" "*alpine*image*" alpine true
run "$R" no-such-program
is "$? $(err | wc -l)" "127 1" "ROOTFS without the program: 127, one line"
bad "options behind ROOTFS" "*--read-only*" "$R" --read-only

for map in '' 0 0:0 0:0:0 a:0:1 0:a:1 0:0:a 0:0:-1 0:0:1:1 ' 0:0:1' 0x0:0:1 4294967295:0:1 0:4294967295:1 \
	4294967294:0:2 4294967296:0:1 0:0:4294967296 1:1:4294967295; do
	bad "malformed map '$map'" "*--uidmap*" --uidmap "$map" "$R" true
done
A=$MAP_START
bad "maps that overlap inside" "*--uidmap*overlap*" --uidmap "0:$A:10" --uidmap "9:$((A + 100)):10" "$R" true
bad "maps that overlap outside" "*--gidmap*overlap*" --gidmap "0:$A:10" --gidmap "100:$((A + 9)):10" "$R" true
[ $IAM = root ] || bad "a map outside the caller's range" "*--uidmap*" --uidmap "0:$((A + MAP_COUNT)):1" "$R" true
bad "a map without root" "*" --uidmap "1:$A:1" "$R" true

for size in '' x 10x 10mm -1 1.5.5g 99999999999999999999 0 k 1e3; do
	bad "size '$size'" "*--shm-size*" --shm-size "$size" "$R" true
done
bad "tmpfs with a bad size" "*" --tmpfs /t:size=10q "$R" true
bad "tmpfs with an unknown option" "*nonsense*" --tmpfs /t:nonsense "$R" true

bad "a volume source that is not there" "*$T/nowhere*" -v "$T/nowhere:/x" "$R" true
bad "a volume without target" "*$V*" -v "$V" "$R" true
bad "a relative target" "*relative/target*" -v "$V:relative/target" "$R" true
bad "an empty target" "*" -v "$V:" "$R" true
bad "an empty source" "*" -v ":/x" "$R" true
bad "a target that climbs out" "*..*" -v "$V:/../../x" "$R" true
bad "a target that climbs" "*..*" -v "$V:/srv/../../x" "$R" true
bad "a target of /" "*" -v "$V:/" "$R" true
bad "an unknown volume option" "*nonsense*" -v "$V:/x:nonsense" "$R" true
bad "ro and rw" "*r[ow]*" -v "$V:/x:ro,rw" "$R" true
bad "the same target twice" "*/x*" -v "$V:/x" -v "$V:/x" "$R" true
bad "--mount without type" "*" --mount "dst=/x" "$R" true
bad "--mount of an unknown type" "*floppy*" --mount type=floppy,dst=/x "$R" true
bad "--mount with an unknown key" "*colour*" --mount "type=bind,src=$V,dst=/x,colour=red" "$R" true
bad "--mount bind without source" "*" --mount type=bind,dst=/x "$R" true
bad "a device that is not there" "*/dev/no-such*" --device /dev/no-such "$R" true
for _rule in "" "c 1:3" "d 1:3 r" "c 1:3 x" "c 1:3 rwmr" "c 4096:3 r" "c 1:1048576 r" "c -1:3 r" "c 1:3 r
b 8:0 rw"; do
	bad "no rule of devices: $(echo "$_rule" | tr '\n' '|')" "*--device-cgroup-rule: *MAJOR:MINOR*" --device-cgroup-rule "$_rule" "$R" true
done
_ifs=$IFS IFS='
'
set -- $(seq 129 | sed 's/.*/--device-cgroup-rule=c 1:3 r/')
IFS=$_ifs
bad "too many rules of devices" "*--device-cgroup-rule: more than 128 rules" "$@" "$R" true
[ $IAM = root ] ||
	bad "a rule of devices without root" "*--device-cgroup-rule*--device binds" --device-cgroup-rule "c 1:3 r" "$R" true
bad "a device that is none" "*$V/file*" --device "$V/file" "$R" true
bad "an upper directory that is a file" "*$V/file*" --overlay-upper "$V/file" "$R" true

bad "a name with a slash" "*--name*" --name a/b "$R" true
bad "an empty name" "*--name*" --name "" "$R" true
bad "a name that begins with a dash" "*--name*" --name=-x "$R" true
bad "a name that is too long" "*--name*" --name "$(printf '%0300d' 0)" "$R" true
bad "a host name with a space" "*--hostname*" --hostname "a b" "$R" true
bad "a host name that is too long" "*--hostname*" --hostname "$(printf 'a%0100d' 0)" "$R" true

bad "an environment without a name" "*=x*" -e =x "$R" true
bad "an empty environment" "*" -e "" "$R" true
bad "an environment file that is not there" "*$T/nowhere*" --env-file "$T/nowhere" "$R" true
printf 'FINE=1\nnot fine at all\n' >"$T/envfile"
bad "an environment file with nonsense" "*$T/envfile*2*" --env-file "$T/envfile" "$R" true
bad "an environment file that is a directory" "*$T*" --env-file "$T" "$R" true
bad "a relative working directory" "*--workdir*rel*" -w rel "$R" true
bad "a terminal without a terminal" "*--tty*TTY*" -t "$R" true

bad "an unknown capability" "*CAP_NONSENSE*" --cap-add CAP_NONSENSE "$R" true
bad "a capability both ways" "*" --cap-add KILL --cap-drop KILL "$R" true
bad "an unknown security option" "*colour*" --security-opt colour=red "$R" true
bad "a profile that is not there" "*$T/nowhere*" --security-opt "seccomp=$T/nowhere" "$R" true
echo '{ not json' >"$T/profile"
bad "a profile that is not JSON" "*$T/profile*" --security-opt "seccomp=$T/profile" "$R" true
bad "an unknown limit" "*nonsense*" --ulimit nonsense=1 "$R" true
bad "a limit without a value" "*nofile*" --ulimit nofile "$R" true
bad "a soft limit above the hard one" "*nofile*" --ulimit nofile=10:5 "$R" true
bad "a limit that is no number" "*nofile*" --ulimit nofile=many "$R" true
bad "an oom score out of range" "*1001*" --oom-score-adj 1001 "$R" true
bad "a sysctl without a value" "*" --sysctl net.ipv4.ip_forward "$R" true
bad "a sysctl of the machine" "*kernel.core_pattern*" --sysctl kernel.core_pattern=x "$R" true
bad "a sysctl smuggled by .." "*" --sysctl net/../kernel.core_pattern=x "$R" true
bad "a sysctl of a namespace that is shared" "*net.ipv4.ip_forward*" --net host --sysctl net.ipv4.ip_forward=1 "$R" true
bad "a sysctl that is not there" "*net.no.such*" --sysctl net.no.such=1 "$R" true
bad "an octal umask" "*--umask*" --umask 088 "$R" true

bad "an unknown network" "*nonsense*" --net nonsense "$R" true
bad "an unknown pid mode" "*--pid*" --pid nonsense "$R" true
bad "an unknown user namespace" "*--userns*" --userns nonsense "$R" true
bad "a container to join without a name" "*" --net container: "$R" true
bad "a time offset of a clock that cannot move" "*realtime*" --time-offset realtime=1d "$R" true
bad "a time offset that is none" "*--time-offset*" --time-offset boottime=soon "$R" true
bad "a stop signal that is none" "*--stop-signal*" --stop-signal SIGNONSENSE "$R" true
bad "a stop timeout that is none" "*--stop-timeout*" --stop-timeout soon "$R" true
bad "a host without address" "*--add-host*" --add-host db "$R" true
bad "a host with a bad address" "*--add-host*" --add-host db:300.1.1.1 "$R" true
bad "a name server that is a name" "*--dns*" --dns ns.example "$R" true
bad "a newline in a search domain" "*--dns-search*" --dns-search "$(printf 'a\nnameserver 6.6.6.6')" "$R" true
bad "a newline in a host to add" "*--add-host*" --add-host "$(printf 'a\nb:1.2.3.4')" "$R" true
bad "detach keys that are none" "*--detach-keys*" --detach-keys ctrl-elbow "$R" true
bad "a pidfile in a directory that is not there" "*$T/nowhere/pid*" --pidfile "$T/nowhere/pid" "$R" true
bad "an option of a later version" "*--restart*" --restart always "$R" true
bad "no empty command" "*" "$R" ""
if [ -d /sys/fs/cgroup/memory ]; then
	run --memory 64m "$R" true
	is "$? $(err)" "125 cinit: --memory: the memory controller belongs to cgroup v1, mounted at /sys/fs/cgroup/memory
cinit: add systemd.unified_cgroup_hierarchy=1 to the kernel's command line" "a limit that cgroup v1 has"
else
	skip "a limit that cgroup v1 has" "it has none here"
fi

# The message keeps to one line and shows no control bytes, whatever it quotes.
run "$(printf 'evil\033[2Jname\nsecond')" true
is "$? $(err | wc -l)" "125 1" "a newline in a name does not make a second line"
notok "and no escape sequence reaches the terminal" grep -q "$(printf '\033')" "$T/err"

# Strange starts
said="closed descriptors"
(exec 0<&- && "$CINIT" run "$R" probe flat fds) >"$T/out" 2>"$T/err"
is "$? $(out | grep '^fds\.' | cut -d= -f1 | tr '\n' ' ')" "0 fds.0 fds.1 fds.2 " "stdin closed"
(exec 1>&- && "$CINIT" run "$R" sh -c 'echo x; probe flat fds >&2') </dev/null 2>"$T/out"
is "$(out | grep '^fds\.' | cut -d= -f1 | tr '\n' ' ')" "fds.0 fds.1 fds.2 " "stdout closed: the payload has three descriptors all the same"
(exec 0<&- 1>&- 2>&- && "$CINIT" run -v "$V:/v" "$R" sh -c 'probe flat fds >/v/fds'; echo $? >"$T/rc") 2>/dev/null
is "$(cat "$T/rc") $(grep '^fds\.[012]=' "$V/fds" | wc -l)" "0 3" "all three closed"
rm -f "$V/fds"
"$PROBE" argc0 "$CINIT" </dev/null >"$T/out" 2>"$T/err"
_rc=$?
ok "argc 0 is survived" test $_rc -lt 126 -a $_rc -ne 0 -a "$(err | wc -l)" -ge 1
if [ -n "${SMALL:-}" ]; then
	# As long as the disk is full, nothing can be kept on it.
	head -c 1000000 /dev/zero >"$SMALL/fill.$IAM" 2>/dev/null
	mkdir -p "$SMALL/upper.$IAM" 2>/dev/null
	said="a full disk"
	"$PROBE" timeout 30 env XDG_RUNTIME_DIR="$SMALL/run.$IAM" XDG_DATA_HOME="$SMALL/data.$IAM" \
		"$CINIT" run --overlay-upper "$SMALL/upper.$IAM" "$R" sh -c 'cat /bin/busybox >/big' </dev/null >"$T/out" 2>"$T/err"
	isnt $? 0 "a disk that is full: no success"
	like "$(err | tail -n 1)" "*[Nn]o space left*" "and the reason is said"
	rm -rf "$SMALL/fill.$IAM" "$SMALL/run.$IAM" "$SMALL/data.$IAM" "$SMALL/upper.$IAM"
fi
(ulimit -f 0 && exec "$PROBE" timeout 30 "$CINIT" run --net none "$R" true) </dev/null 2>&1 | cat >"$T/err"
like "$(err | head -n 1)" "cinit: *fsize*" "files that may not grow: a line, and no signal kills"
cinit nonsense
is "$? $(err | wc -l)" "125 1" "an unknown command"
cinit rnu "$R" true
like "$(err)" "cinit: *rnu*run*" "names the nearest one"
