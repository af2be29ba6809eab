# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# cinit run --dry-run, cinit version, cinit check.

rm -rf "$T/upper2"
run --dry-run --name dry -v "$V:/v:ro" --cap-add NET_ADMIN --overlay-upper "$T/upper" --hostname dry --user app "$R" echo hello
is $? 0 "--dry-run"
is "$(err)" "" "without a word on stderr"
for word in user mnt pid net ipc uts cgroup; do
	like "$(out)" "*$word*" "the plan names the $word namespace"
done
for word in "$V" /v "$R" /proc /dev/pts /dev/shm /etc/hosts CAP_NET_ADMIN CAP_CHOWN echo; do
	like "$(out)" "*$word*" "the plan has $word"
done
like "$(out)" "*$MAP_START*" "and the id map"
cp "$T/out" "$T/plan"
run --dry-run --name dry -v "$V:/v:ro" --cap-add NET_ADMIN --overlay-upper "$T/upper" --hostname dry --user app "$R" echo hello
same "$T/plan" "$T/out" "the same plan twice"
clean "and nothing is done"
run --dry-run --name dry "$R" no-such-program
is $? 0 "the program is not looked for"
run --dry-run -v "$T/nowhere:/x" "$R" true
is "$? $(err | wc -l)" "125 1" "a plan that cannot be carried out is refused"
run --dry-run host
is $? 0 "the plan of host"
if [ $IAM = root ]; then
	mkdir -p "$T/nodes/deep"
	mknod "$T/nodes/deep/disk" b 4095 1048575
	mknod "$T/nodes/mem" c 1 1
	mkfifo "$T/nodes/pipe"
	run --dry-run --device "$T/nodes:/nodes:r" --device /dev/full:/f:w --device-cgroup-rule "c 1:1 m" --device-cgroup-rule "a 7:* w" "$R" true </dev/null
	is "$(out | grep '^device [abc] ' | tail -n +11 | sort)" "device a 7:* w
device b 4095:1048575 r
device c 1:1 rm" "rules of devices: those of --device-cgroup-rule, and of nodes wherever they are in a directory of --device"
	is "$(out | grep -c '^device [abc] ')" 13 "beside the usual ones"
	like "$(out)" "*device c 1:7 rwm*" "which lose no letter"
	run --dry-run "$R" true
	is "$(out | grep -c '^device [abc] ')" 0 "in a user namespace there are none without being asked for"
	run --dry-run --userns=host --privileged "$R" true
	is "$(out | grep -c '^device [abc] ')" 0 "nor for --privileged"
	rm -rf "$T/nodes"
fi

cinit version
is $? 0 "cinit version"
like "$(out)" "*[0-9].[0-9]*" "has a number"
cinit --version
is $? 0 "cinit --version"
cinit check
_rc=$?
ok "cinit check ends with 0 or 1" test $_rc -le 1
for word in user overlay cgroup kernel; do
	ok "cinit check speaks of $word" grep -q -i "$word" "$T/out"
done
cinit --help
is $? 0 "cinit --help"
like "$(out)" "*run*" "names the commands"
cinit run --help
is $? 0 "cinit run --help"
like "$(out)" "*--volume*" "names the options"
rm -rf "$T/upper" 2>/dev/null
