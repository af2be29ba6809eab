/* cli/network.h - what the files of `cinit network` share. */
#ifndef CLI_NETWORK_H
#define CLI_NETWORK_H

#include "net.h"
#include "runtime/priv.h"

/* network.c */
extern const char *const network_drivers[NET_DRIVERS], *const network_modes[NET_MODES];
/* Ask the helper for VERB about NAME (NULL: def is filled in); the answer in *OUT. -1
 * with fail(). */
int network_ask(enum priv_network_verb verb, const char *name, struct net_def *def);
/* Call FN for each network of the caller, until it returns something else than 0. */
int network_each(int (*fn)(void *ctx, const struct net_def *def), void *ctx);

/* "NAME"; "OWNER/NAME" when it is somebody else's. */
char *network_name(char buf[320], const struct net_def *def);

/* network_show.c: is one of the caller's running containers on the network with this id?
 * 1, 0; -1 with fail(). */
int network_members(uint32_t id);

int cli_network_create(int argc, char **argv);
int cli_network_ls(int argc, char **argv);
int cli_network_inspect(int argc, char **argv);
int cli_network_rm(int argc, char **argv);
int cli_network_prune(int argc, char **argv);
int cli_network_connect(int argc, char **argv);
int cli_network_disconnect(int argc, char **argv);

extern const struct opt network_create_opts[], network_ls_opts[], network_inspect_opts[],
	network_rm_opts[], network_connect_opts[], network_disconnect_opts[];

#endif
