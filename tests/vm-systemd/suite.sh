#!/bin/sh
# In the machine with systemd, as root, started by guest.service: the claims about what
# systemd gives to a user's containers.
#
#   suite.sh [CASE...]
#
# Reads the cases in order. What they may use besides tests/lib.sh stands here. All of
# user, login and scope leave what was said in $T/out and $T/err, and return its status;
# they differ in the cgroup that the program is started in.
# shellcheck disable=SC2034 # cases are read at the end
# shellcheck source=tests/lib.sh
. "${0%/*}/../lib.sh"
umask 022
: "${RUN_TIMEOUT:=60}" # the processor is an emulated one

ID=1000
CAPABLE=/opt/caps/cinit	# cinit with the capabilities of `make install`
MINE=$T/tester		# a directory of the user's
R=$MINE/busybox		# a root file system, the user's too
CG=/sys/fs/cgroup
# the cgroup of the user's manager
MANAGER=/user.slice/user-$ID.slice/user@$ID.service

# user PROGRAM ARG...: as tester, in the cgroup of guest.service, which is root's.
user() {
	said="user $*"
	"$PROBE" timeout "$RUN_TIMEOUT" setpriv --reuid $ID --regid $ID --init-groups --inh-caps=-all \
		env -i HOME=/home/tester USER=tester LOGNAME=tester PATH="$PATH" LANG=C.UTF-8 \
		XDG_RUNTIME_DIR=/run/user/$ID "$@" </dev/null >"$T/out" 2>"$T/err"
}

# login PROGRAM ARG...: as tester who has logged in, in the cgroup of the session.
login() {
	said="login $*"
	# shellcheck disable=SC2016 # the login shell expands it
	"$PROBE" timeout "$RUN_TIMEOUT" runuser - tester -c 'exec "$0" "$@"' -- "$@" \
		</dev/null >"$T/out" 2>"$T/err"
}

# scope PROGRAM ARG...: as tester, in a scope that the user's manager has delegated.
scope() {
	user systemd-run --user --scope --quiet -p Delegate=yes -- "$@"
}

# Nobody else starts the user's manager: logind does, because the user lingers.
wait_for 60 test -S /run/user/$ID/bus || fail "a bus for the user, who lingers"
mkdir "$MINE"
chown $ID:$ID "$MINE"
user "$TESTS/roots.sh" busybox "$R" "$PROBE" || bail "the user makes a root file system" "$(err)"
# By the step of `make install`.
CAPS=1 DESTDIR='' sh "$TESTS/../scripts/install-caps.sh" $CAPABLE >"$T/out" 2>&1 ||
	bail "capabilities can be set" "$(out)"

cases=$TESTS/vm-systemd/cases
[ $# -gt 0 ] || set -- "$cases"/*.sh
for case; do
	case=${case##*/}
	case=$cases/${case%.sh}.sh
	[ -r "$case" ] || bail "no such case: $case"
	echo "# ${case##*/}"
	. "$case"
done
finish
