#!/bin/sh
# Is FILE the kind of program that cinit promises to be? Runs on the build
# machine after each link; one line per broken promise.
#
#   scripts/check-elf.sh FILE [MAXBYTES]
#
# A linker is quick to make something else of the same flags (Debian's own
# musl-gcc turns -static-pie into a dynamic program), and it works just as
# well until it stands alone in a container.
set -eu

file=$1
bad=0
no() {
	echo "check-elf: $file: $*" >&2
	bad=1
}

headers=$(LC_ALL=C readelf -hlW "$file")
dynamic=$(LC_ALL=C readelf -dW "$file")
has() { printf '%s\n' "$headers" | grep -Eq "$1"; }
dyn() { printf '%s\n' "$dynamic" | grep -Eq "$1"; }

has 'Type: +DYN' || no "is not position independent"
has '^ +INTERP' && no "asks for a program interpreter: it is not static"
dyn '\(NEEDED\)' && no "needs shared libraries"
dyn '\(TEXTREL\)' && no "relocates its text"
dyn 'BIND_NOW|FLAGS_1.*NOW' || no "does not bind at start (-z now)"
has '^ +GNU_RELRO' || no "has no RELRO"
has '^ +GNU_STACK.* RW +0x' || no "has an executable stack"
has '^ +LOAD.* RWE ' && no "has a segment that is writable and executable"
size=$(wc -c <"$file")
[ "$size" -le "${2:-716800}" ] || no "has $size bytes, more than ${2:-716800}"
exit $bad
