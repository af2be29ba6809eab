/* net/name.c - names of the host's interfaces and tables that belong to networks. Pure. */
#include <stdio.h>
#include <string.h>

#include "net.h"

static const char *base36(char text[8], uint32_t n)
{
	char *p = text + 7;

	*p = '\0';
	do
		*--p = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36];
	while (n /= 36);
	return p;
}

void net_bridge_name(char out[NET_IFNAME_MAX], uint32_t id)
{
	char text[8];

	snprintf(out, NET_IFNAME_MAX, "cib%s", base36(text, id));
}

void net_vxlan_name(char out[NET_IFNAME_MAX], uint32_t id)
{
	net_bridge_name(out, id);
	out[2] = 'x';
}

/* The hyphen keeps one user's names apart from another's whose number begins alike. */
void net_slot_prefix(char out[NET_IFNAME_MAX], const char *kind, uint32_t uid)
{
	char text[8];

	snprintf(out, NET_IFNAME_MAX, "%s%s-", kind, base36(text, uid));
}

void net_slot_name(char out[NET_IFNAME_MAX], const char *kind, uint32_t uid, uint32_t slot)
{
	char text[8];

	net_slot_prefix(out, kind, uid);
	size_t n = strlen(out);
	snprintf(out + n, NET_IFNAME_MAX - n, "%s", base36(text, slot));
}
