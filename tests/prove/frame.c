/* tests/prove/frame.c - for Frama-C's Eva: any bytes as a frame with any number of
 * descriptors; `make prove`. It runs nowhere. */
#include "__fc_builtin.h"
#include "runtime/helper/helper.h"

static struct priv_req req;

int main(void)
{
	size_t n = (size_t)Frama_C_interval(0, sizeof(req)),
	       nfds = (size_t)Frama_C_interval(0, 253);

	/* What it does not look at may be anything as well. */
	Frama_C_make_unknown((char *)&req, sizeof(req));
	req.type = Frama_C_unsigned_int_interval(0, 0xffffffffu);
	req.size = Frama_C_unsigned_int_interval(0, 0xffffffffu);
	const struct helper_row *row = serve_row(&req, n, nfds);

	if (row) {
		/*@ assert row->size <= sizeof(req.u); */
		/*@ assert row->fds_max <= 1 + PRIV_PROOFS; */
	}
	return 0;
}
