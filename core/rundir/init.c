/*
 * init.c - the start of a run from its init: which reader it is, what is told of it, and
 * the rate of heads that have nothing of it.
 */
#include "rundir/init_own.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/pretrained.h"
#include "session/averaging.h"

/* --- at the reading of a plan --- */

void init_put_fields(const struct plan *p, struct plan_base *base)
{
	struct buf b;

	buf_init(&b);
	plan_write(p, &b);
	BUG_IF(json_parse(buf_str(&b), b.len, "plan", &base->fields, NULL));
	buf_release(&b);
}

enum status init_open(const void *arg, const char *text, const char *folder,
		      struct plan_base *base, struct err *err)
{
	return init_is_run(text) ? init_run_open(arg, text, folder, base, err) :
				   init_folder_open(text, folder, base, err);
}

enum status init_find_again(struct plan *p, struct err *err)
{
	if (!plan_has_init(p) || p->init_tokenizer[0] || p->vocab[0])
		return ST_OK;
	if (init_is_run(p->init))
		return init_run_find(p->init, p->init_tokenizer, err);
	if (!file_exists(p->init))
		return err_set(err, ST_NOT_FOUND, "there is no folder '%.300s', which the run "
			       "begins from (put it back: there is no checkpoint to go on "
			       "from)", p->init);
	return pretrained_base(p->init, p->init_tokenizer, err);
}

/* --- what is told --- */

enum { GROUPS_TOLD = 4 };

/*
 * Length of what a name's group is called by: "tasks.topic.head", "bert.pooler",
 * "classifier". A name's own last part is none of it.
 */
static size_t group_len(const char *name, size_t n)
{
	size_t most = str_starts(name, "tasks.") ? 3 : 2, parts = 0, len = n;

	for (size_t i = 0; i < n && parts < most; i++)
		if (name[i] == '.') {
			parts++;
			len = i;
		}
	return str_starts(name, "tasks.") && parts < most ? n : len;
}

/* Names of one group stand together: "tasks.topic.head (4), encoder (12), classifier". */
static void put_groups(const struct buf *names, struct buf *out)
{
	const char *at = buf_str(names);
	int told = 0, left = 0;

	while (*at) {
		size_t len = group_len(at, strcspn(at, " \n"));
		const char *group = at;
		int n = 0;

		for (; *at && !strncmp(at, group, len) &&
		       group_len(at, strcspn(at, " \n")) == len; n++) {
			at += strcspn(at, "\n");
			at += *at == '\n';
		}
		if (told < GROUPS_TOLD)
			buf_addf(out, n > 1 ? "%s%.*s (%d)" : "%s%.*s", told++ ? ", " : "",
				 (int)len, group, n);
		else
			left += n;
	}
	if (left)
		buf_addf(out, " and %d more", left);
}

static void put_words(const struct session *s, const struct init_taken *t, struct buf *out)
{
	buf_addf(out, "%d of %d parameters from '%s'", t->taken, s->params.n, s->plan->init);
	if (t->begun)
		buf_addf(out, "; %d of decoders begin as the trunk's", t->begun);
	if (t->fresh.len) {
		buf_adds(out, "; fresh: ");
		put_groups(&t->fresh, out);
	}
	if (t->unused.len) {
		buf_adds(out, "; not used: ");
		put_groups(&t->unused, out);
	}
	if (t->head_why)
		buf_addf(out, "; %s", t->head_why);
}

/* --- rates --- */

/* Is the parameter in one of the lines, by its name or by what its name begins with? */
static bool is_told(const struct buf *lines, const char *name)
{
	for (const char *at = buf_str(lines); *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t n = strcspn(at, " \n");

		if (!strncmp(at, name, n) && (!name[n] || name[n] == '.'))
			return true;
	}
	return false;
}

/* What is fresh once decoders have begun as their trunk: a line for each parameter. */
static void tell_left(const struct session *s, struct init_taken *t)
{
	buf_clear(&t->fresh);
	for (int p = 0; p < s->params.n; p++)
		if (t->is_fresh[p])
			buf_addf(&t->fresh, "%s\n", s->params.p[p].name);
}

/*
 * How many matrices of its own the task has; taken: so many of them are the init's. A
 * decoder's that begin as the trunk's are neither: they have a rate of their own.
 */
static int count_own(const struct session *s, int task, const struct buf *fresh, int *taken)
{
	int own = 0;

	*taken = 0;

	for (int p = 0; p < s->params.n; p++) {
		const struct param *q = &s->params.p[p];

		if (q->owner != task || !(q->flags & PARAM_DECAY) ||
		    model_begins_trained(s->model, p) || model_is_adapter(s->model, p))
			continue;
		*taken += !is_told(fresh, q->name);
		own++;
	}
	return own;
}

/*
 * A new head over a trained trunk starts far from anything, the trunk does not: where the
 * plan says nothing the head's rate is ten times the trunk's. Beside a trunk that stands
 * still for good all that is trained is new, and has one rate.
 */
static void set_rates(struct session *s, const struct init_taken *t)
{
	const struct model_config *c = model_config(s->model);
	double fresh_factor = c->adapter && !c->adapter_and_trunk ? 1 : 10;

	for (int i = 0; i < s->n_tasks; i++) {
		int taken, own = count_own(s, i, &t->fresh, &taken);

		s->task[i].has_init = taken > 0;
		if (s->plan->tasks[i].lr < 0)
			s->plan->tasks[i].lr = own && !taken ? fresh_factor : 1;
	}
}

/* --- the start --- */

enum status init_start(struct session *s, struct init_report *out, struct err *err)
{
	struct init_taken t = { 0 };
	enum status st;

	*out = (struct init_report){ .hash = "" };
	buf_init(&out->words);
	session_start_random(s);
	if (!plan_has_init(s->plan))
		return ST_OK;
	t.is_fresh = xcalloc((size_t)s->params.n + 1, sizeof *t.is_fresh);
	buf_init(&t.fresh);
	buf_init(&t.unused);
	st = init_is_run(s->plan->init) ? init_run_start(s, &t, out->hash, err) :
					  init_folder_start(s, &t, out->hash, err);
	if (st) {
		err_wrap(err, st, "model.init");
	} else {
		t.begun = model_take_trunk(s->model, &s->params, t.is_fresh);
		averaging_begin(s);
		session_pack(s);
		set_rates(s, &t);
		if (t.begun)
			tell_left(s, &t);
		str_copy(s->init, sizeof s->init, out->hash);
		out->taken = t.taken;
		put_words(s, &t, &out->words);
	}
	xfree(t.is_fresh);
	buf_release(&t.fresh);
	buf_release(&t.unused);
	return st;
}

void init_report_release(struct init_report *r)
{
	buf_release(&r->words);
}

enum status init_check_fact(struct store *st, const struct plan *p,
			    const struct init_report *r, struct err *err)
{
	char *was = store_fact(st, INIT_HASH_FACT);
	enum status result = ST_OK;

	if (was && !str_eq(was, r->hash))
		result = err_set(err, ST_INVALID, "model.init '%.300s' has changed since the "
				 "run began (put it back, or start a new run)", p->init);
	xfree(was);
	return result;
}

enum status init_set_facts(struct store *st, const struct session *s,
			   const struct init_report *r, struct err *err)
{
	enum status result = ST_OK;
	struct buf names;

	if (!r->hash[0])
		return ST_OK;
	buf_init(&names);
	for (int i = 0; i < s->n_tasks; i++)
		if (s->task[i].has_init)
			buf_addf(&names, "%s%s", names.len ? " " : "", s->plan->tasks[i].name);
	result = store_set_fact(st, INIT_HASH_FACT, r->hash, err);
	if (!result)
		result = store_set_fact(st, INIT_HEADS_FACT, buf_str(&names), err);
	buf_release(&names);
	return result;
}

void init_recall(struct store *st, struct session *s)
{
	char *names = store_fact(st, INIT_HEADS_FACT), *rest = names, *name;

	while (names && (name = strsep(&rest, " ")))
		for (int i = 0; i < s->n_tasks; i++)
			s->task[i].has_init |= str_eq(s->plan->tasks[i].name, name);
	xfree(names);
}
