# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# What a container has besides ROOTFS: /proc, /sys, /dev, its files in /etc.

run "$R" probe flat mounts dev process
for opt in nosuid nodev noexec; do
	like "$(fact mounts./proc.options)" "*$opt*" "/proc is $opt"
done
is "$(fact mounts./dev.type)" tmpfs "/dev is a tmpfs of the container"
for opt in nosuid noexec; do
	like "$(fact mounts./dev.options)" "*$opt*" "/dev is $opt"
done
for dir in shm mqueue; do
	for opt in nosuid nodev noexec; do
		like "$(fact mounts./dev/$dir.options)" "*$opt*" "/dev/$dir is $opt"
	done
done
is "$(fact mounts./dev/shm.type) $(fact mounts./dev/mqueue.type) $(fact mounts./dev/pts.type)" \
	"tmpfs mqueue devpts" "shm, mqueue and pts are there"
like "$(fact mounts./dev/shm.super)" "*size=65536k*" "/dev/shm has 64 MiB"
is "$(fact dev.null)|$(fact dev.zero)|$(fact dev.full)|$(fact dev.random)|$(fact dev.urandom)|$(fact dev.tty)" \
	"char 1:3 666|char 1:5 666|char 1:7 666|char 1:8 666|char 1:9 666|char 5:0 666" \
	"the usual devices, with the usual numbers and modes"
is "$(fact dev.null_works)$(fact dev.zero_works)$(fact dev.full_works)$(fact dev.urandom_works)" \
	yesyesyesyes "and they work"
is "$(fact dev.ptmx_works)" /dev/pts/0 "its own devpts: the first terminal is number 0"
is "$(fact dev.fd)|$(fact dev.stdin)|$(fact dev.stdout)|$(fact dev.stderr)" \
	"link /proc/self/fd|link /proc/self/fd/0|link /proc/self/fd/1|link /proc/self/fd/2" \
	"the links to descriptors"
like "$(fact mounts./sys.options)" "ro*" "/sys is read-only"
like "$(fact mounts./sys.type)" sysfs "and a sysfs"
if [ -n "$(fact mounts./sys/fs/cgroup.type)" ]; then
	is "$(fact mounts./sys/fs/cgroup.type)" cgroup2 "/sys/fs/cgroup is cgroup2"
	like "$(fact mounts./sys/fs/cgroup.options)" "ro*" "and read-only"
elif grep -q ' - cgroup2 ' /proc/self/mountinfo; then
	fail "/sys/fs/cgroup shows the cgroup2 hierarchy of the machine"
else
	skip "/sys/fs/cgroup" "no cgroup2 on this machine"
fi
run "$R" sh -c 'ls /dev | tr "\n" " "'
is "$(out)" "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero " \
	"and nothing else is in /dev"

# Masked: nothing to read; read-only: nothing to write
run "$R" sh -c '
for f in /proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats \
	/proc/sched_debug /proc/scsi /proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap \
	/sys/firmware /sys/fs/selinux; do
	[ -e $f ] || continue
	if [ -d $f ]; then [ -z "$(ls -A $f)" ] || echo "open: $f"
	else [ "$(head -c 1 $f 2>/dev/null | wc -c)" = 0 ] || echo "open: $f"; fi
done
for d in /sys/devices/system/cpu/cpu*/thermal_throttle; do
	[ ! -d $d ] || [ -z "$(ls -A $d)" ] || echo "open: $d"
done
for f in /proc/sys/kernel/hostname /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/irq/default_smp_affinity; do
	[ ! -e $f ] || echo "$f $(probe try write $f)"
done
[ ! -d /proc/acpi ] || probe try create /proc/acpi/x
echo end'
is "$(out | grep open:)" "" "masked paths show nothing"
is "$(out | grep -v -e open: -e end -e EROFS -e ' EACCES$')" "" "read-only paths are read-only"
run --security-opt systempaths=unconfined "$R" probe flat mounts
is "$(fact mounts./proc/sys.type)" "" "systempaths=unconfined takes masks and locks away"

run --shm-size 1m "$R" sh -c 'grep " /dev/shm " /proc/mounts; head -c 2000000 /dev/zero >/dev/shm/x 2>/dev/null; wc -c </dev/shm/x'
like "$(out)" "*size=1024k*" "--shm-size"
is "$(out | tail -n 1)" 1048576 "holds"

# The container's own files in /etc
run --hostname box.example --add-host db:10.1.2.3 --add-host six:fd00::1 --dns 9.9.9.9 --dns-search x.example \
	--dns-option ndots:2 "$R" sh -c 'hostname; cat /etc/hostname; echo --; cat /etc/hosts; echo --; cat /etc/resolv.conf'
is "$(out | sed -n '1,2p' | tr '\n' ' ')" "box.example box.example " "--hostname, in the kernel and in /etc/hostname"
ok "/etc/hosts knows localhost" grep -q '^127\.0\.0\.1[[:space:]].*localhost' "$T/out"
ok "/etc/hosts knows the container" grep -q '[[:space:]]box\.example' "$T/out"
ok "--add-host" grep -q '^10\.1\.2\.3[[:space:]]*db$' "$T/out"
ok "--add-host with IPv6" grep -q '^fd00::1[[:space:]]*six$' "$T/out"
ok "--dns" grep -q '^nameserver 9\.9\.9\.9$' "$T/out"
is "$(grep -c '^nameserver' "$T/out")" 1 "--dns replaces the machine's servers"
ok "--dns-search" grep -q '^search x\.example$' "$T/out"
ok "--dns-option" grep -q '^options ndots:2$' "$T/out"
notok "nothing of the image's files is there" grep -q never "$T/out"
run "$R" sh -c 'echo mine >>/etc/hosts && echo mine >/etc/resolv.conf && tail -n 1 /etc/hosts'
is "$(out)" mine "the files can be written"
is "$(cat "$R/etc/hosts" "$R/etc/resolv.conf" "$R/etc/hostname" | grep -c never)" 3 "the image's are as they were"
run --net host "$R" cat /etc/resolv.conf
is "$(out | grep '^nameserver')" "$(grep '^nameserver' /etc/resolv.conf)" "--net host: the machine's servers"
ln -sf ../run/elsewhere "$R/etc/resolv.conf"
run "$R" cat /etc/resolv.conf
is $? 0 "an image whose resolv.conf is a dangling link"
rm "$R/etc/resolv.conf" && echo 'image resolv, never seen' >"$R/etc/resolv.conf"
