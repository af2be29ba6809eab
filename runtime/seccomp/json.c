/* runtime/seccomp/json.c - a profile in docker's format becomes a list of rules.
 *
 * The launcher runs this on a file that the user names with --security-opt
 * seccomp=FILE. The format is that of docker and podman (the runtime specification's
 * "seccomp" object, plus archMap, includes, excludes), read as they read it: names of
 * calls that libseccomp does not know are left out, rules whose conditions do not hold
 * for this container are left out, several conditions on one argument are
 * alternatives.
 *
 * Unlike them it refuses what it does not understand, fields included: a misspelt
 * "args" would make a rule wider than its author meant. Every error says where.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "lib/err.h"
#include "lib/num.h"
#include "runtime/seccomp/filter.h"

enum { RULES_MAX = 20000, ARGS_MAX = 64 };

struct reader {
	struct pool *pool;
	const char *name; /* the profile's, for messages */
	const struct filter_machine *machine;
	struct filter_profile *out;
};

static int bad(const struct reader *r, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int bad(const struct reader *r, const char *where, const char *fmt, ...)
{
	char words[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	return fail_plain("%s: %s: %s", r->name, where, words);
}

/* The fields of one kind of object, in the order in which read_object() returns them. */
struct shape {
	const char *what;
	const char *fields[12];
};

static const struct shape shape_profile = {
	"a profile",
	{ "defaultAction", "defaultErrnoRet", "defaultErrno", "architectures", "archMap", "flags",
	  "syscalls", "listenerPath", "listenerMetadata", "comment" },
};
enum { P_ACTION, P_ERRNO_RET, P_ERRNO, P_ARCHES, P_ARCH_MAP, P_FLAGS, P_CALLS, P_LISTENER };

static const struct shape shape_call = {
	"an entry of syscalls",
	{ "names", "name", "action", "errnoRet", "errno", "args", "includes", "excludes",
	  "comment" },
};
enum { C_NAMES, C_NAME, C_ACTION, C_ERRNO_RET, C_ERRNO, C_ARGS, C_INCLUDES, C_EXCLUDES };

static const struct shape shape_arg = { "a condition", { "index", "value", "valueTwo", "op" } };
enum { A_INDEX, A_VALUE, A_VALUE_TWO, A_OP };

static const struct shape shape_filter = { "includes and excludes",
					   { "caps", "arches", "minKernel" } };
enum { F_CAPS, F_ARCHES, F_KERNEL };

static const struct shape shape_arch = { "an entry of archMap",
					 { "architecture", "subArchitectures" } };
enum { M_ARCH, M_SUB };

/* Sort OBJ's values by SHAPE; absent ones and null are NULL. Unknown and repeated
 * fields are errors (JSON leaves open which of two counts; so does every parser). */
static int read_object(const struct reader *r, const char *where, yyjson_val *obj,
		       const struct shape *shape, yyjson_val *out[12])
{
	yyjson_obj_iter it;
	yyjson_val *key;
	unsigned seen = 0;

	memset(out, 0, 12 * sizeof(*out));
	if (!yyjson_is_obj(obj))
		return bad(r, where, "an object is wanted");
	yyjson_obj_iter_init(obj, &it);
	while ((key = yyjson_obj_iter_next(&it))) {
		unsigned i = 0;

		while (i < 12 && shape->fields[i] && !yyjson_equals_str(key, shape->fields[i]))
			i++;
		if (i == 12 || !shape->fields[i])
			return bad(r, where, "%s has no field \"%.40s\"", shape->what,
				   yyjson_get_str(key));
		if (seen & 1u << i)
			return bad(r, where, "\"%s\" is there twice", shape->fields[i]);
		seen |= 1u << i;
		if (!yyjson_is_null(yyjson_obj_iter_get_val(key)))
			out[i] = yyjson_obj_iter_get_val(key);
	}
	return 0;
}

/* A string without '\0' in it, or NULL. */
static const char *text_of(yyjson_val *val)
{
	const char *s = yyjson_get_str(val);

	return s && strlen(s) == yyjson_get_len(val) ? s : NULL;
}

static char *place(const struct reader *r, const char *where, const char *field)
{
	return pool_printf(r->pool, "%s%s%s", where, *where ? "." : "", field);
}

static char *place_n(const struct reader *r, const char *where, const char *field, size_t n)
{
	return pool_printf(r->pool, "%s%s%s[%zu]", where, *where ? "." : "", field, n);
}

/* ---- words ---- */

static const struct word {
	const char *name;
	uint32_t value;
} actions[] = {
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0) },
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0) },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ NULL, 0 },
}, operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },		{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },		{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },		{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ }, { NULL, 0 },
}, errnos[] = { /* podman's profile has these beside the number */
	{ "EPERM", EPERM },   { "ENOSYS", ENOSYS }, { "EACCES", EACCES }, { "EINVAL", EINVAL },
	{ "ENOENT", ENOENT }, { "ENOTSUP", ENOTSUP }, { NULL, 0 },
};

static bool find_word(const struct word *words, const char *name, uint32_t *out)
{
	for (; words->name; words++)
		if (name && strcmp(words->name, name) == 0) {
			*out = words->value;
			return true;
		}
	return false;
}

/* RET is "errnoRet", ERR "errno"; either may be NULL, the number counts. */
static int read_action(const struct reader *r, const char *where, yyjson_val *val, yyjson_val *ret,
		       yyjson_val *err, uint32_t *out)
{
	uint32_t number = EPERM;
	const char *name = text_of(val);

	if (!val)
		return bad(r, where, "an action is wanted");
	if (name && strcmp(name, "SCMP_ACT_NOTIFY") == 0)
		return bad(r, where, "SCMP_ACT_NOTIFY needs a listener, which cinit has not got");
	if (!find_word(actions, name, out))
		return bad(r, where, "there is no action \"%.40s\"", name ? name : "?");
	if (err && !find_word(errnos, text_of(err), &number))
		return bad(r, where,
			   "\"errno\" is not known by that name; \"errnoRet\" takes a number");
	if (ret) {
		if (!yyjson_is_uint(ret) || yyjson_get_uint(ret) > 4095)
			return bad(r, where, "an errno is a number from 0 to 4095");
		number = (uint32_t)yyjson_get_uint(ret);
	}
	if (*out == SCMP_ACT_ERRNO(0))
		*out = SCMP_ACT_ERRNO(number);
	else if (*out == SCMP_ACT_TRACE(0))
		*out = SCMP_ACT_TRACE(ret ? number : 0u);
	return 0;
}

/* ---- architectures ---- */

/* "SCMP_ARCH_X86_64" -> x86_64, as libseccomp calls it. 0: unknown. */
static uint32_t arch_of(const char *name)
{
	char word[16];
	size_t i = 0;

	if (!name || strncmp(name, "SCMP_ARCH_", 10) != 0 || strlen(name + 10) >= sizeof(word))
		return 0;
	for (name += 10; *name; name++)
		word[i++] = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
	word[i] = '\0';
	return seccomp_arch_resolve_name(word);
}

/* Take an architecture whose programs this machine can execute; others are no use. */
static int add_arch(const struct reader *r, const char *where, yyjson_val *val)
{
	struct filter_profile *out = r->out;
	uint32_t arch = arch_of(text_of(val));

	if (!arch)
		return bad(r, where, "there is no architecture \"%.40s\"",
			   text_of(val) ? text_of(val) : "?");
	for (size_t i = 0; i < out->narch; i++)
		if (out->arch[i] == arch)
			return 0;
	if (arch == filter_arch_compat32() ||
	    (arch == SCMP_ARCH_X32 && filter_arch_native() == SCMP_ARCH_X86_64))
		out->arch[out->narch++] = arch;
	return 0;
}

static int add_arches(const struct reader *r, const char *where, const char *field, yyjson_val *arr)
{
	yyjson_val *val;
	size_t i, n;

	if (!arr)
		return 0;
	if (!yyjson_is_arr(arr))
		return bad(r, place(r, where, field), "an array is wanted");
	yyjson_arr_foreach(arr, i, n,
			   val) if (add_arch(r, place_n(r, where, field, i), val) < 0) return -1;
	return 0;
}

static int read_arch_map(const struct reader *r, yyjson_val *arr)
{
	yyjson_val *val, *f[12];
	size_t i, n;

	if (!arr)
		return 0;
	if (!yyjson_is_arr(arr))
		return bad(r, "archMap", "an array is wanted");
	yyjson_arr_foreach(arr, i, n, val)
	{
		const char *where = place_n(r, "", "archMap", i);

		if (read_object(r, where, val, &shape_arch, f) < 0)
			return -1;
		uint32_t arch = arch_of(text_of(f[M_ARCH]));

		if (!arch)
			return bad(r, where,
				   "an architecture is wanted, as in \"SCMP_ARCH_X86_64\"");
		if (arch == filter_arch_native() &&
		    add_arches(r, where, "subArchitectures", f[M_SUB]) < 0)
			return -1;
	}
	return 0;
}

/* ---- conditions of an entry ---- */

/* The machine as includes and excludes spell it: Go's names. */
static bool arch_is(const char *word)
{
	switch (filter_arch_native()) {
	case SCMP_ARCH_X86_64:
		return strcmp(word, "amd64") == 0;
	case SCMP_ARCH_AARCH64:
		return strcmp(word, "arm64") == 0;
	case SCMP_ARCH_RISCV64:
		return strcmp(word, "riscv64") == 0;
	}
	return false;
}

/* "4.8": at least that? -1: not of this form. */
static int kernel_is(const struct filter_machine *machine, const char *word)
{
	uint32_t kernel, major;
	char first[8];
	size_t dot = word ? strcspn(word, ".") : 0;

	if (!word || dot >= sizeof(first) || word[dot] != '.')
		return -1;
	memcpy(first, word, dot);
	first[dot] = '\0';
	if (num_u32(first, &kernel) < 0 || num_u32(word + dot + 1, &major) < 0)
		return -1;
	return machine->kernel > kernel || (machine->kernel == kernel && machine->major >= major);
}

/* How many of the words of ARR hold, and how many there are. */
static int count_caps(const struct reader *r, const char *where, yyjson_val *arr, size_t *held,
		      size_t *all)
{
	yyjson_val *val;
	size_t i, n;

	*held = *all = 0;
	if (!arr)
		return 0;
	if (!yyjson_is_arr(arr))
		return bad(r, where, "\"caps\": an array is wanted");
	yyjson_arr_foreach(arr, i, n, val)
	{
		const char *name = text_of(val);
		uint64_t bits;

		if (!name || strncmp(name, "CAP_", 4) != 0 || sec_cap_parse(name, &bits) < 0)
			return bad(r, where, "there is no capability \"%.40s\"", name ? name : "?");
		*held += (r->machine->caps & bits) != 0;
	}
	*all = yyjson_arr_size(arr);
	return 0;
}

static int find_arch(const struct reader *r, const char *where, yyjson_val *arr, bool *found)
{
	yyjson_val *val;
	size_t i, n;

	*found = false;
	if (!arr)
		return 0;
	if (!yyjson_is_arr(arr))
		return bad(r, where, "\"arches\": an array is wanted");
	yyjson_arr_foreach(arr, i, n, val)
	{
		if (!text_of(val))
			return bad(r, where, "\"arches\": strings are wanted, as in \"amd64\"");
		*found |= arch_is(text_of(val));
	}
	return 0;
}

/* What of one "includes" or "excludes" holds: for includes all must, for excludes
 * nothing may. */
static int read_filter(const struct reader *r, const char *where, yyjson_val *obj, bool includes,
		       bool *take)
{
	yyjson_val *f[12];
	size_t held, all;
	bool arch;
	int kernel = includes;

	*take = true;
	if (!obj)
		return 0;
	if (read_object(r, where, obj, &shape_filter, f) < 0 ||
	    count_caps(r, where, f[F_CAPS], &held, &all) < 0 ||
	    find_arch(r, where, f[F_ARCHES], &arch) < 0)
		return -1;
	if (f[F_KERNEL] && !yyjson_equals_str(f[F_KERNEL], "")) {
		kernel = kernel_is(r->machine, text_of(f[F_KERNEL]));
		if (kernel < 0)
			return bad(r, where, "\"minKernel\" is a string like \"4.8\"");
	}
	bool arches_said = f[F_ARCHES] && yyjson_arr_size(f[F_ARCHES]) > 0;

	if (includes)
		*take = held == all && (!arches_said || arch) && kernel;
	else
		*take = held == 0 && !arch && !kernel;
	return 0;
}

/* ---- entries ---- */

static int read_arg(const struct reader *r, const char *where, yyjson_val *obj,
		    struct scmp_arg_cmp *out)
{
	yyjson_val *f[12];
	uint32_t op;

	if (read_object(r, where, obj, &shape_arg, f) < 0)
		return -1;
	if (!yyjson_is_uint(f[A_INDEX]) || yyjson_get_uint(f[A_INDEX]) > 5)
		return bad(r, where, "\"index\" is a number from 0 to 5");
	if (!f[A_OP] || !find_word(operators, text_of(f[A_OP]), &op))
		return bad(r, where, "there is no operator \"%.40s\"",
			   f[A_OP] && text_of(f[A_OP]) ? text_of(f[A_OP]) : "?");
	if ((f[A_VALUE] && !yyjson_is_uint(f[A_VALUE])) ||
	    (f[A_VALUE_TWO] && !yyjson_is_uint(f[A_VALUE_TWO])))
		return bad(r, where, "values are numbers from 0 to 18446744073709551615");
	/* For MASKED_EQ "value" is the mask and "valueTwo" what is to be left. */
	*out = (struct scmp_arg_cmp){
		.arg = (unsigned)yyjson_get_uint(f[A_INDEX]),
		.op = (enum scmp_compare)op,
		.datum_a = yyjson_get_uint(f[A_VALUE]),
		.datum_b = yyjson_get_uint(f[A_VALUE_TWO]),
	};
	return 0;
}

/* *EACH: two conditions speak of one argument, so they are alternatives. */
static int read_args(const struct reader *r, const char *where, yyjson_val *arr,
		     struct scmp_arg_cmp **out, unsigned *count, bool *each)
{
	yyjson_val *val;
	unsigned indices = 0;
	size_t i, n;

	*out = NULL;
	*count = 0;
	*each = false;
	if (!arr)
		return 0;
	if (!yyjson_is_arr(arr))
		return bad(r, where, "\"args\": an array is wanted");
	if (yyjson_arr_size(arr) > ARGS_MAX)
		return bad(r, where, "more than %d conditions", ARGS_MAX);
	*out = pool_alloc(r->pool, yyjson_arr_size(arr) * sizeof(**out));
	yyjson_arr_foreach(arr, i, n, val)
	{
		struct scmp_arg_cmp *arg = &(*out)[(*count)++];

		if (read_arg(r, place_n(r, where, "args", i), val, arg) < 0)
			return -1;
		*each |= (indices & 1u << arg->arg) != 0;
		indices |= 1u << arg->arg;
	}
	return 0;
}

static int add_rules(const struct reader *r, const char *where, const char *name, uint32_t action,
		     const struct scmp_arg_cmp *args, unsigned nargs, bool each)
{
	struct filter_profile *out = r->out;
	struct filter_rule rule = {
		.name = name,
		.action = action,
		.args = args,
		.nargs = nargs,
		.place = where,
	};

	if (out->nrules + nargs >= RULES_MAX)
		return bad(r, where, "more than %d rules", RULES_MAX);
	if (!each) {
		POOL_PUSH(r->pool, out->rules, out->nrules, rule);
		return 0;
	}
	for (unsigned i = 0; i < nargs; i++) {
		rule.args = &args[i];
		rule.nargs = 1;
		POOL_PUSH(r->pool, out->rules, out->nrules, rule);
	}
	return 0;
}

static int read_name(const struct reader *r, const char *where, yyjson_val *val, const char **out)
{
	const char *s = text_of(val);

	if (!s || !*s)
		return bad(r, where, "names of system calls are wanted");
	*out = pool_strdup(r->pool, s);
	POOL_PUSH(r->pool, r->out->names, r->out->nnames, *out);
	return 0;
}

static int read_call(const struct reader *r, const char *where, yyjson_val *obj)
{
	yyjson_val *f[12], *val;
	struct scmp_arg_cmp *args;
	unsigned nargs;
	uint32_t action;
	bool each, take, spare;
	const char *name;
	size_t i, n;

	if (read_object(r, where, obj, &shape_call, f) < 0 ||
	    read_action(r, where, f[C_ACTION], f[C_ERRNO_RET], f[C_ERRNO], &action) < 0 ||
	    read_args(r, where, f[C_ARGS], &args, &nargs, &each) < 0 ||
	    read_filter(r, place(r, where, "includes"), f[C_INCLUDES], true, &take) < 0 ||
	    read_filter(r, place(r, where, "excludes"), f[C_EXCLUDES], false, &spare) < 0)
		return -1;
	take = take && spare;
	if (f[C_NAME] && yyjson_equals_str(f[C_NAME], ""))
		f[C_NAME] = NULL;
	if (f[C_NAME] && f[C_NAMES])
		return bad(r, where, "\"name\" and \"names\" are both there");
	if (f[C_NAME]) {
		if (read_name(r, where, f[C_NAME], &name) < 0)
			return -1;
		return take ? add_rules(r, where, name, action, args, nargs, each) : 0;
	}
	if (!yyjson_is_arr(f[C_NAMES]))
		return bad(r, where, "\"names\": an array is wanted");
	yyjson_arr_foreach(f[C_NAMES], i, n, val)
	{
		if (read_name(r, where, val, &name) < 0)
			return -1;
		if (take && add_rules(r, where, name, action, args, nargs, each) < 0)
			return -1;
	}
	return 0;
}

static int read_calls(const struct reader *r, yyjson_val *arr)
{
	yyjson_val *val;
	size_t i, n;

	if (!arr)
		return 0;
	if (!yyjson_is_arr(arr))
		return bad(r, "syscalls", "an array is wanted");
	yyjson_arr_foreach(arr, i, n,
			   val) if (read_call(r, place_n(r, "", "syscalls", i), val) < 0) return -1;
	return 0;
}

/* The two that change nothing for a process with one thread, as ours is when the
 * filter is loaded. */
static int read_flags(const struct reader *r, yyjson_val *arr)
{
	yyjson_val *val;
	size_t i, n;

	if (arr && !yyjson_is_arr(arr))
		return bad(r, "flags", "an array is wanted");
	yyjson_arr_foreach(arr, i, n, val) if (
		!yyjson_equals_str(val, "SECCOMP_FILTER_FLAG_TSYNC") &&
		!yyjson_equals_str(
			val,
			"SECCOMP_FILTER_FLAG_SPEC_ALLOW")) return bad(r, "flags",
								      "\"%.40s\" is not supported",
								      text_of(val) ? text_of(val) :
										     "?");
	return 0;
}

static int read_profile(const struct reader *r, yyjson_val *root)
{
	struct filter_profile *out = r->out;
	yyjson_val *f[12];

	if (read_object(r, "profile", root, &shape_profile, f) < 0 ||
	    read_action(r, "defaultAction", f[P_ACTION], f[P_ERRNO_RET], f[P_ERRNO],
			&out->default_action) < 0)
		return -1;
	if (f[P_LISTENER] && !yyjson_equals_str(f[P_LISTENER], ""))
		return bad(r, "listenerPath", "cinit hands no calls to a listener");
	if (f[P_ARCHES] && f[P_ARCH_MAP] && yyjson_arr_size(f[P_ARCHES]) > 0 &&
	    yyjson_arr_size(f[P_ARCH_MAP]) > 0)
		return bad(r, "profile", "\"architectures\" and \"archMap\" are both there");
	/* Unknown calls: as runc does for docker, unless the default lets them pass. */
	out->unknown_nosys = out->default_action != SCMP_ACT_ALLOW &&
			     out->default_action != SCMP_ACT_LOG &&
			     (out->default_action & 0xffff0000u) !=
				     (SCMP_ACT_TRACE(0) & 0xffff0000u);
	if (add_arches(r, "", "architectures", f[P_ARCHES]) < 0 ||
	    read_arch_map(r, f[P_ARCH_MAP]) < 0 || read_flags(r, f[P_FLAGS]) < 0)
		return -1;
	return read_calls(r, f[P_CALLS]);
}

int filter_json_read(struct pool *pool, const char *name, const char *text, size_t n,
		     const struct filter_machine *machine, struct filter_profile *out)
{
	const struct reader r = { .pool = pool, .name = name, .machine = machine, .out = out };
	yyjson_read_err err;
	yyjson_doc *doc;
	size_t line = 1;

	memset(out, 0, sizeof(*out));
	out->arch[out->narch++] = filter_arch_native();
	doc = yyjson_read_opts((char *)text, n, YYJSON_READ_NOFLAG, NULL, &err);
	if (!doc) {
		for (size_t i = 0; i < err.pos && i < n; i++)
			line += text[i] == '\n';
		return fail_plain("%s: line %zu: not JSON: %s", name, line, err.msg);
	}
	int rc = read_profile(&r, yyjson_doc_get_root(doc));

	yyjson_doc_free(doc);
	return rc;
}
