#!/bin/sh
# Installs what the program says about itself: man pages and completions.
#
#   scripts/install-docs.sh [--remove] PROGRAM SHAREDIR
#
# Nothing is kept in the source tree or the build directory for this, so the
# pages always describe the program that is installed.
set -eu

remove=
if [ "$1" = --remove ]; then
	remove=1
	shift
fi
program=$1
share=$2

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$program" man --all "$tmp/man"
"$program" completion bash >"$tmp/bash"
"$program" completion zsh >"$tmp/zsh"
"$program" completion fish >"$tmp/fish"

# put FILE PLACE: install it there, or take away what was installed there.
put() {
	if [ -n "$remove" ]; then
		rm -f "$share/$2"
	else
		install -D -m 644 "$1" "$share/$2"
	fi
}

find "$tmp/man" -type f -name '*.[1-8]' | while read -r page; do
	put "$page" "man/man${page##*.}/${page##*/}"
done
put "$tmp/bash" bash-completion/completions/cinit
put "$tmp/zsh" zsh/site-functions/_cinit
put "$tmp/fish" fish/vendor_completions.d/cinit.fish
