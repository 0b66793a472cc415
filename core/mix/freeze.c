/*
 * freeze.c - groups of parameters in words and back.
 */
#include "mix/freeze.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

enum { GROUP_NAME = FREEZE_NAME };

/* --- words --- */

enum group { GROUP_END, GROUP_EMBEDDINGS, GROUP_TRUNK, GROUP_ADAPTERS, GROUP_LAYERS,
	     GROUP_HEAD };

/* A list on its way: behind "layers 0..2," a number is one more of them. */
struct words {
	const char *at;
	bool is_layers;
};

/* What one word of the list says. */
struct word {
	enum group group;
	int64_t first, last;   /* GROUP_LAYERS; last < first: no numbers */
	char text[GROUP_NAME]; /* as it stands there; GROUP_HEAD: the task's name */
};

static uint64_t bit(int i)
{
	return (uint64_t)1 << i;
}

/* Bits from first to last; none where last is less. */
static uint64_t bits(int first, int last)
{
	uint64_t x = 0;

	for (int i = first; i <= last; i++)
		x |= bit(i);
	return x;
}

/* "3" or "0..2" */
static bool read_range(const char *s, int64_t *first, int64_t *last)
{
	char low[GROUP_NAME];
	const char *dots = strstr(s, "..");

	if (*s < '0' || *s > '9')
		return false;
	if (!dots)
		return parse_i64(s, first) && parse_i64(s, last);
	str_format(low, sizeof low, "%.*s", (int)(dots - s), s);
	return parse_i64(low, first) && parse_i64(dots + 2, last);
}

/* What follows `head` and blanks in a word; NULL: it does not begin so. */
static const char *behind(const char *s, const char *head)
{
	size_t n = strlen(head);

	if (strncmp(s, head, n) || s[n] != ' ')
		return NULL;
	return s + n + strspn(s + n, " ");
}

/* The next text between commas, without blanks around it; false: the list is over. */
static bool next_text(struct words *w, char text[GROUP_NAME])
{
	size_t n;

	if (!*w->at)
		return false;
	w->at += strspn(w->at, " \t");
	n = strcspn(w->at, ",");
	str_format(text, GROUP_NAME, "%.*s", (int)(n < GROUP_NAME ? n : GROUP_NAME), w->at);
	w->at += n + (w->at[n] == ',');
	for (n = strlen(text); n && (text[n - 1] == ' ' || text[n - 1] == '\t'); n--)
		text[n - 1] = '\0';
	return true;
}

static struct word next_word(struct words *w)
{
	struct word x = { .group = GROUP_END, .first = 0, .last = -1 };
	const char *of;

	if (!next_text(w, x.text))
		return x;
	if (w->is_layers && read_range(x.text, &x.first, &x.last)) {
		x.group = GROUP_LAYERS;
		return x;
	}
	w->is_layers = false;
	x.group = GROUP_HEAD;
	if (str_eq(x.text, "embeddings")) {
		x.group = GROUP_EMBEDDINGS;
	} else if (str_eq(x.text, "trunk")) {
		x.group = GROUP_TRUNK;
	} else if (str_eq(x.text, "adapters")) {
		x.group = GROUP_ADAPTERS;
	} else if ((of = behind(x.text, "layers")) || (of = behind(x.text, "layer"))) {
		x.group = GROUP_LAYERS;
		w->is_layers = read_range(of, &x.first, &x.last);
	} else if ((of = behind(x.text, "head"))) {
		memmove(x.text, of, strlen(of) + 1);
	}
	return x;
}

const char *freeze_word(int i)
{
	static const char *const word[] = { "embeddings", "layer", "layers", "trunk", "adapters",
					   "head" };

	return i < (int)(sizeof word / sizeof *word) ? word[i] : NULL;
}

/* Would a task's name alone be read as something else? */
static bool is_taken(const struct freeze_groups *g, const char *name)
{
	int64_t a, b;

	for (int i = 0; freeze_word(i); i++)
		if (str_eq(freeze_word(i), name))
			return g->adapters || !str_eq(name, "adapters");
	return str_eq(name, "nothing") || read_range(name, &a, &b);
}

/* --- reading --- */

static enum status no_group(const struct freeze_groups *g, const char *text,
			    struct err *err)
{
	struct buf b;

	buf_init(&b);
	if (g->adapters)
		buf_adds(&b, ", adapters");
	for (int i = 0; i < g->n_tasks; i++)
		if (g->heads & bit(i))
			buf_addf(&b, ", %s%s", is_taken(g, g->task[i]) ? "head " : "",
				 g->task[i]);
	if (g->layers > 1)
		err_set(err, ST_INVALID, "no group '%s'; there are embeddings, "
			"layers 0..%d, trunk%.400s", text, g->layers - 1, buf_str(&b));
	else
		err_set(err, ST_INVALID, "no group '%s'; there are embeddings, "
			"layer 0, trunk%.400s", text, buf_str(&b));
	buf_release(&b);
	return ST_INVALID;
}

static int find_task(const struct freeze_groups *g, const char *name)
{
	for (int i = 0; i < g->n_tasks; i++)
		if (g->heads & bit(i) && str_eq(g->task[i], name))
			return i;
	return -1;
}

static enum status read_word(const struct freeze_groups *g, const struct word *w,
			     struct freeze *f, struct err *err)
{
	enum group group = w->group;
	int task;

	if (group == GROUP_ADAPTERS && !g->adapters) /* a task may be called so */
		group = GROUP_HEAD;
	switch (group) {
	case GROUP_EMBEDDINGS:
		f->embeddings = 1;
		return ST_OK;
	case GROUP_TRUNK:
		f->embeddings = 1;
		f->layers |= bits(0, g->layers - 1);
		return ST_OK;
	case GROUP_LAYERS:
		if (w->first > w->last || w->first < 0 || w->last >= g->layers)
			return no_group(g, w->text, err);
		f->layers |= bits((int)w->first, (int)w->last);
		return ST_OK;
	case GROUP_ADAPTERS:
		f->adapters = 1;
		return ST_OK;
	default:
		task = find_task(g, w->text);
		if (task < 0)
			return no_group(g, w->text, err);
		f->heads |= bit(task);
		return ST_OK;
	}
}

enum status freeze_read(const struct freeze_groups *g, const char *text,
			struct freeze *out, struct err *err)
{
	struct words at = { .at = text };
	enum status st = ST_OK;

	BUG_IF(g->layers > FREEZE_LAYERS || g->n_tasks > MIX_TASKS_MAX);
	*out = (struct freeze){ 0 };
	if (str_eq(text, "nothing"))
		return ST_OK;
	if (!text[strspn(text, " \t")])
		return no_group(g, "", err);
	for (struct word w; !st && (w = next_word(&at)).group != GROUP_END;)
		st = read_word(g, &w, out, err);
	return st;
}

/* --- showing --- */

static void show_layers(struct buf *b, uint64_t layers)
{
	bool is_one = layers && !(layers & (layers - 1));
	const char *before = is_one ? "layer " : "layers ";

	for (int i = 0, to; i < FREEZE_LAYERS; i = to + 1) {
		to = i;
		if (!(layers & bit(i)))
			continue;
		while (to + 1 < FREEZE_LAYERS && layers & bit(to + 1))
			to++;
		buf_addf(b, "%s%s%d", b->len ? ", " : "", before, i);
		if (to > i)
			buf_addf(b, "..%d", to);
		before = "";
	}
}

bool freeze_show(const struct freeze_groups *g, const struct freeze *f, char *out,
		 size_t cap)
{
	struct buf b;
	bool is_whole;

	buf_init(&b);
	if (f->embeddings)
		buf_adds(&b, "embeddings");
	show_layers(&b, f->layers);
	if (f->adapters)
		buf_addf(&b, "%sadapters", b.len ? ", " : "");
	for (int i = 0; i < g->n_tasks; i++)
		if (f->heads & bit(i))
			buf_addf(&b, "%s%s%s", b.len ? ", " : "",
				 is_taken(g, g->task[i]) ? "head " : "", g->task[i]);
	is_whole = str_copy(out, cap, b.len ? buf_str(&b) : "nothing");
	buf_release(&b);
	return is_whole;
}

/* --- differences --- */

void freeze_name(struct freeze_named *n, const char *text)
{
	struct words at = { .at = text };

	n->groups.layers = FREEZE_LAYERS;
	n->groups.adapters = true;
	for (struct word w; (w = next_word(&at)).group != GROUP_END;) {
		bool is_new = w.group == GROUP_HEAD && !str_eq(w.text, "nothing") &&
			      find_task(&n->groups, w.text) < 0;

		if (!is_new || n->groups.n_tasks == MIX_TASKS_MAX)
			continue;
		str_copy(n->name[n->groups.n_tasks], GROUP_NAME, w.text);
		n->groups.task[n->groups.n_tasks] = n->name[n->groups.n_tasks];
		n->groups.heads |= bit(n->groups.n_tasks++);
	}
}

bool freeze_difference(const char *before, const char *after, char *out, size_t cap,
		       bool *on)
{
	struct freeze_named *n = xcalloc(1, sizeof *n);
	struct freeze a, b, more, less;
	bool is_well;

	freeze_name(n, before);
	freeze_name(n, after);
	is_well = !freeze_read(&n->groups, before, &a, NULL) &&
		  !freeze_read(&n->groups, after, &b, NULL);
	if (is_well) {
		more = b;
		freeze_set(&more, &a, false);
		less = a;
		freeze_set(&less, &b, false);
		*on = freeze_any(&more);
		is_well = *on != freeze_any(&less) &&
			  freeze_show(&n->groups, *on ? &more : &less, out, cap);
	}
	xfree(n);
	return is_well;
}

/* --- sets --- */

void freeze_set(struct freeze *f, const struct freeze *which, bool on)
{
	if (on) {
		f->embeddings |= which->embeddings;
		f->layers |= which->layers;
		f->heads |= which->heads;
		f->adapters |= which->adapters;
	} else {
		f->embeddings &= ~which->embeddings;
		f->layers &= ~which->layers;
		f->heads &= ~which->heads;
		f->adapters &= ~which->adapters;
	}
}

bool freeze_any(const struct freeze *f)
{
	return f->embeddings || f->layers || f->heads || f->adapters;
}

bool freeze_covers_shared(const struct freeze_groups *g, const struct freeze *f)
{
	return f->embeddings && !(bits(0, g->shared_layers - 1) & ~f->layers) &&
	       (!g->shared_adapters || f->adapters);
}

bool freeze_covers_task(const struct freeze_groups *g, const struct freeze *f, int task)
{
	return f->embeddings && !(bits(0, g->layers - 1) & ~f->layers) &&
	       !(g->heads & bit(task) & ~f->heads) && (!g->adapters || f->adapters);
}
