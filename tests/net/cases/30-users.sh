# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Two users, and root: none reaches another's containers, or takes anything from them.

who caps
up mine -p 8080:80
serve mine tcp 80
serve mine udp 80
who other
up theirs
serve theirs tcp 80
serve theirs udp 80
who root
up roots
serve roots tcp 80

for family in 4 6; do
	for proto in tcp udp; do
		is "$(inside theirs probe ask $proto $(addr$family mine) 80 300)" ETIMEDOUT "another user's container does not reach mine, $proto/IPv$family"
		is "$(inside mine probe ask $proto $(addr$family theirs) 80 300)" ETIMEDOUT "nor mine theirs"
	done
	is "$(inside roots probe ask tcp $(addr$family mine) 80 300)" ETIMEDOUT "nor root's mine, IPv$family"
	is "$(inside mine probe ask tcp $(addr$family roots) 80 300)" ETIMEDOUT "nor mine root's"
done
is "$(client inside theirs probe ask tcp $HOST4 8080)" "$(addr4 theirs)" "a published port is for everybody"
is "$(inside theirs probe resolve mine)" none "their names are their own"
isnt "$(addr4 mine | cut -d. -f1-3)" "$(addr4 theirs | cut -d. -f1-3)" "their default networks are two networks"

# Packets as no kernel sends them, from one user's container to another's
who caps
up near
up watch --cap-add NET_RAW
inside watch 'probe sniff eth0 >/tmp/sniffed & probe await /tmp/sniffed ready 5000' >/dev/null
who other
up evil --cap-add NET_RAW --cap-add NET_ADMIN
GW=$(inside evil ip route | sed -n 's/default via \([^ ]*\).*/\1/p')
GM=$(inside evil ip neigh show $GW | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
W=$(addr4 watch) W6=$(addr6 watch)
for packet in "ip4 $(addr4 evil) $W 7009" "ip4 $(addr4 near) $W 7009" "ip4 $OUT4 $W 7009" "ip4 $HOST4 $W 7009" \
	"ip6 $(addr6 evil) $W6 7009" "ip6 $(addr6 near) $W6 7009" "ip6 $OUT6 $W6 7009" "ra fe80::99" "na $W6 ff02::1" "arp $W $GW"; do
	inside evil probe forge eth0 to $GM $packet >/dev/null
	inside evil probe forge eth0 to $(mac watch) $packet >/dev/null
done
inside watch probe ask udp $OUT4 7001 >/dev/null # after all of them
wait_for 5 inside watch "grep -q '$OUT4 > $W' /tmp/sniffed"
is "$(inside watch "grep '7009\|ip4\|ip6\|arp' /tmp/sniffed" | grep -v "ip4 $OUT4 > $W\|$(mac watch)\|> ff02::16 ")" "" \
	"nothing that one user's container makes up arrives at another's"
down near watch evil

# What one user cannot name, see or change of another
who other
bad "another's container cannot be joined" "*mine*" run --net container:mine "$R" true
cinit network inspect tester/default
isnt $? 0 "another's network cannot be looked at"
bad "another's network cannot be joined" "*tester/default*" run --net tester/default "$R" true
_refused=$(err | sed 's/tester/USER/')
bad "a network that nobody has" "*nobody/default*" run --net nobody/default "$R" true
is "$(err | sed 's/nobody/USER/')" "$_refused" "is refused with the same words"
bad "a network of a user that is not there" "*noone/default*" run --net noone/default "$R" true
is "$(err | sed 's/noone/USER/')" "$_refused" "likewise"
bad "an address of another's network" "*" run --net default:ip=$(addr4 mine) "$R" true

# Shared by policy
who caps
cinit network create shared
is $? 0 "a network of tester's"
who other
bad "is not other's" "*tester/shared*" run --net tester/shared "$R" true
policy '[network shared]' 'owner = tester' 'shared = other'
up guest --net tester/shared
who caps
up owner --net shared
serve owner tcp 80
is "$(client inside guest probe ask tcp $(addr4 owner) 80)" "$(addr4 guest)" "unless the policy shares it: then they meet"
is "$(inside guest probe ask tcp $(addr4 mine) 80 300)" ETIMEDOUT "there and nowhere else"
down guest owner
removed() { cinit network rm shared; }
ok "its owner removes it" wait_for $((5 * slow)) removed
policy
