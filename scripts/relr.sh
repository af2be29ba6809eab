#!/bin/sh
# Prints the linker's flag for packed relative relocations, if programs of this compiler and
# its libc start with them: a tenth of the table, 45 KB of cinit. Runs on the build machine;
# called by deps.sh, and by make for the unknown libc of DEPS_PREFIX=DIR.
#
#   scripts/relr.sh CC [FLAG...]
#
# musl applies them from 1.2.4 on; in a program with an older one the pointer below keeps
# the value that it has in the file. Nothing is printed where that cannot be tried.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
flag=-Wl,-z,pack-relative-relocs
echo 'static int x; int *volatile p = &x; int main(void) { return p != &x; }' >"$dir/try.c"
if "$@" -fPIE -static-pie $flag -Wl,--fatal-warnings -o "$dir/try" "$dir/try.c" 2>/dev/null && "$dir/try" 2>/dev/null; then
	echo "$flag"
fi
