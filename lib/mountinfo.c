/* lib/mountinfo.c - reads /proc/self/mountinfo in pieces. Any process; owns one
 * buffer on its stack. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/mountinfo.h"

/* "\040" and its like, in place. */
static void unescape(char *s)
{
	char *to = strchr(s, '\\');

	if (!to)
		return;
	for (s = to; *s; s++, to++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = '\0';
}

/* "22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw" */
static int one_line(char *line, int (*each)(void *, const struct mountinfo *), void *ctx)
{
	char *save, *word = strtok_r(line, " ", &save), *root = NULL, *point = NULL;

	for (int i = 0; word; i++, word = strtok_r(NULL, " ", &save)) {
		if (i == 3)
			root = word;
		else if (i == 4)
			point = word;
		else if (i > 5 && strcmp(word, "-") == 0)
			break;
	}
	char *type = word ? strtok_r(NULL, " ", &save) : NULL;
	if (!root || !point || !type)
		return 0;
	unescape(root);
	unescape(point);
	return each(ctx, &(struct mountinfo){ .root = root, .point = point, .type = type });
}

int mountinfo_each(int (*each)(void *ctx, const struct mountinfo *m), void *ctx)
{
	/* Two paths of PATH_MAX, each byte perhaps escaped to four, and the rest. */
	char buf[2 * 4 * 4096 + 4096];
	size_t have = 0;
	AUTO_FD int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	for (;;) {
		ssize_t n = read(fd, buf + have, sizeof(buf) - 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		have += (size_t)n;
		buf[have] = '\0';
		char *line = buf, *end;
		while ((end = strchr(line, '\n'))) {
			*end = '\0';
			int ret = one_line(line, each, ctx);
			if (ret)
				return ret;
			line = end + 1;
		}
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
		if (n == 0)
			return 0;
		if (have == sizeof(buf) - 1) {
			errno = EOVERFLOW;
			return -1;
		}
	}
}
