#!/bin/sh
# The disk of a Debian 12 machine with systemd as its PID 1. Runs as anybody on the
# test machine; the disk is made once and kept.
#
#   tests/vm-systemd/root.sh CACHE	prints its name, CACHE/systemd-HASH.ext4
#
# HASH is of this file, which is all of the recipe: whoever changes a line gets a new
# disk. What is in it: the packages below; `tester`, uid 1000, with subordinate ids and
# a user manager that lingers; no service that would keep a machine busy. What changes
# from day to day, cinit and the cases, comes with the initramfs (tests/vm-systemd/run).
set -eu

# Without udev: nothing here waits for devices, and it is a third of the boot.
packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,uidmap,iproute2,busybox-static,procps,libcap2-bin

# By mmdebstrap, with the new root as $1, in its user namespace if there is one: it may
# not be able to read a file of ours, so the text is handed over.
# shellcheck disable=SC2016
customize='set -eu
chroot "$1" useradd --uid 1000 --user-group --create-home --shell /bin/bash tester
echo tester:100000:65536 | tee "$1/etc/subuid" >"$1/etc/subgid"
mkdir -p "$1/var/lib/systemd/linger"
touch "$1/var/lib/systemd/linger/tester"
# with a name of its own it is no first boot, which would ask questions
echo 63696e69742d746573742d6d61636869 >"$1/etc/machine-id"
echo machine >"$1/etc/hostname"
echo "127.0.0.1 localhost machine" >"$1/etc/hosts"
: >"$1/etc/fstab"
mkdir -p "$1/etc/systemd/journald.conf.d"
printf "[Journal]\nStorage=volatile\n" >"$1/etc/systemd/journald.conf.d/test.conf"
for unit in getty@tty1.service serial-getty@ttyS0.service getty-static.service \
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
	e2scrub_reap.service fstrim.timer motd-news.timer systemd-pstore.service \
	proc-sys-fs-binfmt_misc.automount systemd-networkd.service; do
	ln -sf /dev/null "$1/etc/systemd/system/$unit"
done'

cache=$1
here=$(cd "${0%/*}" && pwd)
say() { echo "vm-systemd: $*" >&2; }

mkdir -p "$cache"
disk=$cache/systemd-$(sha256sum <"$here/root.sh" | cut -c1-16).ext4
exec 9>"$cache/systemd.lock"
flock 9
if [ -s "$disk" ]; then
	echo "$disk"
	exit
fi
rm -f "$cache"/systemd-*.ext4
say "making a Debian with systemd, once (about a minute)"
"$here/../roots.sh" mmdebstrap "$cache/systemd.tar" "$packages" --customize-hook="$customize" 9>&-

# mke2fs fills a file system from a directory, owners and all, so it has to see them:
# as root of a user namespace, for those who are not root.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/cinit-root.XXXXXX")
trap 'rmdir "$work"' EXIT
inside='set -e
mkdir "$1/root"
trap '\''rm -rf "$1/root"'\'' EXIT
tar -C "$1/root" --exclude="./dev/*" -xpf "$2"
truncate -s 768M "$3.new"
mke2fs -q -t ext4 -O ^has_journal -d "$1/root" "$3.new"'
if [ "$(id -u)" = 0 ]; then
	set -- sh -c "$inside"
else
	set -- unshare --map-root-user --map-auto sh -c "$inside"
fi
"$@" sh "$work" "$cache/systemd.tar" "$disk" >"$cache/systemd.log" 2>&1 9>&- || {
	tail -n 5 "$cache/systemd.log" >&2
	say "the disk cannot be made; all that was said: $cache/systemd.log"
	exit 1
}
rm -f "$cache/systemd.tar"
mv "$disk.new" "$disk"
echo "$disk"
