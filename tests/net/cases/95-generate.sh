# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# `cinit generate nft`: what it prints is what the kernel has.

# As nft prints a table: its handle, its owner and its set's elements apart.
plain() { sed -e '/flags owner/d' -e 's/ *#.*//' -e 's/^\s*//' | grep -v '^$'; }

who caps
# Also what net.conf adds to what was asked for.
up plain -p 8080:80
cinit generate nft plain
is "$(out | grep -c 'ct count over 16384')" 1 "the cap of connections that nobody asked for is printed"
down plain
up web -p 8080:80 -p 8081:81/udp -p 9000-9009:90-99 --max-conns 50 --egress "deny=$OUT4/32:7000" --egress "allow=fd00::/8"
cinit generate nft web
is "$? $(err)" "0 " "generate nft NAME"
cp "$T/out" "$T/rules"
ip netns add copy
for link in $(sed -n 's/.*[io]if "\([^"]*\)".*/\1/p' "$T/rules" | sort -u); do
	ip -n copy link add $link type bridge
done
ok "nft reads it" "$PROBE" netns copy nft -c -f "$T/rules"
"$PROBE" netns copy nft -f "$T/rules"
tables() { "$@" nft -s list ruleset | plain; }
tables "$PROBE" netns copy >"$T/rules.said"
tables env >"$T/rules.kernel"
same "$T/rules.said" "$T/rules.kernel" "and makes of it what the kernel has"
ip netns del copy
down web
bad "a container that is not there" "*nowhere*" generate nft nowhere
