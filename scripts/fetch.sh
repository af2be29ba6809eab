#!/bin/sh
# Fetches one file of Debian's pool. Runs on the build machine, as anybody.
#
#   scripts/fetch.sh DEST POOLPATH SHA256 [POOLPATH SHA256]...
#
# The first pair that can be had becomes DEST; later pairs are alternates. Which
# mirrors are asked says scripts/mirrors.sh. A file is believed for its SHA-256
# alone, so it does not matter which one answers.
#
# Prints the pool path that was taken.
set -eu

dest=$1
shift

# "is it the file?" before every download and after it
good() {
	[ -f "$1" ] && echo "$2  $1" | sha256sum --check --status -
}

bases=$("$(dirname "$0")/mirrors.sh")
helper=/usr/lib/apt/apt-helper
[ -x $helper ] || helper=

tried=
part=$dest.part.$$
trap 'rm -f "$part"' EXIT
while [ $# -ge 2 ]; do
	path=$1 sum=$2
	shift 2
	if good "$dest" "$sum"; then
		echo "$path"
		exit 0
	fi
	for base in $bases; do
		[ -n "$helper" ] || break
		rm -f "$part"
		if $helper -qq -o APT::Sandbox::User=root download-file \
			"$base/pool/main/$path" "$part" "SHA256:$sum" >/dev/null 2>&1 &&
			good "$part" "$sum"; then
			mv "$part" "$dest"
			echo "$path"
			exit 0
		fi
	done
	tried="$tried ${path##*/}"
done

{
	echo "fetch: none of these could be had:$tried"
	if [ -z "$helper" ]; then
		echo "fetch: this machine has no apt; use 'make DEPS_PREFIX=DIR' with ready libraries"
	elif [ -z "$bases" ]; then
		echo "fetch: apt names no mirror here; say CINIT_MIRROR=URI, or put the file at $dest"
	else
		echo "fetch: asked: $(echo "$bases" | tr '\n' ' ')"
		echo "fetch: put one of them at $dest (its SHA-256 is in scripts/deps.sh), or use 'make DEPS_PREFIX=DIR'"
	fi
} >&2
exit 1
