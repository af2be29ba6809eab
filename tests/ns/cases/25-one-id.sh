# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# A user without subordinate ids: one id, and a note that says so.

run "$R" probe flat ids map caps sec mounts fds
is $? 0 "without subordinate ids a container runs"
is "$(fact map.uid)|$(fact map.gid)" "0 $ME 1|0 $(id -g) 1" "with a map of one id"
is "$(fact map.setgroups)" deny "setgroups is denied then (CVE-2014-8989)"
is "$(fact ids.euid):$(fact ids.egid)" 0:0 "and root inside"
is "$(err | wc -l)" 1 "a note says so in one line"
like "$(err)" "*/etc/subuid*" "and what would mend it"
is "$(fact sec.nnp) $(fact sec.seccomp) $(fact caps.bnd)" "1 2 00000000800405fb" "nothing else is weaker"
run --user 1000 "$R" true
is $? 125 "another user cannot be had then"
run --userns=keep-id "$R" probe flat ids map
is "$(fact ids.euid) $(fact map.uid)" "$ME $ME $ME 1" "--userns=keep-id can"
run "$R" sh -c 'probe try setgroups; touch /tmp/x && rm /etc/passwd && echo changed'
is "$(out | tr '\n' ' ')" "EPERM changed " "groups cannot be dropped (CVE-2018-7169), files be changed"
run -it "$R" true
is $? 125 "-t without a terminal is refused as ever"
"$PROBE" timeout 30 "$PROBE" pty -- "$CINIT" run -it "$R" probe flat tty >"$T/pty" 2>&1
tr -d '\r' <"$T/pty" >"$T/out"
is "$(fact tty.fd0) $(fact tty.controlling)" "tty yes" "a terminal"
run host true
is $? 0 "the host view"
run -v "$V:/v" "$R" touch /v/mine
is "$(stat -c %u "$V/mine")" "$ME" "a volume"
