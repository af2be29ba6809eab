/* runtime.c - the launcher: from a checked spec to an exit code.
 *
 * `cinit run` runs this. Everything that can be refused is refused before anything
 * is made: ids, mount plan, seccomp program are planned and the spec is const from
 * then on (the mount plan in the stage, where that costs no time). What is made after that, and who takes it back:
 *
 *	record, scratch directory	record_undo(), or the next command
 *	names of its addresses		names_leave(), or another monitor
 *	rules and ports			nets_release(), or the kernel with the monitor
 *	the container			the kernel, when init or the monitor ends
 *	pidfile				pidfile_undo()
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/sys.h"
#include "runtime.h"
#include "runtime/box.h"
#include "runtime/ctl.h"
#include "runtime/journal.h"
#include "runtime/priv.h"
#include "runtime/tty.h"

static void box_init(struct box *b, struct pool *pool, const struct spec *spec)
{
	memset(b, 0, sizeof(*b));
	b->pool = pool;
	b->spec = spec;
	b->rate = spec->net_rate;
	b->created = (int64_t)time(NULL);
	b->record.dir = b->record.lock = b->cgroup.fd = b->cgroup.inner = -1;
	b->null_fd = b->userns = b->sock = b->other_sock = -1;
	b->pidfd = b->tty_master = b->netns = b->inside = b->hosts = -1;
	ports_init(&b->ports);
	b->names.table = b->names.fifo = b->names.bell = b->names.peer = -1;
	for (int k = 0; k < NS_KINDS; k++)
		b->join[k] = -1;
}

static void box_release(struct box *b)
{
	fd_close(&b->null_fd);
	fd_close(&b->userns);
	fd_close(&b->sock);
	fd_close(&b->other_sock);
	fd_close(&b->pidfd);
	fd_close(&b->tty_master);
	fd_close(&b->hosts);
	nets_release(b);
	for (int k = 0; k < NS_KINDS; k++)
		fd_close(&b->join[k]);
}

/* New, or another container's: in any case not the host's. */
static bool own(const struct spec *spec, enum ns_kind kind)
{
	return spec->ns[kind].mode != NS_HOST;
}

static bool root_is_caller(const struct idmaps *maps, uint32_t caller)
{
	for (size_t i = 0; i < maps->n; i++)
		if (maps->row[i].inside == 0)
			return maps->row[i].outside == caller;
	return false;
}

static bool joins(const struct spec *spec)
{
	for (int k = NS_PID; k <= NS_CGROUP; k++)
		if (spec->ns[k].mode == NS_JOIN)
			return true;
	return false;
}

/* Plan everything, touch nothing. */
static int box_plan(struct box *b)
{
	const struct spec *spec = b->spec;
	struct stat st;

	if (ids_plan(b->pool, spec, &b->ids) < 0)
		return -1;
	b->facts.userns = b->ids.userns;
	b->facts.own_net = own(spec, NS_NET);
	b->facts.own_pid = own(spec, NS_PID);
	b->facts.own_ipc = own(spec, NS_IPC);
	b->facts.own_cgroup = own(spec, NS_CGROUP);
	/* A joined container's user namespace has maps of its own. */
	b->facts.tty_gid = !b->ids.userns || (ids_mapped(&b->ids.gids, 5) && !joins(spec));
	b->facts.caller_is_root = !b->ids.userns ||
				  (!joins(spec) && root_is_caller(&b->ids.uids, geteuid()) &&
				   root_is_caller(&b->ids.gids, getegid()));
	b->facts.foreign = stat(spec->rootfs, &st) == 0 && st.st_uid != geteuid();
	return devices_plan(b) < 0 ? -1 : sec_filter_load(b->pool, spec, &b->filter);
}

/* Without -i the payload reads nothing, as users of docker expect. */
static int open_input(struct box *b)
{
	if (b->spec->interactive || b->spec->tty)
		return 0;
	b->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return b->null_fd < 0 ? fail("open /dev/null") : 0;
}

static int write_pidfile(const struct box *b)
{
	char text[24];

	if (!b->spec->pidfile)
		return 0;
	num_text(text, (uint64_t)b->pid);
	strcat(text, "\n");
	if (fd_write_file(AT_FDCWD, b->spec->pidfile, O_CREAT | O_TRUNC, text, strlen(text)) < 0)
		return fail("--pidfile %s", b->spec->pidfile);
	return 0;
}

static void pidfile_undo(const struct box *b)
{
	if (b->spec->pidfile)
		unlink(b->spec->pidfile);
}

/* Make the container, watch it, take back what is left of it. */
static int box_live(struct box *b, int front)
{
	int code = EXIT_CINIT;

	if (record_scratch_make(b) < 0)
		goto failed;
	b->facts.scratch = b->scratch[0] ? b->scratch : NULL;
	if (ports_bind(b->pool, b->spec->ports, b->spec->nports, &b->ports) < 0)
		goto failed;
	if (open_input(b) < 0 || launch(b, &code) < 0)
		goto failed;
	/* Nothing privileged outlives the start of a container. */
	priv_end();
	/* Clones that the stage has inherited would pin their file systems here. */
	if (b->plan)
		fs_plan_release(b->plan);
	if (b->netns >= 0)
		ctl_start(b);
	if (record_write(b) < 0 || write_pidfile(b) < 0) {
		sys_pidfd_send_signal(b->pidfd, SIGKILL, NULL);
		err_print();
		monitor_run(b, front);
		code = EXIT_CINIT;
	} else {
		/* All of them are looked at, so not before the payload runs and is on record. */
		journal_write("start", b->record.name, b->spec->id, NULL, 0);
		b->started = true;
		record_clear(b);
		code = monitor_run(b, front);
	}
	pidfile_undo(b);
	goto end;
failed:
	err_print();
end:
	ctl_end(b);
	names_leave(b);
	cgroups_end(b, code);
	record_undo(b);
	box_release(b);
	return code;
}

/* Signals the caller left ignored: the payload is to have them ignored too. */
static uint64_t ignored_signals(void)
{
	uint64_t set = 0;
	struct sigaction sa;

	for (int sig = 1; sig < 32; sig++)
		if (sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			set |= 1ull << (sig - 1);
	return set;
}

/* The largest file that is written for a container: its init, with its configuration. */
enum { OWN_FILES = 64 << 10 };

int runtime_run(struct pool *pool, struct spec *spec)
{
	struct box b;
	const uint64_t all = ~0ull;
	uint64_t mask = 0;

	box_init(&b, pool, spec);
	if (limits_enough(RLIMIT_FSIZE, OWN_FILES) < 0 || box_plan(&b) < 0 ||
	    cgroups_plan(&b) < 0 || cgroups_enter(&b) < 0) {
		err_print();
		return EXIT_CINIT;
	}
	if (b.ids.note)
		note("only one id is mapped: %s", b.ids.note);
	/* The raw call: nothing is lost between here and the monitor's loop, and the
	 * stage is born with everything blocked until init takes over. */
	sys_sigprocmask(SIG_BLOCK, &all, &mask);
	/* main() has blocked SIGXFSZ for us; nobody else does. */
	b.old_mask = mask & ~(1ull << (SIGXFSZ - 1));
	b.ignored = ignored_signals();
	/* An ignored SIGCHLD would reap the container before its status is read. */
	signal(SIGCHLD, SIG_DFL);
	int code = spec->tty ? tty_run(&b, box_live) : box_live(&b, -1);
	sys_sigprocmask(SIG_SETMASK, &mask, NULL);
	return code;
}

/* ---- --dry-run ---- */

static void print_maps(FILE *out, const char *which, const struct idmaps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		fprintf(out, "%s %u:%u:%u\n", which, maps->row[i].inside, maps->row[i].outside,
			maps->row[i].count);
}

static void print_namespaces(FILE *out, const struct spec *spec, const struct ids_plan *ids)
{
	static const char *const words[] = {
		[NS_PRIVATE] = "private", [NS_HOST] = "host", [NS_NONE] = "none"
	};

	fprintf(out, "namespace user %s\n", ids->userns ? "private" : "host");
	fprintf(out, "namespace mnt private\n");
	for (int k = NS_PID; k <= NS_CGROUP; k++) {
		if (spec->ns[k].mode == NS_JOIN)
			fprintf(out, "namespace %s container:%s\n", launch_ns_name[k],
				spec->ns[k].who);
		else
			fprintf(out, "namespace %s %s\n", launch_ns_name[k],
				words[spec->ns[k].mode]);
	}
	if (spec->time_offset)
		fprintf(out, "namespace time private monotonic=%lldns boottime=%lldns\n",
			(long long)spec->time_mono_ns, (long long)spec->time_boot_ns);
	else
		fprintf(out, "namespace time host\n");
}

static void print_networks(FILE *out, const struct spec *spec)
{
	char text[52];

	for (size_t i = 0; i < spec->nnets; i++) {
		const struct net_want *net = &spec->nets[i];

		fprintf(out, "network eth%zu %s%s%s", i, net->owner ? net->owner : "",
			net->owner ? "/" : "", net->name);
		if (net->ip4.family)
			fprintf(out, " ip=%s", net_addr_text(text, &net->ip4, false));
		if (net->ip6.family)
			fprintf(out, " ip6=%s", net_addr_text(text, &net->ip6, false));
		if (net->mac[0] | net->mac[1] | net->mac[5])
			fprintf(out, " mac=%02x:%02x:%02x:%02x:%02x:%02x", net->mac[0], net->mac[1],
				net->mac[2], net->mac[3], net->mac[4], net->mac[5]);
		for (size_t k = 0; k < net->naliases; k++)
			fprintf(out, " alias=%s", net->aliases[k]);
		fputc('\n', out);
	}
	for (size_t i = 0; i < spec->negress; i++) {
		const struct net_egress *e = &spec->egress[i];

		fprintf(out, "egress %s %s", e->allow ? "allow" : "deny",
			net_addr_text(text, &e->to, true));
		if (e->port_first)
			fprintf(out, " ports %u-%u", e->port_first, e->port_last);
		if (e->proto)
			fprintf(out, " protocol %u", e->proto);
		fputc('\n', out);
	}
	if (spec->negress)
		fprintf(out, "egress %s everything else\n", spec->egress_deny ? "deny" : "allow");
	if (spec->net_rate.up || spec->net_rate.down)
		fprintf(out, "rate up %llu down %llu burst %u bytes a second\n",
			(unsigned long long)spec->net_rate.up,
			(unsigned long long)spec->net_rate.down, spec->net_rate.burst);
	if (spec->max_conns)
		fprintf(out, "connections %u\n", spec->max_conns);
	for (size_t i = 0; i < spec->nports; i++) {
		char port[96];

		fprintf(out, "publish %s\n", ports_text(port, &spec->ports[i]));
	}
	for (size_t i = 0; i < spec->nlinks; i++)
		fprintf(out, "link %s as %s\n", spec->links[i].key, spec->links[i].val);
}

int runtime_dry_run(struct pool *pool, struct spec *spec, FILE *out)
{
	struct box b;

	box_init(&b, pool, spec);
	if (box_plan(&b) == 0)
		b.plan = fs_plan_build(pool, spec, &b.facts);
	if (!b.plan) {
		err_print();
		return EXIT_CINIT;
	}
	fprintf(out, "container %s\n", spec->name ? spec->name : "(unnamed)");
	print_namespaces(out, spec, &b.ids);
	print_networks(out, spec);
	if (b.ids.userns) {
		print_maps(out, "uidmap", &b.ids.uids);
		print_maps(out, "gidmap", &b.ids.gids);
		fprintf(out, "maps written by %s\n",
			b.ids.by_helper                ? "the privileged helper" :
			b.ids.as_root || b.ids.by_self ? "cinit" :
							 "newuidmap and newgidmap");
	}
	fs_plan_print(b.plan, out);
	devices_print(&b, out);
	sec_print(spec, &b.filter, out);
	fprintf(out, "hostname %s\n",
		spec->ns[NS_UTS].mode == NS_PRIVATE ? spec->hostname : "(the host's)");
	fprintf(out, "init %s\n",
		!spec->init    ? "none" :
		spec->wait_all ? "cinit, waits for all" :
				 "cinit");
	fprintf(out, "terminal %s\n", spec->tty ? "own" : "none");
	fprintf(out, "workdir %s\n", spec->cwd);
	for (const char **e = spec->env; *e; e++)
		fprintf(out, "env %s\n", *e);
	fprintf(out, "exec");
	for (const char **a = spec->argv; *a; a++)
		fprintf(out, " %s", *a);
	fputc('\n', out);
	if (fflush(out) != 0) {
		fail("write the plan");
		err_print();
		return EXIT_CINIT;
	}
	return 0;
}
