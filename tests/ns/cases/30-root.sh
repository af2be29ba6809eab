# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# The root file system: an overlay that leaves ROOTFS alone.

"$PROBE" list "$R" >"$T/before"
run "$R" sh -c 'echo new >/srv/data/file && rm /etc/passwd && mkdir -p /new/dir && chmod 700 /home &&
	mv /etc/group /etc/group2 && ln -s x /bin/fresh-link && echo all done'
is "$(out)" "all done" "everything can be changed inside"
"$PROBE" list "$R" >"$T/after"
same "$T/before" "$T/after" "ROOTFS is as it was, to the byte and the nanosecond"
run "$R" cat /srv/data/file
is "$(out)" "a file of the image" "and the next container sees what it was"

run "$R" probe flat mounts
is "$(fact mounts./.type)" overlay "/ is an overlay"
like "$(fact mounts./.super)" "*userxattr*" "with userxattr, as is right in a user namespace"
unlike "$(out)" "*put_old*" "the old root is nowhere"
is "$(grep -c '^mounts\./\.type' "$T/out")" 1 "there is one mount on /"
run "$R" sh -c 'ls -id / /.. /../.. | sort -u -k1,1 | wc -l'
is "$(out)" 1 "/.. leads to /"
run "$R" sh -c 'cat /proc/self/mountinfo | cut -d" " -f4,5 | grep -F "$0" | grep -v -e " /etc/" | wc -l' "$T"
is "$(out)" 0 "no mount inside shows the machine's directories"

# Changes kept
"$PROBE" list "$R" >"$T/before"
mkdir "$T/upper"
run --overlay-upper "$T/upper" "$R" sh -c 'echo kept >/srv/data/kept; rm /srv/data/file; echo changed >/etc/passwd'
is $? 0 "--overlay-upper"
run --overlay-upper "$T/upper" "$R" sh -c 'cat /srv/data/kept /etc/passwd; ls /srv/data'
is "$(out | tr '\n' ' ')" "kept changed kept " "a second run sees the changes of the first"
"$PROBE" list "$R" >"$T/after"
same "$T/before" "$T/after" "ROOTFS does not"
run "$R" ls /srv/data
is "$(out)" file "nor does a run without it"
run --overlay-upper "$T/not-there" "$R" true
like "$? $(err | wc -l)" "[0-9]* [01]" "an upper directory that is not there is made or refused"
rm -rf "$T/not-there" 2>/dev/null
run --overlay-upper "$T/upper" "$R" sh -c 'rm -rf /srv/data/kept /etc/passwd' # what is left can go

# Read-only
run --read-only "$R" sh -c 'probe try create /x; probe try create /etc/x; probe try create /dev/shm/x; probe try append /etc/passwd'
is "$(out | tr '\n' ' ')" "EROFS EROFS ok EROFS " "--read-only: the root is, /dev/shm is not"
run --read-only --tmpfs /tmp "$R" probe try create /tmp/x
is "$(out)" ok "--read-only with a tmpfs"
run --read-only "$R" probe try remount-rw /
unlike "$(out)" ok "it cannot be made writable from inside"

# Written through
cp -R "$R" "$T/through"
run --rootfs-rw "$T/through" sh -c 'echo through >/srv/data/new && rm /srv/data/file && mkdir /fresh'
is $? 0 "--rootfs-rw: changes are possible"
is "$(cat "$T/through/srv/data/new" 2>&1)" through "they are in ROOTFS"
notok "also what was removed" test -e "$T/through/srv/data/file"
is "$(cat "$T/through/etc/hosts")" "image hosts, never seen" "but /etc/hosts is the image's still"
run --rootfs-rw --read-only "$T/through" probe try create /x
is "$(out)" EROFS "--rootfs-rw with --read-only can be read only"
rm -rf "$T/through"

# Names of ROOTFS that are not plain
for name in "with space" 'a:b,c' 'back\slash' '"quote"' '%s' '-dash' 'é'; do
	mkdir "$T/dir" && mv "$R" "$T/dir/$name"
	(cd "$T/dir" && run "./$name" echo fine)
	is "$(out)" fine "ROOTFS called $name"
	mv "$T/dir/$name" "$R" && rmdir "$T/dir"
done
ln -s busybox "$T/link"
run "$T/link" echo fine
is "$(out)" fine "ROOTFS may be a link to a directory"
rm "$T/link"
run "$T/../${T##*/}/./busybox//" echo fine
is "$(out)" fine "and its path a crooked one"

# An almost empty root: what is missing is made, though not in ROOTFS
mkdir -p "$T/bare/bin"
cp "$PROBE" "$T/bare/bin/probe"
"$PROBE" list "$T/bare" >"$T/before"
run "$T/bare" /bin/probe flat mounts dev process
is $? 0 "a root of one program runs"
is "$(fact mounts./proc.type) $(fact mounts./dev.type) $(fact dev.null_works)" "proc tmpfs yes" \
	"with /proc and /dev"
run --read-only -v "$V:/made/for/it" "$T/bare" /bin/probe try read /made/for/it/file
is "$(out)" ok "read-only as well, with a volume where nothing was"
"$PROBE" list "$T/bare" >"$T/after"
same "$T/before" "$T/after" "the bare root stays bare"
rm -rf "$T/bare"

# Somebody else's root file system
if [ -n "${ROOTS_DEBIAN:-}" ]; then
	# Kernel: an overlay cannot copy up what belongs to an id that is not mapped.
	run --tmpfs /tmp "$ROOTS_DEBIAN" bash -c 'echo hi; touch /tmp/x && echo wrote; python3 -c "print(1+1)"'
	is "$(out | tr '\n' ' ')" "hi wrote 2 " "a ROOTFS that belongs to root serves everybody"
	[ $IAM != root ] || {
		run "$ROOTS_DEBIAN" bash -c 'stat -c %u /etc; touch /tmp/x /etc/x && rm /etc/passwd && echo changed'
		is "$(out | tr '\n' ' ')" "0 changed " "to root's containers its files are root's"
	}
fi

# The machine's own root as a throw-away view
run host /bin/sh -c 'id -u; hostname; test -d /usr && test -d /etc && echo dirs'
is "$?" 0 "run host"
is "$(out | sed -n 1p)|$(out | sed -n 3p)" "0|dirs" "root in the machine's own view"
isnt "$(out | sed -n 2p)" "$(hostname)" "with a host name of its own"
_note=$T/written-by-host
run host /bin/sh -c "touch $_note && test -e $_note && echo there"
is "$(out)" there "it can be written where the caller can"
notok "and nothing of it is outside" test -e "$_note"
run host /bin/sh -c 'touch /etc/by-host /usr/by-host /by-host; ls / >/dev/null && echo alive'
is "$(out)" alive "run host lists /"
notok "nothing in the machine's /etc, /usr, /" \
	sh -c 'ls /etc/by-host || ls /usr/by-host || ls /by-host'
run host "$PROBE" flat mounts proc
is "$(fact mounts./proc.type)" proc "host: its own /proc"
like "$(fact proc.pid)" "[2-9]" "host: its own pids"
