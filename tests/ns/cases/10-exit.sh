# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# The exit status of `cinit run` is the payload's, by docker's rules.

for code in 0 1 7 124 125 255; do
	run "$R" sh -c "exit $code"
	is $? $code "exit status $code is the command's own"
done
run "$R" sh -c 'exit 7'
is "$(out)$(err)" "" "and nothing is said about it"

for signal in 1 2 6 9 11 15 34 64; do
	run "$R" probe kill $signal
	is $? $((128 + signal)) "a payload that dies by signal $signal gives 128 + $signal"
done

run "$R" no-such-program
is $? 127 "a program that is not there gives 127"
is "$(err | wc -l)" 1 "with one line"
like "$(err)" "cinit: *no-such-program*" "that names it"
run "$R" /bin/no-such-program
is $? 127 "by its path as well"
run "$R" /srv/data/file
is $? 126 "a file that may not be executed gives 126"
like "$(err)" "cinit: */srv/data/file*" "and its name"
run "$R" /srv/data
is $? 126 "a directory too"
printf '#!/no/interpreter\n' >"$R/bin/lost"
chmod 755 "$R/bin/lost"
run "$R" lost
is $? 127 "a script whose interpreter is not there gives 127"
rm "$R/bin/lost"

run --no-init "$R" sh -c 'exit 9'
is $? 9 "without init: the command's own status"
run --no-init "$R" no-such-program
is $? 127 "without init: 127"
run --no-init "$R" /srv/data/file
is $? 126 "without init: 126"

run --entrypoint /bin/echo "$R" one two
is "$(out)" "one two" "the entrypoint gets the command as its arguments"
run --entrypoint "" "$R" echo plain
is "$(out)" plain "an empty entrypoint is none"
run "$R"
is $? 0 "without a command a shell is run, which ends with its input"
run "$R" echo -n --privileged -t
is "$(out)" "--privileged -t" "what follows ROOTFS is the command's, options too"
run "$R" probe flat process
is "$(fact process.argv.0) $(fact process.argv.1) $(fact process.argv.2)" "probe flat process" \
	"argv reaches the program as it was"
run "$R" probe flat process "" " a b " "$(printf 'new\nline')" 'q"$`\'
is "$(fact process.argv.3)|$(fact process.argv.4)|$(fact process.argv.5)|$(fact process.argv.6)" \
	'| a b |new\nline|q"$`\' "empty, blank, multi-line and quoted arguments too"
