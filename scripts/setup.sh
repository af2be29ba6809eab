#!/bin/sh
# Installs what the build or the tests need on a Debian machine, and nothing
# that is there already.
#
#   scripts/setup.sh SET...		build, run, test, bench, lint, fuzz
#
# As root, or with a sudo that asks no password, it does so through apt; else it
# names the one command that would and fails. Machines without dpkg are left to
# their administrator: the compiler will say what is missing.
set -eu

want=
for set in "$@"; do
	case $set in
	# setcap, for `make install`
	build) want="$want gcc libc6-dev make gperf xz-utils bzip2 ca-certificates linux-libc-dev \
		libcap2-bin" ;;
	# newuidmap, for containers with more than one id
	run) want="$want uidmap" ;;
	# peers to compare with, root file systems, the machine in a machine
	test) want="$want uidmap bubblewrap runc crun tini dumb-init catatonit hyperfine \
		busybox-static mmdebstrap cpio e2fsprogs qemu-system-x86 strace python3 procps \
		libcap-ng-dev libseccomp-dev libcap2-bin iproute2 nftables iputils-ping \
		binutils groff-base zsh" ;;
	# networks and control groups to compare with; podman too, if it is there
	bench) want="$want busybox-static iproute2 nftables libcap2-bin procps slirp4netns passt \
		runc crun python3" ;;
	lint) want="$want clang clang-format clang-tidy cppcheck shellcheck libcap-ng-dev libseccomp-dev" ;;
	fuzz) want="$want clang libcap-ng-dev libseccomp-dev" ;;
	*)
		echo "setup: no such set: $set (build, run, test, bench, lint, fuzz)" >&2
		exit 2
		;;
	esac
done

if ! command -v dpkg-query >/dev/null; then
	echo "setup: not a Debian machine; these packages' programs are needed:$want" >&2
	exit 0
fi

missing=
for package in $want; do
	# shellcheck disable=SC2016 # the dollar is dpkg's
	case $(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null) in
	installed\ *) ;;
	*) case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac ;;
	esac
done
# The kernel for the virtual machine is downloaded, never installed; for that apt
# has to know where it is.
lists=
case " $* " in
*" test "*) apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1 || lists=1 ;;
esac
[ -n "$missing$lists" ] || exit 0

install="apt-get install -y -q --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
	sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	sudo="sudo -n"
else
	echo "setup: packages are missing, and installing them takes root:" >&2
	echo "	su -c 'apt-get update${missing:+ && $install}'" >&2
	exit 1
fi

[ -z "$lists" ] || $sudo apt-get update -qq </dev/null
[ -n "$missing" ] || exit 0
echo "setup: installing$missing"
# Quietly at first; lists that are absent or old name files that the mirror has
# not, so a second time with new ones, and then with all that apt has to say.
# shellcheck disable=SC2086 # words
$sudo env DEBIAN_FRONTEND=noninteractive $install </dev/null >/dev/null 2>&1 || {
	$sudo apt-get update -qq </dev/null
	$sudo env DEBIAN_FRONTEND=noninteractive $install -o Dpkg::Use-Pty=0 </dev/null
}
