/* runtime/helper/serve.c - frames come in, the table says what each may be.
 *
 * The helper runs this from its first to its last moment. A frame that is not exactly
 * one of the table's rows ends the connection without a word: our launcher never sends
 * one. A request that is well formed and not allowed is answered with words. */
#include "runtime/helper/helper.h"

/* How long a request may take, and how long the helper waits for the next one: as long
 * as an image may take to be fetched. */
enum { BUSY_SECONDS = 30, IDLE_SECONDS = 600 };

const struct helper_row helper_rows[] = {
	{ PRIV_MAP_IDS, sizeof(struct priv_map_ids), 1, 1, false, ids_look, check_map_ids, ids_act,
	  BIT(CAP_SETUID) | BIT(CAP_SETGID) },
	{ PRIV_CGROUP, sizeof(struct priv_cgroup), 0, 0, false, cgroup_look, check_cgroup,
	  cgroup_act, BIT(CAP_SETUID) | BIT(CAP_SETGID) },
	{ PRIV_NETWORK, sizeof(struct priv_network), 0, 0, true, network_look, check_network,
	  network_act, BIT(CAP_NET_ADMIN) },
	{ PRIV_NET_JOIN, sizeof(struct priv_net_join), 1, 1, true, join_look, check_net_join,
	  join_act, BIT(CAP_NET_ADMIN) },
	{ PRIV_PUBLISH, sizeof(struct priv_publish), 1, 1 + PRIV_PROOFS, true, publish_look,
	  check_publish, publish_act, BIT(CAP_NET_ADMIN) },
	{ PRIV_NET_RATE, sizeof(struct priv_net_rate), 1, 1, true, rate_look, check_net_rate,
	  rate_act, BIT(CAP_NET_ADMIN) },
};
const size_t helper_nrows = sizeof(helper_rows) / sizeof(*helper_rows);

/* Is a frame of N bytes with NFDS descriptors one of the table's? */
const struct helper_row *serve_row(const struct priv_req *req, size_t n, size_t nfds)
{
	const size_t head = offsetof(struct priv_req, u);

	for (size_t i = 0; i < helper_nrows && n >= head; i++) {
		const struct helper_row *row = &helper_rows[i];

		if (row->type == req->type)
			return req->size == row->size && n == head + row->size &&
					       nfds >= row->fds_min && nfds <= row->fds_max ?
				       row :
				       NULL;
	}
	return NULL;
}

/* The next frame, or NULL: the connection has ended, or has to. */
static const struct helper_row *receive(int sock, struct asked *a)
{
	const size_t most = sizeof(a->fd) / sizeof(*a->fd);

	memset(a, 0, sizeof(*a));
	ssize_t n = fd_recv_some(sock, &a->req, sizeof(a->req), a->fd, most, &a->nfds);

	return n > 0 && a->nfds <= most ? serve_row(&a->req, (size_t)n, a->nfds) : NULL;
}

static int answer(int sock, struct priv_reply *reply, int fd)
{
	if (reply->error) {
		/* Words that nobody remembered are better than none. */
		snprintf(reply->text, sizeof(reply->text), "%s", err_text());
		snprintf(reply->hint, sizeof(reply->hint), "%s", err_hint_text());
		memset(&reply->u, 0, sizeof(reply->u));
	}
	err_clear();
	return fd_send(sock, reply, sizeof(*reply), &fd, fd >= 0);
}

/* look, check, act: the capability is effective during the last alone. */
static int carry_out(struct helper *h, const struct helper_row *row, struct asked *a,
		     struct priv_reply *reply, int *fd)
{
	if (clean_policy(h) < 0)
		return -1;
	if (row->moved && !h->moved && clean_move(h) < 0)
		return -1;
	if (!row->moved && h->moved)
		return fail_plain("id maps and cgroups come first or not at all");
	if (row->look(h, a) < 0 || row->check(&a->req, &h->caller, &h->policy, &a->facts) < 0 ||
	    clean_raise(row->caps) < 0)
		return -1;
	int rc = row->act(h, a, reply, fd);
	clean_lower();
	return rc;
}

_Noreturn void helper_serve(int sock, const struct caller *caller)
{
	static struct helper h;
	static struct asked a;
	static struct priv_reply reply;
	const struct helper_row *row;

	h = (struct helper){
		.caller = *caller, .netns = -1, .userns = -1, .registry = -1, .target = -1
	};
	int broken = clean_inherited(&sock, caller);

	for (;;) {
		AUTO_FD int fd = -1;

		clean_deadline(IDLE_SECONDS);
		row = receive(sock, &a);
		if (!row)
			_exit(0);
		clean_deadline(BUSY_SECONDS);
		memset(&reply, 0, sizeof(reply));
		reply.type = row->type;
		if (broken < 0 || carry_out(&h, row, &a, &reply, &fd) < 0)
			reply.error = err_errno() ? err_errno() : EPERM;
		for (size_t i = 0; i < a.nfds; i++)
			fd_close(&a.fd[i]);
		if (answer(sock, &reply, reply.error ? -1 : fd) < 0 || broken < 0)
			_exit(EXIT_CINIT);
	}
}
