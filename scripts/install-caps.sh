#!/bin/sh
# Gives an installed cinit the capabilities of its privileged helper, or says how.
#
#   scripts/install-caps.sh FILE	CAPS=0 in the environment: leave it as it is
#
# Only root can, and only in the place where the file stays: a package (DESTDIR) does
# it on the machine that it is unpacked on.
set -eu

file=$1
caps=cap_net_admin,cap_setuid,cap_setgid+ep
PATH=$PATH:/usr/sbin:/sbin

advise() {
	echo "cinit: $1; networks for users want: sudo setcap $caps ${file#"${DESTDIR:-}"}"
}

if [ "${CAPS:-1}" = 0 ]; then
	advise "CAPS=0: no capabilities were set"
elif [ -n "${DESTDIR:-}" ]; then
	advise "DESTDIR: no capabilities were set"
elif [ "$(id -u)" != 0 ]; then
	advise "only root can set capabilities"
elif ! command -v setcap >/dev/null; then
	advise "setcap is not here (apt-get install libcap2-bin)"
elif ! setcap "$caps" "$file"; then
	advise "the file system of $file takes no capabilities"
else
	echo "cinit: $file may make networks for users (CAPS=0 leaves that out)"
fi
