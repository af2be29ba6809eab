# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Volume targets that lead outside, or over what keeps a container in.

C=$T/canary
mkdir -p "$C/dir"
echo canary >"$C/file"
chmod -R a+rwX "$C"
"$PROBE" list "$C" >"$T/canary.before"
unharmed() {
	"$PROBE" list "$C" >"$T/canary.after"
	same "$T/canary.before" "$T/canary.after" "$1"
}

up=../../../../../../../../../../../..
cp -R "$R" "$T/evil"
ln -s "$C/dir" "$T/evil/abs"
ln -s "$up$C/dir" "$T/evil/rel"
ln -s /proc "$T/evil/p"
ln -s /proc/self/root "$T/evil/self"
ln -s /proc/1/cwd "$T/evil/cwd"
ln -s loop "$T/evil/loop"
ln -s /srv/data "$T/evil/inside"

for rw in "" --rootfs-rw; do
	for target in abs abs/made rel rel/made self/tmp cwd/tmp loop loop/x; do
		run $rw -v "$V:/$target" "$T/evil" cat "/$target/file"
		_rc=$?
		ok "a volume on $target ${rw:-} is inside or refused" test $_rc = 125 -o "$(out)" = volume
		run $rw --tmpfs "/$target" "$T/evil" touch "/$target/x"
		run $rw --device "/dev/null:/$target/null" "$T/evil" true
		run $rw -w "/$target" "$T/evil" touch x
	done
	unharmed "targets through links of the image ${rw:-} leave the canary alone"
done
run -v "$V:/inside" "$T/evil" cat /srv/data/file
is "$(out)" volume "a link that stays inside is followed"

# Over /proc and /sys, by whatever name: nothing may cover what is masked there
for target in /proc /proc/self/attr /proc/sys/kernel /proc/1 /p /p/self /proc/../proc/self; do
	run -v "$V:$target" "$T/evil" true
	is "$? $(err | wc -l)" "125 1" "a volume on $target is refused"
done
run --tmpfs /proc "$T/evil" true
is $? 125 "a tmpfs on /proc too"
run --mount type=tmpfs,dst=/proc/acpi "$T/evil" true
is $? 125 "and below it"
run -v "$V:/procfs" "$T/evil" cat /procfs/file
is "$(out)" volume "a name that only begins like it is fine"

# Bringing the machine's /proc in is the caller's to do, but not by accident: a
# relative source is not looked up inside.
run -v "$V:/v" "$T/evil" sh -c 'ls /v/../.. | grep -c canary'
is "$(out)" 0 ".. from a volume is the container's root"

# The race of CVE-2021-30465: a directory and a link change places while volumes
# are mounted. In write-through mode that happens in a tree others can change.
mkdir "$T/evil/d" "$T/evil/real"
ln -s "$up$C/dir" "$T/evil/d/swap"
mkdir "$T/evil/d/other"
run --rootfs-rw -v "$V:/d/other/t" "$T/evil" cat /d/other/t/file
is "$(out)" volume "without a race the volume is there"
"$PROBE" swap "$T/evil/d/swap" "$T/evil/d/other" 4 &
swapper=$!
i=0 strange=0 good=0
while kill -0 $swapper 2>/dev/null && [ $i -lt 150 ]; do
	run --rootfs-rw -v "$V:/d/swap/t$i" -v "$V:/d/other/u$i" --tmpfs "/d/swap/v$i" "$T/evil" true
	case $? in
	0) good=$((good + 1)) ;;
	125) ;;
	*) strange=$((strange + 1)) ;;
	esac
	i=$((i + 1))
done
kill $swapper 2>/dev/null
wait $swapper 2>/dev/null
is $strange 0 "$i starts against a swapper: each runs or is refused"
ok "some got through" test $good -gt 0
unharmed "and the canary never gets a mount point"
[ $IAM = root ] || run --rootfs-rw "$T/evil" rm -rf /d
rm -rf "$T/evil"

# From inside: what is mounted stays, what is masked stays masked
run "$R" sh -c 'for p in /proc/kcore /proc/keys /proc/sys /proc/sysrq-trigger / /dev /etc/hosts; do
	[ ! -e $p ] || echo "$(probe try umount $p)$(probe try remount-rw $p)"; done | sort -u'
is "$(out)" EPERMEPERM "no mask can be taken off, nothing made writable"
run --cap-add SYS_ADMIN "$R" sh -c 'mkdir /tmp/p && probe try mount-proc /tmp/p; head -c 1 /tmp/p/kcore 2>/dev/null | wc -c; ls /tmp/p/sys >/dev/null 2>&1 && probe try write /tmp/p/sys/kernel/core_pattern'
unlike "$(out | tail -n 1)" ok "a second /proc with SYS_ADMIN does not open the machine's settings"
