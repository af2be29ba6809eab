/* lib/fd.c - opening, passing and closing descriptors. Any process. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/sys.h"

enum { FDS_MAX = 253 }; /* Kernel: SCM_MAX_FD */

void fd_close(int *fd)
{
	int err = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = err;
}

unsigned fd_fill_std(void)
{
	unsigned was_closed = 0;

	for (int i = 0; i < 3; i++) {
		if (fcntl(i, F_GETFD) >= 0)
			continue;
		was_closed |= 1u << i;
		int fd = open("/dev/null", i ? O_WRONLY : O_RDONLY);
		if (fd >= 0 && fd != i) {
			dup2(fd, i);
			close(fd);
		}
	}
	return was_closed;
}

int fd_write_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

ssize_t fd_read_all(int fd, char *buf, size_t max)
{
	size_t have = 0;

	for (;;) {
		ssize_t n = read(fd, buf + have, max + 1 - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		have += (size_t)n;
		if (have > max) {
			errno = EFBIG;
			return -1;
		}
		if (n == 0) {
			buf[have] = '\0';
			return (ssize_t)have;
		}
	}
}

ssize_t fd_read_file(int dirfd, const char *path, char *buf, size_t max)
{
	AUTO_FD int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -1;
	return fd_read_all(fd, buf, max);
}

int fd_write_file(int dirfd, const char *path, int flags, const char *data, size_t n)
{
	AUTO_FD int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, 0644);

	if (fd < 0)
		return -1;
	ssize_t done = write(fd, data, n);
	if (done >= 0 && (size_t)done != n)
		errno = EIO;
	return done == (ssize_t)n ? 0 : -1;
}

union fd_control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

int fd_send(int sock, const void *msg, size_t n, const int *fds, size_t nfds)
{
	union fd_control c;
	struct iovec iov = { .iov_base = (void *)msg, .iov_len = n };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t done;

	if (nfds > FDS_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (nfds) {
		memset(&c, 0, sizeof(c));
		h.msg_control = c.buf;
		h.msg_controllen = (socklen_t)CMSG_SPACE(nfds * sizeof(int));
		struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = (socklen_t)CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, nfds * sizeof(int));
	}
	do
		done = sendmsg(sock, &h, MSG_NOSIGNAL);
	while (done < 0 && errno == EINTR);
	return done == (ssize_t)n ? 0 : -1;
}

ssize_t fd_recv_some(int sock, void *msg, size_t most, int *fds, size_t nfds, size_t *came)
{
	union fd_control c;
	struct iovec iov = { .iov_base = msg, .iov_len = most };
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = c.buf,
			    .msg_controllen = sizeof(c.buf) };
	ssize_t done;
	bool bad;

	*came = 0;
	for (size_t i = 0; i < nfds; i++)
		fds[i] = -1;
	do
		done = recvmsg(sock, &h, MSG_CMSG_CLOEXEC);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return -1;
	bad = h.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
	struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
	if (cm && cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS) {
		size_t have = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < have; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int), sizeof(fd));
			if (i < nfds && !bad)
				fds[i] = fd;
			else
				close(fd);
		}
		*came = have;
	}
	if (bad) {
		errno = EPROTO;
		return -1;
	}
	return done;
}

ssize_t fd_recv(int sock, void *msg, size_t n, int *fds, size_t nfds)
{
	size_t came;
	ssize_t done = fd_recv_some(sock, msg, n, fds, nfds, &came);

	if (done <= 0 || (size_t)done == n)
		return done;
	while (nfds)
		fd_close(&fds[--nfds]);
	errno = EPROTO;
	return -1;
}

int fd_cloexec_from(unsigned first)
{
	return sys_close_range(first, ~0u, SYS_CLOSE_RANGE_CLOEXEC);
}
