# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Real programs in a real root file system.

if [ -z "${DEBIAN:-}" ]; then
	skip "bash, python3, nginx, redis in a Debian root" "${IN_VM:+the machine has no room for it}"
else
	"$PROBE" list "$DEBIAN" >"$T/before"
	run "$DEBIAN" python3 -c "print(1+1)"
	is "$? $(out)" "0 2" "python3 adds"
	run "$DEBIAN" bash -c 'a=(x y z); echo "${#a[@]} ${BASH_VERSINFO[0]}"; type -t ls'
	like "$(out)" "3 5*" "bash has arrays"
	run "$DEBIAN" python3 -c 'import os, tempfile, subprocess, threading, ssl, sqlite3
t = threading.Thread(target=print, args=("thread",)); t.start(); t.join()
tempfile.NamedTemporaryFile().write(b"x"); print(subprocess.check_output(["id", "-u"]).decode().strip(), os.getuid())
import multiprocessing; multiprocessing.Lock(); print("semaphore")'
	is "$? $(out | tr '\n' ' ')" "0 thread 0 0 semaphore " "threads, subprocesses, temporary files, semaphores"
	run "$DEBIAN" bash -c 'nginx && python3 -c "
import urllib.request
r = urllib.request.urlopen(\"http://127.0.0.1/\"); print(r.status, b\"nginx\" in r.read())"; nginx -s quit'
	is "$(out | head -n 1)" "200 True" "nginx serves to a client in its container"
	start --name "web-$$" "$DEBIAN" nginx -g 'daemon off;'
	_asked='
import time, urllib.request
for i in range(100):
	try:
		print(urllib.request.urlopen("http://127.0.0.1/").status); break
	except OSError: time.sleep(0.1)'
	_left=20
	until run --net "container:web-$$" "$DEBIAN" python3 -c "$_asked" || [ $_left = 0 ]; do
		"$PROBE" sleep 100
		_left=$((_left - 1))
	done
	is "$(out)" 200 "nginx serves to a client in another container of its network" 
	kill -QUIT "$launcher"
	await
	is $? 0 "QUIT ends nginx in good order" 
	# As Debian has it: nginx goes into the background, and the container goes on with it.
	start --name "daemon-$$" "$DEBIAN" nginx
	_left=20
	until run --net "container:daemon-$$" "$DEBIAN" python3 -c "$_asked" || [ $_left = 0 ]; do
		"$PROBE" sleep 100
		_left=$((_left - 1))
	done
	is "$(out)" 200 "a plain nginx, which becomes a daemon, serves to a client in its network"
	kill -QUIT "$launcher"
	await
	is $? 0 "QUIT reaches the daemon and ends the container"
	run --no-follow "$DEBIAN" nginx
	is "$? $(err)" "0 " "--no-follow: the container ends with the program"
	run "$DEBIAN" bash -c 'redis-server --daemonize yes --dir /tmp >/dev/null; for i in $(seq 50); do redis-cli ping >/dev/null 2>&1 && break; sleep 0.1; done
		redis-cli set key value; redis-cli get key; redis-cli save; redis-cli shutdown nosave'
	is "$(out | head -n 3 | tr '\n' ' ')" "OK value OK " "redis keeps a value and saves it"
	run --user www-data "$DEBIAN" bash -c 'id -un; id -Gn; touch /etc/x 2>/dev/null || echo refused'
	is "$(out | tr '\n' ' ')" "www-data www-data refused " "a user of the image"
	run "$DEBIAN" bash -c 'apt-get --version | head -n 1; dpkg -l bash >/dev/null && echo dpkg; passwd -d nobody >/dev/null && su -s /bin/bash nobody -c "id -un"'
	like "$(out | tr '\n' ' ')" "apt *dpkg*nobody *" "dpkg, passwd and su work"
	"$PROBE" list "$DEBIAN" >"$T/after"
	same "$T/before" "$T/after" "the root file system is as it was, to the byte"
fi
