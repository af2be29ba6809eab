# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Users, groups, capabilities: nobody becomes more than was asked for.

zero=0000000000000000
# Numbers that wrap, signs, other bases (CVE-2016-3697, CVE-2024-40635)
cat >>"$R/etc/passwd" <<-'END'
	big:x:4294967296:4294967296::/:/bin/sh
	max:x:4294967295:4294967295::/:/bin/sh
	minus:x:-1:-1::/:/bin/sh
	hex:x:0x10:0x10::/:/bin/sh
	empty:x:::/:/bin/sh
	short:x:5
	0:x:1234:1234::/:/bin/sh
	1001:x:0:0::/:/bin/sh
	+:x:0:0::/:/bin/sh
END
for user in big max minus hex empty short +; do
	run --user $user "$R" probe flat ids
	is "$? $(err | wc -l)" "125 1" "the passwd line of $user is refused"
done
run --user 1001 "$R" probe flat ids
is "$(fact ids.euid)" 1001 "a number is a number, whatever user is called by it"
run --user 0 "$R" probe flat ids
is "$(fact ids.euid)" 0 "0 is 0 as well"
for user in 1001:4294967295 4294967295:0 2147483648 1001:-1 '' : 0: '0 ' '0
0' "$(printf '0\t')"; do
	run --user "$user" "$R" probe flat ids
	is $? 125 "--user '$user' is refused"
done
printf 'many:x:60000:' >>"$R/etc/group"
printf 'app\n' >>"$R/etc/group"
i=0
while [ $i -lt 80 ]; do
	echo "g$i:x:$((61000 + i)):app" >>"$R/etc/group"
	i=$((i + 1))
done
run --user app "$R" probe flat ids
_rc=$?
ok "a user of eighty groups has all of them or is refused" \
	test $_rc = 125 -o "$(fact ids.groups | wc -w)" -ge 82
printf 'ctl:x:5:5::/ho\033[2Jme:/bin/sh\n' >>"$R/etc/passwd"
run --user ctl "$R" probe flat env
notok "control bytes in a home do not get through" grep -q "$(printf '\033')" "$T/out"
rm -rf "$R"
"$TESTS/roots.sh" busybox "$R" "$PROBE"

# Groups of the caller do not come along (CVE-2022-36109)
run "$R" probe flat ids
is "$(fact ids.groups)" 0 "exactly one group"
run --user 1000:1000 "$R" probe flat ids
is "$(fact ids.groups)" 1000 "for a user too"
run "$R" probe try setgroups
is "$(out)" ok "where the machine has authorised the range they can"

# Capabilities do not hide in inheritable or ambient sets (CVE-2022-24769)
for how in "" "--user 1000" "--cap-add NET_ADMIN" "--privileged" "--cap-drop ALL" "--no-init"; do
	run $how "$R" probe flat caps
	is "$(fact caps.inh) $(fact caps.amb)" "$zero $zero" "inheritable and ambient are empty (${how:-plain})"
done
run --user 1000 --security-opt no-new-privileges=false "$R" sh -c 'probe flat caps; su -c "probe flat caps" root'
is "$(fact caps.eff)" $zero "a user does not become root by a program that is not setuid"
chmod 4755 "$R/bin/busybox"
run --user 1000 "$R" id -u
is "$(out)" 1000 "no_new_privs: a setuid program stays the user's"
run --user 1000 --security-opt no-new-privileges=false "$R" id -u
like "$(out)" "*0" "without it, it is root's, and that is the twin" || :
rm -rf "$R"
"$TESTS/roots.sh" busybox "$R" "$PROBE"

# Keyrings: what the caller holds is not the container's
said="probe keyring cinit run"
is "$("$PROBE" keyring "$PROBE" try find-key)" ok "a key in the session keyring is found by whoever inherits that"
for how in "" --no-init --privileged --userns=host; do
	[ "$how" != --userns=host ] || [ $IAM = root ] || continue
	"$PROBE" keyring "$CINIT" run $how --security-opt seccomp=unconfined "$R" probe try find-key </dev/null >"$T/out" 2>"$T/err"
	like "$(out)" "E*" "not from inside (${how:-plain})"
done
run "$R" sh -c 'cat /proc/keys | wc -c; cat /proc/key-users 2>/dev/null | wc -l'
is "$(out | head -n 1)" 0 "/proc/keys shows none"
