#!/bin/sh
# Fetches one file of Debian's pool. Runs on the build machine, as anybody.
#
#   scripts/fetch.sh DEST POOLPATH SHA256 [POOLPATH SHA256]...
#
# The first pair that can be had becomes DEST; later pairs are alternates. The
# mirror is the one this machine's apt is configured with, never one of ours:
# behind a company's proxy or an air gap the build uses what the administrator
# chose. CINIT_MIRROR=URI asks for another one. A file is believed for its
# SHA-256 alone, so it does not matter which mirror answers.
#
# Prints the pool path that was taken.
set -eu

dest=$1
shift

# The base URIs of Debian archives, best guess first. With package lists apt
# itself knows the origin; a fresh container has none, so the source files are
# read as well and every archive in them is worth a try.
mirrors() {
	if [ -n "${CINIT_MIRROR:-}" ]; then
		echo "$CINIT_MIRROR"
		return
	fi
	# Every command here may fail: without apt the source files may still tell.
	# shellcheck disable=SC2016 # the dollars are apt's
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 2>/dev/null |
		sed -n 's/^Debian //p'
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
		sed -n 's/^[[:space:]]*deb\(-src\)\{0,1\}[[:space:]]\{1,\}\(\[[^]]*\][[:space:]]*\)\{0,1\}//p' |
		cut -d' ' -f1
	cat /etc/apt/sources.list.d/*.sources 2>/dev/null |
		sed -n 's/^[Uu][Rr][Ii][Ss]:[[:space:]]*//p' | tr ' ' '\n'
}

# Debian's cloud images name a list of mirrors instead of one: expand it.
expand() {
	while read -r uri; do
		case $uri in
		mirror+file:*) cut -f1 "/${uri#mirror+file:*/}" 2>/dev/null || : ;;
		http:*|https:*|file:*|copy:*|ftp:*|tor+*) echo "$uri" ;;
		esac
	done
}

# "is it the file?" before every download and after it
good() {
	[ -f "$1" ] && echo "$2  $1" | sha256sum --check --status -
}

bases=$(mirrors | expand | sed 's:/*$::' | awk 'NF && !seen[$0]++')
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
