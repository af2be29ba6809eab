#!/bin/sh
# Proves from the objects that calls go down only:
#
#	main -> cli -> runtime, init -> fs, net, cgroup -> lib
#
#   tests/layers.sh OBJDIR OBJECT...
#
# An object belongs to the room that its path below OBJDIR begins with. Every
# symbol that a room needs and another room defines is a call between the two;
# the table below says which may be. Headers are free for all: what a program
# may not do shows in its symbols, whatever it includes.
set -eu

dir=$1
shift

LC_ALL=C nm -A -g "$@" | awk -v dir="$dir/" '
BEGIN {
	may["main"] = "cli runtime init lib"
	may["cli"] = "runtime init fs net cgroup lib"
	may["runtime"] = "init fs net cgroup lib"
	may["init"] = "lib"
	may["fs"] = may["net"] = may["cgroup"] = "lib"
	may["lib"] = ""
	# A container is started with the init that cinit carries, and that is
	# all the launcher may have of init.
	only["runtime init"] = "^init_image_"
}
# "OBJECT:VALUE TYPE SYMBOL", the value is blank for what is undefined
{
	object = $0; sub(/:[^:]*$/, "", object)
	symbol = $NF; type = $(NF - 1); sub(/.*:/, "", type)
	room = object
	if (index(room, dir) == 1) room = substr(room, length(dir) + 1)
	else if (room ~ /\/gen\/init_image\.o$/) room = "init/image.o"
	else next
	file = room; sub(/\.o$/, ".c", file)
	sub(/\/.*/, "", room); sub(/\.o$/, "", room)
	if (!(room in may)) {
		print "layers: " file " is in no room that the rules know" > "/dev/stderr"
		bad = 1
		next
	}
	objects[object] = 1
	if (type ~ /^[Uw]$/) {
		n++; needs[n] = symbol; user[n] = room; where[n] = file
	} else {
		home[symbol] = room; defined[symbol] = file
	}
}
END {
	for (i = 1; i <= n; i++) {
		symbol = needs[i]
		if (!(symbol in home) || home[symbol] == user[i]) continue
		calls++
		pair = user[i] " " home[symbol]
		if ((" " may[user[i]] " ") ~ (" " home[symbol] " ") &&
		    (!(pair in only) || symbol ~ only[pair])) continue
		printf "layers: %s (%s) uses %s of %s (%s)\n", \
			where[i], user[i], symbol, defined[symbol], home[symbol] > "/dev/stderr"
		bad = 1
	}
	for (object in objects) m++
	if (!bad) printf "layers: %d objects, %d uses across rooms, all of them downwards\n", m, calls
	exit bad
}'
