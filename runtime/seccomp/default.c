/* runtime/seccomp/default.c - the default profile: which system calls a container
 * may make.
 *
 * Used by tools/mkfilter.c when cinit is built (the default capabilities) and by
 * the launcher for other ones. The decisions are those of docker's default profile
 * (github.com/moby/profiles, 2026; `docs/security.md` lists where ours differs):
 * what is not named here gets EPERM, what is newer than everything named here
 * ENOSYS. A new call is added here when somebody has judged it.
 */
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/seccomp/filter.h"

#define CAP(name) (UINT64_C(1) << CAP_##name)

/* Allowed to a container that has `cap` (0: to every one). Names of other machines'
 * calls do no harm: libseccomp leaves out what the machine has not got. */
static const struct group {
	uint64_t cap;
	const char *names;
} groups[] = {
	/* files and directories */
	{ 0, "open openat openat2 creat close close_range access faccessat faccessat2 "
	     "stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx "
	     "statfs statfs64 fstatfs fstatfs64 name_to_handle_at "
	     "link linkat symlink symlinkat readlink readlinkat unlink unlinkat "
	     "rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat "
	     "chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat "
	     "lchown lchown32 utime utimes futimesat utimensat utimensat_time64 "
	     "truncate truncate64 ftruncate ftruncate64 fallocate "
	     "getcwd chdir fchdir umask getdents getdents64 "
	     "getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat "
	     "listxattr llistxattr flistxattr listxattrat "
	     "removexattr lremovexattr fremovexattr removexattrat "
	     "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark "
	     "listmount statmount" },
	/* reading and writing */
	{ 0, "read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 "
	     "lseek _llseek sendfile sendfile64 copy_file_range splice tee vmsplice readahead "
	     "fadvise64 fadvise64_64 arm_fadvise64_64 cachestat "
	     "sync syncfs fsync fdatasync sync_file_range sync_file_range2 arm_sync_file_range "
	     "io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents "
	     "io_pgetevents_time64 "
	     "dup dup2 dup3 pipe pipe2 fcntl fcntl64 flock ioctl "
	     "select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 "
	     "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old "
	     "epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4" },
	/* memory */
	{ 0, "brk mmap mmap2 munmap mremap remap_file_pages mprotect madvise mincore msync "
	     "mlock mlock2 mlockall munlock munlockall mseal memfd_create memfd_secret "
	     "pkey_alloc pkey_free pkey_mprotect map_shadow_stack membarrier" },
	/* processes and threads */
	{ 0, "fork vfork execve execveat exit exit_group wait4 waitid waitpid "
	     "getpid getppid gettid getpgid getpgrp setpgid getsid setsid "
	     "set_tid_address set_robust_list get_robust_list rseq restart_syscall "
	     "futex futex_time64 futex_wait futex_wake futex_requeue futex_waitv "
	     "prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self "
	     "pidfd_open pidfd_send_signal process_mrelease "
	     "ptrace process_vm_readv process_vm_writev "
	     "getrlimit ugetrlimit setrlimit prlimit64 getrusage times sysinfo uname "
	     "get_thread_area set_thread_area set_tls arch_prctl modify_ldt "
	     "breakpoint cacheflush riscv_flush_icache riscv_hwprobe uretprobe" },
	/* The kernel itself asks for CAP_SYS_CHROOT. Docker's profile asks as well;
	 * leaving that to the kernel lets one built-in program serve the default
	 * set, --cap-drop ALL and most of --cap-add. */
	{ 0, "chroot" },
	/* signals */
	{ 0, "kill tkill tgkill pause alarm rt_sigaction rt_sigprocmask sigprocmask "
	     "rt_sigpending rt_sigreturn sigreturn rt_sigsuspend "
	     "rt_sigtimedwait rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo "
	     "sigaltstack" },
	/* scheduling */
	{ 0, "sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr "
	     "sched_getparam sched_setparam sched_getscheduler sched_setscheduler "
	     "sched_get_priority_max sched_get_priority_min "
	     "sched_rr_get_interval sched_rr_get_interval_time64 "
	     "getpriority setpriority ioprio_get ioprio_set getcpu" },
	/* time; setting the clock is refused by the kernel */
	{ 0, "time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 "
	     "clock_nanosleep clock_nanosleep_time64 nanosleep "
	     "adjtimex clock_adjtime clock_adjtime64 getitimer setitimer "
	     "timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
	     "timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 "
	     "timerfd_settime timerfd_settime64" },
	/* identity */
	{ 0, "getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 "
	     "getresuid getresuid32 getresgid getresgid32 getgroups getgroups32 "
	     "setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 "
	     "setresuid setresuid32 setresgid setresgid32 setgroups setgroups32 "
	     "setfsuid setfsuid32 setfsgid setfsgid32 capget capset getrandom" },
	/* talking: sockets (socket(2) itself is below), System V and POSIX queues */
	{ 0, "socketpair bind listen accept accept4 connect shutdown getsockname getpeername "
	     "getsockopt setsockopt send sendto sendmsg sendmmsg recv recvfrom recvmsg "
	     "recvmmsg recvmmsg_time64 socketcall "
	     "ipc shmget shmat shmdt shmctl semget semop semctl semtimedop semtimedop_time64 "
	     "msgget msgsnd msgrcv msgctl "
	     "mq_open mq_unlink mq_notify mq_getsetattr mq_timedsend mq_timedsend_time64 "
	     "mq_timedreceive mq_timedreceive_time64" },

	/* What only a capability makes useful. */
	{ CAP(SYS_ADMIN), "clone clone3 unshare setns mount mount_setattr move_mount umount umount2 "
			  "open_tree fsopen fsconfig fsmount fspick sethostname setdomainname "
			  "quotactl quotactl_fd fanotify_init lookup_dcookie "
			  "lsm_get_self_attr lsm_set_self_attr lsm_list_modules" },
	{ CAP(SYS_ADMIN) | CAP(BPF), "bpf" },
	{ CAP(SYS_ADMIN) | CAP(PERFMON), "perf_event_open" },
	{ CAP(SYS_ADMIN) | CAP(SYSLOG), "syslog" },
	{ CAP(DAC_READ_SEARCH), "open_by_handle_at" },
	{ CAP(SYS_BOOT), "reboot" },
	{ CAP(SYS_MODULE), "init_module finit_module delete_module" },
	{ CAP(SYS_PACCT), "acct" },
	{ CAP(SYS_PTRACE), "kcmp pidfd_getfd process_madvise" },
	{ CAP(SYS_RAWIO), "iopl ioperm" },
	{ CAP(SYS_TIME), "settimeofday stime clock_settime clock_settime64" },
	{ CAP(SYS_TTY_CONFIG), "vhangup" },
	{ CAP(SYS_NICE), "get_mempolicy set_mempolicy set_mempolicy_home_node mbind" },
};

/* Kernel: these arguments are ints or unsigned ints; the upper half of the register
 * is ignored. Whoever compares all 64 bits can be passed by with one bit up there
 * (CVE-2019-10063), so every rule here looks at the lower half alone. */
#define LOW32(arg, mask, value) SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, (mask), (value))
#define IS(arg, value) LOW32(arg, UINT32_MAX, value)

/* The families of <linux/socket.h> that an unmodified kernel of today has, as runs
 * whose length is a power of two: a filter can mask, but not compare ranges of the
 * lower half. Left out: 38 ALG and 40 VSOCK (kernel surface nobody needs; a way
 * to the host or its guests that no network namespace closes), and those whose
 * code is gone or going: 12 DECnet, 19 ECONET, 20 ATMSVC, 23 IRDA, 25 WANPIPE,
 * 34 ISDN, 37 CAIF. */
static const struct scmp_arg_cmp families[] = {
	LOW32(0, 0xfffffff8, 0), /* 0-7: UNSPEC (refused by the kernel), UNIX, INET... */
	LOW32(0, 0xfffffffc, 8), /* 8-11: ATMPVC, X25, INET6, ROSE */
	IS(0, 13),
	LOW32(0, 0xfffffffe, 14), /* 14-15: SECURITY, KEY */
	LOW32(0, 0xfffffffe, 16), /* 16-17: NETLINK, PACKET */
	IS(0, 18),
	IS(0, 21),
	IS(0, 22),
	IS(0, 24),
	LOW32(0, 0xfffffffe, 26), /* 26-27: LLC, IB */
	LOW32(0, 0xfffffffc, 28), /* 28-31: MPLS, CAN, TIPC, BLUETOOTH */
	LOW32(0, 0xfffffffe, 32), /* 32-33: IUCV, RXRPC */
	IS(0, 35),
	IS(0, 36),
	IS(0, 39),
	IS(0, 41),
	LOW32(0, 0xfffffffe, 42), /* 42-43: QIPCRTR, SMC */
	LOW32(0, 0xfffffffe, 44), /* 44-45: XDP, MCTP */
};

/* PER_LINUX, PER_LINUX32, both with UNAME26 (as old installers want it), and the
 * question which it is. READ_IMPLIES_EXEC, ADDR_NO_RANDOMIZE and the like are not. */
static const struct scmp_arg_cmp personalities[] = {
	IS(0, 0), IS(0, 0x8), IS(0, 0x20000), IS(0, 0x20008), IS(0, 0xffffffff),
};

/* No flag that makes a namespace. */
static const struct scmp_arg_cmp clone_plain[] = {
	LOW32(0,
	      CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
		      CLONE_NEWNET | CLONE_NEWCGROUP,
	      0),
};

uint64_t filter_default_caps(void)
{
	uint64_t caps = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		caps |= groups[i].cap;
	return caps;
}

static void add(struct pool *pool, struct filter_profile *out, const char *name, uint32_t action,
		const struct scmp_arg_cmp *arg)
{
	const struct filter_rule rule = {
		.name = name,
		.action = action,
		.args = arg,
		.nargs = arg ? 1 : 0,
	};

	POOL_PUSH(pool, out->rules, out->nrules, rule);
}

static void add_each(struct pool *pool, struct filter_profile *out, const char *name,
		     const struct scmp_arg_cmp *args, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(pool, out, name, SCMP_ACT_ALLOW, &args[i]);
	POOL_PUSH(pool, out->names, out->nnames, name);
}

static void add_group(struct pool *pool, struct filter_profile *out, const struct group *group,
		      uint64_t caps)
{
	bool allow = !group->cap || (group->cap & caps);

	for (const char *p = group->names; *p;) {
		size_t n = strcspn(p, " ");
		const char *name = pool_strndup(pool, p, n);

		POOL_PUSH(pool, out->names, out->nnames, name);
		if (allow)
			add(pool, out, name, SCMP_ACT_ALLOW, NULL);
		p += n;
		p += strspn(p, " ");
	}
}

void filter_default(struct pool *pool, uint64_t caps, bool compat32, struct filter_profile *out)
{
	memset(out, 0, sizeof(*out));
	out->default_action = SCMP_ACT_ERRNO(EPERM);
	out->unknown_nosys = true;
	out->guard_tty = true;
	out->arch[out->narch++] = filter_arch_native();
	if (compat32 && filter_arch_compat32())
		out->arch[out->narch++] = filter_arch_compat32();

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		add_group(pool, out, &groups[i], caps);
	add_each(pool, out, "socket", families, sizeof(families) / sizeof(*families));
	add_each(pool, out, "personality", personalities,
		 sizeof(personalities) / sizeof(*personalities));
	/* clone3's flags are in memory, where a filter cannot see them: without the
	 * capability the call does not exist, and libcs fall back to clone. */
	if (!(caps & CAP(SYS_ADMIN))) {
		add_each(pool, out, "clone", clone_plain, 1);
		add(pool, out, "clone3", SCMP_ACT_ERRNO(ENOSYS), NULL);
	}
}

/* ---- the privileged helper ---- */

/* What its requests of phase B are made of. */
static const struct group helper_calls = {
	0, "recvmsg sendmsg recvfrom sendto socket bind getsockname getsockopt setsockopt "
	   "poll ppoll close fstat fstatfs fcntl capset setitimer clock_gettime getpid "
	   "read write pread64 pwrite64 lseek open openat access faccessat stat newfstatat "
	   "getdents64 rename renameat renameat2 unlinkat fsync "
	   "getrandom brk munmap mremap madvise rt_sigprocmask restart_syscall exit_group"
};

static const struct scmp_arg_cmp no_code[] = { LOW32(2, PROT_EXEC, 0) };

/* Those of namespaces and of interfaces. */
static const struct scmp_arg_cmp helper_ioctls[] = {
	LOW32(1, 0xffffff00, NSIO << 8),
	LOW32(1, 0xffffff00, SIOCGIFNAME & ~0xff),
};

void filter_helper(struct pool *pool, struct filter_profile *out)
{
	memset(out, 0, sizeof(*out));
	out->default_action = SCMP_ACT_KILL_PROCESS;
	out->arch[out->narch++] = filter_arch_native();
	add_group(pool, out, &helper_calls, 0);
	add_each(pool, out, "mmap", no_code, 1);
	add_each(pool, out, "mprotect", no_code, 1);
	add_each(pool, out, "ioctl", helper_ioctls, 2);
}
