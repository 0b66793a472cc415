/*
 * rates.c - factors on the rates of groups, in words and back. The groups are read and
 * shown by freeze.c, all those of one factor together.
 */
#include "mix/rates.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

enum { ITEM = 96, LIST = 4096 };

void rates_init(struct rates *r)
{
	r->embeddings = r->adapters = 1;
	for (int i = 0; i < FREEZE_LAYERS; i++)
		r->layers[i] = 1;
	for (int i = 0; i < MIX_TASKS_MAX; i++)
		r->heads[i] = 1;
}

/* --- one number after the other --- */

enum { ADAPTERS = 1 + FREEZE_LAYERS + MIX_TASKS_MAX, NUMBERS };

static double *number_at(struct rates *r, int i)
{
	if (!i)
		return &r->embeddings;
	if (i == ADAPTERS)
		return &r->adapters;
	return i <= FREEZE_LAYERS ? &r->layers[i - 1] : &r->heads[i - 1 - FREEZE_LAYERS];
}

static double number(const struct rates *r, int i)
{
	struct rates *same = (struct rates *)(uintptr_t)r;

	return *number_at(same, i);
}

static bool is_in(const struct freeze *f, int i)
{
	if (!i)
		return f->embeddings;
	if (i == ADAPTERS)
		return f->adapters;
	return i <= FREEZE_LAYERS ? f->layers >> (i - 1) & 1 :
				    f->heads >> (i - 1 - FREEZE_LAYERS) & 1;
}

static void put_in(struct freeze *f, int i)
{
	if (!i)
		f->embeddings = 1;
	else if (i == ADAPTERS)
		f->adapters = 1;
	else if (i <= FREEZE_LAYERS)
		f->layers |= (uint64_t)1 << (i - 1);
	else
		f->heads |= (uint64_t)1 << (i - 1 - FREEZE_LAYERS);
}

bool rates_any(const struct rates *r)
{
	for (int i = 0; i < NUMBERS; i++)
		if (number(r, i) != 1)
			return true;
	return false;
}

bool rates_differ(const struct rates *a, const struct rates *b, const struct freeze *in)
{
	for (int i = 0; i < NUMBERS; i++)
		if (is_in(in, i) && number(a, i) != number(b, i))
			return true;
	return false;
}

/* --- reading --- */

/* The next text between commas, blanks squeezed; false: the list is over. */
static bool next_item(const char **at, char item[ITEM])
{
	size_t n = strcspn(*at, ","), len = 0;

	if (!**at)
		return false;
	for (size_t i = 0; i < n && len < ITEM - 1; i++) {
		char c = (*at)[i] == '\t' ? ' ' : (*at)[i];

		if (c != ' ' || (len && item[len - 1] != ' '))
			item[len++] = c;
	}
	while (len && item[len - 1] == ' ')
		len--;
	item[len] = '\0';
	*at += n + ((*at)[n] == ',');
	return true;
}

/*
 * Where a factor would stand in "layers 0..2 0.5", "sst2 2": behind the group's one word,
 * or its two. NULL: there is none.
 */
static char *factor_in(char *item)
{
	static const char *const two[] = { "layer ", "layers ", "head " };
	char *end = strchr(item, ' ');

	for (int i = 0; i < 3; i++)
		if (str_starts(item, two[i]))
			end = strchr(item + strlen(two[i]), ' ');
	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

static enum status read_factor(const char *group, char *text, bool is_meant, double *x,
			       struct err *err)
{
	size_t n = strlen(text);
	bool has_mark = n > 1 && text[n - 1] == '!';

	if (has_mark)
		text[n - 1] = '\0';
	if (!parse_double(text, x))
		return err_set(err, ST_INVALID, "'%.40s' is no factor for '%.60s'", text,
			       group);
	if (*x == 0)
		return err_set(err, ST_INVALID, "a rate of 0 would cost all the time of its "
			       "gradients: 'freeze %.60s on' (model.frozen) holds it still "
			       "for nothing", group);
	if (!(*x >= RATE_LEAST && *x <= RATE_MOST))
		return err_set(err, ST_INVALID, "factor %s is out of range: %g to %g", text,
			       RATE_LEAST, RATE_MOST);
	if (is_meant || has_mark || (*x >= RATE_LOW && *x <= RATE_HIGH))
		return ST_OK;
	return err_set(err, ST_INVALID, "factor %s is beyond its usual range, %g to %g: '%s!' "
		       "if that is meant", text, RATE_LOW, RATE_HIGH, text);
}

static enum status lay_over(const struct freeze_groups *g, const char *list, double x,
			    struct rates *r, struct err *err)
{
	struct freeze which;
	enum status st = freeze_read(g, list, &which, err);

	if (!st && !freeze_any(&which))
		return err_set(err, ST_INVALID, "'%.60s' is no group", list);
	for (int i = 0; i < NUMBERS && !st; i++)
		if (is_in(&which, i))
			*number_at(r, i) = x;
	return st;
}

enum status rates_read(const struct freeze_groups *g, const char *text, bool is_meant,
		       struct rates *r, struct err *err)
{
	char item[ITEM];
	struct buf list;
	enum status st = ST_OK;
	double x = 1;

	buf_init(&list);
	while (!st && next_item(&text, item)) {
		char *factor = factor_in(item);

		buf_addf(&list, "%s%s", list.len ? ", " : "", item);
		if (!factor)
			continue;
		st = read_factor(item, factor, is_meant, &x, err);
		if (!st)
			st = lay_over(g, buf_str(&list), x, r, err);
		buf_clear(&list);
	}
	if (!st && list.len)
		st = err_set(err, ST_INVALID, "no factor behind '%.60s'", buf_str(&list));
	buf_release(&list);
	return st;
}

/* --- showing --- */

/* Of those that `of` has (NULL: another factor than 1), groups of one factor together. */
static bool show(const struct freeze_groups *g, const struct rates *r,
		 const struct freeze *of, bool marks, struct buf *b)
{
	struct freeze done = { 0 };
	char list[LIST], text[32];
	bool is_whole = true;

	for (int i = 0; i < NUMBERS; i++) {
		struct freeze same = { 0 };
		double x = number(r, i);

		if (is_in(&done, i) || !(of ? is_in(of, i) : x != 1))
			continue;
		for (int k = i; k < NUMBERS; k++)
			if (number(r, k) == x && (!of || is_in(of, k)))
				put_in(&same, k);
		freeze_set(&done, &same, true);
		is_whole &= freeze_show(g, &same, list, sizeof list);
		double_to_text(x, text);
		buf_addf(b, "%s%s %s%s", b->len ? ", " : "", list, text,
			 marks && (x < RATE_LOW || x > RATE_HIGH) ? "!" : "");
	}
	return is_whole;
}

bool rates_show(const struct freeze_groups *g, const struct rates *r, char *out, size_t cap)
{
	struct buf b;
	bool is_whole;

	buf_init(&b);
	is_whole = show(g, r, NULL, false, &b);
	is_whole &= str_copy(out, cap, b.len ? buf_str(&b) : "1");
	buf_release(&b);
	return is_whole;
}

/* --- the way back --- */

/* Groups of a shown state without their factors, for the tasks that it names. */
static void strip(const char *text, struct buf *out)
{
	char item[ITEM];

	while (!str_eq(text, "1") && next_item(&text, item)) {
		factor_in(item);
		buf_addf(out, "%s%s", out->len ? ", " : "", item);
	}
}

static bool read_state(const struct freeze_groups *g, const char *text, struct rates *r)
{
	rates_init(r);
	return str_eq(text, "1") || !rates_read(g, text, true, r, NULL);
}

bool rates_way_back(const char *before, const char *after, char *out, size_t cap)
{
	struct freeze_named *n = xcalloc(1, sizeof *n);
	struct freeze changed = { 0 };
	struct rates a, b;
	struct buf groups, line;
	bool is_well;

	buf_init(&groups);
	buf_init(&line);
	strip(before, &groups);
	strip(after, &groups);
	freeze_name(n, buf_str(&groups));
	is_well = read_state(&n->groups, before, &a) && read_state(&n->groups, after, &b);
	for (int i = 0; i < NUMBERS && is_well; i++)
		if (number(&a, i) != number(&b, i))
			put_in(&changed, i);
	is_well = is_well && freeze_any(&changed) &&
		  show(&n->groups, &a, &changed, true, &line) &&
		  str_copy(out, cap, buf_str(&line));
	buf_release(&line);
	buf_release(&groups);
	xfree(n);
	return is_well;
}
