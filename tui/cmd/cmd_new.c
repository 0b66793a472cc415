/*
 * cmd_new.c - `tutti new`: a plan for files that the user has. What can be told
 * by looking is told; on a terminal the tasks are shown as one table, to be taken or
 * changed line by line; elsewhere, and with --yes, the likeliest is taken and said,
 * or what to type where nothing is likely.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "data/data_kind.h"
#include "new.h"
#include "plan/plan.h"
#include "rundir/init.h"
#include "text/utf8.h"

enum { TASKS_MAX = 64, ROWS_TO_TELL = 8 };

struct new_plan {
	const struct opts *o;
	struct new_files files;
	char out[PATH_MAX], folder[PATH_MAX];
	bool asks;                 /* there is somebody to confirm the tasks */
	struct new_line line[TASKS_MAX];
	int n_lines;
	struct draft_task task[TASKS_MAX];
	int n;
	struct new_init init;
};

/* --- one set --- */

/* Beside a text there is one column, and it is the same in all rows: a label, it seems. */
static bool has_constant(const struct sample *s)
{
	for (int i = 0; i < s->n_columns && s->n_columns == 2; i++)
		if (s->column[i].distinct == 1 && s->column[i].n > 1)
			return true;
	return false;
}

static enum status refuse(const struct new_file *f, struct err *err)
{
	const struct data_column *c = data_kind((enum task_kind)0)->column; /* say */
	struct buf b;

	buf_init(&b);
	new_columns(f, &b);
	if (!b.len)
		buf_adds(&b, "no columns");
	if (f->sample->nested) {
		buf_adds(&b, ", where '");
		text_sanitize(&b, f->sample->nested, strnlen(f->sample->nested, 60));
		buf_adds(&b, "' has members of its own (jq -c '.KEY' takes them out)");
	}
	if (f->sample->rows < ROWS_TO_TELL)
		buf_addf(&b, ", too few rows (%llu)",
			 (unsigned long long)f->sample->rows);
	if (f->sample->bad) {
		buf_addf(&b, ", where %llu rows cannot be read (",
			 (unsigned long long)f->sample->bad);
		row_report_text(&f->sample->report, f->path, &b);
		buf_addc(&b, ')');
	}
	err_set(err, ST_INVALID, "cannot tell what to learn from '%s' with %s: %s "
		"--set kind=%s --set %s=COLUMN --set %s=COLUMN", f->path, buf_str(&b),
		has_constant(f->sample) ? "nothing can be learned of a label that never "
		"changes, another is named with" : "say it with",
		task_kind_name((enum task_kind)0), c[COLUMN_TEXT].key,
		c[COLUMN_TARGET].key);
	buf_release(&b);
	return ST_INVALID;
}

static enum status add_task(struct new_plan *p, const struct new_set *set,
			    const struct guess_task *g, struct err *err)
{
	const struct new_file *f = &p->files.file[set->train];
	enum status st;

	if (g->text < 0 || g->target < 0)
		return refuse(f, err);
	if (g->text == g->target || g->pair == g->target || g->pair == g->text)
		return err_set(err, ST_INVALID, "one column for two parts of the task from "
			       "'%s'", f->path);
	st = new_draft(&p->files, set, g, p->folder, &p->task[p->n], err);
	p->n += !st;
	return st;
}

/* What is passed over, and what no kind of task can use. */
static void say_oddities(const struct new_file *f)
{
	const struct sample *s = f->sample;

	if (s->comments)
		cmd_say("  %llu line%s on top passed over: comments, or 'sep='",
			(unsigned long long)s->comments, s->comments == 1 ? "" : "s");
	if (s->format != SOURCE_JSONL && !s->can_name)
		cmd_say("  the first row has not as many columns as most: it names none");
	for (int i = 0; i < s->n_columns; i++) {
		struct buf b;

		buf_init(&b);
		new_name(f, i, &b);
		if (guess_is_second(s, f->guess.header, i))
			cmd_say("  %s is column %d: its name stands twice in the header",
				buf_str(&b), i);
		if (s->column[i].lists)
			cmd_say("  %s holds lists in %llu rows: a text may be a list of "
				"words, labels of a row are one for kind multilabel",
				buf_str(&b), (unsigned long long)s->column[i].lists);
		buf_release(&b);
	}
}

static void say_set(const struct new_files *files, const struct new_set *set)
{
	const struct new_file *f = &files->file[set->train];

	struct buf b;

	buf_init(&b);
	new_rows(f, &b);
	fprintf(stderr, "%s: %s, %s", set->name, f->path, buf_str(&b));
	buf_release(&b);
	for (int i = 0; i < set->n_held; i++)
		fprintf(stderr, "%s %s", i ? "," : "; held out:",
			files->file[set->held[i]].path);
	fputc('\n', stderr);
	if (f->role == ROLE_DEV || f->role == ROLE_TEST)
		cmd_say("  no train file of its name is given: this one, which is called "
			"%s, is trained on", f->role == ROLE_DEV ? "dev" : "test");
	say_oddities(f);
}

/* What else the rows could teach: another kind or another column. */
static const struct guess_task *second_task(const struct new_file *f,
					    const struct guess_task *g)
{
	for (int i = 0; i < f->guess.n; i++) {
		const struct guess_task *t = &f->guess.option[i];

		if (t->target != g->target && t->target != g->text &&
		    t->kind != g->kind && t->sure >= GUESS_UNSURE)
			return t;
	}
	return NULL;
}

static enum status add_line(struct new_plan *p, int set, const char *name,
			    const struct guess_task *g, bool is_in, struct err *err)
{
	struct new_line *l = &p->line[p->n_lines];

	if (p->n_lines == TASKS_MAX)
		return err_set(err, ST_INVALID, "more than %d tasks", TASKS_MAX);
	*l = (struct new_line){ .set = set, .g = *g, .is_in = is_in };
	str_copy(l->name, sizeof l->name, name);
	p->n_lines++;
	return ST_OK;
}

/* What was guessed, where nobody is asked. */
static void say_taken(const struct new_file *f, const struct guess_task *g)
{
	const struct guess_task *also = second_task(f, g);

	new_say_guess(f, g, g->sure >= GUESS_UNSURE ? "" : "not sure: ");
	if (f->sample->format != SOURCE_JSONL && f->guess.header_sure < GUESS_UNSURE)
		cmd_say("  not sure: the first row %s (--set header=%s says otherwise)",
			f->guess.header ? "names the columns" : "is a row like the others",
			f->guess.header ? "false" : "true");
	if (also)
		new_say_guess(f, also, "possible too: ");
}

/* A second task from the same rows is offered, not taken. */
static enum status offer_second(struct new_plan *p, int set, const struct guess_task *g,
				struct err *err)
{
	const struct new_set *s = &p->files.set[set];
	const struct guess_task *t = second_task(&p->files.file[s->train], g);
	char name[GUESS_NAME];

	if (!t)
		return ST_OK;
	str_format(name, sizeof name, "%.*s-2", GUESS_NAME - 4, s->name);
	return add_line(p, set, name, t, false, err);
}

static enum status take_set(struct new_plan *p, int set, struct err *err)
{
	struct new_set *s = &p->files.set[set];
	struct new_file *f = &p->files.file[s->train];
	struct guess_task g = { .text = -1, .pair = -1, .target = -1 };
	enum status st = new_set_header(p->o, f, err);

	if (st)
		return st;
	say_set(&p->files, s);
	if (p->asks)
		st = new_ask_header(f, err);
	if (!st && f->guess.n)
		g = f->guess.option[0];
	if (!st && new_has_settings(p->o)) {
		st = new_apply_settings(p->o, f, &g, err);
		if (!st && g.text >= 0 && g.target >= 0)
			new_say_guess(f, &g, "");
	} else if (!st && !p->asks) {
		if (!f->guess.n)
			return refuse(f, err);
		say_taken(f, &g);
	}
	if (!st)
		st = add_line(p, set, s->name, &g, true, err);
	return st || !p->asks ? st : offer_second(p, set, &g, err);
}

/* The lines, confirmed where there is somebody to ask, as tasks. */
static enum status take_lines(struct new_plan *p, struct err *err)
{
	enum status st = p->asks ? new_confirm(&p->files, p->line, p->n_lines, err) : ST_OK;

	for (int i = 0; i < p->n_lines && !st; i++) {
		const struct new_line *l = &p->line[i];
		struct new_set named = p->files.set[l->set];

		str_copy(named.name, sizeof named.name, l->name);
		if (l->is_in)
			st = add_task(p, &named, &l->g, err);
	}
	return st;
}

/* --- the plan --- */

/* Where it goes: -o, else the only task's name, else "plan". */
static enum status choose_place(struct new_plan *p, struct err *err)
{
	const char *given = p->o->out;
	char name[GUESS_NAME + 8], *slash;
	enum status st;

	str_format(name, sizeof name, "%s.json",
		   p->files.n_sets == 1 ? p->files.set[0].name : "plan");
	st = file_absolute(NULL, given && !str_eq(given, "-") ? given : name, p->out,
			   sizeof p->out, err);
	if (st)
		return st;
	str_copy(p->folder, sizeof p->folder, p->out);
	slash = strrchr(p->folder, '/');
	*slash = '\0';
	if (!str_eq(given ? given : "", "-") && !p->o->force && file_exists(p->out))
		return err_set(err, ST_INVALID, "'%s' is there already: --force replaces "
			       "it, --out names another", p->out);
	return ST_OK;
}

/* Settings with a dot, and --seed, are laid onto the plan. */
static enum status lay_settings(const struct opts *o, struct buf *text, struct err *err)
{
	struct json *root = NULL;
	struct json_out out;
	char key[128];
	enum status st = json_parse(buf_str(text), text->len, "plan", &root, err);

	if (!st && o->seed >= 0) {
		str_format(key, sizeof key, "%lld", (long long)o->seed);
		st = json_set_path(root, "seed", key, err);
	}
	for (int i = 0; !st && i < o->n_sets; i++) {
		const char *eq = strchr(o->set[i], '=');

		if (!str_format(key, sizeof key, "%.*s", (int)(eq - o->set[i]), o->set[i]) ||
		    !strchr(key, '.'))
			continue;
		st = json_set_path(root, key, eq + 1, err);
	}
	buf_clear(text);
	json_out_init(&out, text, 2);
	if (!st)
		json_put_node(&out, NULL, root);
	buf_addc(text, '\n');
	json_free(root);
	return st;
}

/* Steps of numbers as the survey left them. */
static enum status lay_steps(const struct plan *made, struct buf *text, struct err *err)
{
	struct json *root = NULL;
	struct json_out out;
	enum status st = json_parse(buf_str(text), text->len, "plan", &root, err);

	for (int i = 0; !st && i < made->n_tasks; i++) {
		char key[128], step[32];

		if (!(made->tasks[i].number_step > 0))
			continue;
		str_format(key, sizeof key, "tasks.%s.number_step", made->tasks[i].name);
		double_to_text(made->tasks[i].number_step, step);
		st = json_set_path(root, key, step, err);
	}
	buf_clear(text);
	json_out_init(&out, text, 2);
	if (!st)
		json_put_node(&out, NULL, root);
	buf_addc(text, '\n');
	json_free(root);
	return st;
}

static const char head_note[] =
	"Made by tutti new from what is in the files; every value may be changed. "
	"tutti check says what it costs, tutti-plan(5) explains the fields. model: larger "
	"learns more and slower. mix.tokens x mix.micro_batches: tokens of a step. "
	"budget.steps: how long. weight and share of a task can be moved on the desk, too.";

static enum status write_plan(struct new_plan *p, struct draft_sizes *sizes, struct err *err)
{
	const struct draft_init *init = p->init.is_given ? &p->init.draft : NULL;
	const struct plan_opener opener = { init_open, p->o->runs };
	struct plan *made = NULL;
	struct buf text;
	enum status st;

	draft_sizes_over(p->task, p->n, init, sizes);
	new_set_model(p->o, sizes);
	for (int i = 0; i < p->n && init; i++)
		new_init_room(&p->init, sizes, &p->task[i]);
	buf_init(&text);
	draft_write(p->task, p->n, sizes, head_note, &text);
	st = lay_settings(p->o, &text, err);
	if (!st)
		st = plan_parse_with(buf_str(&text), text.len, "the plan", p->folder,
				     &opener, &made, err);
	if (!st)
		st = new_survey(made, p->o, err);
	if (!st)
		st = lay_steps(made, &text, err);
	plan_free(made);
	if (!st && p->o->out && str_eq(p->o->out, "-"))
		fwrite(buf_str(&text), 1, text.len, stdout);
	else if (!st)
		st = file_write(p->out, buf_str(&text), text.len, err);
	buf_release(&text);
	return st;
}

static void say_end(const struct new_plan *p, const struct draft_sizes *s)
{
	const char *name = p->o->out ? p->o->out : strrchr(p->out, '/') + 1;

	if (str_eq(name, "-"))
		return;
	cmd_say("wrote %s: %d task%s, %d wide, %d layers%s%s, %lld steps of %d tokens", name,
		p->n, p->n == 1 ? "" : "s", s->dim, s->layers, s->init ? " of " : "",
		s->init ? s->init : "", (long long)s->steps, s->micro_batches * s->tokens);
	cmd_say("tutti check %s   says what it needs", name);
	cmd_say("tutti %s   opens the desk and trains", name);
}

int cmd_new(const struct opts *o)
{
	struct new_plan *p = xcalloc(1, sizeof *p);
	struct draft_sizes sizes;
	struct err err = { "" };
	enum status st = new_check_settings(o, &err);

	p->o = o;
	if (!st)
		st = new_files_read(&p->files, o, &err);
	if (!st)
		st = choose_place(p, &err);
	if (!st)
		st = new_init_open(o, p->folder, &p->init, &err);
	p->asks = new_can_ask() && !o->yes && !new_has_settings(o);
	for (int i = 0; i < p->files.n_sets && !st; i++)
		st = take_set(p, i, &err);
	if (!st)
		st = take_lines(p, &err);
	if (!st && !p->n)
		st = err_set(&err, ST_STOPPED, "no task: nothing is written");
	if (!st)
		st = write_plan(p, &sizes, &err);
	if (!st)
		say_end(p, &sizes);
	new_init_release(&p->init);
	new_files_release(&p->files);
	xfree(p);
	if (!st)
		return EXIT_WELL;
	cmd_fail(st, &err);
	return st == ST_INVALID || st == ST_NOT_FOUND ? EXIT_USAGE : EXIT_FAILED;
}
