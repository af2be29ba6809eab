# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# A machine that forbids user namespaces (tests/vm/guest has seen to that).

run "$R" true
is $? 125 "user namespaces forbidden: exit status 125"
like "$(err)" "cinit: *user namespace*" "the line says so"
ok "and what would mend it: a setting" grep -q -e max_user_namespaces -e unprivileged_userns_clone -e 'cinit check' "$T/err"
ok "in one line and one of advice at most" test "$(err | wc -l)" -le 2
cinit check
_rc=$?
isnt $_rc 0 "cinit check finds it"
ok "and names the command that mends it" grep -q -e max_user_namespaces -e unprivileged_userns_clone "$T/out"
run --dry-run "$R" true
is $? 0 "a plan can be made all the same"
