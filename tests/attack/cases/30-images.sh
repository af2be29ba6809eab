# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Images whose own files lead outside: proc, dev, sys, etc, dev/null, passwd.

C=$T/canary
mkdir -p "$C/dir"
echo canary >"$C/file"
echo 'evil:x:0:0::/:/bin/sh' >"$C/passwd"
chmod -R a+rwX "$C"
up=../../../../../../../../../../../..
"$PROBE" list "$C" >"$T/canary.before"

# image NAME COMMAND...: a copy of the busybox root with something changed
image() {
	rm -rf "$T/evil"
	cp -R "$R" "$T/evil"
	(cd "$T/evil" && "$@")
}
# The private /proc and /dev are there, or it is refused; the canary is untouched.
judge() {
	run "$@" "$T/evil" sh -c 'probe flat mounts dev proc; echo x >/proc/self/comm; ls /proc/self/fd >/dev/null && echo proc-works'
	_rc=$?
	case $_rc in
	0)
		is "$(fact mounts./proc.type) $(fact mounts./dev.type) $(fact dev.null) $(fact dev.null_works)" \
			"proc tmpfs char 1:3 666 yes" "$claim: its own /proc and /dev all the same"
		;;
	125) is "$(err | wc -l)" 1 "$claim: refused with one line" ;;
	*) fail "$claim: works or is refused" "got: $_rc" ;;
	esac
	"$PROBE" list "$C" >"$T/canary.after"
	same "$T/canary.before" "$T/canary.after" "$claim: the canary is untouched"
}

image true
claim="an honest image"
judge
is "$(fact mounts./proc.type)" proc "the benign twin runs"

for dir in proc dev sys etc tmp run; do
	for to in "$C/dir" "$up$C/dir" /proc/self/root/tmp ../etc; do
		[ "$dir:$to" != etc:../etc ] || continue
		image sh -c "rm -rf $dir && ln -s $to $dir"
		claim="$dir -> $to"
		judge
	done
	image sh -c "rm -rf $dir && echo file >$dir"
	claim="$dir a file"
	judge
done
for file in etc/hosts etc/hostname etc/resolv.conf etc/passwd etc/group; do
	for to in "$C/passwd" "$up$C/passwd" "$C/new" "$up$C/new" /proc/self/environ; do
		image sh -c "rm -f $file && ln -s $to $file"
		claim="$file -> $to"
		judge
	done
done
image sh -c "rm -f etc/passwd && ln -s $up$C/passwd etc/passwd"
run --user evil "$T/evil" probe flat ids
isnt $? 0 "a passwd outside is not read for --user"
for node in null zero full pts shm mqueue console ptmx fd stdin; do
	image sh -c "ln -s $C/file dev/$node"
	claim="dev/$node -> the canary"
	judge
done
image sh -c 'mkdir dev/null dev/ptmx'
claim="dev/null a directory"
judge
for file in etc/passwd etc/group etc/hosts etc/resolv.conf; do
	image sh -c "rm -f $file && mkfifo $file"
	claim="$file a fifo"
	RUN_TIMEOUT=10 judge
	RUN_TIMEOUT=10 run --user app "$T/evil" true
	isnt $? 124 "$claim: --user does not hang"
done
image sh -c 'rm -rf etc/hosts && mkdir etc/hosts'
claim="etc/hosts a directory"
judge
image sh -c 'head -c 3000000 /dev/zero | tr "\0" a >>etc/passwd; echo "late:x:7:7::/:/bin/sh" >>etc/passwd'
run --user late "$T/evil" true
is $? 125 "a passwd of 3 MB is not swallowed"
image sh -c 'rm -rf proc dev sys etc run'
claim="an image without any of them"
judge
for dir in proc/self/attr proc/self/fd dev/pts/ptmx sys/fs/cgroup; do
	image sh -c "mkdir -p $dir"
	claim="an image with its own $dir"
	judge
done

# The same with the changes written through: there the mount points are made in
# the image itself.
for dir in proc dev sys etc; do
	image sh -c "rm -rf $dir && ln -s $C/dir $dir"
	claim="--rootfs-rw with $dir -> the canary"
	judge --rootfs-rw
	run -t --rootfs-rw "$T/evil" true # no terminal here: refused before anything
	"$PROBE" timeout 30 "$PROBE" pty -- "$CINIT" run -it --rootfs-rw "$T/evil" true >/dev/null 2>&1
	"$PROBE" list "$C" >"$T/canary.after"
	same "$T/canary.before" "$T/canary.after" "$claim and a terminal: the canary is untouched"
done
rm -rf "$T/evil"
