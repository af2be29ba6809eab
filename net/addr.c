/* net/addr.c - addresses as text and as numbers. Called by everybody. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/num.h"
#include "net.h"

/* FNV-1a, the high bits mixed into the low ones, of which most is made. */
uint64_t net_hash(uint64_t seed, const void *data, size_t n)
{
	uint64_t hash = seed ^ UINT64_C(14695981039346656037);

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ ((const uint8_t *)data)[i]) * UINT64_C(1099511628211);
	return hash ^ hash >> 32;
}

static unsigned addr_bits(const struct net_addr *a)
{
	return a->family == AF_INET ? 32 : a->family == AF_INET6 ? 128 : 0;
}

static int addr_bit(const struct net_addr *a, unsigned n)
{
	return a->byte[n / 8] >> (7 - n % 8) & 1;
}

bool net_addr_bound(int sock, struct net_addr *out, uint16_t *port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} name = { .any.sa_family = AF_UNSPEC };
	socklen_t n = sizeof(name);

	if (getsockname(sock, &name.any, &n) < 0)
		return false;
	if (name.any.sa_family == AF_INET && n == sizeof(name.in)) {
		*out = (struct net_addr){ .family = AF_INET, .plen = 32 };
		memcpy(out->byte, &name.in.sin_addr, 4);
		*port = ntohs(name.in.sin_port);
		return true;
	}
	if (name.any.sa_family != AF_INET6 || n != sizeof(name.in6))
		return false;
	*out = (struct net_addr){ .family = AF_INET6, .plen = 128 };
	memcpy(out->byte, &name.in6.sin6_addr, 16);
	*port = ntohs(name.in6.sin6_port);
	return true;
}

int net_addr_parse(const char *text, bool prefix, struct net_addr *out)
{
	struct net_addr a = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	char copy[INET6_ADDRSTRLEN];
	size_t n = prefix ? strcspn(text, "/") : strlen(text);
	uint32_t plen = addr_bits(&a);

	if (n >= sizeof(copy))
		return -1;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (inet_pton(a.family, copy, a.byte) != 1)
		return -1;
	/* An IPv4 address in IPv6's clothes would be judged by the wrong rules. */
	if (a.family == AF_INET6 && IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)a.byte))
		return -1;
	if (text[n] == '/' && (num_u32(text + n + 1, &plen) < 0 || plen > addr_bits(&a)))
		return -1;
	for (unsigned i = plen; i < addr_bits(&a); i++)
		if (addr_bit(&a, i))
			return -1;
	a.plen = (uint8_t)plen;
	*out = a;
	return 0;
}

char *net_addr_text(char buf[52], const struct net_addr *a, bool prefix)
{
	char num[24];

	if (!addr_bits(a) || !inet_ntop(a->family, a->byte, buf, INET6_ADDRSTRLEN))
		return strcpy(buf, "-");
	if (prefix) {
		strcat(buf, "/");
		strcat(buf, num_text(num, a->plen));
	}
	return buf;
}

bool net_addr_equal(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family && !memcmp(a->byte, b->byte, addr_bits(a) / 8);
}

/* Are the first N bits of both the same? */
static bool addr_alike(const struct net_addr *a, const struct net_addr *b, unsigned n)
{
	if (a->family != b->family || !addr_bits(a) || n > addr_bits(a))
		return false;
	if (memcmp(a->byte, b->byte, n / 8) != 0)
		return false;
	return !(n % 8) || !((a->byte[n / 8] ^ b->byte[n / 8]) >> (8 - n % 8));
}

bool net_addr_in(const struct net_addr *a, const struct net_addr *prefix)
{
	return addr_alike(a, prefix, prefix->plen);
}

bool net_prefix_meet(const struct net_addr *a, const struct net_addr *b)
{
	return addr_alike(a, b, a->plen < b->plen ? a->plen : b->plen);
}

bool net_addr_nth(const struct net_addr *prefix, uint64_t n, struct net_addr *out)
{
	struct net_addr a = *prefix;
	unsigned len = addr_bits(prefix) / 8, carry = 0;

	for (unsigned i = 0; i < len; i++, n >>= 8) {
		unsigned sum = a.byte[len - 1 - i] + (unsigned)(n & 0xff) + carry;

		a.byte[len - 1 - i] = (uint8_t)sum;
		carry = sum >> 8;
	}
	if (n || carry || !net_addr_in(&a, prefix))
		return false;
	a.plen = (uint8_t)addr_bits(prefix);
	*out = a;
	return true;
}

static int mac_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int net_mac_parse(const char *text, uint8_t mac[6])
{
	uint8_t got[6], any = 0;

	for (int i = 0; i < 6; i++, text += 3) {
		int high = mac_digit(text[0]), low = high < 0 ? -1 : mac_digit(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -1;
		got[i] = (uint8_t)(high << 4 | low);
		any |= got[i];
	}
	/* The lowest bit of the first byte means a group of stations, 0 means nobody. */
	if (!any || (got[0] & 1))
		return -1;
	memcpy(mac, got, sizeof(got));
	return 0;
}
