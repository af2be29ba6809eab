#!/bin/sh
# Root file systems for tests, made on the test machine and kept.
#
#   tests/roots.sh debian CACHE		makes CACHE/debian.tar unless it is there
#   tests/roots.sh busybox DIR PROBE	fills DIR: busybox, its links, the probe
#   tests/roots.sh mmdebstrap TAR PACKAGE,... ARG...
#					a Debian 12 minbase as TAR, log beside it
#
# debian is a Debian 12 minbase by mmdebstrap with the real programs that tests
# start: bash, python3, nginx, redis. Root makes it with root's rights, anybody
# else in a user namespace; both give the same archive. The packages come from
# the mirror that this machine's apt uses (scripts/mirrors.sh).
set -eu

packages=bash,python3,nginx-light,redis-server

say() { echo "roots: $*" >&2; }

# bootstrap TAR PACKAGES ARG...: a Debian with PACKAGES; ARG are mmdebstrap's.
bootstrap() {
	tar=$1 include=$2
	shift 2
	command -v mmdebstrap >/dev/null || {
		say "mmdebstrap is missing: apt-get install mmdebstrap"
		return 1
	}
	from=$("${0%/*}/../scripts/mirrors.sh" | head -n 1)
	[ -n "$from" ] || {
		say "apt names no mirror on this machine; say CINIT_MIRROR=URI"
		return 1
	}
	# Neither documentation nor translations: a third of the size.
	# shellcheck disable=SC2016 # mmdebstrap gives its hooks the root as $1
	if ! mmdebstrap --quiet --variant=minbase --include="$include" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
		"$@" bookworm "${tar%.tar}.new.tar" "$from" >"${tar%.tar}.log" 2>&1; then
		tail -n 5 "${tar%.tar}.log" >&2
		say "mmdebstrap failed; all of its output: ${tar%.tar}.log"
		return 1
	fi
	mv "${tar%.tar}.new.tar" "$tar"
}

# One at a time: several suites may want it at once.
make_debian() {
	cache=$1
	mkdir -p "$cache"
	exec 9>"$cache/debian.lock"
	flock 9
	if [ -s "$cache/debian.tar" ] && [ "$(cat "$cache/debian.packages" 2>/dev/null)" = "$packages" ]; then
		return
	fi
	say "making a Debian root, once (about a minute)"
	bootstrap "$cache/debian.tar" "$packages" 9>&-
	echo "$packages" >"$cache/debian.packages"
}

# A machine's busybox may be linked to libraries; those go in with it.
make_busybox() {
	dir=$1 probe=$2
	box=$(command -v busybox) || {
		say "busybox is missing: apt-get install busybox-static"
		return 1
	}
	# busybox's own shell answers with the bare name
	[ "$box" != busybox ] || box=/bin/busybox
	mkdir -p "$dir"
	(
		cd "$dir"
		umask 022
		mkdir -p bin etc dev proc sys tmp run root home var/tmp srv/data usr
		chmod 1777 tmp var/tmp
		chmod 700 root
		cp "$box" bin/busybox
		cp "$probe" bin/probe
		chmod 755 bin/busybox bin/probe
		ldd "$box" 2>/dev/null | grep -o '/[^ ]*' | while read -r lib; do
			mkdir -p ".${lib%/*}"
			cp "$lib" ".$lib"
		done
		for name in $(bin/busybox --list); do
			[ -e "bin/$name" ] || ln -s busybox "bin/$name"
		done
		ln -s bin sbin
		echo 'root:x:0:0:root:/root:/bin/sh
app:x:1000:1000:an app:/home:/bin/sh
high:x:4000:4001::/home:/bin/sh' >etc/passwd
		echo 'root:x:0:
app:x:1000:
extra:x:1500:app
high:x:4001:' >etc/group
		echo 'image hosts, never seen' >etc/hosts
		echo 'image resolv, never seen' >etc/resolv.conf
		echo 'image-hostname-never-seen' >etc/hostname
		echo 'a file of the image' >srv/data/file
	)
}

case ${1:-} in
debian) make_debian "$2" ;;
busybox) make_busybox "$2" "$3" ;;
mmdebstrap)
	shift
	bootstrap "$@"
	;;
*)
	sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
