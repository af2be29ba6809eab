#!/bin/sh
# Fetches Debian's cloud kernel and unpacks what a test machine needs of it.
# Runs as anybody; nothing is installed.
#
#   tests/vm/kernel.sh [-s SET] DIR MODULE...
#
#   DIR/vmlinuz	the kernel
#   DIR/modules/	the modules, in the order in which insmod wants them:
#			00-virtio.ko 01-virtio_ring.ko ...
#			with -s it is DIR/modules-SET: each machine has its own
#
# The version is whatever linux-image-cloud-amd64 means to this machine's apt.
set -eu

set=
if [ "$1" = -s ]; then
	set=-$2
	shift 2
fi
dir=$1
shift
modules=$dir/modules$set
say() { echo "kernel: $*" >&2; }

mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9
if [ -s "$dir/vmlinuz" ] && [ "$(cat "$dir/wanted$set" 2>/dev/null)" = "$*" ]; then
	exit 0
fi

# The package that the others depend on has the version in its name.
package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
	sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$package" ] || {
	say "apt knows no linux-image-cloud-amd64: apt-get update (as root) may help"
	exit 1
}
if ! ls "$dir/$package"_*.deb >/dev/null 2>&1; then
	say "fetching $package, once"
	# modules of another version are of no use
	rm -f "$dir"/*.deb "$dir"/wanted*
	(cd "$dir" && apt-get download -qq -o APT::Sandbox::User=root "$package" >download.log 2>&1) || {
		cat "$dir/download.log" >&2
		say "apt-get download $package failed"
		exit 1
	}
fi

rm -rf "$dir/unpacked" "$modules"
mkdir "$dir/unpacked" "$modules"
dpkg-deb --fsys-tarfile "$dir/$package"_*.deb | tar -x -C "$dir/unpacked" ./boot ./lib
cp "$dir"/unpacked/boot/vmlinuz-* "$dir/vmlinuz"

# There is no modules.dep in the package, and depmod may be missing here: each
# module names what it needs in its .modinfo section. '-' and '_' are one letter.
find "$dir/unpacked/lib/modules" -name '*.ko' | while read -r file; do
	name=${file##*/}
	echo "$(echo "${name%.ko}" | tr - _) $file"
done >"$dir/names"

n=0
done=" "
add() {
	case $done in *" $1 "*) return ;; esac
	file=$(sed -n "s/^$1 //p" "$dir/names")
	[ -n "$file" ] || {
		# built into the kernel, or not there at all: insmod will not miss it
		done="$done$1 "
		return
	}
	# shellcheck disable=SC2046 # words wanted
	for need in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr ',-' ' _'); do
		add "$need"
	done
	# add() called itself: $1 is intact, file is not
	cp "$(sed -n "s/^$1 //p" "$dir/names")" "$modules/$(printf '%02d' $n)-$1.ko"
	n=$((n + 1))
	done="$done$1 "
}
for module; do
	add "$(echo "$module" | tr - _)"
done
rm -rf "$dir/unpacked" "$dir/names"
echo "$*" >"$dir/wanted$set"
