/* lib/fd.h - file descriptors with an owner. */
#ifndef LIB_FD_H
#define LIB_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>

void fd_close(int *fd);            /* closes *fd if it is open, leaves -1; keeps errno */
static inline int fd_take(int *fd) /* the caller owns it from here on */
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
static inline void free_ptr(void *p)
{
	free(*(void **)p);
}
#define AUTO_FD __attribute__((cleanup(fd_close)))
#define AUTO_FREE __attribute__((cleanup(free_ptr)))

/* Open /dev/null on whichever of 0, 1, 2 is closed, so that no later open lands
 * there. Returns a bit per descriptor that was closed (1, 2, 4). */
unsigned fd_fill_std(void);
/* write(2) all of it; restarts on EINTR. 0 or -1 with errno. */
int fd_write_all(int fd, const void *buf, size_t n);
/* Read until end of file or MAX bytes, '\0' added (buf has max + 1).
 * Returns the length; -1 with errno, EFBIG when there is more. */
ssize_t fd_read_all(int fd, char *buf, size_t max);
/* The whole file at PATH below DIRFD (AT_FDCWD), as fd_read_all(). */
ssize_t fd_read_file(int dirfd, const char *path, char *buf, size_t max);
/* open(O_WRONLY|O_CLOEXEC|FLAGS) + write once + close. 0 or -1 with errno. */
int fd_write_file(int dirfd, const char *path, int flags, const char *data, size_t n);
/* Send MSG of N bytes with NFDS (at most 253) descriptors over a SEQPACKET socket. */
int fd_send(int sock, const void *msg, size_t n, const int *fds, size_t nfds);
/* Receive exactly one packet of N bytes and up to NFDS descriptors (close-on-exec;
 * absent ones become -1). Returns bytes (0: the peer is gone), -1 with errno;
 * a truncated or oversized packet is EPROTO and its descriptors are closed. */
ssize_t fd_recv(int sock, void *msg, size_t n, int *fds, size_t nfds);
/* Likewise a packet of at most MOST bytes. *CAME: how many descriptors came with it; those
 * beyond NFDS are closed. */
ssize_t fd_recv_some(int sock, void *msg, size_t most, int *fds, size_t nfds, size_t *came);
/* Set close-on-exec on every descriptor from FIRST up (close_range(2)). */
int fd_cloexec_from(unsigned first);

#endif
