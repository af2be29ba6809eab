# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2086,SC2046 # read by suite.sh
# Networks that a running container is put on and taken off: the way out goes along.
# Traffic is tests/net's; here root alone, who needs no privileged binary.

if [ "$ME" = 0 ] && cinit network create first; then
	cinit network create second
	cinit network create --internal third
	start --name live --net first -p 8080:80 "$R" sh -c 'echo ready; exec probe sleep 100000'
	ready
	ways() { run --net container:live "$R" ip $1 route show default && out | sed 's/.*dev \([^ ]*\).*/\1/'; }
	is "$(ways -4) $(ways -6)" "eth0 eth0" "the first network is the way out"
	cinit network connect third live && cinit network connect second live
	is $? 0 "it is put on two more"
	is "$(ways -4) $(ways -6)" "eth0 eth0" "which changes nothing about that"
	cinit network connect second live
	is "$? $(err)" "125 cinit: network connect: container live is on network second already" "once on each"
	run --net container:live "$R" ip link show eth3
	isnt $? 0 "of the second time nothing stays"
	cinit network disconnect first live
	is "$? $(err | wc -l)" "125 1" "not taken off where its ports lead through"
	cinit generate nft live
	is "$(out | grep -c '^table inet c[ip]')" 4 "generate prints the rules of each interface and of each publication"
	like "$(out)" "*tcp dport 8080*dnat ip to*:80*" "and where a port leads"
	cinit port rm live 8080:80
	is $? 0 "the port is given up"
	cinit network disconnect first live
	is "$? $(err)" "0 " "then it is taken off"
	is "$(ways -4) $(ways -6)" "eth2 eth2" "the next one that leads out is the way out"
	cinit network disconnect second live
	is "$(ways -4) $(ways -6)" " " "an internal one is none"
	cinit network disconnect second live
	is "$? $(err | wc -l)" "125 1" "twice is an error"
	cinit network disconnect -f second live
	is $? 0 "unless it is forced"
	kill "$launcher"
	await
	cinit network rm first second third
	is $? 0 "networks are removed"
	cinit network rm third
	is "$?" 125 "once"
	cinit network rm -f third
	is "$? $(err)" "0 " "with --force as often as one likes"
	for name in a/b .a 'a b' '' "$(printf %040d 0)"; do
		cinit network create "$name"
		like "$? $(err)" "125 *name has letters*" "no network can be called \"$name\""
	done
fi
