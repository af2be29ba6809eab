#!/bin/sh
# Prints the base URIs of the Debian archives that this machine's apt is configured
# with, best guess first, one a line: never one of ours, so that behind a company's
# proxy or an air gap the build uses what the administrator chose. Archives of
# security updates alone come last: they hold few packages. CINIT_MIRROR=URI is the
# only one if it is set. Runs on the build machine, as anybody; nothing printed means
# that apt names none, or that there is no apt.
set -u

# With package lists apt itself knows the origin; a fresh container has none, so the
# source files are read as well and every archive in them is worth a try.
configured() {
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

# Debian's cloud images name a file with a list of mirrors instead of one.
expand() {
	while read -r uri; do
		case $uri in
		mirror+file:*) cut -f1 "/${uri#mirror+file:*/}" 2>/dev/null || : ;;
		http:*|https:*|file:*|copy:*|ftp:*|tor+*) echo "$uri" ;;
		esac
	done
}

if [ -n "${CINIT_MIRROR:-}" ]; then
	echo "$CINIT_MIRROR"
	exit 0
fi
configured | expand | sed 's:/*$::' |
	awk 'NF && !seen[$0]++ { if (/-security/) last[n++] = $0; else print }
		END { for (i = 0; i < n; i++) print last[i] }'
