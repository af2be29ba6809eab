# machine.sh - what the suites that boot a whole machine share. Bash; read by
# tests/vm/run and tests/vm-systemd/run behind tests/lib.sh, and run by whoever tests.
#
# The order: machine_tools, machine_kernel, files into $ram, machine_boot, machine_sums,
# claims about the console in $T/console, machine_end.
#
# Environment: VM_TIMEOUT, seconds for the machine; BUILD, CACHE, T as in tests/lib.sh.
# shellcheck shell=bash disable=SC2154 # T, failed...: tests/lib.sh

# Where the initramfs is put together.
ram=$T/ram

# machine_tools PROGRAM...: all of them are here, and the machine can be.
machine_tools() {
	local tool
	[ "$(uname -m)" = x86_64 ] || skip_all "the kernel package is for amd64"
	for tool in qemu-system-x86_64 cpio apt-get dpkg-deb "$@"; do
		command -v "$tool" >/dev/null || bail "$tool is missing; 'make setup' installs what tests need"
	done
}

# machine_kernel ARG...: as for kernel.sh, which keeps the kernel in $CACHE/kernel.
machine_kernel() {
	"$TESTS/vm/kernel.sh" "$@" || bail "no kernel to boot"
}

# A program with the libraries that it is linked to, at the same places.
with_libraries() {
	local file
	for file in "$1" $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		mkdir -p "$ram/$(dirname "$file")"
		cp -L "$file" "$ram/$file"
	done
}

# busybox as every program of its that is not there yet; not its ip, which knows little.
with_busybox() {
	local name
	with_libraries "$(command -v busybox)"
	cp "$(command -v busybox)" "$ram/bin/busybox"
	for name in $("$ram/bin/busybox" --list); do
		[ -e "$ram/bin/$name" ] || [ "$name" = ip ] || ln -s busybox "$ram/bin/$name"
	done
}

# machine_boot LOG DRIVE WORDS...: with $ram as its initramfs, DRIVE for qemu and WORDS for
# the kernel, until it powers off. What it said is in $T/console, and kept as LOG; what
# does not hold inside is said again here.
machine_boot() {
	local log=$BUILD/log/$1 drive=$2 start=$SECONDS status
	shift 2
	(cd "$ram" && find . | cpio --quiet -o -H newc -R 0:0) >"$T/initrd"
	timeout -k 5 "$VM_TIMEOUT" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 1G \
		-nodefaults -no-user-config -display none -serial stdio -no-reboot \
		-drive "$drive,format=raw,if=virtio,cache=unsafe" \
		-kernel "$CACHE/kernel/vmlinuz" -initrd "$T/initrd" \
		-append "console=ttyS0 panic=-1 quiet $*" \
		</dev/null 2>"$T/qemu.err" | sed -u 's|\r||g' >"$T/console"
	status=${PIPESTATUS[0]}
	console_log=$log
	mkdir -p "$BUILD/log" && cp "$T/console" "$log"
	grep -aE '^not ok |^#   ' "$T/console"
	echo "# the machine ran for $((SECONDS - start)) s"
	is "$status" 0 "the machine powers itself off within $VM_TIMEOUT s"
}

# machine_sums: what the suites inside counted, added to ours; $sums closing lines were
# there, $inside claims did not hold.
machine_sums() {
	local p f s
	sums=0 inside=0
	while read -r p _ f _ s _; do
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + ${s:-0}))
		sums=$((sums + 1)) inside=$((inside + f))
	done < <(grep -aE '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$T/console" | tr -d ,)
}

# machine_end: the kernel's own word, the end of the console if anything failed, the sum.
machine_end() {
	is "$(grep -a '^guest: insmod' "$T/console")" "" "every module is there"
	is "$(grep -a -c 'Kernel panic\|BUG:\|Oops' "$T/console")" 0 "the kernel has nothing to complain of"
	if [ "$failed" != 0 ]; then
		echo "# the end of the console, all of which is in $console_log:"
		tail -n 40 "$T/console" | sed 's/^/#   /'
		cat "$T/qemu.err"
	fi
	finish
}
