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

	bool publish_all;
	const char **publish; /* the words of spec.ports, as far as they came from -p */

	uint64_t cap_add, cap_drop;
	bool cap_add_all, cap_drop_all;
	bool no_new_privs_asked, seccomp_asked;

	struct net_want net; /* --ip and the like: of the one network */

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
int run_read_device_rule(void *ctx, const char *value);
int run_read_dns(void *ctx, const char *value);
int run_read_dns_option(void *ctx, const char *value);
int run_read_dns_search(void *ctx, const char *value);
int run_read_egress(void *ctx, const char *value);
int run_read_env(void *ctx, const char *value);
int run_read_env_file(void *ctx, const char *value);
int run_read_expose(void *ctx, const char *value);
int run_read_gidmap(void *ctx, const char *value);
int run_read_group_add(void *ctx, const char *value);
int run_read_interactive(void *ctx, const char *value);
int run_read_ip(void *ctx, const char *value);
int run_read_ip6(void *ctx, const char *value);
int run_read_ipc(void *ctx, const char *value);
int run_read_link(void *ctx, const char *value);
int run_read_log_format(void *ctx, const char *value);
int run_read_mac_address(void *ctx, const char *value);
int run_read_max_conns(void *ctx, const char *value);
int run_read_mount(void *ctx, const char *value);
int run_read_net(void *ctx, const char *value);
int run_read_net_burst(void *ctx, const char *value);
int run_read_net_rate(void *ctx, const char *value);
int run_read_network_alias(void *ctx, const char *value);
int run_read_no_init(void *ctx, const char *value);
int run_read_no_follow(void *ctx, const char *value);
int run_read_oom_score_adj(void *ctx, const char *value);
int run_read_pid(void *ctx, const char *value);
int run_read_propagation(void *ctx, const char *value);
int run_read_publish(void *ctx, const char *value);
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

/* A signal's name or number; a whole number. -1 with fail_plain(). */
int run_signal_parse(const char *value, int *signal);
int run_seconds_parse(const char *value, uint32_t *seconds);

/* ---- run_net.c ---- */
/* "NAME[:KEY=VALUE,...]", "OWNER/NAME", docker's "name=NAME,KEY=VALUE". */
int run_net_parse(struct pool *pool, const char *value, struct net_want *out);
int run_read_net_name(struct run_args *a, const char *value);
/* Fills ROW with one or two rows ("all" is both families); how many, or -1. */
int run_egress_parse(const char *value, struct net_egress row[2]);
/* Fields that are not said stay as they are. */
int run_rate_parse(const char *value, struct net_rate *rate);
int run_burst_parse(const char *value, uint32_t *burst);
/* ---- run_link.c ---- */
/* docker's variables of all --link, appended to ENV; the names of links become those of
 * records. -1 with fail(). */
int run_links_env(struct run_args *a, const char ***env, size_t *n);
/* The same for one link: RECORD's container is known as ALIAS to container SELF, by the
 * addresses IP4 and IP6 (NULL: it has none). Pure. */
struct yyjson_val;
void run_link_env(struct pool *pool, struct yyjson_val *record, const char *self, const char *alias,
		  const char *ip, const char ***env, size_t *n);
/* Nothing was said about networks: the default one if there is a helper who makes it. */
int run_net_default(struct run_args *a);
int run_net_build(struct run_args *a);

/* ---- run_limits.c ---- */
/* Each limit, of `run` and of `update`: kind of row, reader, long name, letter, what it is,
 * value, help, completion. */
#define RUN_LIMITS(X)                                                                               \
	X(OPT_CALL, memory, "memory", 'm', LIMIT_MEMORY, "SIZE",                                    \
	  "memory that it may use, like 64m", NULL)                                                 \
	X(OPT_CALL, memory_swap, "memory-swap", 0, LIMIT_SWAP, "SIZE",                              \
	  "memory and swap together; -1: all swap", "-1")                                           \
	X(OPT_CALL, memory_reservation, "memory-reservation", 0, LIMIT_LOW, "SIZE",                 \
	  "kept for it as far as can be", NULL)                                                     \
	X(OPT_CALL, memory_min, "memory-min", 0, LIMIT_MIN, "SIZE", "never taken from it", NULL)    \
	X(OPT_CALL, memory_high, "memory-high", 0, LIMIT_HIGH, "SIZE",                              \
	  "above that it is slowed down", NULL)                                                     \
	X(OPT_CALL_FLAG, oom_group, "oom-group", 0, LIMIT_OOM_GROUP, NULL,                          \
	  "out of memory, it is killed as a whole", NULL)                                           \
	X(OPT_CALL_FLAG, oom_kill_disable, "oom-kill-disable", 0, LIMIT_OOM_KILL, NULL,             \
	  "(cgroup v1 had that; says what v2 has)", NULL)                                           \
	X(OPT_CALL, cpus, "cpus", 0, LIMIT_CPUS, "N", "processors that it may use, like 0.5", NULL) \
	X(OPT_CALL, cpu_quota, "cpu-quota", 0, LIMIT_QUOTA, "US",                                   \
	  "processor time in each period; -1: no limit", "-1")                                      \
	X(OPT_CALL, cpu_period, "cpu-period", 0, LIMIT_PERIOD, "US",                                \
	  "what that period is (100000)", NULL)                                                     \
	X(OPT_CALL, cpu_burst, "cpu-burst", 0, LIMIT_BURST, "US",                                   \
	  "what it may save up of its quota", NULL)                                                 \
	X(OPT_CALL, cpu_shares, "cpu-shares", 'c', LIMIT_SHARES, "N",                               \
	  "its share when there is not enough (1024)", NULL)                                        \
	X(OPT_CALL_FLAG, cpu_idle, "cpu-idle", 0, LIMIT_IDLE, NULL,                                 \
	  "processor time that nobody else wants", NULL)                                            \
	X(OPT_CALL, cpuset_cpus, "cpuset-cpus", 0, LIMIT_SET_CPUS, "LIST",                          \
	  "the processors it runs on, like 0-3,7", NULL)                                            \
	X(OPT_CALL, cpuset_mems, "cpuset-mems", 0, LIMIT_SET_MEMS, "LIST",                          \
	  "the memory nodes it uses", NULL)                                                         \
	X(OPT_CALL, pids_limit, "pids-limit", 0, LIMIT_PIDS, "N",                                   \
	  "how many processes (2048); -1: no limit", "-1")                                          \
	X(OPT_CALL, blkio_weight, "blkio-weight", 0, LIMIT_WEIGHT, "N",                             \
	  "its share of the disks, 10 to 1000", NULL)                                               \
	X(OPT_CALL, device_read_bps, "device-read-bps", 0, LIMIT_READ_BPS, "DISK:RATE",             \
	  "bytes a second, like /dev/sda:1mb", "file")                                              \
	X(OPT_CALL, device_write_bps, "device-write-bps", 0, LIMIT_WRITE_BPS, "DISK:RATE",          \
	  "the same for writing", "file")                                                           \
	X(OPT_CALL, device_read_iops, "device-read-iops", 0, LIMIT_READ_IOPS, "DISK:N",             \
	  "reads a second", "file")                                                                 \
	X(OPT_CALL, device_write_iops, "device-write-iops", 0, LIMIT_WRITE_IOPS, "DISK:N",          \
	  "writes a second", "file")                                                                \
	X(OPT_CALL, hugetlb, "hugetlb", 0, LIMIT_HUGETLB, "PAGESIZE:SIZE",                          \
	  "huge pages, like 2MB:64m", NULL)                                                         \
	X(OPT_CALL, rdma, "rdma", 0, LIMIT_RDMA, "DEVICE:KEY=N",                                    \
	  "handles and objects of an RDMA device", NULL)                                            \
	X(OPT_CALL, misc, "misc", 0, LIMIT_MISC, "NAME:N", "of what the misc controller counts",    \
	  NULL)                                                                                     \
	X(OPT_CALL, cgroup_conf, "cgroup-conf", 0, LIMIT_CONF, "FILE=VALUE",                        \
	  "anything else of its cgroup", NULL)
#define RUN_LIMIT_NAME(kind, reader, name, letter, what, ...) what,
#define RUN_LIMIT_READER(kind, reader, ...) int run_read_##reader(void *ctx, const char *value);
enum run_limit { RUN_LIMITS(RUN_LIMIT_NAME) };
RUN_LIMITS(RUN_LIMIT_READER)
/* VALUE of the option WHAT into L. -1 with fail_plain(). */
int run_limit_parse(struct pool *pool, struct cgroup_limits *l, enum run_limit what,
		    const char *value);

/* ---- run_port.c ---- */
/* "[HOSTIP:][HOSTPORT[-END]:]PORT[-END][/tcp|udp|sctp]"; a host port that is not said or 0
 * is 0: the kernel's choice. -1 with fail_plain(). */
int run_port_parse(const char *arg, struct net_port *out);
/* "PORT[-END][/tcp|udp|sctp]" */
int run_expose_parse(const char *arg, struct net_port *out);
/* -P: what is exposed is published; then all ports are judged together. */
int run_ports_build(struct run_args *a);

/* Make the spec whole: ROOTFS is WORDS[0], the command stands behind it (WORDS is
 * ended by NULL). -1 with fail(). */
int run_spec_build(struct run_args *a, char **words);
/* The environment inside: cinit's own variables, then files, then -e. */
int run_env_build(struct run_args *a);
/* PATH as the caller means it, absolute; the working directory is asked for only
 * if need be. NULL with fail(). */
const char *run_absolute(struct pool *pool, const char *path);

#endif
