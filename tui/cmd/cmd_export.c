/*
 * cmd_export.c - `export`: a run's model as a folder that `transformers` opens; what has no
 * class there is in it, too, in a file of its own, and is said.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ask/export.h"
#include "base/json.h"
#include "cmd.h"

static void say(const struct opts *o, const char *folder, const struct pretrained_saved *x)
{
	struct json_out j;
	struct buf b;

	if (!o->json) {
		printf("%s: ", folder);
		if (x->class_name)
			printf("%d tensors of %s%s", x->theirs, x->class_name,
			       x->ours || x->merged ? "; " : "\n");
		if (x->merged)
			printf("adapters merged into %d of them%s", x->merged,
			       x->ours ? "; " : "\n");
		if (x->ours)
			printf("%d parameters in tutti.safetensors\n", x->ours);
		if (x->why)
			printf("%s\n", x->why);
		if (x->lacks_adapters)
			puts("its bottleneck adapters have no class there: what transformers "
			     "opens is the model without them, which answers otherwise");
		return;
	}
	buf_init(&b);
	json_event(&j, &b, "export");
	json_put_str(&j, "folder", folder);
	if (x->class_name)
		json_put_str(&j, "class", x->class_name);
	else
		json_put_null(&j, "class");
	json_put_bool(&j, "head", x->has_head);
	json_put_int(&j, "theirs", x->theirs);
	if (x->merged)
		json_put_int(&j, "merged", x->merged);
	json_put_int(&j, "ours", x->ours);
	if (x->why)
		json_put_str(&j, "why", x->why);
	json_put_bool(&j, "lacks_adapters", x->lacks_adapters);
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

int cmd_export(const struct opts *o)
{
	struct pretrained_saved saved = { 0 };
	struct session *s = NULL;
	struct err err;
	enum status st = cmd_open_run(o, false, &s, &err);

	cmd_progress_end();
	if (!st)
		st = export_folder(s, o->arg[0], o->task, o->arg[1], &saved, &err);
	if (!st)
		say(o, o->arg[1], &saved);
	pretrained_saved_release(&saved);
	session_free(s);
	return st ? cmd_fail(st, &err) : EXIT_SUCCESS;
}
