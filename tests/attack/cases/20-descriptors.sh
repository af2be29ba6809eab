# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# CVE-2024-21626 and kin: a descriptor of a directory outside is a way out.

mkdir "$T/canary"
echo canary >"$T/canary/secret"

run -w /srv/data "$R" sh -c 'pwd; cat file'
is $? 0 "a working directory of the image"

# Directories of the caller, left open at every number
worst=
for n in 3 4 5 6 7 8 9 10 11 12 15 20 25; do
	"$PROBE" timeout 30 "$PROBE" with-fds 30 "$T/canary" "$CINIT" run -w "/proc/self/fd/$n" "$R" \
		sh -c 'pwd; cat secret ../*/secret 2>/dev/null' </dev/null >"$T/out" 2>"$T/err"
	! grep -q canary "$T/out" || worst="$worst $n"
done
is "$worst" "" "-w /proc/self/fd/N leads nowhere outside, the caller's descriptors open"
worst=
for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	run -w "/proc/self/fd/$n" "$R" sh -c 'cat /proc/self/cwd/secret; ls -di . /proc/1/root; pwd'
	_rc=$?
	case $_rc:$(out | tail -n 1) in
	125:*) ;;
	0:/*) ;;
	*) worst="$worst $n" ;;
	esac
done
is "$worst" "" "-w /proc/self/fd/N of cinit's own is refused, or inside the root"
for n in 5 7 8 9; do
	ln -sf /proc/self/fd/$n "$R/srv/way"
	"$PROBE" with-fds 30 "$T/canary" "$CINIT" run -w /srv/way "$R" sh -c 'pwd; cat secret' </dev/null >"$T/out" 2>"$T/err"
	notok "a link in the image to descriptor $n as working directory" grep -q canary "$T/out"
done
rm "$R/srv/way"
for dir in /proc/1/cwd /proc/1/root /proc/self/cwd /proc/self/root /proc/thread-self/fd/3 /proc/self/fd/../cwd; do
	run -w "$dir" "$R" sh -c 'cat secret ../secret ../canary/secret 2>/dev/null; pwd'
	notok "-w $dir" grep -q canary "$T/out"
done

# What is open in a container, in every process of it, privileged or not
for how in "" --no-init --privileged "--pid host" "--net host"; do
	"$PROBE" with-fds 30 "$T/canary" "$CINIT" run $how "$R" sh -c 'probe links 1 $$ self' </dev/null >"$T/out" 2>"$T/err"
	[ "$how" = "--pid host" ] || is "$(grep -c canary "$T/out")" 0 "no descriptor of the caller in any process (${how:-plain})"
	"$PROBE" with-fds 30 "$T/canary" "$CINIT" run $how "$R" probe flat fds </dev/null >"$T/out" 2>"$T/err"
	is "$(grep -c '^fds\.' "$T/out")" 3 "nor in the payload (${how:-plain})"
done
"$PROBE" with-fds 30 "$T/canary" "$CINIT" run --preserve-fds 1 "$R" sh -c 'cat /proc/self/fd/3/secret' </dev/null >"$T/out" 2>"$T/err"
is "$(out)" canary "one that is handed on by name is there"
is "$(cat "$T/canary/secret")" canary "the canary lives"
rm -rf "$T/canary"
