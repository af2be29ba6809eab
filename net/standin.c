/* net/standin.c - addresses for a container that has none but loopback.
 *
 * Runs in the process that will carry published ports inside, while it is still root of
 * the container's user namespace; owns a socket for the length of a call. A client that is
 * carried inside has to come from somewhere. 127.0.0.1 it must not be: programs take what
 * comes from there for local and trust it (CVE-2021-20199). So `lo` gets two addresses more,
 * which nobody outside can have: 192.0.0.8 is IPv4's dummy address (RFC 7600), the other is
 * a unique local one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "net.h"

/* Of <linux/ipv6.h>, which does not go together with the C library's headers. */
struct in6_ifreq {
	struct in6_addr ifr6_addr;
	uint32_t ifr6_prefixlen;
	int ifr6_ifindex;
};

static const struct net_addr standin4 = {
	.family = AF_INET,
	.plen = 32,
	.byte = { 192, 0, 0, 8 },
};
static const struct net_addr standin6 = {
	.family = AF_INET6,
	.plen = 128,
	.byte = { 0xfd, 'c', 'i', 'n', 'i', 't', [15] = 8 },
};

static int add4(const struct net_addr *a)
{
	struct ifreq req = { .ifr_flags = 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&req.ifr_addr;
	AUTO_FD int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return fail("open a socket");
	/* A label makes it one more address instead of the one; netdevice(7). */
	strcpy(req.ifr_name, "lo:ports");
	in->sin_family = AF_INET;
	memcpy(&in->sin_addr, a->byte, sizeof(in->sin_addr));
	if (ioctl(sock, SIOCSIFADDR, &req) < 0)
		return fail("give lo the address 192.0.0.8");
	/* Kernel: what SIOCSIFADDR guesses is the mask of the address's class. */
	memset(&in->sin_addr, 0xff, sizeof(in->sin_addr));
	if (ioctl(sock, SIOCSIFNETMASK, &req) < 0)
		return fail("give lo the address 192.0.0.8/32");
	return 0;
}

static int add6(const struct net_addr *a)
{
	struct ifreq lo = { .ifr_flags = 0 };
	struct in6_ifreq req = { .ifr6_prefixlen = a->plen };
	AUTO_FD int sock = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(lo.ifr_name, "lo");
	if (sock < 0 || ioctl(sock, SIOCGIFINDEX, &lo) < 0)
		return -1;
	memcpy(&req.ifr6_addr, a->byte, sizeof(req.ifr6_addr));
	req.ifr6_ifindex = lo.ifr_ifindex;
	return ioctl(sock, SIOCSIFADDR, &req) < 0 && errno != EEXIST ? -1 : 0;
}

int net_standin_up(struct net_addr *ip4, struct net_addr *ip6)
{
	memset(ip6, 0, sizeof(*ip6));
	if (add4(&standin4) < 0)
		return -1;
	*ip4 = standin4;
	/* A machine may do without IPv6. */
	if (add6(&standin6) == 0)
		*ip6 = standin6;
	return 0;
}
