/*
 * export.c - a run's model as a folder that `transformers` opens.
 *
 * The folder is made beside its place and renamed, so that its name never shows half of
 * it.
 */
#include "ask/export.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "plan/plan_kind.h"

static enum status path_in(const char *folder, const char *name, char out[PATH_MAX],
			   struct err *err)
{
	if (!str_format(out, PATH_MAX, "%s/%s", folder, name))
		return err_set(err, ST_INVALID, "%s: the path is too long", folder);
	return ST_OK;
}

/* --- files --- */

#define CONFIG "tokenizer_config.json"

static enum status put_text(const char *folder, const char *name, const struct buf *b,
			    struct err *err)
{
	char path[PATH_MAX];
	enum status st = path_in(folder, name, path, err);

	return st ? st : file_write(path, buf_str(b), b->len, err);
}

/* What they call our own kind, which is BERT's: its files alone do not say. */
static enum status put_plain_config(const char *folder, const struct session *s,
				    struct err *err)
{
	enum status st;
	struct json_out j;
	struct buf b;

	buf_init(&b);
	json_out_init(&j, &b, 2);
	json_open(&j, NULL, '{');
	json_put_str(&j, "tokenizer_class", "BertTokenizer");
	json_put_bool(&j, "do_lower_case", true);
	json_put_int(&j, "model_max_length", model_config(s->model)->max_positions);
	json_close(&j, '}');
	buf_adds(&b, "\n");
	st = put_text(folder, CONFIG, &b, err);
	buf_release(&b);
	return st;
}

static enum status put_tokenizer(const char *folder, const struct session *s,
				 struct err *err)
{
	const struct tokenizer_kind *k = tokenizer_kind_of(s->tok);
	enum status st = ST_OK;
	bool has_config = false;

	for (int i = 0; !st && tokenizer_file(k, i); i++) {
		char path[PATH_MAX];

		if (!tokenizer_has_file(s->tok, i))
			continue;
		has_config |= str_eq(tokenizer_file(k, i), CONFIG);
		st = path_in(folder, tokenizer_file(k, i), path, err);
		if (!st)
			st = tokenizer_save_file(s->tok, i, path, err);
	}
	return st || has_config ? st : put_plain_config(folder, s, err);
}

/* What became of them, which nothing else in the folder says. */
static void describe_adapters(struct buf *b, const struct session *s,
			      const struct pretrained_what *what,
			      const struct pretrained_saved *x)
{
	const struct model_config *c = model_config(s->model);
	char text[160];

	model_adapter_text(c, text, sizeof text);
	if (!*text)
		return;
	buf_addf(b, "\nThe model was trained with adapters (%s). ", text);
	if (x->merged && !c->adapter_of_all && what->head)
		buf_addf(b, "Those of the task `%s` are merged into %d matrices of the trunk: "
			 "W + alpha / rank x B A.\n",
			 s->plan->tasks[what->head->task].name, x->merged);
	else if (x->merged)
		buf_addf(b, "They are merged into %d matrices of the trunk: W + alpha / rank x "
			 "B A.\n", x->merged);
	else
		buf_adds(b, "They are in `tutti.safetensors`: without them the trunk is another "
			 "model than the run's.\n");
}

/* What a model that says its answers is asked, which its tokenizer's files do not say. */
static void describe_prompt(struct buf *b, const struct session *s,
			    const struct pretrained_what *what)
{
	const struct plan_task *t = what->head ? &s->plan->tasks[what->head->task] : NULL;
	const char *prompt = t ? plan_prompt(t) : NULL;
	struct json_out j;

	if (!prompt || !model_kind_says(s->plan->model.kind))
		return;
	buf_adds(b, "\nWhat it is asked, as a JSON string, without special tokens around it "
		 "(`add_special_tokens=False`): `");
	json_out_init(&j, b, 0);
	json_put_str(&j, NULL, prompt);
	buf_adds(b, "`. A text that is too long loses its end, never the words behind it.");
	if (what->end >= 0)
		buf_addf(b, " What is said ends with token %d.", (int)what->end);
	if (plan_has_trait(t->kind, FOR_LABELS))
		buf_adds(b, " The label is the one whose tokens, that one included, have the "
			 "highest mean log probability.");
	buf_adds(b, "\n");
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
	describe_prompt(b, s, what);
	describe_adapters(b, s, what, x);
	if (!x->ours)
		return;
	buf_addf(b, "\n`tutti.safetensors` holds the %d parameters that have no place "
		 "there, by Tutti's names (float32):\n\n```\n%s```\n", x->ours,
		 buf_str(&x->names));
}

/* --- what --- */

/* --task's, else the only one's; NULL: the trunk alone. */
static enum status choose_head(const char *name, const struct session *s,
			       struct pretrained_task *head, bool *has, struct err *err)
{
	static const char *const units[] = { "DROP", "KEEP" };
	const struct session_task *t;
	const struct plan_task *p;
	int task = s->n_tasks == 1 ? 0 : -1;

	if (name)
		task = plan_task_find(s->plan, name);
	*has = task >= 0;
	if (name && task < 0)
		return err_set(err, ST_INVALID, "no task '%.40s' in the run", name);
	if (!*has)
		return ST_OK;
	t = &s->task[task];
	p = &s->plan->tasks[task];
	*head = (struct pretrained_task){
		.task = task, .mean = t->mean, .scale = t->scale,
		.has_sentences = p->unit == UNIT_SENTENCES,
		.labels = plan_has_trait(p->kind, FOR_UNITS) ? units :
			  t->n_labels ? (const char *const *)t->labels : NULL,
	};
	return ST_OK;
}

static enum status fill(const char *folder, const char *run, const char *task,
			const struct session *s, struct pretrained_saved *x, struct err *err)
{
	struct pretrained_task head;
	struct pretrained_what what = {
		.dropout = s->plan->dropout, .pad = tokenizer_special(s->tok, TOK_PAD),
		.begin = tokenizer_start(s->tok), .end = tokenizer_end(s->tok),
	};
	bool has_head;
	struct buf b;
	enum status st = choose_head(task, s, &head, &has_head, err);

	if (st)
		return st;
	what.head = has_head ? &head : NULL;
	st = pretrained_save(folder, s->model, &s->params, &what, x, err);
	if (!st)
		st = put_tokenizer(folder, s, err);
	if (st)
		return st;
	buf_init(&b);
	describe(&b, run, s, &what, x);
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

enum status export_folder(const struct session *s, const char *run, const char *task,
			  const char *where, struct pretrained_saved *out, struct err *err)
{
	char folder[PATH_MAX], beside[PATH_MAX + 32], parent[PATH_MAX];
	char *slash;
	enum status st = file_absolute(NULL, where, folder, sizeof folder, err);

	*out = (struct pretrained_saved){ 0 };
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
		st = fill(beside, run, task, s, out, err);
	if (!st)
		st = check_free(folder, err);
	if (!st)
		st = file_rename(beside, folder, err);
	if (!st)
		st = file_sync_dir(parent[0] ? parent : "/", err);
	if (st)
		file_remove_tree(beside, NULL);
	return st;
}
