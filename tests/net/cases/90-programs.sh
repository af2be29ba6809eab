# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Real programs, published and reached from outside.

if [ -z "${DEBIAN:-}" ]; then
	skip "nginx, redis and python from a Debian root" "there is none here"
else
	who caps
	# program NAME PORT COMMAND...: published at 8080
	program() {
		_name=$1 _port=$2
		shift 2
		said="cinit run -p 8080:$_port DEBIAN $*"
		(mine "$CINIT" run --name $_name -p 8080:$_port "$DEBIAN" "$@") </dev/null >"$T/$_name.out" 2>"$T/$_name.err" &
		eval "pid_$_name=\$!"
		boxes="$boxes $_name"
		answers() { [ "$(outside "$PROBE" ask tcp $HOST4 8080 300 | wc -c)" -gt 14 ]; }
		wait_for 10 answers
	}
	page() { printf 'GET /%s HTTP/1.0\r\n\r\n' "$2" | outside busybox nc -w 5 "$1" 8080 | tr '\r\n' '  '; }

	program nginx 80 nginx -g 'daemon off;'
	for address in $HOST4 $HOST6; do
		like "$(page "$address")" "*Welcome to nginx*" "nginx is reached at $address"
	done
	down nginx
	program redis 6379 redis-server --protected-mode no --save ''
	for address in $HOST4 $HOST6; do
		is "$(printf 'SET a 1\r\nINCR a\r\nQUIT\r\n' | outside busybox nc -w 5 $address 8080 | tr -d '\r' | tr '\n' ' ')" \
			"+OK :2 +OK " "redis at $address"
	done
	down redis
	program python 8000 python3 -m http.server --bind :: 8000
	like "$(page $HOST4 etc/debian_version)" "*200 OK*  12*" "python's http.server"
	page $HOST6 etc/hosts >/dev/null
	like "$(cat "$T/python.err" "$T/python.out" | tr '\n' ' ')" "*$OUT4*$OUT6*" "sees who asks"
	down python
fi
