# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# A container that lives as long as its last process.

run --wait-all "$R" sh -c '(sleep 0.3; echo late) & exit 4'
is $? 4 "--wait-all: the status is the program's"
is "$(out)" late "what it left behind goes on to its end"
run "$R" sh -c '(sleep 3; echo late) & exit 4'
is "$? $(out)" "4 " "without it the container ends with its program"
run --wait-all --no-init "$R" true
is "$? $(err | wc -l)" "125 1" "without an init nobody waits: refused with one line"
start --wait-all "$R" sh -c 'setsid sleep 60 & echo ready'
ready
kill "$launcher"
await
wait_for 5 no_containers
is "$(containers)" "$PROCESSES_BEFORE" "TERM to the launcher reaches those who are left"
