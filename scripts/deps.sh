#!/bin/sh
# Builds what cinit is linked from: musl's headers and libc, libcap-ng,
# libseccomp and yyjson, all static. Runs on the build machine, as anybody;
# writes below DIR only and needs the network once.
#
#   scripts/deps.sh DIR
#
#   DIR/dl        the downloads, kept
#   DIR/sysroot   usr/include and usr/lib, for the compiler's --sysroot
#                 (usr/yyjson.c: its source, for builds against another libc)
#   DIR/ldflags   what this musl's linker may be asked for
#   DIR/stamp     hash of this script: built, and from what
#
# Several makes may come here at once (each engineer has a build directory, all
# share DIR): a lock lets the first one work and the others find it done.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1/dl"
D=$(cd "$1" && pwd)
CC=${DEPS_CC:-gcc}

command -v "${CC%% *}" >/dev/null || {
	echo "deps: no C compiler; 'make setup' installs what the build needs" >&2
	exit 1
}
machine=$($CC -dumpmachine)
case $machine in
x86_64-*) arch=amd64 cpu=x86_64 hard=-fcf-protection=none ;;
aarch64-*) arch=arm64 cpu=aarch64 hard=-mbranch-protection=standard ;;
*)
	echo "deps: no pinned libc for $machine; use 'make DEPS_PREFIX=DIR'" >&2
	exit 1
	;;
esac

# What the result depends on: these scripts, the specs file, the compiler.
want=$({
	cat "$0" "$here/scripts/relr.sh" "$here/mk/musl.specs"
	$CC --version
} | sha256sum | cut -d' ' -f1)

# A dying make must not leave the lock with a background job: -o closes it there.
if [ "${DEPS_LOCKED:-}" != "$D" ]; then
	DEPS_LOCKED=$D exec flock -o "$D/lock" "$0" "$D"
fi
if [ "$(cat "$D/stamp" 2>/dev/null)" = "$want" ]; then
	touch "$D/stamp"
	exit 0
fi

for tool in $CC make gperf xz gzip dpkg-deb sha256sum; do
	command -v "$tool" >/dev/null || {
		echo "deps: $tool is missing; 'make setup' installs what the build needs" >&2
		exit 1
	}
done

# fetch NAME POOLPATH SHA256...: the first that can be had. All alternates were
# built with this script; the first is what cinit is tested with.
fetch() {
	name=$1
	shift
	echo "  FETCH   $name" >&2
	"$here/scripts/fetch.sh" "$D/dl/$name" "$@" >/dev/null
}

case $arch in
amd64) fetch musl.deb \
	m/musl/musl-dev_1.2.5-3.1~deb13u1_amd64.deb a3f7d47e452129bb65aae201d6c115abf4d5d3efb136b38b7c6b4fa03ec065e9 \
	m/musl/musl-dev_1.2.6-2_amd64.deb 4601fcee854a8efe9d5e3fcca32a671971a290a3106c6f6803e0b896821de9ce \
	m/musl/musl-dev_1.2.3-1_amd64.deb 7c34f29a0c1aa12f6da1d25ed6de6fe6bbd9e048ee76b3dcb88c5e51fb65507f ;;
arm64) fetch musl.deb \
	m/musl/musl-dev_1.2.5-3.1~deb13u1_arm64.deb 384ea029e3694baac696d3993d93246f9a4b3741c493697e1ceb7256d8820748 ;;
esac
fetch libcap-ng.tar libc/libcap-ng/libcap-ng_0.8.3.orig.tar.gz \
	bed6f6848e22bb2f83b5f764b2aef0ed393054e803a8e3a8711cb2a39e6b492d
fetch libseccomp.tar libs/libseccomp/libseccomp_2.6.0.orig.tar.gz \
	83b6085232d1588c379dc9b9cae47bb37407cf262e6e74993c61ba72d2a784dc \
	libs/libseccomp/libseccomp_2.5.4.orig.tar.gz \
	d82902400405cf0068574ef3dc1fe5f5926207543ba1ae6f8e7a1576351dcbdb
fetch yyjson.tar y/yyjson/yyjson_0.10.0+ds.orig.tar.xz \
	ae6fde69a193e10afab426ef13f113d6903446405f9db9ee98bfb572bd6c961a

# From here on everything is local. The new sysroot takes the old one's place at
# the end only: a build that stops half-way must not look finished, and another
# make may be reading the old one.
rm -rf "$D/src" "$D/sysroot.new"
S=$D/sysroot.new
mkdir -p "$S/usr" "$D/src/musl"

# musl: Debian keeps it in multiarch directories; a sysroot wants usr/include and
# usr/lib. The compiler's own headers and the kernel's are taken from the machine.
dpkg-deb -x "$D/dl/musl.deb" "$D/src/musl"
cp -R "$D/src/musl/usr/include/$cpu-linux-musl" "$S/usr/include"
cp -R "$D/src/musl/usr/lib/$cpu-linux-musl" "$S/usr/lib"
for dir in linux asm asm-generic; do
	for at in "/usr/include/$cpu-linux-gnu" /usr/include; do
		if [ -d "$at/$dir" ]; then
			ln -s "$at/$dir" "$S/usr/include/$dir"
			break
		fi
	done
	[ -d "$S/usr/include/$dir" ] || {
		echo "deps: no kernel headers ($dir); 'make setup' installs linux-libc-dev" >&2
		exit 1
	}
done

# Names of directories must not reach the libraries: the build is reproducible.
mcc="$CC --sysroot=$S -specs=$here/mk/musl.specs"
flags="-Os -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong $hard \
-fno-asynchronous-unwind-tables -fno-unwind-tables \
-fvisibility=hidden -ffile-prefix-map=$D/src=. -g0"
unset LIBRARY_PATH CPATH C_INCLUDE_PATH MAKEFLAGS MFLAGS MAKELEVEL

# One library after another in the foreground would take twice as long on two
# cores: most of the time is configure's.
unpack() {
	mkdir "$D/src/$1"
	tar -xf "$D/dl/$1.tar" -C "$D/src/$1" --strip-components=1
	cd "$D/src/$1"
}

build_capng() {
	unpack libcap-ng
	./configure --host="$cpu-linux-musl" --disable-shared --enable-static \
		--without-python --without-python3 --with-capability_header="$S/usr/include/linux/capability.h" \
		--prefix=/usr CC="$mcc" CFLAGS="$flags" LDFLAGS=-static
	make -C src libcap-ng.la
	# Its constructor opens a file of /proc and allocates, in every process, PID 1
	# included; the functions that need it call the same code themselves.
	objcopy -R .init_array -R .rela.init_array src/.libs/libcap-ng.a
	cp src/.libs/libcap-ng.a "$S/usr/lib/"
	cp src/cap-ng.h "$S/usr/include/"
}

build_seccomp() {
	unpack libseccomp
	# Its table has each call's number on 18 architectures, and the kernel since when, as
	# 36 ints: a tenth of cinit. They fit into 16 bits and 8 (but for five calls of 32-bit
	# ARM, which is none of ours), and one function reads them.
	if grep -q scmp_kver src/syscalls.h; then
		sed -i -e '/^struct arch_syscall_table/,/^};/{' -e 's/^\tint /\tshort /' \
			-e 's/^\tenum scmp_kver /\tunsigned char /' -e 's/^};/} __attribute__((packed));/' \
			-e '}' src/syscalls.h
		sed -i -e 's/return \*(int \*)((char \*)s + offset);/return *(short *)((char *)s + offset);/' \
			-e 's/return __syscall_offset_value(entry, offset_kver);/return *((unsigned char *)entry + offset_kver);/' \
			src/syscalls.perf src/syscalls.perf.c
		[ "$(grep -c 'short \*)((char' src/syscalls.perf.c)" = 1 ]
	fi
	./configure --host="$cpu-linux-musl" --disable-shared --enable-static \
		--prefix=/usr CC="$mcc" CFLAGS="$flags" LDFLAGS=-static
	make -C src libseccomp.la
	cp src/.libs/libseccomp.a "$S/usr/lib/"
	cp include/seccomp.h include/seccomp-syscalls.h "$S/usr/include/"
}

build_yyjson() {
	unpack yyjson
	# Strict JSON alone, no pointers and patches, and the C library's conversion
	# of floating-point numbers, which is slower but already there.
	# shellcheck disable=SC2086 # words
	$mcc $flags -DYYJSON_DISABLE_NON_STANDARD -DYYJSON_DISABLE_FAST_FP_CONV \
		-DYYJSON_DISABLE_UTILS -c src/yyjson.c -o yyjson.o
	ar rcsD "$S/usr/lib/libyyjson.a" yyjson.o
	cp src/yyjson.h "$S/usr/include/"
	cp src/yyjson.c "$S/usr/"
}

jobs=
for lib in capng seccomp yyjson; do
	echo "  DEP     $lib"
	(set -e; "build_$lib") >"$D/$lib.log" 2>&1 </dev/null &
	jobs="$jobs $lib:$!"
done
failed=
for job in $jobs; do
	wait "${job#*:}" || failed="$failed ${job%:*}"
done
if [ -n "$failed" ]; then
	for lib in $failed; do
		tail -n 20 "$D/$lib.log" >&2
		echo "deps: building $lib failed; all of its output: $D/$lib.log" >&2
	done
	exit 1
fi

# Fewer pages are read at each start, if this musl can have them packed.
# shellcheck disable=SC2086 # words
"$here/scripts/relr.sh" $mcc >"$D/ldflags"
rm -rf "$D/sysroot.old"
[ ! -e "$D/sysroot" ] || mv "$D/sysroot" "$D/sysroot.old"
mv "$S" "$D/sysroot"
rm -rf "$D/sysroot.old" "$D/src"
echo "$want" >"$D/stamp"
