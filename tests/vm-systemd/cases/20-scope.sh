# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # read by suite.sh
# A limit that is asked for holds wherever the user stands: his manager makes a scope for
# the container. What is claimed is read from the kernel's files and from systemd.

hog='dd if=/dev/zero of=/dev/null bs=100M count=1'
gone() { [ -z "$(find $CG/user.slice $CG/cinit -name 'ctr-*' 2>/dev/null)" ]; }

login "$CINIT" check
like "$(out | grep -E '^[a-z]+ +cgroups ')" "ok *a scope of your own, asked of systemd*" \
	"check says that systemd will be asked"
for from in user login scope; do
	$from "$CINIT" run --net none --memory 32m --name hog "$R" sh -c "echo; $hog"
	is $? 137 "$from: 100 MiB do not fit into 32"
	like "$(err)" "*cinit: hog: oom-killed (limit 32 MiB)*" "$from: who has run into the limit is told"
	$from "$CINIT" run --net none --memory 32m --pids-limit 50 "$R" sh -c 'exit 7'
	is "$? $(err)" "7 " "$from: the status comes out"
done
ok "nothing is left of them" wait_for 10 gone

# One that lasts, seen from outside.
(login "$CINIT" run --net none --name lasting --memory 64m --cpus 0.5 --pids-limit 9 "$R" \
	sh -c 'echo up; sleep 50') &
record=/run/user/$ID/cinit/containers/lasting.json
ok "a container with limits" wait_for 30 test -s $record
at=$(sed -n 's/.*"cgroup":"\([^"]*\)".*/\1/p' $record)
like "$at" "$CG$MANAGER/app.slice/*.scope/ctr-lasting" "is in a scope of the user's manager"
is "$(cat $at/memory.max $at/cpu.max $at/pids.max | tr '\n' ' ')" "67108864 50000 100000 9 " "its limits hold"
like "$(systemd-cgls --no-pager -l $MANAGER)" "*scope*ctr-lasting*sleep 50*" "systemd-cgls shows it, and what runs in it"
unit=${at%/ctr-*} unit=${unit##*/}
user systemctl --user show -p Description --value "$unit"
is "$(out)" "cinit container" "its unit says whose it is"
login "$CINIT" update --memory 80m lasting
is "$? $(cat $at/memory.max)" "0 83886080" "update changes a limit"
login "$CINIT" pause lasting
is "$? $(grep frozen $at/cgroup.events)" "0 frozen 1" "it can be paused"
login "$CINIT" unpause lasting
is "$? $(grep frozen $at/cgroup.events)" "0 frozen 0" "and go on"
login "$CINIT" stats --no-stream --format json lasting
is "$? $(err)" "0 " "stats"
used=$(out | sed -n 's/.*"memory":\([0-9][0-9]*\).*/\1/p') now=$(cat $at/memory.current)
ok "stats has the memory that the kernel has, within 1 % ($used of $now)" \
	test $((used * 100)) -ge $((now * 99)) -a $((used * 100)) -le $((now * 101))
user systemctl --user stop "$unit"
wait
ok "when systemd ends the scope the container ends" wait_for 10 gone
login "$CINIT" run --net none --name lasting "$R" true
is $? 0 "and its name is free"

login "$CINIT" run --net none --cgroup-parent work.slice --memory 32m "$R" true
is "$? $(err)" "0 " "a slice can be named"
user systemctl --user show -p LoadState --value work.slice
is "$(out)" loaded "which is the manager's then"

# A controller that the user's manager has not been given.
login "$CINIT" run --net none --hugetlb 2MB:4m "$R" true
like "$? $(err)" "125 cinit: --hugetlb: the hugetlb controller is not delegated to *Delegate=*" \
	"what is not delegated is refused, with the drop-in that would"

# root
"$CINIT" run --net none --memory 32m --name hog "$R" sh -c "echo; $hog" >"$T/out" 2>"$T/err"
is $? 137 "root: 100 MiB do not fit into 32"
ok "root: nothing is left" gone
