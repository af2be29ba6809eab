# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Who the payload is, inside and outside.

# who: the ids of the last run in one line: uids, gids, groups
who() {
	echo "$(fact ids.ruid) $(fact ids.euid) $(fact ids.suid) $(fact ids.fsuid)" \
		"$(fact ids.rgid) $(fact ids.egid) $(fact ids.sgid) $(fact ids.fsgid)" \
		"[$(fact ids.groups)]"
}

run "$R" probe flat ids map env
is $? 0 "a container runs"
is "$(who)" "0 0 0 0 0 0 0 0 [0]" "root inside, and in no other group"
is "$(fact map.uid)" "$MAP_WANTED" "the whole subordinate range is mapped, uids"
is "$(fact map.gid)" "$MAP_WANTED" "the whole subordinate range is mapped, gids"
is "$(fact env.HOME)" /root "HOME is root's by the container's passwd"
is "$(err)" "" "no word about it"

run --user 1000:1500 "$R" probe flat ids env
is "$(who)" "1000 1000 1000 1000 1500 1500 1500 1500 [1500]" "--user UID:GID, and no other group"
run --user app "$R" probe flat ids env
is "$(who)" "1000 1000 1000 1000 1000 1000 1000 1000 [1000 1500]" \
	"--user NAME has the groups that the container's group file gives"
is "$(fact env.HOME)" /home "and the home of its passwd"
run --user high "$R" probe flat ids
is "$(who)" "4000 4000 4000 4000 4001 4001 4001 4001 [4001]" "another name has another group"
run --user app:extra "$R" probe flat ids
is "$(who)" "1000 1000 1000 1000 1500 1500 1500 1500 [1500]" "--user NAME:GROUP"
run --user 1000 "$R" probe flat ids
is "$(who | cut -d' ' -f1-5)" "1000 1000 1000 1000 1000" "--user UID takes the group of passwd"
run --user 50000 "$R" probe flat ids env
is "$(who)" "50000 50000 50000 50000 0 0 0 0 [0]" "a uid without an entry has group 0"
is "$(fact env.HOME)" / "and / for HOME"
run --group-add 77 --group-add extra "$R" probe flat ids
is "$(fact ids.groups)" "0 77 1500" "--group-add, by number and by the container's name"

for bad in -1 +1 0x1 4294967295 4294967296 2147483648x 007 '1 ' ' 1' 1: :1 1:2:3 nobody-here 1:nogroup-here; do
	run --user "$bad" "$R" true
	is "$? $(err | wc -l)" "125 1" "--user '$bad' is refused with one line"
done
run --user 70000000 "$R" true
is $? 125 "--user beyond the mapped range is refused"
like "$(err)" "cinit: *70000000*" "by name"

# Owners outside
mkdir "$T/own"
chmod 777 "$T/own"
run -v "$T/own:/own" "$R" sh -c 'touch /own/root'
is "$(stat -c %u:%g "$T/own/root")" "$ROOT_OUTSIDE:$(id -g)" \
	"what root inside makes belongs outside to whom the map says"
run -v "$T/own:/own" --user 1000:1000 "$R" touch /own/app
is "$(stat -c %u:%g "$T/own/app")" "$APP_OUTSIDE:$APP_OUTSIDE" "and what user 1000 makes"
[ $IAM = root ] || run -v "$T/own:/own" "$R" rm -f /own/app
rm -rf "$T/own"

# Maps as asked for
A=$MAP_START
run --uidmap "0:$A:10,100:$((A + 50)):5" --gidmap "0:$A:10" "$R" probe flat map
is "$(fact map.uid)" "0 $A 10,100 $((A + 50)) 5" "--uidmap, two rows"
is "$(fact map.gid)" "0 $A 10" "--gidmap"
run --uidmap "0:$A:10" "$R" probe flat map
is "$(fact map.gid)" "0 $A 10" "--uidmap alone serves for groups as well"

if [ $IAM = user ]; then
	run --userns=keep-id "$R" probe flat ids map
	is "$(fact ids.euid):$(fact ids.egid)" "$ME:$(id -g)" "--userns=keep-id: the same id inside"
	like "$(fact map.uid)" "*$ME $ME 1*" "and in the map"
	run --userns=keep-id -v "$V:/v" "$R" touch /v/mine
	is "$(stat -c %u "$V/mine")" "$ME" "what they make is theirs"
	rm -f "$V/mine"
	run --userns=keep-id --user 0 "$R" probe flat ids
	is "$(fact ids.euid)" 0 "keep-id with --user 0 is root inside"
	run --userns=host "$R" true
	is "$? $(err | wc -l)" "125 1" "--userns=host is refused to an unprivileged user"
	run --uidmap 0:0:1 "$R" true
	is "$? $(err | wc -l)" "125 1" "a map of somebody else's id is refused"
	run --uidmap "0:$((MAP_START - 1)):2" "$R" true
	is "$? $(err | wc -l)" "125 1" "one before the range too"
	run --uidmap "0:$((MAP_START + MAP_COUNT - 1)):2" "$R" true
	is "$? $(err | wc -l)" "125 1" "one behind it too"
else
	run --userns=host "$R" probe flat ids map ns
	is "$(fact map.uid)" "0 0 4294967295" "--userns=host: no map"
	is "$(fact ns.user)" "$(readlink /proc/self/ns/user)" "and the machine's user namespace"
	# A user `cinit` in /etc/subuid says which range root's containers get.
	if [ -w /etc/subuid ]; then
		echo 'cinit:300000000:70000' >>/etc/subuid
		echo 'cinit:300000000:70000' >>/etc/subgid
		run "$R" probe flat map
		is "$(fact map.uid)" "0 300000000 70000" "the range of user cinit is root's, if there is one"
		# in place: the files are bind mounts
		for file in /etc/subuid /etc/subgid; do
			grep -v '^cinit:' $file >"$T/sub"
			cat "$T/sub" >$file
		done
	fi
fi
