/*
 * cmd_export.c - `export`: a run's model as a folder that `transformers` opens.
 *
 * The folder is made beside its place and renamed, so that its name never shows half of
 * it. What has no class there is in it, too, in a file of its own, and is said.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "model/pretrained_save.h"
#include "session/session.h"
#include "text/tokenizer.h"

static enum status path_in(const char *folder, const char *name, char out[PATH_MAX],
			   struct err *err)
{
	if (!str_format(out, PATH_MAX, "%s/%s", folder, name))
		return err_set(err, ST_INVALID, "%s: the path is too long", folder);
	return ST_OK;
}

/* --- files --- */

static enum status put_text(const char *folder, const char *name, const struct buf *b,
			    struct err *err)
{
	char path[PATH_MAX];
	enum status st = path_in(folder, name, path, err);

	return st ? st : file_write(path, buf_str(b), b->len, err);
}

static enum status put_tokenizer(const char *folder, const struct session *s,
				 struct err *err)
{
	const struct tokenizer_kind *k = tokenizer_kind_of(s->tok);
	const struct model_config *cfg = model_config(s->model);
	enum status st = ST_OK;
	struct json_out j;
	struct buf b;

	for (int i = 0; !st && tokenizer_file(k, i); i++) {
		char path[PATH_MAX];

		st = path_in(folder, tokenizer_file(k, i), path, err);
		if (!st)
			st = tokenizer_save_file(s->tok, i, path, err);
	}
	if (st || !str_eq(tokenizer_kind_name(k), "wordpiece"))
		return st;
	buf_init(&b);
	json_out_init(&j, &b, 2);
	json_open(&j, NULL, '{');
	json_put_str(&j, "tokenizer_class", "BertTokenizer");
	json_put_bool(&j, "do_lower_case", true);
	json_put_int(&j, "model_max_length", cfg->max_positions);
	json_close(&j, '}');
	buf_adds(&b, "\n");
	st = put_text(folder, "tokenizer_config.json", &b, err);
	buf_release(&b);
	return st;
}

static void describe(struct buf *b, const char *run, const struct session *s,
		     const struct pretrained_what *what, const struct pretrained_saved *x)
{
	buf_addf(b, "# %s\n\nExported by Tutti from the run `%s`, step %lld.\n\n", run, run,
		 (long long)s->step);
	if (x->class_name) {
		buf_addf(b, "`model.safetensors` holds %d tensors of a `%s`", x->theirs,
			 x->class_name);
		if (x->has_head)
			buf_addf(b, ", with the head of the task `%s`",
				 s->plan->tasks[what->head->task].name);
		buf_adds(b, ".\n");
	}
	if (x->why)
		buf_addf(b, "%s.\n", x->why);
	if (!x->ours)
		return;
	buf_addf(b, "\n`tutti.safetensors` holds the %d parameters that have no place "
		 "there, by Tutti's names (float32):\n\n```\n%s```\n", x->ours,
		 buf_str(&x->names));
}

/* --- what --- */

/* --task's, else the only one's; NULL: the trunk alone. */
static enum status choose_head(const struct opts *o, const struct session *s,
			       struct pretrained_task *head, bool *has, struct err *err)
{
	const struct session_task *t;
	int task = s->n_tasks == 1 ? 0 : -1;

	if (o->task)
		task = plan_task_find(s->plan, o->task);
	*has = task >= 0;
	if (o->task && task < 0)
		return err_set(err, ST_INVALID, "no task '%.40s' in the run", o->task);
	if (!*has)
		return ST_OK;
	t = &s->task[task];
	*head = (struct pretrained_task){
		.task = task, .mean = t->mean, .scale = t->scale,
		.labels = t->n_labels ? (const char *const *)t->labels : NULL,
	};
	return ST_OK;
}

static void say(const struct opts *o, const char *folder, const struct pretrained_saved *x)
{
	struct json_out j;
	struct buf b;

	if (!o->json) {
		printf("%s: ", folder);
		if (x->class_name)
			printf("%d tensors of %s%s", x->theirs, x->class_name,
			       x->ours ? "; " : "\n");
		if (x->ours)
			printf("%d parameters in tutti.safetensors\n", x->ours);
		if (x->why)
			printf("%s\n", x->why);
		return;
	}
	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	json_put_int(&j, "schema", 1);
	json_put_str(&j, "event", "export");
	json_put_str(&j, "folder", folder);
	if (x->class_name)
		json_put_str(&j, "class", x->class_name);
	else
		json_put_null(&j, "class");
	json_put_bool(&j, "head", x->has_head);
	json_put_int(&j, "theirs", x->theirs);
	json_put_int(&j, "ours", x->ours);
	if (x->why)
		json_put_str(&j, "why", x->why);
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

static enum status fill(const struct opts *o, const char *folder, const struct session *s,
			struct pretrained_saved *x, struct err *err)
{
	struct pretrained_task head;
	struct pretrained_what what = {
		.dropout = s->plan->dropout, .pad = tokenizer_special(s->tok, TOK_PAD),
		.begin = tokenizer_start(s->tok), .end = tokenizer_end(s->tok),
	};
	bool has_head;
	struct buf b;
	enum status st = choose_head(o, s, &head, &has_head, err);

	if (st)
		return st;
	what.head = has_head ? &head : NULL;
	st = pretrained_save(folder, s->model, &s->params, &what, x, err);
	if (!st)
		st = put_tokenizer(folder, s, err);
	if (st)
		return st;
	buf_init(&b);
	describe(&b, o->arg[0], s, &what, x);
	st = put_text(folder, "README.md", &b, err);
	buf_release(&b);
	return st;
}

/* --- the folder --- */

/* Nothing of anybody's is written over: an empty folder may be there. */
static enum status check_free(const char *folder, struct err *err)
{
	if (file_exists(folder) && rmdir(folder))
		return err_set(err, ST_INVALID, "'%s' is there already: export writes a new "
			       "folder", folder);
	return ST_OK;
}

static enum status export(const struct opts *o, const struct session *s, struct err *err)
{
	char folder[PATH_MAX], beside[PATH_MAX + 32], parent[PATH_MAX];
	struct pretrained_saved x = { 0 };
	char *slash;
	enum status st = file_absolute(NULL, o->arg[1], folder, sizeof folder, err);

	if (st)
		return st;
	for (size_t n = strlen(folder); n > 1 && folder[n - 1] == '/'; n--)
		folder[n - 1] = '\0';
	str_format(beside, sizeof beside, "%s.tmp-%ld", folder, (long)getpid());
	str_copy(parent, sizeof parent, folder);
	slash = strrchr(parent, '/');
	if (slash)
		*slash = '\0';
	st = check_free(folder, err);
	if (!st)
		st = file_mkdirs(beside, 0777, err);
	if (!st)
		st = fill(o, beside, s, &x, err);
	if (!st)
		st = check_free(folder, err);
	if (!st)
		st = file_rename(beside, folder, err);
	if (!st)
		st = file_sync_dir(parent[0] ? parent : "/", err);
	if (st)
		file_remove_tree(beside, NULL);
	else
		say(o, o->arg[1], &x);
	pretrained_saved_release(&x);
	return st;
}

int cmd_export(const struct opts *o)
{
	struct session *s = NULL;
	struct err err;
	enum status st = cmd_open_run(o, false, &s, &err);

	cmd_progress_end();
	if (!st)
		st = export(o, s, &err);
	session_free(s);
	return st ? cmd_fail(st, &err) : EXIT_SUCCESS;
}
