# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Volumes, tmpfs, --mount, and how mounts pass on.

mkdir "$V/dir"
echo inner >"$V/dir/inner"
run -v "$V:/v1" -v "$V:/v2:ro" -v "$V:/v3:noexec" -v "$V/file:/filevol" -v "$V:/deep/er/path" \
	-v "$V:/v4:z" --mount "type=bind,src=$V,dst=/m1,readonly" \
	--mount "type=bind,source=$V,target=/m2" --mount type=tmpfs,dst=/m3,tmpfs-size=1m,tmpfs-mode=0700 \
	--tmpfs /t1:size=64k,mode=0711 --tmpfs /t2 "$R" sh -c '
	probe flat mounts
	echo "v1=$(cat /v1/file) v2=$(cat /v2/file) filevol=$(cat /filevol) deep=$(cat /deep/er/path/dir/inner)"
	echo "create: $(for d in /v1 /v2 /m1 /m2 /t1 /t2; do probe try create $d/made-${d#/}; done | tr "\n" " ")"
	echo "modes: $(stat -c %a /m3 /t1 /t2 | tr "\n" " ")"
	cp /bin/busybox /v1/busybox; echo "exec: $(/v1/busybox echo yes) $(/v3/busybox echo yes 2>&1 | tail -c 18)"
	rm -f /v1/busybox
	echo "full: $(head -c 100000 /dev/zero 2>&1 >/t1/big || echo $?)"'
is $? 0 "a container with ten volumes runs"
like "$(out)" "*v1=volume v2=volume filevol=volume deep=inner*" "each shows its source, made mount points too"
is "$(out | grep ^create)" "create: ok EROFS EROFS ok ok ok " "each is writable or not as it was asked"
ok "what is written is outside" test -e "$V/made-v1"
is "$(stat -c %u "$V/made-v1")" "$ROOT_OUTSIDE" "and the caller's"
like "$(out)" "*modes: 700 711 1777 *" "tmpfs modes, 1777 by default"
like "$(out)" "*exec: yes *ermission denied*" "noexec holds, and exec is the default"
unlike "$(fact mounts./v1.options)" "*noexec*" "a volume allows exec"
like "$(fact mounts./v1.options)" "*nosuid*" "but no setuid programs"
like "$(fact mounts./v1.options)" "*nodev*" "and no devices"
like "$(fact mounts./v2.options)" "ro*" "ro"
like "$(fact mounts./t1.super)" "*size=64k*" "tmpfs: size"
like "$(fact mounts./m3.super)" "*size=1024k*" "--mount tmpfs: size"
like "$(out)" "*full: *" "a tmpfs can be full"
is "$(fact mounts./v1.shared)" "" "a volume is private"
run -v "$V:/v" "$R" sh -c "rm /v/made-*"

run -v "$V:/v:suid,dev,ro" "$R" probe flat mounts
like "$(fact mounts./v.options)" "ro*" "suid and dev may be asked for, with ro"
unlike "$(fact mounts./v.options)" "*nosuid*" "suid: as asked"
(cd "$T" && run -v ./volume:/rel "$R" cat /rel/file)
is "$(out)" volume "a source may be relative, with a dot"
run -v "$V:/v:ro" "$R" sh -c 'probe try remount-rw /v; probe try umount /v'
is "$(out | tr '\n' ' ')" "EPERM EPERM " "a read-only volume cannot be changed from inside"

# A volume can cover a part of another one, in whatever order they come.
run -v "$V/dir:/v/dir:ro" -v "$V:/v" "$R" sh -c 'probe try create /v/dir/x; probe try create /v/y'
is "$(out | tr '\n' ' ')" "EROFS ok " "a volume inside a volume, the inner one named first"
rm -f "$V/y" 2>/dev/null || run -v "$V:/v" "$R" rm /v/y

# U: the volume is given to the container's user
mkdir "$T/u" && touch "$T/u/file" && ln -s /etc/passwd "$T/u/link"
run --user 1000:1000 -v "$T/u:/u:U" "$R" sh -c 'touch /u/mine && stat -c %u /u/file'
is "$(out)" 1000 "U gives a volume's files to the container's user"
is "$(stat -c %u "$T/u/file")" "$APP_OUTSIDE" "also outside"
isnt "$(stat -c %u /etc/passwd)" "$APP_OUTSIDE" "a link in it is not followed"
run -v "$T/u:/u:U" "$R" rm -rf /u/mine
rm -rf "$T/u"

# Special targets
run -v "$V:/etc/vol" -v "$V/file:/etc/hosts" "$R" cat /etc/vol/file /etc/hosts
is "$(out | tr '\n' ' ')" "volume volume " "/etc/hosts may be a volume"
run --tmpfs /dev/shm:size=8k "$R" sh -c 'grep -c " /dev/shm " /proc/mounts'
ok "/dev/shm may be a tmpfs of one's own" test "$(out)" -ge 1
run -v /dev/null:/dev/nothing "$R" sh -c 'echo x >/dev/nothing && wc -c </dev/nothing'
like "$(out)$(err)" "*" "a device as a volume does no harm"

# Propagation
run --rootfs-propagation shared "$R" probe flat mounts
like "$(fact mounts./.shared)" "*shared:*" "--rootfs-propagation shared"
run --rootfs-propagation rslave "$R" probe flat mounts
is $? 0 "--rootfs-propagation rslave"
if [ -n "${SHARED:-}" ]; then
	for mode in rprivate rslave rshared private slave shared unbindable runbindable; do
		run -v "$SHARED:/s:$mode" "$R" probe flat mounts
		is $? 0 "a shared source with $mode"
		case $mode in
		*private | *unbindable) unlike "$(fact mounts./s.shared)" "*:*" "$mode: no peers" ;;
		*slave) like "$(fact mounts./s.shared)" "master:*" "$mode: the machine's mount is its master" ;;
		*shared) like "$(fact mounts./s.shared)" "shared:*" "$mode: it passes mounts on" ;;
		esac
	done
	run --mount "type=bind,src=$SHARED,dst=/s,bind-propagation=rslave" "$R" probe flat mounts
	like "$(fact mounts./s.shared)" "master:*" "--mount with bind-propagation"
	run -v "$SHARED:/s:ro" "$R" sh -c 'cat /s/below/file && probe try create /s/x; probe try create /s/below/x'
	is "$(out | tr '\n' ' ')" "EROFS EROFS " "ro holds for the mounts below as well"
	run --mount "type=bind,src=$SHARED,dst=/s,bind-recursive=disabled" "$R" sh -c 'ls /s/below'
	[ "$(out)$(err)" = "" ] && pass "a bind that is not recursive leaves out what is below" ||
		skip "a bind that is not recursive leaves out what is below" "the kernel keeps locked mounts together"
	if [ $IAM = root ]; then
		start -v "$SHARED:/s:rslave" -v "$SHARED:/p:rprivate" "$R" sh -c \
			'echo ready; until [ -e /s/later/go ]; do sleep 0.1; done; ls /p/later; echo seen; sleep 5'
		ready
		mount -t tmpfs later "$SHARED/later"
		touch "$SHARED/later/go"
		wait_for 5 grep -q seen "$T/bg.out"
		is "$(cat "$T/bg.out")" "ready
seen" "a later mount of the machine reaches an rslave volume, not a private one"
		umount "$SHARED/later"
		kill "$launcher"
		await
	fi
else
	skip "propagation from a shared mount" "no shared mount here"
fi
rm -rf "$V/dir"
