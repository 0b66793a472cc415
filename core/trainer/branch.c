/*
 * branch.c - making a branch: what it takes over, what it changes.
 */
#include "trainer/branch.h"

#include <dirent.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/run_open.h"
#include "rundir/rundir.h"
#include "store/store_copy.h"
#include "trainer/change.h"

struct making {
	const struct branch_wanted *w;
	struct checkpoint_info from;
	char folder[PATH_MAX];     /* that one's */
	struct plan *was, *plan;   /* the other's; as it is set */
	struct buf lines;          /* commands, one a line */
	struct journal_entry *entry;
	size_t n, cap;             /* of what the commands do */
};

/* --- which state --- */

static enum status find_state(struct making *m, struct err *err)
{
	struct checkpoint_info *list = NULL;
	int n = 0, at = 0;
	struct buf b;
	enum status st = checkpoint_list(m->w->run, &list, &n, err);

	while (!st && at < n && (list[at].is_left || !list[at].complete ||
				 (m->w->step >= 0 && list[at].step != m->w->step)))
		at++;
	buf_init(&b);
	for (int i = n; i-- > 0;)
		if (list[i].complete && !list[i].is_left)
			buf_addf(&b, " %lld", (long long)list[i].step);
	if (!st && at == n && m->w->step >= 0)
		st = err_set(err, ST_NOT_FOUND, "no checkpoint of step %lld in '%.200s'; "
			     "there are:%.120s", (long long)m->w->step, m->w->run,
			     b.len ? buf_str(&b) : " none");
	else if (!st && at == n)
		st = err_set(err, ST_NOT_FOUND, "no checkpoint in '%.200s'", m->w->run);
	buf_release(&b);
	if (!st)
		m->from = list[at];
	xfree(list);
	if (!st && !str_format(m->folder, sizeof m->folder, "%s/checkpoints/%s", m->w->run,
			       m->from.folder))
		st = err_set(err, ST_INVALID, "path too long: '%.200s...'", m->w->run);
	return st ? st : checkpoint_sound(m->folder, err);
}

/* --- what is changed --- */

/* What a branch may say otherwise. Where the state has it, a command sets it there. */
static const struct {
	const char *path;          /* a '*' is a task */
	const char *command;       /* NULL: the plan alone says it */
} fields[] = {
	{ "tasks.*.weight", "weight" },
	{ "tasks.*.share", "share" },
	{ "tasks.*.muted", "mute" },
	{ "optimizer.lr", "lr" },
	{ "optimizer.clip", "clip" },
	{ "model.dropout", "dropout" },
	{ "budget.steps", "horizon" },
	{ "mix.sampling", "sampling" },
	{ "mix.weighting", "weighting" },
	{ "optimizer.beta1", NULL }, { "optimizer.beta2", NULL }, { "optimizer.eps", NULL },
	{ "optimizer.weight_decay", NULL }, { "optimizer.layer_decay", NULL },
	{ "optimizer.schedule", NULL }, { "optimizer.warmup", NULL },
	{ "optimizer.lr_floor", NULL }, { "mix.gradients_every", NULL },
	{ "mix.micro_batches", NULL }, { "budget.eval_every", NULL },
	{ "budget.checkpoint_every", NULL }, { "budget.eval_examples", NULL },
	{ "budget.eval_end", NULL }, { "budget.keep", NULL }, { "budget.back_every", NULL },
	{ "budget.back_memory", NULL }, { "best", NULL }, { "on_hangup", NULL },
};
enum { FIELDS = sizeof fields / sizeof *fields };

/* Does the path name the field? *task gets what stands for the '*'. */
static bool is_field(const char *path, size_t n, const char *field, char task[64])
{
	const char *star = strchr(field, '*');
	size_t head = star ? (size_t)(star - field) : 0, tail;

	task[0] = '\0';
	if (!star)
		return strlen(field) == n && !strncmp(path, field, n);
	tail = strlen(star + 1);
	if (n <= head + tail || strncmp(path, field, head) ||
	    strncmp(path + n - tail, star + 1, tail) || n - head - tail >= 64)
		return false;
	memcpy(task, path + head, n - head - tail);
	task[n - head - tail] = '\0';
	return true;
}

static void method_line(struct buf *b, const char *command, const struct plan_method *m)
{
	buf_addf(b, "%s %s", command, m->name);
	for (int i = 0; i < m->n_args; i++)
		buf_addf(b, " %s", m->arg[i].text);
	buf_addc(b, '\n');
}

/* The command that sets what the plan says now. */
static void add_line(struct making *m, int field, const char *task)
{
	const struct plan *p = m->plan;
	const char *name = fields[field].command;
	struct buf *b = &m->lines;
	int i = *task ? plan_task_find(p, task) : -1;
	const struct plan_task *t = i >= 0 ? &p->tasks[i] : NULL;

	if (str_eq(name, "weight"))
		buf_addf(b, "weight %s %.17g\n", task, t->weight);
	else if (str_eq(name, "share") && t->share < 0)
		buf_addf(b, "share %s auto\n", task);
	else if (str_eq(name, "share"))
		buf_addf(b, "share %s %.17g\n", task, t->share);
	else if (str_eq(name, "mute"))
		buf_addf(b, "mute %s %s\n", task, t->muted ? "on" : "off");
	else if (str_eq(name, "lr"))
		buf_addf(b, "lr %.17g\n", p->lr);
	else if (str_eq(name, "clip"))
		buf_addf(b, "clip %.17g\n", p->clip);
	else if (str_eq(name, "dropout"))
		buf_addf(b, "dropout %.17g\n", p->dropout);
	else if (str_eq(name, "horizon"))
		buf_addf(b, "horizon %lld\n", (long long)p->steps);
	else
		method_line(b, name, &p->method[str_eq(name, "sampling") ?
						METHOD_SAMPLING : METHOD_WEIGHTING]);
}

/* "mix.sampling.T" belongs to "mix.sampling". */
static enum status take_set(struct making *m, const char *set, struct err *err)
{
	size_t n = strcspn(set, "=");
	char task[64];

	for (int i = 0; i < FIELDS; i++) {
		if (!is_field(set, n, fields[i].path, task))
			continue;
		if (*task && plan_task_find(m->plan, task) < 0)
			return err_set(err, ST_NOT_FOUND, "no task '%s' in the plan", task);
		if (fields[i].command)
			add_line(m, i, task);
		return ST_OK;
	}
	return err_set(err, ST_INVALID, "a branch cannot change '%.*s': it goes on with the "
		       "same model, data and noise", (int)(n < 80 ? n : 80), set);
}

static enum status take_sets(struct making *m, struct err *err)
{
	char path[PATH_MAX];
	enum status st = run_file(m->w->run, "plan.json", path, err);

	if (!st)
		st = run_plan(m->w->run, &m->was, err);
	if (!st)
		st = plan_load_afar(path, m->w->sets, m->w->n_sets, &m->plan, err);
	if (!st && !m->plan->steps) /* in epochs: as the run found them */
		plan_set_steps(m->plan, m->was->steps);
	for (int i = 0; i < m->w->n_sets && !st; i++)
		st = take_set(m, m->w->sets[i], err);
	return st;
}

/* --- the commands, tried on the state --- */

static enum status try_line(struct making *m, struct session *s, const char *line,
			    struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	struct change g;
	enum status st = command_parse_entry(line, c, err);

	if (!st)
		st = change_try(&g, c, s, err);
	if (!st && !str_eq(g.before, g.after)) {
		struct journal_entry *e;

		ARRAY_GROW(m->entry, m->n, m->cap);
		e = &m->entry[m->n++];
		*e = (struct journal_entry){ .who = WHO_PERSON };
		str_copy(e->command, sizeof e->command, c->text);
		str_copy(e->before, sizeof e->before, g.before);
		str_copy(e->after, sizeof e->after, g.after);
	}
	if (!st)
		change_keep(&g, s);
	xfree(c);
	return st;
}

/*
 * The methods and guards of the state, which commands may have set, as the plan is now: it
 * may have too few micro-batches for them, or schedule no more evaluations.
 */
static enum status check_state(const struct making *m, const struct session *s,
			       struct err *err)
{
	const struct plan *now = m->plan;
	bool was_measured = plan_is_measured(s->plan), is_measured = plan_is_measured(now);
	enum status st = ST_OK;

	for (int role = 0; role < METHOD_ROLES && !st; role++) {
		const struct mix_method *method = role == METHOD_SAMPLING ?
			&s->mix.sampling : &s->mix.weighting;

		st = method_fits(method->row, s->n_tasks, now->micro_batches, err);
		if (!st && was_measured && !is_measured)
			st = method_suits(method->row, method->param, s->n_tasks, false, err);
	}
	for (int i = 0; i < GUARDS && !st && was_measured && !is_measured; i++)
		if (!guard_is_plain(guard_at(i), &s->mix.guard[i]))
			st = guard_suits(guard_at(i), &s->mix.guard[i], false, err);
	return st ? err_wrap(err, st, "the branch's plan does not go with its state") : ST_OK;
}

/* A set that no command makes may still not go with the state. */
static bool is_to_be_tried(const struct making *m)
{
	return m->lines.len || m->plan->micro_batches != m->was->micro_batches ||
	       plan_is_measured(m->plan) != plan_is_measured(m->was);
}

static enum status try_lines(struct making *m, struct err *err)
{
	struct progress none = { 0 };
	struct session *s = NULL;
	struct plan *plan = m->was;
	char *line = m->lines.s, *next;
	enum status st;

	if (!is_to_be_tried(m))
		return ST_OK;
	m->was = NULL; /* the session's */
	st = session_new(plan, m->folder, 1, m->w->pg ? m->w->pg : &none, &s, err);
	if (!st)
		st = checkpoint_load(s, m->folder, NULL, err);
	for (; !st && line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		st = try_line(m, s, line, err);
	}
	if (!st)
		st = check_state(m, s, err);
	session_free(s);
	return st;
}

/* --- the new folder --- */

static enum status copy_file(const char *from, const char *to, struct err *err)
{
	struct file_map map;
	enum status st = file_map(from, &map, err);

	if (st)
		return st;
	st = file_write(to, map.p, map.len, err);
	file_unmap(&map);
	return st;
}

static enum status copy_checkpoint(const struct making *m, const char *run, struct err *err)
{
	char to[PATH_MAX], a[PATH_MAX], b[PATH_MAX], all[PATH_MAX];
	enum status st = run_file(run, "checkpoints", all, err);
	struct dirent *e;
	DIR *d;

	if (!st)
		st = run_file(all, m->from.folder, to, err);
	if (!st)
		st = file_mkdirs(to, 0700, err);
	if (st)
		return st;
	d = opendir(m->folder);
	if (!d)
		return err_sys(err, "cannot read folder '%s'", m->folder);
	while (!st && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		st = run_file(m->folder, e->d_name, a, err);
		if (!st)
			st = run_file(to, e->d_name, b, err);
		if (!st)
			st = copy_file(a, b, err);
	}
	closedir(d);
	if (!st)
		st = file_sync_dir(to, err);
	if (!st)
		st = checkpoint_sound(to, err); /* it may have been let go meanwhile */
	return st ? st : file_sync_dir(all, err);
}

static enum status write_plan(const struct making *m, const char *run, struct err *err)
{
	char path[PATH_MAX], given[PATH_MAX];
	struct buf b;
	enum status st = run_file(run, "plan.json", path, err);

	buf_init(&b);
	plan_write(m->plan, &b);
	if (!st)
		st = file_write(path, buf_str(&b), b.len, err);
	buf_release(&b);
	if (!st)
		st = run_file(m->w->run, "plan.given.json", given, err);
	if (st || !file_exists(given))
		return st;
	st = run_file(run, "plan.given.json", path, err);
	return st ? st : copy_file(given, path, err);
}

static enum status put_facts(const struct making *m, struct store *to, struct err *err)
{
	char step[24], now[24], of[PATH_MAX];
	struct buf sets;
	enum status st = file_absolute(NULL, m->w->run, of, sizeof of, err);

	str_format(step, sizeof step, "%lld", (long long)m->from.step);
	str_format(now, sizeof now, "%lld", (long long)clock_unix_ms());
	buf_init(&sets);
	for (int i = 0; i < m->w->n_sets; i++)
		buf_addf(&sets, "%s%s", i ? " " : "", m->w->sets[i]);
	if (!st)
		st = store_set_fact(to, "branch.of", of, err);
	if (!st)
		st = store_set_fact(to, "branch.folder", m->from.folder, err);
	if (!st)
		st = store_set_fact(to, "branch.step", step, err);
	if (!st)
		st = store_set_fact(to, "branch.state", m->from.state, err);
	if (!st)
		st = store_set_fact(to, "branch.sets", buf_str(&sets), err);
	if (!st)
		st = store_set_fact(to, "created", now, err);
	if (!st && m->plan->epochs > 0)
		st = store_set_budget(to, m->plan->steps, err);
	buf_release(&sets);
	return st;
}

/* The journal goes on behind the state's last entry: first by where it came from. */
static enum status put_entries(struct making *m, struct store *to, struct err *err)
{
	const char *slash = strrchr(m->w->run, '/');
	struct journal_entry origin = { .seq = m->from.journal_seq + 1, .who = WHO_PERSON };
	enum status st;

	str_format(origin.command, sizeof origin.command, "note branch of %.200s, step %lld",
		   slash && slash[1] ? slash + 1 : m->w->run, (long long)m->from.step);
	origin.timeline = m->from.timeline;
	origin.step = m->from.step;
	origin.unix_ms = clock_unix_ms();
	st = store_journal_at(to, &origin, err);
	for (size_t i = 0; i < m->n && !st; i++) {
		m->entry[i].timeline = origin.timeline;
		m->entry[i].step = origin.step;
		m->entry[i].unix_ms = origin.unix_ms;
		st = store_journal(to, &m->entry[i], err);
	}
	return st;
}

static enum status write_store(struct making *m, const char *run, struct err *err)
{
	struct checkpoint_row row = { .timeline = m->from.timeline, .step = m->from.step,
				      .name = BRANCH_CHECKPOINT, .score = m->from.score };
	struct store *from = NULL, *to = NULL;
	char path[PATH_MAX];
	enum status st = run_store(m->w->run, &from, err);

	str_copy(row.folder, sizeof row.folder, m->from.folder);
	str_copy(row.state, sizeof row.state, m->from.state);
	if (!st)
		st = run_file(run, "run.db", path, err);
	if (!st)
		st = store_open(path, true, &to, err);
	if (!st)
		st = store_copy(from, to, m->from.step, m->from.journal_seq, err);
	if (!st)
		st = put_facts(m, to, err);
	if (!st)
		st = put_entries(m, to, err);
	if (!st)
		st = store_checkpoint(to, &row, err);
	store_close(from);
	store_close(to);
	return st;
}

static enum status write_run(struct making *m, struct branch_made *out, struct err *err)
{
	const char *slash = strrchr(m->w->run, '/');
	char root[PATH_MAX], beside[PATH_MAX];
	struct run_lock lock;
	enum status st;

	str_format(root, sizeof root, "%.*s", slash ? (int)(slash - m->w->run) : 1,
		   slash ? slash == m->w->run ? "/" : m->w->run : ".");
	st = rundir_begin(root, m->w->name, beside, &lock, err);
	if (st)
		return st;
	st = copy_checkpoint(m, beside, err);
	if (!st)
		st = write_plan(m, beside, err);
	if (!st)
		st = write_store(m, beside, err);
	if (!st)
		st = rundir_publish(root, m->w->name, beside, out->run, err);
	if (st)
		rundir_abandon(beside, &lock);
	else
		run_lock_drop(&lock);
	return st;
}

enum status branch_make(const struct branch_wanted *w, struct branch_made *out,
			struct err *err)
{
	struct making m = { .w = w };
	enum status st = find_state(&m, err);

	buf_init(&m.lines);
	if (!st)
		st = take_sets(&m, err);
	if (!st)
		st = try_lines(&m, err);
	if (!st)
		st = write_run(&m, out, err);
	out->step = m.from.step;
	str_copy(out->state, sizeof out->state, m.from.state);
	plan_free(m.was);
	plan_free(m.plan);
	buf_release(&m.lines);
	xfree(m.entry);
	return st;
}

bool branch_folder(struct store *s, char folder[64])
{
	char *fact = store_fact(s, "branch.folder");
	bool is = fact && str_copy(folder, 64, fact);

	xfree(fact);
	return is;
}
