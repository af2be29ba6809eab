/* net.h - the room of networks. So far: loopback in a new network namespace. */
#ifndef NET_H
#define NET_H

/* Bring `lo` up in the calling process's network namespace. Needs CAP_NET_ADMIN
 * in the user namespace that owns it, no id maps. netdevice(7). */
int net_loopback_up(void);

#endif
