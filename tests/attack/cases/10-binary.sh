# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# CVE-2019-5736: the machine's own binary must not be written, or even run, from
# inside. suite.sh compares the binary's checksum after these cases.

# The twin that shows what the attack looks like when it works: a copy of cinit on
# a writable volume is the executable of a process inside.
cp "$CINIT" "$V/copy"
chmod 777 "$V/copy"
run -v "$V:/v" "$R" sh -c '/v/copy init -- probe sleep 500 & probe overwrite 3 /v/copy'
like "$(out)" "*WROTE /v/copy*" "a binary that is within reach is overwritten"
notok "and is not what it was" cmp -s "$CINIT" "$V/copy"
rm -f "$V/copy"

# The image's program is whatever /proc/self/exe is while it starts.
printf '#!/proc/self/exe\n' >"$R/bin/evil"
printf '#!/bin/sh\necho good\n' >"$R/bin/good"
chmod 755 "$R/bin/evil" "$R/bin/good"
ln -s /proc/self/exe "$R/bin/self"
run "$R" evil
isnt $? 0 "an entrypoint #!/proc/self/exe does not run"
unlike "$(out)$(err)" "*usage*" "cinit does not run in its place"
run "$R" self version
isnt $? 0 "nor does a link to /proc/self/exe"
unlike "$(out)" "*[0-9].[0-9]*" "and nothing says cinit's version"
run --no-init "$R" self version
isnt $? 0 "nor without init"
run "$R" good
is "$(out)" good "a script with an ordinary interpreter does"
for how in "" --privileged "--privileged --no-init" "--cap-add ALL"; do
	run $how "$R" sh -c 'sleep 0.1; exec probe overwrite 1 memfd'
	like "$(out)" "held *" "probe overwrite runs (${how:-plain})"
	unlike "$(out)" "*WROTE*" "init's executable cannot be written (${how:-plain})"
done
rm "$R/bin/evil" "$R/bin/good" "$R/bin/self"

# A neighbour that joins the attacker's pid namespace shows its processes there,
# from the first moment on. The binary is one that root inside could write: the
# caller's own, as in ~/bin.
cp "$CINIT" "$T/cinit"
start --name "trap-$$" --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH "$R" sh -c \
	'echo ready; probe overwrite 4 & probe watch 4; wait; echo done'
ready
_cinit=$CINIT
CINIT=$T/cinit
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	# what is written into /proc on the way makes a process visible again
	run --pid "container:trap-$$" $([ $i -lt 7 ] || echo --oom-score-adj 500) "$R" /bin/true
	is $? 0 "a neighbour joins, $i"
done
CINIT=$_cinit
wait_for 10 grep -q '^done' "$T/bg.out"
await
cp "$T/bg.out" "$T/out"
is "$(grep -F "$T/cinit" "$T/out" | sort -u)" "" "the attacker never saw the machine's cinit as an executable (CVE-2016-9962)"
ok "and could not write it" cmp "$CINIT" "$T/cinit"
is "$(grep '^fd ' "$T/out" | grep -E "$T|$RUNDIR|/etc/" | grep -v -E "$T/(out|err|bg\.(out|err))$")" "" \
	"nor a descriptor of the machine's files, but for the neighbour's own output"
is "$(grep -E "^(cw|ro) $T" "$T/out")" "" "nor a directory outside"
ok "though it did watch" grep -q watched "$T/out"
rm "$T/cinit"
