# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# What the payload may do.

zero=0000000000000000
default=00000000800405fb # the 11: chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service sys_chroot setfcap
caps() { echo "$(fact caps.prm) $(fact caps.eff) $(fact caps.bnd) $(fact caps.inh) $(fact caps.amb)"; }

run "$R" probe flat caps sec signals fds limits proc
is "$(caps)" "$default $default $default $zero $zero" "the 11 capabilities, nothing inheritable, nothing ambient"
is "$(fact sec.nnp)" 1 "no_new_privs"
is "$(fact sec.seccomp)" 2 "a filter"
is "$(fact sec.umask)" 0022 "umask 022"
is "$(fact signals.blocked) $(fact signals.ignored)" "$zero $zero" "no signal blocked or ignored"
is "$(fact limits.core)" 0:0 "no core files"
is "$(out | grep '^fds\.' | cut -d= -f1 | tr '\n' ' ')" "fds.0 fds.1 fds.2 " "three descriptors"
is "$(fact fds.0)" /dev/null "stdin is /dev/null"
is "$(fact sec.securebits)" 0 "no securebits"
unlike "$(fact proc.pid1_exe)" "$CINIT*" "the machine's cinit is not the container's init"

run --user 1000 "$R" probe flat caps
is "$(caps)" "$zero $zero $default $zero $zero" "another user has none, and the bounding set of 11"
run --cap-add NET_ADMIN --cap-drop chown --cap-drop CAP_KILL "$R" probe flat caps
is "$(caps)" "00000000800415da 00000000800415da 00000000800415da $zero $zero" "--cap-add, --cap-drop, any spelling"
run --cap-drop ALL "$R" probe flat caps
is "$(caps)" "$zero $zero $zero $zero $zero" "--cap-drop ALL leaves none in any set"
run --cap-drop ALL --cap-add SETUID --user 1000 "$R" probe flat caps
is "$(caps | tr ' ' '\n' | sort -u)" 0000000000000080 \
	"--cap-drop ALL --cap-add one, for a user: that one, in every set, as podman has it"
run --privileged "$R" probe flat caps sec
isnt "$(fact caps.eff)" "$default" "--privileged: more capabilities"
is "$(fact caps.eff) $(fact caps.inh) $(fact caps.amb)" "$(fact caps.bnd) $zero $zero" "as many as the bounding set, none inheritable"
is "$(fact sec.nnp) $(fact sec.seccomp)" "0 0" "no filter, no no_new_privs"
like "$(fact caps.bnd)" "000001ff????????" "up to CHECKPOINT_RESTORE"
run --security-opt no-new-privileges=false "$R" probe flat sec
is "$(fact sec.nnp) $(fact sec.seccomp)" "0 2" "no-new-privileges=false keeps the filter"
run --security-opt no-new-privileges=false --user 1000 "$R" probe flat sec caps
is "$(fact sec.seccomp) $(caps)" "2 $zero $zero $default $zero $zero" "also for a user"
run --security-opt seccomp=unconfined "$R" probe flat sec
is "$(fact sec.nnp) $(fact sec.seccomp)" "1 0" "seccomp=unconfined"

# The filter, call by call. One container tries them all.
run "$R" sh -c 'for t in "$@"; do echo "$t=$(probe try $t /tmp/new)"; done' - \
	clone3 unknown keyctl add_key request_key bpf io_uring_setup userfaultfd perf_event_open kexec_load \
	init_module open_by_handle_at settimeofday personality swapon reboot x32 compat32 socket-alg socket-vsock \
	unshare-user clone-user unshare-net mount-tmpfs umount pivot_root setns tiocsti tiocsti-high tioclinux \
	mknod socket-raw socket-packet socket-inet chroot
for call in clone3 unknown; do
	is "$(fact $call)" ENOSYS "$call: not there, so that programs fall back"
done
for call in keyctl add_key request_key bpf io_uring_setup userfaultfd perf_event_open kexec_load init_module \
	open_by_handle_at settimeofday personality swapon reboot unshare-user clone-user unshare-net mount-tmpfs \
	umount pivot_root setns tiocsti tiocsti-high tioclinux mknod socket-raw socket-packet; do
	like "$(fact $call)" "E[PN][EO][RS][MY]*" "$call: refused"
done
for call in socket-alg socket-vsock; do
	like "$(fact $call)" "E*" "$call: refused"
done
for call in x32 compat32; do
	like "$(fact $call)" "[Ek][Ni][Ol][Sl]*" "$call: another ABI is not let in"
done
is "$(fact socket-inet) $(fact chroot)" "ok ok" "what is allowed works"
run --security-opt seccomp=compat32 "$R" probe try compat32
_host=$("$PROBE" try compat32)
is "$(out)" "$_host" "compat32 lets 32-bit calls in where the kernel has them"
run --cap-add SYS_ADMIN "$R" sh -c 'for t in unshare-net mount-tmpfs; do echo "$t=$(probe try $t /tmp)"; done'
is "$(fact unshare-net) $(fact mount-tmpfs)" "ok ok" "with SYS_ADMIN the filter opens for its calls"
cat >"$T/profile.json" <<-'END'
	{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": [ "SCMP_ARCH_X86_64" ],
	  "syscalls": [ { "names": [ "mkdir", "mkdirat" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 28 } ] }
END
run --security-opt "seccomp=$T/profile.json" "$R" sh -c 'probe try mkdir /tmp/x; probe try create /tmp/y; probe flat sec'
is "$(out | head -n 2 | tr '\n' ' ')" "ENOSPC ok " "seccomp=FILE: the profile's calls and its errno"
is "$(fact sec.seccomp)" 2 "as a filter"
run --security-opt "seccomp=$T/profile.json" "$R" probe try mkdir /tmp/x
is "$(out)" ENOSPC "the same profile from the cache"
echo '{ "defaultAction": "SCMP_ACT_NONSENSE" }' >"$T/profile.json"
run --security-opt "seccomp=$T/profile.json" "$R" true
is "$? $(err | wc -l)" "125 1" "a profile that makes no sense is refused"

# Limits and the like
run --ulimit nofile=100:200 --ulimit cpu=50 --umask 077 --oom-score-adj 500 "$R" probe flat limits sec
is "$(fact limits.nofile) $(fact limits.cpu)" "100:200 50:50" "--ulimit"
is "$(fact sec.umask)" 0077 "--umask"
is "$(fact sec.oom_score_adj)" 500 "--oom-score-adj"
(umask 000 && run "$R" probe flat sec)
is "$(fact sec.umask)" 0022 "the caller's umask is not the container's"
run --sysctl net.ipv4.ip_default_ttl=77 --sysctl kernel.shm_rmid_forced=1 --sysctl fs.mqueue.msg_max=20 "$R" sh -c \
	'cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/shm_rmid_forced /proc/sys/fs/mqueue/msg_max'
is "$(out | tr '\n' ' ')" "77 1 20 " "--sysctl of the container's namespaces"

# The network's own settings: whoever is in the container may ping, as far as ids are mapped.
for _net in none private; do
	run --net $_net --cap-drop ALL "$R" probe ask icmp 127.0.0.1 0
	is "$? $(out)" "0 pong" "--net $_net: root pings without a capability"
	run --net $_net --user 1000:1500 "$R" probe ask icmp 127.0.0.1 0
	is "$? $(out)" "0 pong" "--net $_net: so does a user"
done
run --sysctl "net.ipv4.ping_group_range=1 0" "$R" probe ask icmp 127.0.0.1 0
like "$? $(out)$(err)" "* *EACCES*" "--sysctl takes it away again"
start --name "range-$$" --net none --sysctl "net.ipv4.ping_group_range=7 9" "$R" sh -c 'echo ready; sleep 60'
ready
run --net "container:range-$$" "$R" cat /proc/sys/net/ipv4/ping_group_range
is "$(out | tr '\t' ' ')" "7 9" "another container's network keeps what it was given"
kill "$launcher"
await
cat /proc/sys/net/ipv4/ping_group_range >"$T/range.before"
run --net host "$R" true
cat /proc/sys/net/ipv4/ping_group_range >"$T/range.after"
same "$T/range.before" "$T/range.after" "--net host: the machine's range is left alone"
isnt "$(cat /proc/sys/net/ipv4/ip_default_ttl)" 77 "and not the machine's"
run --device /dev/full:/dev/myfull "$R" sh -c 'echo x >/dev/myfull'
like "$(err)" "*o space left*" "--device"
"$PROBE" keyring "$CINIT" run --security-opt seccomp=unconfined "$R" probe try find-key </dev/null >"$T/out" 2>"$T/err"
is "$(out)" ENOKEY "a session keyring of its own"

# Descriptors
said="with 20 descriptors open"
"$PROBE" with-fds 20 /etc "$CINIT" run "$R" probe flat fds </dev/null >"$T/out" 2>"$T/err"
is "$(out | grep '^fds\.' | cut -d= -f1 | tr '\n' ' ')" "fds.0 fds.1 fds.2 " "descriptors of the caller do not leak in"
"$PROBE" with-fds 20 "$V/file" "$CINIT" run --preserve-fds 2 "$R" probe flat fds </dev/null >"$T/out" 2>"$T/err"
is "$(out | grep '^fds\.' | cut -d= -f1 | tr '\n' ' ')" "fds.0 fds.1 fds.2 fds.3 fds.4 " "--preserve-fds 2 hands on two"
run --preserve-fds 2 "$R" true
is $? 125 "--preserve-fds of what is not open is refused"
"$PROBE" with-fds 20 /etc "$CINIT" run "$R" probe links 1 </dev/null >"$T/out" 2>"$T/err"
is "$(out | grep -c '=/etc$')" 0 "nor do they stay open in init"

# Signals: mask and ignored ones are the caller's
"$PROBE" sigs 10,12,34 1,13 "$CINIT" run "$R" probe flat signals </dev/null >"$T/out" 2>"$T/err"
is "$(fact signals.blocked)" 0000000200000a00 "the caller's blocked signals are the payload's"
is "$(fact signals.ignored)" 0000000000001001 "and its ignored ones"
"$PROBE" sigs - 17 "$CINIT" run "$R" sh -c 'true & wait $!; echo $?' </dev/null >"$T/out" 2>"$T/err"
is "$? $(out)" "0 0" "SIGCHLD ignored by the caller does no harm"
