# golden.sh - what the kernel was told by our bytes is what nft makes of our words.
# Sourced by run. Both are made in a namespace of their own and read back from the
# kernel, expression by expression.
# shellcheck shell=sh disable=SC2086 # words are words

L="table=ciA if=ciA ip4=10.192.0.2 net4=10.192.0.0/22"
L6="$L ip6=fd00:1:2:3::2 net6=fd00:1:2:3::/64"
B6="table=ciA driver=bridge id=1000 if=ciA ip4=10.192.0.2 net4=10.192.0.0/22 ip6=fd00:1:2:3::2 net6=fd00:1:2:3::/64"
P="table=cp0-0 ip4=10.192.0.2"
P6="$P ip6=fd00:1:2:3::2"

golden_cases() {
	cat <<EOF
rules $L
rules $L6
rules table=ciA if=ciA ip6=fd00:1:2:3::2 net6=fd00:1:2:3::/64
rules $L6 flags=isolate
rules $L6 flags=internal
rules $L6 flags=internal,isolate max=4294967295
rules $L6 max=100
rules table=ciA if=ciA ip4=10.0.0.2 net4=10.0.0.0/8
rules table=ciA if=ciA ip4=10.0.0.2 net4=10.0.0.0/31 ip6=fd00::2 net6=fd00::/127
rules $L6 default=deny
rules $L6 default=deny allow=1.2.3.4/32 allow=1.2.3.4/32,tcp allow=1.2.3.4/32,udp,53 allow=1.2.3.4/32,sctp,1,65535
rules $L6 deny=0.0.0.0/0,tcp,25 deny=::/0,tcp,25 deny=169.254.169.254/32
rules $L6 default=deny allow=0.0.0.0/0 allow=::/0,58 allow=::/0
rules $L6 default=deny allow=10.0.0.0/9,any,80,90 allow=10.128.0.0/16 deny=10.0.0.0/24,1 allow=10.1.2.128/25,tcp,443
rules $L6 default=deny allow=fc00::/7 deny=fd00::/8,any,53 allow=fd00:1::/33 allow=2001:db8::1/128,udp,1,2
rules $B6
rules $B6 max=7 default=deny allow=10.0.0.0/8,tcp,80
rules $B6 flags=internal,isolate
publish $P port=tcp,*,8080,80
publish $P6 port=tcp,*,8080,80 port=udp,*,53,53 port=sctp,*,5000,5001
publish table=cp0-0 ip6=fd00::2 port=tcp,*,1,65535
publish $P6 port=tcp,192.0.2.1,80,80 port=tcp,0.0.0.0,81,80 port=tcp,::,82,80 port=tcp,2001:db8::1,83,80
publish $P6 port=tcp,*,10000,10000,10000 port=udp,*,1,1,65535
publish $P6 port=tcp,*,10000,20000,10000
publish $P6 port=tcp,*,100,101,3 port=udp,192.0.2.1,65533,1,3 port=udp,::,7,8,2
publish $P6 $(seq -f 'port=tcp,*,%g,80' -s ' ' 1001 1064)
EOF
}

# both WHERE WORDS...: the same table by our bytes and, in another namespace, by nft.
bytes() {
	in_ns a sh -c '
		driver=$0 what=$1 out=$2 err=$3
		shift 3
		mkfifo "$out.go"
		"$driver" hold "$@" <"$out.go" >"$out.said" 2>"$err" &
		exec 3>"$out.go"
		rm "$out.go"
		while ! grep -q ready "$out.said"; do
			kill -0 $! 2>/dev/null || exit 1
			"$PROBE" sleep 5
		done
		"$driver" dump
		exec 3>&-
		wait' "$DRIVER" "$1" "$T/bytes" "$T/err" "$@" >"$T/dump.bytes"
}
words() {
	in_ns b nft -f "$1" 2>"$T/err" && in_ns b "$DRIVER" dump >"$T/dump.words"
	_rc=$?
	in_ns b nft flush ruleset
	return $_rc
}

golden() {
	for _ns in a b; do
		ip netns add $_ns
		ip -n $_ns link add ciA index 77 type veth peer name ciB
	done
	# The socket's buffer grows for the machine's own root only.
	golden_cases | if [ -z "$NETRULES_USER" ]; then cat; else grep -v ,10000,20000; fi >"$T/cases"
	while IFS= read -r _words; do
		said="driver $_words"
		_name="$(printf '%s' "$_words" | cut -c1-100)"
		"$DRIVER" print $_words >"$T/nft" 2>"$T/err"
		ok "nft can read: $_name" in_ns b nft -c -f "$T/nft"
		bytes $_words
		words "$T/nft"
		ok "and it is not little: $_name" test "$(grep -c '^rule' "$T/dump.bytes")" -ge 2
		sort_elements "$T/dump.bytes" "$T/dump.words"
		same "$T/dump.bytes" "$T/dump.words" "the same: $_name"
		ok "nothing stays: $_name" test -z "$(in_ns a "$DRIVER" dump)"
	done <"$T/cases"

	# That the comparison sees small things.
	_words="rules $L6 max=100 default=deny allow=10.0.0.0/9,tcp,80,90"
	"$DRIVER" print $_words >"$T/nft"
	bytes $_words
	for _change in 's/over 100/over 101/' 's/80-90/80-91/' 's/priority 90/priority 91/' \
		's/10.192.0.0\/22/10.192.0.0\/21/' '/ct state invalid/d' 's/status dnat/status snat/' \
		's/iifgroup !=/iifgroup ==/' 's/goto in/jump in/' 's/oifgroup &/iifgroup \&/' \
		's/dnat == 0/dnat != 0/'; do
		sed "$_change" "$T/nft" >"$T/nft.changed"
		ok "nft can read $_change" words "$T/nft.changed"
		notok "the comparison would see $_change" cmp "$T/dump.bytes" "$T/dump.words"
	done
	said=
	ip netns del a
	ip netns del b
}
sort_elements() {
	for _f; do
		LC_ALL=C awk '/^element /{ print | "sort"; next } { print }' "$_f" >"$_f.sorted"
		mv "$_f.sorted" "$_f"
	done
}
