/* cli/run.h - what the options of `cinit run` leave behind, between reading them
 * (cli/run_read.c) and making a spec of them (cli/run_spec.c). */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cinit.h"
#include "lib/pool.h"

struct run_args {
	struct spec spec; /* what options can say at once is there already */
	struct pool *pool;

	const char *hostname, *overlay_upper, *entrypoint, *pidfile; /* as typed */
	bool tty_asked, interactive_asked;
	bool privileged, dry_run;

	uint64_t cap_add, cap_drop;
	bool cap_add_all, cap_drop_all;
	bool no_new_privs_asked, seccomp_asked;

	const char **env; /* -e, in order: "K=V", or "K": the caller's value */
	size_t nenv;
	const char **env_files;
	size_t nenv_files;
};

/* One reader per option that is more than a word or a switch; as struct opt's
 * read(): CTX is the struct run_args. */
int run_read_add_host(void *ctx, const char *value);
int run_read_cap_add(void *ctx, const char *value);
int run_read_cap_drop(void *ctx, const char *value);
int run_read_cgroupns(void *ctx, const char *value);
int run_read_detach_keys(void *ctx, const char *value);
int run_read_device(void *ctx, const char *value);
int run_read_dns(void *ctx, const char *value);
int run_read_dns_option(void *ctx, const char *value);
int run_read_dns_search(void *ctx, const char *value);
int run_read_env(void *ctx, const char *value);
int run_read_env_file(void *ctx, const char *value);
int run_read_gidmap(void *ctx, const char *value);
int run_read_group_add(void *ctx, const char *value);
int run_read_interactive(void *ctx, const char *value);
int run_read_ipc(void *ctx, const char *value);
int run_read_log_format(void *ctx, const char *value);
int run_read_mount(void *ctx, const char *value);
int run_read_net(void *ctx, const char *value);
int run_read_no_init(void *ctx, const char *value);
int run_read_oom_score_adj(void *ctx, const char *value);
int run_read_pid(void *ctx, const char *value);
int run_read_propagation(void *ctx, const char *value);
int run_read_rm(void *ctx, const char *value);
int run_read_security(void *ctx, const char *value);
int run_read_shm_size(void *ctx, const char *value);
int run_read_stop_signal(void *ctx, const char *value);
int run_read_stop_timeout(void *ctx, const char *value);
int run_read_sysctl(void *ctx, const char *value);
int run_read_time_offset(void *ctx, const char *value);
int run_read_tmpfs(void *ctx, const char *value);
int run_read_tty(void *ctx, const char *value);
int run_read_uidmap(void *ctx, const char *value);
int run_read_ulimit(void *ctx, const char *value);
int run_read_umask(void *ctx, const char *value);
int run_read_userns(void *ctx, const char *value);
int run_read_uts(void *ctx, const char *value);
int run_read_volume(void *ctx, const char *value);

/* Make the spec whole: ROOTFS is WORDS[0], the command stands behind it (WORDS is
 * ended by NULL). -1 with fail(). */
int run_spec_build(struct run_args *a, char **words);
/* The environment inside: cinit's own variables, then files, then -e. */
int run_env_build(struct run_args *a);
/* PATH as the caller means it, absolute; the working directory is asked for only
 * if need be. NULL with fail(). */
const char *run_absolute(struct pool *pool, const char *path);

#endif
