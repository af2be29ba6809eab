/* cli/check_net.c - `cinit check`: the privileged helper, and what it allows.
 *
 * The process that the user started runs this. The helper is asked a question whose
 * answer changes nothing; net.conf is read here as it reads it. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/check.h"
#include "lib/err.h"
#include "lib/fd.h"
#include "lib/subid.h"
#include "runtime/policy.h"
#include "runtime/priv.h"

static bool helper_answers;

void check_helper(struct finding *f)
{
	static struct priv_req req = { .type = PRIV_NETWORK };
	const char *why = priv_missing();

	if (why) {
		check_say(f, CHECK_WARN, "none, so no networks but none and host: %s", why);
		return;
	}
	req.u.network.verb = PRIV_NETWORK_NEXT;
	helper_answers = priv_ask(&req, NULL, 0, NULL, NULL) == 0;
	if (helper_answers)
		check_say(f, CHECK_OK, "starts, and answers");
	else
		check_say(f, CHECK_WARN, "refuses: %s", err_text());
	err_clear();
}

static size_t put(char *text, size_t size, size_t n, const char *word)
{
	return n + (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "", word);
}

static void say_ports(char text[160], const struct policy *p)
{
	size_t n = 0;
	char word[16];

	text[0] = '\0';
	for (size_t i = 0; i < p->nports; i++) {
		snprintf(word, sizeof(word), "%u-%u", p->ports[i].first, p->ports[i].last);
		n = put(text, 160, n, word);
	}
}

static void say_drivers(char text[160], const struct policy *p)
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned d = NET_ROUTED; d < NET_DRIVERS; d++)
		if (p->drivers & 1u << d)
			n = put(text, 160, n, policy_driver(d));
}

static void caller_name(struct caller *c)
{
	enum { MAX = 1 << 20 };
	AUTO_FREE char *text = malloc(MAX + 1);
	ssize_t n = text ? fd_read_file(AT_FDCWD, "/etc/passwd", text, MAX) : -1;

	subid_user_name((struct slice){ text, n < 0 ? 0 : (size_t)n }, c->uid, c->name);
}

/* What net.conf gives to the caller. */
void check_policy(struct finding *f)
{
	static struct policy p;
	struct caller c = { .uid = getuid(), .gid = getgid() };
	char ports[160], drivers[160];

	f->verdict = CHECK_SKIP;
	if (!helper_answers)
		return;
	caller_name(&c);
	if (policy_load(&c, &p) < 0) {
		/* The helper has read it; this process may not be allowed to. */
		err_clear();
		check_say(f, CHECK_OK, "as /etc/cinit/net.conf says, which you may not read");
		return;
	}
	if (p.root) {
		check_say(f, CHECK_OK, "root has no limits");
		return;
	}
	say_ports(ports, &p);
	say_drivers(drivers, &p);
	check_say(f, CHECK_OK, "%u of your own (%s), %u shared; %u interfaces, %u ports of %s",
		  p.networks, drivers, p.nshared, p.interfaces, p.published, ports);
}
