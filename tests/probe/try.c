/* tests/probe/try.c - one attempt, by name: who refuses what, with which error. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/probe.h"

/* A 32-bit system call (int 0x80, number 20 = getpid) in a child: a filter that
 * knows its own architecture only kills the process or answers an error. */
static long try_compat32(void)
{
#ifdef __x86_64__
	pid_t pid = fork();

	if (pid == 0) {
		long r = 20;

		__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "r8", "r9", "r10", "r11");
		_exit(r > 0 ? 0 : (int)-r);
	}
	int st = child_status(pid);

	errno = WIFSIGNALED(st) ? 1000 + WTERMSIG(st) : WEXITSTATUS(st);
	return errno ? -1 : 0;
#else
	errno = ENOSYS;
	return -1;
#endif
}

/* `_exit` in a child right after a call that makes one. */
static long forked(long r)
{
	if (r == 0)
		_exit(0);
	if (r > 0)
		waitpid((pid_t)r, NULL, 0);
	return r;
}

static long attempt(const char *name, const char *arg);

/* probe try NAME [ARG]: prints "ok" or the name of the error, exits 0 or 1.
 * Arguments are harmless or impossible ones: what counts is who refuses. */
int cmd_try(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : "";
	long r = attempt(name, arg);

	puts(r >= 0 ? "ok" : errno > 1000 ? "killed" : errno_name(errno));
	return r >= 0 ? 0 : 1;
}

static long attempt(const char *name, const char *arg)
{
	char c = 'x';
	static char page[4096] __attribute__((aligned(4096)));
	uint64_t clone_args[11] = { 0 };
	int fd;

	clone_args[4] = SIGCHLD; /* struct clone_args.exit_signal */
#define IS(n) (!strcmp(name, n))
	/* files */
	if (IS("read"))
		return (fd = open(arg, O_RDONLY)) < 0 ? -1 : read(fd, &c, 1);
	if (IS("write")) /* opens only */
		return open(arg, O_WRONLY | O_NONBLOCK);
	if (IS("create"))
		return open(arg, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (IS("append"))
		return (fd = open(arg, O_WRONLY | O_APPEND)) < 0 ? -1 : write(fd, &c, 1);
	if (IS("mkdir"))
		return mkdir(arg, 0700);
	if (IS("readdir"))
		return opendir(arg) ? 0 : -1;
	if (IS("chdir"))
		return chdir(arg);
	if (IS("mknod")) /* a second /dev/null */
		return mknod(arg, S_IFCHR | 0600, makedev(1, 3));
	if (IS("chown"))
		return chown(arg, 1, 1);
	if (IS("exec")) {
		execl(arg, arg, NULL);
		return -1;
	}
	/* mounts */
	if (IS("mount-tmpfs"))
		return mount("t", arg, "tmpfs", 0, NULL);
	if (IS("mount-proc"))
		return mount("p", arg, "proc", 0, NULL);
	if (IS("remount-rw"))
		return mount(NULL, arg, NULL, MS_REMOUNT | MS_BIND, NULL);
	if (IS("umount"))
		return umount2(arg, MNT_DETACH);
	if (IS("pivot_root"))
		return syscall(SYS_pivot_root, "/", "/");
	if (IS("chroot"))
		return chroot("/");
	/* processes */
	if (IS("clone3"))
		return forked(syscall(SYS_clone3, clone_args, sizeof(clone_args)));
	if (IS("unshare-user"))
		return unshare(CLONE_NEWUSER);
	if (IS("unshare-net"))
		return unshare(CLONE_NEWNET);
	if (IS("clone-user"))
		return forked(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	if (IS("setns"))
		return (fd = open("/proc/self/ns/net", O_RDONLY)) < 0 ? -1 : setns(fd, 0);
	if (IS("ptrace"))
		return ptrace(PTRACE_ATTACH, 1, 0, 0);
	if (IS("setuid"))
		return setuid((uid_t)number(arg));
	if (IS("setgroups"))
		return syscall(SYS_setgroups, 0, NULL);
	if (IS("kill1"))
		return kill(1, SIGKILL);
	/* kernel surface */
	if (IS("keyctl"))
		return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	if (IS("find-key")) /* what `probe keyring` has put there */
		return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user",
			       "probe-secret", 0);
	if (IS("add_key"))
		return syscall(SYS_add_key, "user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING);
	if (IS("request_key"))
		return syscall(SYS_request_key, "user", "probe", NULL, 0);
	if (IS("bpf"))
		return syscall(SYS_bpf, 0, page, 64);
	if (IS("io_uring_setup"))
		return syscall(SYS_io_uring_setup, 1, page);
	if (IS("userfaultfd"))
		return syscall(SYS_userfaultfd, 0);
	if (IS("perf_event_open"))
		return syscall(SYS_perf_event_open, page, 0, -1, -1, 0);
	if (IS("kexec_load"))
		return syscall(SYS_kexec_load, 0, 0, NULL, 0);
	if (IS("init_module"))
		return syscall(SYS_init_module, page, 0, "");
	if (IS("open_by_handle_at"))
		return syscall(SYS_open_by_handle_at, AT_FDCWD, page, O_RDONLY);
	if (IS("settimeofday"))
		return syscall(SYS_clock_settime, CLOCK_REALTIME, NULL);
	if (IS("personality")) /* ADDR_COMPAT_LAYOUT: not one of the allowed values */
		return syscall(SYS_personality, 0x0200000);
	if (IS("swapon"))
		return syscall(SYS_swapon, "/nonexistent", 0);
	if (IS("reboot")) /* no valid magic: EINVAL if it is let through */
		return syscall(SYS_reboot, 0, 0, 0, NULL);
	if (IS("unknown"))
		return syscall(1023);
	if (IS("x32"))
		return syscall(0x40000000 | SYS_getppid);
	if (IS("compat32"))
		return try_compat32();
	if (IS("socket-alg"))
		return socket(AF_ALG, SOCK_SEQPACKET, 0);
	if (IS("socket-vsock"))
		return socket(AF_VSOCK, SOCK_STREAM, 0);
	if (IS("socket-packet"))
		return socket(AF_PACKET, SOCK_RAW, 0);
	if (IS("socket-raw"))
		return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (IS("socket-inet"))
		return socket(AF_INET, SOCK_STREAM, 0);
	/* terminals: the low 32 bits are what the kernel looks at */
	if (IS("tiocsti"))
		return syscall(SYS_ioctl, 0, (unsigned long)TIOCSTI, &c);
	if (IS("tiocsti-high"))
		return syscall(SYS_ioctl, 0, (unsigned long)TIOCSTI | 1ul << 32, &c);
	if (IS("tioclinux"))
		return syscall(SYS_ioctl, 0, (unsigned long)TIOCLINUX, "\2");
	fprintf(stderr, "probe: nothing called %s to try\n", name);
	exit(99);
}
