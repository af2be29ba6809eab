/* tests/probe/probe.h - what the files of the probe share. */
#ifndef TESTS_PROBE_PROBE_H
#define TESTS_PROBE_PROBE_H

#include <stdbool.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

extern char **environ;

/* The program's own arguments, a fact like others. */
extern int probe_argc;
extern char **probe_argv;

_Noreturn void die(const char *what);
unsigned long number(const char *s); /* or exit */
int child_status(int pid);           /* wait for it */
const char *errno_name(int e);       /* "EPERM" */
_Noreturn void exec_or_die(char **argv);

/* ---- facts.c: lines or JSON ---- */
void facts_flat(void);
void open_object(const char *key);
void close_object(void);
void fact(const char *key, const char *value);
const char *link_of(const char *file); /* static, overwritten */
void fds_of(const char *who);

/* ---- commands, one row each in probe.c ---- */
int cmd_facts(int argc, char **argv);
int cmd_try(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_with_fds(int argc, char **argv);
int cmd_sigs(int argc, char **argv);
int cmd_keyring(int argc, char **argv);
int cmd_listen(int argc, char **argv);
int cmd_notify(int argc, char **argv);
int cmd_argc0(int argc, char **argv);
int cmd_timeout(int argc, char **argv);
int cmd_catch(int argc, char **argv);
int cmd_queue(int argc, char **argv);
int cmd_swap(int argc, char **argv);
int cmd_links(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_overwrite(int argc, char **argv);
int cmd_pty(int argc, char **argv);
int cmd_addr(int argc, char **argv);
int cmd_resolve(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_ask(int argc, char **argv);
int cmd_chat(int argc, char **argv);
int cmd_many(int argc, char **argv);
int cmd_pull(int argc, char **argv);
int cmd_flood(int argc, char **argv);
int cmd_forge(int argc, char **argv);
int cmd_sniff(int argc, char **argv);
int cmd_as(int argc, char **argv);
int cmd_await(int argc, char **argv);
int cmd_without(int argc, char **argv);
int cmd_netns(int argc, char **argv);
int cmd_killer(int argc, char **argv);
int cmd_forks(int argc, char **argv);
int cmd_emptied(int argc, char **argv);

#endif
