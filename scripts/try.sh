#!/bin/sh
# The first look: a container on a throw-away view of this machine. With a
# terminal a shell, else what a shell would be asked first.
#
#   scripts/try.sh CINIT
#
# Whatever is written inside is gone afterwards.
set -eu

cinit=$1

if [ -t 0 ] && [ -t 1 ]; then
	shell=/bin/sh
	[ ! -x /bin/bash ] || shell=/bin/bash
	echo "A container on a throw-away view of this machine; 'exit' leaves it, and nothing stays."
	exec "$cinit" run -i -t host "$shell"
fi

# ps is not everywhere; /proc is.
exec "$cinit" run -i host /bin/sh -s <<'SCRIPT'
echo "# id"
id
echo "# hostname"
cat /proc/sys/kernel/hostname
echo "# ps"
if command -v ps >/dev/null; then
	ps -e -o pid,ppid,user,args
else
	for p in /proc/[0-9]*; do
		echo "${p#/proc/} $(tr '\0' ' ' <"$p/cmdline")"
	done
fi
echo "# mounts"
cat /proc/self/mounts
SCRIPT
