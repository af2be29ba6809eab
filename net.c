/* net.c - the room of networks. Runs in the stage, inside the container's own
 * network namespace; owns one socket for the length of a call. */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/err.h"
#include "lib/fd.h"
#include "net.h"

int net_loopback_up(void)
{
	/* The kernel gives 127.0.0.1 and ::1 to lo when it goes up. The flags of a
	 * new namespace's lo are known, so they are not read first. */
	struct ifreq req = { .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING };
	AUTO_FD int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* A kernel without IPv4 answers the same request on any other family. */
	if (sock < 0)
		sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return fail("open a socket to bring lo up");
	memcpy(req.ifr_name, "lo", 3);
	if (ioctl(sock, SIOCSIFFLAGS, &req) < 0)
		return fail("bring lo up");
	return 0;
}
