# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Other programs' rules, and ours under their hands.

nft -f - <<'NFT'
table inet theirs {
	set s { type ipv4_addr; elements = { 203.0.113.9 } }
	chain input { type filter hook input priority 0; ip saddr @s drop; }
	chain forward { type filter hook forward priority 0; policy accept; counter; }
}
table ip nat {
	chain post { type nat hook postrouting priority 100; ip saddr 203.0.113.0/24 masquerade; }
}
NFT
nft -s list table inet theirs >"$T/theirs"
nft -s list table ip nat >>"$T/theirs"

for kind in caps root; do
	who $kind
	up web -p 8080:80
	serve web tcp 80
	nft -s list table inet theirs >"$T/theirs.now"
	nft -s list table ip nat >>"$T/theirs.now"
	same "$T/theirs" "$T/theirs.now" "$kind: other programs' tables are not touched"
	"$PROBE" netns outside "$PROBE" chat $HOST4 8080 >"$T/chat.in" &
	in=$!
	inside web "probe chat $OUT4 7000 >/tmp/chat 2>&1 & echo \$! >/tmp/chat.pid" >/dev/null
	"$PROBE" await "$T/chat.in" ready 5000
	inside web probe await /tmp/chat ready 5000 >/dev/null
	nft -f - <<-'NFT'
		flush ruleset
		table inet reloaded { chain f { type filter hook forward priority 0; policy accept; }; }
	NFT
	is "$(client outside "$PROBE" ask tcp $HOST4 8080)" "$OUT4" "$kind: after nft flush ruleset: published as before"
	is "$(client inside web probe ask tcp $OUT4 7001)" "$HOST4" "$kind: and NAT"
	is "$(lan "$PROBE" ask tcp $(addr4 web) 80 300)" ETIMEDOUT "$kind: and protected"
	notok "$kind: not even root deletes a container's table by name" \
		nft delete table inet "$(nft list tables | sed -n 's/table inet \(ci[^ ]*-.*\)/\1/p' | head -n 1)"
	"$PROBE" sleep 300
	kill $in
	wait $in
	is "$(tail -n 1 "$T/chat.in")" fine "$kind: a connection from outside lived through it"
	inside web 'kill $(cat /tmp/chat.pid); probe await /tmp/chat fine 3000' >/dev/null
	is "$(inside web tail -n 1 /tmp/chat)" fine "$kind: and one to the outside"
	down web
	nft flush ruleset
	nft -f "$T/theirs"
	# "counter" prints as "counter packets 0 bytes 0" without -s
done
nft flush ruleset

# A firewall that lets nothing through is obeyed: ours adds no hole to it.
nft -f - <<'NFT'
table inet strict { chain forward { type filter hook forward priority 10; policy drop; }; }
NFT
who caps
up web -p 8080:80
serve web tcp 80
is "$(outside "$PROBE" ask tcp $HOST4 8080 300)" ETIMEDOUT "the host's own firewall is not bypassed"
is "$(inside web probe ask tcp $OUT4 7000 300)" ETIMEDOUT "in either direction"
down web
nft flush ruleset
