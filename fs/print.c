/* fs/print.c - the plan in words, one line an operation, for --dry-run. */
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "fs/plan.h"
#include "lib/sys.h"

static const char *const verbs[] = {
	[FS_OP_PROPAGATION] = "propagation",
	[FS_OP_SUPER] = "mount",
	[FS_OP_SYSFS] = "mount",
	[FS_OP_BIND] = "bind",
	[FS_OP_OVERLAY] = "overlay",
	[FS_OP_UPPER] = "upper",
	[FS_OP_SKELETON] = "skeleton",
	[FS_OP_DIR] = "mkdir",
	[FS_OP_LINK] = "link",
	[FS_OP_FILE] = "file",
	[FS_OP_NODE] = "device",
	[FS_OP_MASK] = "mask",
	[FS_OP_MASK_CPUS] = "mask",
	[FS_OP_READONLY] = "readonly",
	[FS_OP_CONSOLE] = "console",
	[FS_OP_SETATTR] = "remount",
	[FS_OP_PIVOT] = "pivot_root",
};
_Static_assert(sizeof(verbs) / sizeof(*verbs) == FS_OP_KINDS, "a verb for every operation");

static void print_attrs(const struct fs_op *op, FILE *out)
{
	static const struct {
		uint64_t bit;
		const char *set, *clr;
	} names[] = {
		{ MOUNT_ATTR_RDONLY, "ro", "rw" },
		{ MOUNT_ATTR_NOSUID, "nosuid", "suid" },
		{ MOUNT_ATTR_NODEV, "nodev", "dev" },
		{ MOUNT_ATTR_NOEXEC, "noexec", "exec" },
		{ MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow", "symfollow" },
		{ MOUNT_ATTR_NODIRATIME, "nodiratime", "diratime" },
	};
	const char *sep = " ";

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (op->attr_set & names[i].bit)
			fprintf(out, "%s%s", sep, names[i].set);
		else if (op->attr_clr & names[i].bit)
			fprintf(out, "%s%s", sep, names[i].clr);
		else
			continue;
		sep = ",";
	}
	if (op->attr_clr & MOUNT_ATTR__ATIME) {
		uint64_t a = op->attr_set & MOUNT_ATTR__ATIME;

		fprintf(out, "%s%s", sep,
			a == MOUNT_ATTR_NOATIME     ? "noatime" :
			a == MOUNT_ATTR_STRICTATIME ? "strictatime" :
						      "relatime");
	}
}

static void print_propagation(unsigned long flags, FILE *out)
{
	const char *type = flags & MS_SHARED     ? "shared" :
			   flags & MS_SLAVE      ? "slave" :
			   flags & MS_UNBINDABLE ? "unbindable" :
						   "private";

	fprintf(out, " %s%s", flags & MS_REC ? "r" : "", type);
}

static void print_op(const struct fs_plan *plan, const struct fs_op *op, FILE *out)
{
	fprintf(out, "%s %s", verbs[op->kind], op->dst);
	switch (op->kind) {
	case FS_OP_SUPER:
	case FS_OP_SYSFS:
		fprintf(out, " %s%s%s", op->src, op->data ? " " : "", op->data ? op->data : "");
		break;
	case FS_OP_BIND:
		fprintf(out, " from %s", op->src);
		break;
	case FS_OP_OVERLAY:
		fprintf(out, " over %s", op->src);
		break;
	case FS_OP_UPPER:
		fprintf(out, " %s",
			op->src             ? op->src :
			plan->facts.scratch ? plan->facts.scratch :
					      "on (scratch)");
		break;
	case FS_OP_LINK:
		fprintf(out, " -> %s", op->src);
		break;
	case FS_OP_FILE:
		fprintf(out, " %zu bytes", strlen(op->data));
		break;
	case FS_OP_NODE:
		fprintf(out, " c %u:%u", op->major, op->minor);
		break;
	case FS_OP_DIR:
	case FS_OP_SKELETON:
		fprintf(out, " mode %o", op->mode);
		break;
	default:
		break;
	}
	print_attrs(op, out);
	if (op->kind == FS_OP_PROPAGATION || (op->kind == FS_OP_BIND && op->volume))
		print_propagation(op->propagation, out);
	if (op->chown)
		fputs(" chown", out);
	fputc('\n', out);
}

void fs_plan_print(const struct fs_plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->n; i++)
		print_op(plan, &plan->op[i], out);
}
