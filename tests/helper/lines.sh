#!/bin/sh
# Is the privileged helper still small enough to be read? Counts the lines of FILE... that
# are neither empty nor comment, and fails when they are more than MOST.
#
#   tests/helper/lines.sh MOST FILE...
set -eu
most=$1
shift
awk -v most="$most" '
{
	line = $0
	code = ""
	while (line != "") {
		if (inside) {
			if (!(at = index(line, "*/"))) break
			line = substr(line, at + 2)
			inside = 0
		} else if ((at = index(line, "/*"))) {
			code = code substr(line, 1, at - 1)
			line = substr(line, at + 2)
			inside = 1
		} else {
			code = code line
			break
		}
	}
	if (code ~ /[^ \t]/) n++
}
END {
	printf "helper-lines: %d of at most %d\n", n, most
	exit n > most
}' "$@"
