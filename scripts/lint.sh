#!/bin/bash
# Everything that can be said about the sources without running them.
#
#   scripts/lint.sh BUILDDIR	all of it; exit status 1 if anything is said
#   scripts/lint.sh --list-c	the C files that are ours
#
# Format by clang-format; the size of the privileged helper; warnings of gcc and of clang as errors; clang-tidy with
# its static analyser; cppcheck; shellcheck.
set -uo pipefail

c_files() { find . \( -path ./build -o -path ./.git \) -prune -o -name '*.[ch]' -printf '%P\n' | sort; }
scripts() {
	find . \( -path ./build -o -path ./.git \) -prune -o -type f -perm -u+x -print |
		while read -r f; do
			head -n 1 "$f" | grep -qaE '^#!.*\b(sh|bash)$' && echo "$f"
		done
}

if [ "$1" = --list-c ]; then
	c_files
	exit
fi
build=$1
mkdir -p "$build"
failed=()
cores=$(nproc)

# step NAME COMMAND...: its output only when it fails, and how long it took
step() {
	local name=$1 start=$SECONDS log=$build/$1.log
	shift
	if "$@" >"$log" 2>&1; then
		printf '  %-12s ok    %3d s\n' "$name" $((SECONDS - start))
	else
		printf '  %-12s FAILED %2d s, %s\n' "$name" $((SECONDS - start)) "$log"
		head -n 100 "$log"
		failed+=("$name")
	fi
}

mapfile -t all < <(c_files)
mapfile -t ours < <(c_files | grep '\.c$' | grep -v '^tests/')
mapfile -t shell < <(scripts)

format() {
	local f bad=0
	for f in "${all[@]}"; do
		clang-format "$f" | diff -u --label "$f" --label "$f, formatted" "$f" - || bad=1
	done
	[ $bad = 0 ] || { echo "'make format' does all of this"; return 1; }
}

# Objects and test programs, by both compilers, with every warning an error.
gcc_warnings() {
	make -s -k -j"$cores" BUILD="$build/gcc" CC=gcc WERROR=1 objects tests
}
clang_warnings() {
	make -s -k -j"$cores" BUILD="$build/clang" CC=clang WERROR=1 objects tests
}

# clang-tidy needs to be told what the compiler was.
tidy() {
	local flags
	flags=$(make -s BUILD="$build/clang" CC=clang print-flags) || return
	# shellcheck disable=SC2016 # expanded by the inner shell
	printf '%s\0' "${ours[@]}" | xargs -0 -P"$cores" -n1 sh -c '
		flags=$1
		[ "$2" = lib/err.c ] || flags="$flags -include mk/tidy.h"
		said=$(clang-tidy --quiet --warnings-as-errors="*" "$2" -- $flags 2>/dev/null) || {
			printf "%s\n" "$said"
			exit 1
		}' tidy "$flags"
}

cpp_check() {
	cppcheck --quiet -j"$cores" --std=c11 --library=posix --library=gnu \
		--enable=warning,performance,portability --inline-suppr \
		--suppressions-list=mk/cppcheck.suppress --error-exitcode=1 \
		-D__GNUC__ -D__x86_64__ -D__linux__ -DCINIT_VERSION='""' -I. "${ours[@]}"
}

# "done" is a word that tests use, and dash knows ulimit -c.
shell_check() { shellcheck -x -S warning -e SC1010,SC3045 "${shell[@]}"; }

step format format
step helper-lines make -s helper-lines
step shellcheck shell_check
step clang clang_warnings
step gcc gcc_warnings
step clang-tidy tidy
step cppcheck cpp_check

if [ ${#failed[@]} -gt 0 ]; then
	echo "lint: failed: ${failed[*]}"
	exit 1
fi
echo "lint: ${#all[@]} C files, ${#shell[@]} scripts: nothing to say"
