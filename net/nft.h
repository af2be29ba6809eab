/* net/nft.h - a table of nftables as a list of statements.
 *
 * net/rules.c says what the rules are, once; net/nft.c makes the kernel's bytes of the
 * list and net/rules_print.c nft's words. That both mean the same is what tests/netrules
 * compares, for every kind of statement.
 */
#ifndef NET_NFT_H
#define NET_NFT_H

#include <stdio.h>

#include "lib/netlink.h"
#include "net.h"

enum nft_op {
	/* objects; what follows a chain up to the next one belongs to it */
	ST_TABLE, /* text; num: published ports, or 0 */
	ST_PORTS, /* a map called text: ports first..last to num.. */
	ST_CHAIN, /* text; to be gone to by rules */
	ST_BASE,  /* text; num: enum nft_base */
	ST_RULE,  /* a rule begins: matches, then what is done with the packet */
	/* matches; `not` is for those marked with ! */
	ST_IIF, /* ! num: index, text: name; 0: the packet is the machine's own */
	ST_OIF,
	ST_IIFNAME, /* text */
	ST_OIFNAME,
	ST_IIFGROUP, /* ! num; neither holds for a packet of the machine's own */
	ST_TO_OURS,  /* ! it leaves to a container; neither holds for one that stays */
	ST_FAMILY,   /* num: AF_INET, AF_INET6 */
	ST_SADDR,    /* ! addr, a prefix */
	ST_DADDR,    /* ! */
	ST_PROTO,    /* num: IPPROTO_* */
	ST_DPORT,    /* num: IPPROTO_TCP, UDP, SCTP; first..last */
	ST_ND,       /* neighbour solicitations and advertisements */
	ST_TO_HOST,  /* the destination is an address of the machine */
	ST_CT_STATE, /* num: any of these bits of linux/netfilter/nf_conntrack_common.h */
	ST_CT_DNAT,  /* ! the connection's destination was translated */
	ST_CT_OVER,  /* there are more than num connections that came here */
	/* ends */
	ST_ACCEPT,
	ST_DROP,
	ST_GOTO, /* text */
	ST_JUMP, /* text; what the chain does not decide goes on behind the rule */
	ST_MASQUERADE,
	ST_DNAT,       /* addr, first: port, or 0: as it is */
	ST_DNAT_PORTS, /* addr, num: protocol, text: map */
};

/* Where a chain is hooked in. All are of family inet and accept what no rule decides. */
enum nft_base {
	NFT_BASE_POLICY, /* filter, prerouting, behind connection tracking, before NAT */
	NFT_BASE_DNAT,   /* nat, prerouting, where DNAT is done */
	NFT_BASE_OUTPUT, /* nat, output */
	NFT_BASE_INPUT,  /* nat, input */
	NFT_BASE_POST,   /* nat, postrouting, before everybody's SNAT */
	NFT_BASES
};

struct nft_base_info {
	const char *type, *hook;
	uint32_t hooknum;
	int32_t prio;
};
extern const struct nft_base_info nft_bases[NFT_BASES];

struct nft_stmt {
	uint8_t op; /* enum nft_op */
	bool not ;
	uint16_t first, last;
	uint32_t num;
	const char *text; /* borrowed */
	struct net_addr addr;
};

enum { NFT_LIST_MAX = 1024 };

struct nft_list {
	size_t n;
	bool full; /* something did not fit: of no use */
	struct nft_stmt st[NFT_LIST_MAX];
};

/* Size of a buffer that surely holds what nft_encode() writes. */
size_t nft_size(const struct nft_list *l);
/* The whole list as one transaction: the kernel does all of it or nothing. Only the last
 * message asks for an ack; the table's is NFT_SEQ_TABLE. */
void nft_encode(const struct nft_list *l, struct nl_batch *b);
enum { NFT_SEQ_BEGIN = 1, NFT_SEQ_TABLE = 2 };
/* A question for all tables of family inet. */
void nft_ask_tables(struct nl_batch *b);
/* Of a table's userdata, NULL allowed: the number that the encoder put there. */
uint32_t nft_comment_ports(const struct nlattr *userdata);
/* As `nft -f` reads it. */
void nft_print(const struct nft_list *l, FILE *out);

/* What the rules are: net/rules.c. BRIDGE is storage for a name. */
void rules_list(const struct net_rules *r, char bridge[NET_IFNAME_MAX], struct nft_list *l);
/* MAPS: storage for the maps' names. */
void rules_publish_list(const struct net_publish *p, char maps[NET_PORTS_MAX][8],
			struct nft_list *l);

#endif
