# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046,SC2010,SC1007 # read by suite.sh
# Very many at once.

who root
n=200
[ -z "${IN_VM:-}" ] || n=30
remember state.storm
mkdir -p "$T/storm"
# Each says its address when it is up, and waits until all are.
mkfifo "$T/storm/gate"
exec 8<>"$T/storm/gate"
i=0
while [ $i -lt $n ]; do
	(mine "$CINIT" run -i "$R" sh -c "
		probe addr | sed -n 's/^eth0 \(10[.0-9]*\).*/\1/p'
		probe ask tcp $OUT4 7000 20000 | cut -d' ' -f1
		read -r _") <&8 >"$T/storm/out.$i" 2>"$T/storm/err.$i" &
	eval "p$i=$!"
	i=$((i + 1))
done
_all() { [ "$(cat "$T"/storm/out.* | wc -l)" = $((n * 2)) ]; }
wait_for $((60 * slow)) _all
is "$(cat "$T"/storm/out.* | grep -c '^10\.')" $n "$n containers started at once are up"
is "$(cat "$T"/storm/out.* | grep '^10\.' | sort -u | wc -l)" $n "each with an address of its own"
is "$(cat "$T"/storm/out.* | grep -c "^$HOST4$")" $n "and a way out"
is "$(cat "$T"/storm/err.* | head -n 3)" "" "without a word"
i=0 wrong=0
while [ $i -lt $n ]; do
	echo >&8
	i=$((i + 1))
done
i=0
while [ $i -lt $n ]; do
	eval "wait \$p$i" || wrong=$((wrong + 1))
	i=$((i + 1))
done
exec 8<&-
is $wrong 0 "all of them end well"
unchanged "and leave nothing" state.storm
rm -rf "$T/storm"

# A quota is exact, however many want the last place.
who caps
policy '[default]' 'interfaces = 8'
mkdir "$T/storm"
i=0
while [ $i -lt 20 ]; do
	(mine "$CINIT" run "$R" sh -c 'echo in; sleep 30') </dev/null >"$T/storm/out.$i" 2>"$T/storm/err.$i" &
	eval "p$i=$!"
	i=$((i + 1))
done
refused() { cat "$T"/storm/err.* | grep -c '^cinit: network default: .*interface'; }
_decided() { [ $(($(cat "$T"/storm/out.* | grep -c in) + $(refused))) -ge 20 ]; }
wait_for $((20 * slow)) _decided
is "$(cat "$T"/storm/out.* | grep -c in) $(refused)" "8 12" "20 want 8 places: 8 get one, 12 a line"
is "$(ls /sys/class/net | grep -c '^ci')" 8 "and so many interfaces there are"
i=0
while [ $i -lt 20 ]; do
	eval "kill -9 \$p$i; wait \$p$i" 2>/dev/null
	i=$((i + 1))
done
rm -r "$T/storm"
policy
