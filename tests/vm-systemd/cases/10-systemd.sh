# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # read by suite.sh
# The machine is what it is meant to be, and a user has cgroups there without being root.

is "$(cat /proc/1/comm)" systemd "systemd is process 1"
is "$(stat -f -c %T $CG)" cgroup2fs "cgroup v2, and nothing else"
is "$(systemctl is-system-running --wait)" running "the machine is up, and all of it"
is "$(systemctl --failed --plain --no-legend)" "" "no unit has failed"
is "$(systemctl is-active user@$ID.service)" active "a manager runs for the user who has not logged in"
user systemctl --user is-system-running --wait
is "$(out)" running "and is up for him"
user busctl --user call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
	org.freedesktop.DBus.Peer Ping
is "$? $(err)" "0 " "the user's bus answers, and the manager on it"

# Where a program of the user's stands without a scope is not his.
user sh -c 'cat /proc/self/cgroup'
is "$(out)" "0::/system.slice/guest.service" "started by a service of the machine, it is in that one's cgroup"
login sh -c 'cat /proc/self/cgroup; echo $XDG_RUNTIME_DIR; id -un'
like "$(out | tr '\n' ' ')" "0::/user.slice/user-$ID.slice/session-*.scope /run/user/$ID tester " \
	"logged in, it is in the session's"
login sh -c 'mkdir /sys/fs/cgroup$(sed s/^0::// /proc/self/cgroup)/x'
isnt $? 0 "which the user may not divide"

# In a delegated scope it is.
scope sh -c '
	at=/sys/fs/cgroup$(sed s/^0::// /proc/self/cgroup)
	echo ${at#/sys/fs/cgroup}
	stat -c %u $at $at/cgroup.procs $at/cgroup.subtree_control
	cat $at/cgroup.controllers
	mkdir $at/leaf && echo $$ >$at/leaf/cgroup.procs &&
		echo +memory +pids >$at/cgroup.subtree_control &&
		ls $at/leaf | grep "^memory.max$" && sed s/^.*scope// /proc/self/cgroup'
is "$? $(err)" "0 " "a scope is delegated"
like "$(out | sed -n 1p)" "$MANAGER/app.slice/run-*.scope" "by the user's manager, below it"
is "$(out | sed -n 2,4p | tr '\n' ' ')" "$ID $ID $ID " "it belongs to the user"
controllers=" $(out | sed -n 5p) "
for name in memory pids cpu; do
	like "$controllers" "* $name *" "it has the controller $name"
done
is "$(out | sed -n 6,7p | tr '\n' ' ')" "memory.max /leaf " \
	"the user makes cgroups in it, and gives them controllers"

# Containers
for from in user login scope; do
	$from "$CINIT" run --net none "$R" true
	is "$? $(err)" "0 " "a container runs, started by: $from"
	$from "$CINIT" run --net none "$R" sh -c 'exit 7'
	is $? 7 "and its status comes out"
done
scope "$CINIT" check
is $? 0 "cinit check has no complaints"
line=$(out | grep -E '^[a-z]+ +cgroups ')
like "$line" "ok *$MANAGER/app.slice/run-*.scope*" "cinit check says which cgroup"
for name in memory pids cpu; do
	like "$line" "*$name*" "and its controller $name"
done
scope "$CAPABLE" check
like "$(out | grep -E '^[a-z]+ +networks ')" "ok *" "installed with capabilities, there are networks too"
