/*
 * new_files.c - the files given to `tutti new`: looked at, put together, and
 * turned into a task of the plan.
 */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cmd.h"
#include "data/data_kind.h"
#include "data/folder.h"
#include "new.h"
#include "text/utf8.h"

/* --- words --- */

void new_name(const struct new_file *f, int column, struct buf *out)
{
	const struct sample *s = f->sample;
	bool named = (f->guess.header || s->format == SOURCE_JSONL) &&
		     s->column[column].name;
	char name[PLAN_COLUMN];

	if (!named) {
		buf_addf(out, "column %d", column);
		return;
	}
	guess_column(s, f->guess.header, column, name, sizeof name);
	buf_addc(out, '\'');
	text_sanitize(out, name, strlen(name) < 60 ? strlen(name) : 60);
	buf_addc(out, '\'');
}

static void put_texts(const struct new_file *f, const struct guess_task *g,
		      struct buf *out)
{
	buf_adds(out, g->pair >= 0 ? "texts " : "text ");
	new_name(f, g->text, out);
	if (g->pair >= 0) {
		buf_adds(out, " and ");
		new_name(f, g->pair, out);
	}
}

void new_describe(const struct new_file *f, const struct guess_task *g, struct buf *out)
{
	for (const char *p = data_kind(g->kind)->saying; *p; p++) {
		if (*p != '%')
			buf_addc(out, *p);
		else if (*++p == 'y')
			new_name(f, g->target, out);
		else if (*p == 'x')
			new_name(f, g->text, out);
		else
			put_texts(f, g, out);
	}
}

/* Why a column may be of no use. */
static const char *note_on(const struct sample_column *c)
{
	if (c->lists * 10 > c->n)
		return ", lists";
	return c->distinct == 1 && c->n > 1 ? ", the same in all rows" : "";
}

void new_columns(const struct new_file *f, struct buf *out)
{
	enum { MOST = 12 };
	const struct sample *s = f->sample;

	for (int i = 0; i < s->n_columns && i < MOST; i++) {
		buf_adds(out, i ? ", " : "");
		new_name(f, i, out);
		if (s->column[i].shown[0])
			buf_addf(out, " (%s%s)", s->column[i].shown, note_on(&s->column[i]));
	}
	if (s->n_columns > MOST)
		buf_addf(out, " and %d more", s->n_columns - MOST);
}

/* The first row of a table counts where it is no header. */
static double rows_of(const struct new_file *f)
{
	const struct sample *s = f->sample;

	return s->all_rows + (s->format != SOURCE_JSONL && !f->guess.header);
}

void new_rows(const struct new_file *f, struct buf *out)
{
	const struct sample *s = f->sample;
	double rows = rows_of(f), unit = 1;
	char digits[32];
	size_t n;

	while (!s->is_whole && rows / unit >= 1000)
		unit *= 10;
	str_format(digits, sizeof digits, "%.0f", rint(rows / unit) * unit);
	buf_adds(out, s->is_whole ? "" : "about ");
	n = strlen(digits);
	for (size_t i = 0; i < n; i++) {
		buf_addc(out, digits[i]);
		if ((n - 1 - i) % 3 == 0 && i + 1 < n)
			buf_addc(out, ',');
	}
	buf_adds(out, rows == 1 ? " row" : " rows");
}

/* --- sets --- */

static bool has_key(const struct new_file *a, const struct new_file *b)
{
	return str_eq(buf_str(&a->key), buf_str(&b->key));
}

static int find_part(struct new_files *f, const struct new_file *first,
		     enum guess_role role)
{
	for (int i = 0; i < f->n; i++) {
		struct new_file *x = &f->file[i];

		if (!x->taken && x->role == role && has_key(x, first)) {
			x->taken = true;
			return i;
		}
	}
	return -1;
}

static bool has_own_train(const struct new_files *f, const struct new_file *x)
{
	for (int i = 0; i < f->n; i++)
		if (f->file[i].role == ROLE_TRAIN && has_key(&f->file[i], x))
			return true;
	return false;
}

/*
 * "dev_matched" beside "train": its name goes on where the train file's ends. A
 * file with a train file of its own is that one's.
 */
static bool is_beside(const struct new_files *f, const struct new_file *train,
		      const struct new_file *x)
{
	const char *key = buf_str(&train->key), *other = buf_str(&x->key);
	size_t n = train->key.len;

	return train->role == ROLE_TRAIN && !has_own_train(f, x) && str_starts(other, key) &&
	       (!n || !guess_is_word(key[n - 1]) || !guess_is_word(other[n]));
}

/* "a/mood-train.csv" and "b/mood/dev.csv": of one name, in two folders. */
static bool is_namesake(const struct new_files *f, const struct new_file *train,
			const struct new_file *x)
{
	return train->role == ROLE_TRAIN && !has_own_train(f, x) &&
	       str_eq(train->name, x->name);
}

/* Those of the same key first, of the same name last. */
static void take_held(struct new_files *f, struct new_set *s, enum guess_role role)
{
	const struct new_file *train = &f->file[s->train];

	for (int i = 0; i < 3 * f->n; i++) {
		struct new_file *x = &f->file[i % f->n];
		int round = i / f->n;

		if (x->taken || x->role != role ||
		    !(round == 0 ? has_key(x, train) :
		      round == 1 ? is_beside(f, train, x) : is_namesake(f, train, x)))
			continue;
		x->taken = true;
		s->held[s->n_held++] = i % f->n;
	}
}

static bool is_name_taken(const struct new_files *f, const char *name)
{
	for (int i = 0; i < f->n_sets; i++)
		if (str_eq(f->set[i].name, name))
			return true;
	return false;
}

static void name_set(const struct new_files *f, const char *name, char out[GUESS_NAME])
{
	str_copy(out, GUESS_NAME, name);
	for (int i = 2; is_name_taken(f, out); i++)
		str_format(out, GUESS_NAME, "%.*s-%d", GUESS_NAME - 6, name, i);
}

/* A train file is the one that says so, else the one that says nothing. */
static void make_set(struct new_files *f, struct new_file *first)
{
	struct new_set *s = &f->set[f->n_sets];

	*s = (struct new_set){ .train = find_part(f, first, ROLE_TRAIN) };
	name_set(f, first->name, s->name);
	for (int role = ROLE_NONE; role <= ROLE_TEST && s->train < 0; role++)
		if (role != ROLE_TRAIN)
			s->train = find_part(f, first, (enum guess_role)role);
	take_held(f, s, ROLE_DEV);
	take_held(f, s, ROLE_TEST);
	f->n_sets++;
}

/* Train files first: what is held out is theirs, whatever was named first. */
static void make_sets(struct new_files *f)
{
	for (int i = 0; i < f->n; i++)
		if (!f->file[i].taken && f->file[i].role == ROLE_TRAIN)
			make_set(f, &f->file[i]);
	for (int i = 0; i < f->n; i++)
		if (!f->file[i].taken)
			make_set(f, &f->file[i]);
}

/* A plan names its files, and these names are of other files each time. */
static enum status check_place(const char *path, struct err *err)
{
	if (!str_eq(path, "/dev/stdin") && !str_starts(path, "/dev/fd/") &&
	    !str_starts(path, "/proc/"))
		return ST_OK;
	return err_set(err, ST_INVALID, "'%s' is another file each time, and a plan names "
		       "its files: give one that stays", path);
}

static enum status add_file(struct new_files *f, const char *path, struct err *err)
{
	struct new_file *x = &f->file[f->n];
	size_t n = strlen(path);

	if (f->n == OPTS_ARGS)
		return err_set(err, ST_INVALID, "more than %d files", OPTS_ARGS);
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (!str_format(x->path, sizeof x->path, "%.*s", (int)n, path))
		return err_set(err, ST_INVALID, "path too long: '%.200s'", path);
	buf_init(&x->key);
	x->role = guess_role(x->path, x->name, &x->key);
	f->n++;
	return ST_OK;
}

/* "aclImdb" is "aclImdb/train" and "aclImdb/test". */
static enum status add_argument(struct new_files *f, const char *path, struct err *err)
{
	static const char *const parts[] = { "train", "dev", "valid", "validation", "val",
					     "test" };
	char part[PATH_MAX];
	enum status st = ST_OK;
	int before = f->n;

	for (size_t i = 0; !st && i < sizeof parts / sizeof *parts; i++)
		if (str_format(part, sizeof part, "%s/%s", path, parts[i]) &&
		    folder_is_one(part))
			st = add_file(f, part, err);
	return st || f->n > before ? st : add_file(f, path, err);
}

enum status new_files_read(struct new_files *f, const struct opts *o, struct err *err)
{
	enum status st = ST_OK;

	for (int i = 0; i < o->n_args && !st; i++)
		st = add_argument(f, o->arg[i], err);
	for (int i = 0; i < f->n && !st; i++) {
		st = check_place(f->file[i].path, err);
		if (!st)
			st = sample_read(f->file[i].path, cmd_progress(),
					 &f->file[i].sample, err);
		if (!st)
			guess_file(f->file[i].sample, &f->file[i].guess);
	}
	if (!st)
		make_sets(f);
	return st;
}

void new_files_release(struct new_files *f)
{
	for (int i = 0; i < f->n; i++) {
		sample_free(f->file[i].sample);
		buf_release(&f->file[i].key);
	}
}

/* --- a task --- */

/* From the plan's folder where the file is below it, else from the root. */
static enum status plan_path(const char *folder, const char *path, char out[PATH_MAX],
			     struct err *err)
{
	char whole[PATH_MAX];
	size_t n = strlen(folder);
	enum status st = file_absolute(NULL, path, whole, sizeof whole, err);

	if (st)
		return st;
	if (!strncmp(whole, folder, n) && whole[n] == '/' && !strstr(whole, "/../"))
		str_copy(out, PATH_MAX, whole + n + 1);
	else
		str_copy(out, PATH_MAX, whole);
	return ST_OK;
}

/* Can the file's rows be read as those of `train` for this task? */
static bool fits(const struct new_file *train, const struct new_file *dev,
		 const struct guess_task *g)
{
	const int columns[] = { g->text, g->pair, g->target };
	const struct sample *a = train->sample, *b = dev->sample;

	if (a->format != b->format ||
	    (a->format != SOURCE_JSONL && train->guess.header != dev->guess.header))
		return false;
	for (int i = 0; i < 3; i++) {
		char name[PLAN_COLUMN];
		int at;

		if (columns[i] < 0)
			continue;
		guess_column(a, train->guess.header, columns[i], name, sizeof name);
		at = guess_find_column(b, dev->guess.header, name);
		if (at < 0 || !sample_values(&b->column[at]))
			return false;
	}
	return true;
}

/* The first dev file, else a test file with targets; an unlabelled one is no use. */
static bool choose_dev(const struct new_files *f, const struct new_set *set,
		       const struct guess_task *g, int *dev)
{
	*dev = -1;
	for (int i = 0; i < set->n_held; i++) {
		const struct new_file *x = &f->file[set->held[i]];

		if (!fits(&f->file[set->train], x, g))
			cmd_say("  left out: %s has not all these columns", x->path);
		else if (*dev >= 0)
			cmd_say("  left for later: %s (tutti eval RUN --data FILE)", x->path);
		else
			*dev = set->held[i];
	}
	return *dev >= 0;
}

/* Of the summaries, those in which ROUGE as it is published finds no word. */
static double blind_share(const struct sample_column *c)
{
	double all = (double)sample_values(c), blind = all - (double)c->ascii;

	if (blind > 0)
		cmd_say("  rouge counts a-z and 0-9 only, %s%.0f%% of the summaries have none%s",
			100 * blind < all ? "less than " : "",
			fmax(1, 100 * blind / all), blind > all / 2 ?
			": the plan says \"rouge\": \"unicode\"" : "");
	return all > 0 ? blind / all : 0;
}

static bool is_uneven(const struct sample_column *label)
{
	return label->distinct == 2 &&
	       (double)label->commonest > 0.6 * (double)sample_values(label);
}

static void measure(const struct new_file *f, const struct guess_task *g,
		    struct draft_task *out)
{
	const struct data_target *target = data_target(g->kind);
	const struct sample *s = f->sample;

	out->rows = rows_of(f);
	out->words = sample_mean_words(&s->column[g->text]);
	out->long_words = sample_words_at(&s->column[g->text], 0.95);
	if (g->pair >= 0) {
		out->words += sample_mean_words(&s->column[g->pair]);
		out->long_words += sample_words_at(&s->column[g->pair], 0.95);
	}
	out->is_uneven = target->has_labels && is_uneven(&s->column[g->target]);
	if (target->has_pieces) {
		out->blind = blind_share(&s->column[g->target]);
		out->target_words = sample_mean_words(&s->column[g->target]);
		out->long_target = sample_words_at(&s->column[g->target], 0.95);
	}
}

static void write_note(const struct new_file *f, const struct guess_task *g,
		       const struct draft_task *t, char *out, size_t cap)
{
	struct buf b;

	buf_init(&b);
	text_sanitize(&b, g->why, strlen(g->why));
	buf_adds(&b, b.len ? "; " : "");
	new_rows(f, &b);
	if (!*t->dev)
		buf_addf(&b, "; no dev file: dev_share holds %g%% of them out",
			 100 * draft_dev_share(t));
	str_copy(out, cap, buf_str(&b));
	buf_release(&b);
}

enum status new_draft(const struct new_files *f, const struct new_set *set,
		      const struct guess_task *g, const char *folder,
		      struct draft_task *out, struct err *err)
{
	const struct new_file *train = &f->file[set->train];
	const struct sample *s = train->sample;
	bool header = train->guess.header;
	enum status st;
	int dev;

	*out = (struct draft_task){ .kind = g->kind, .format = s->format };
	str_copy(out->name, sizeof out->name, set->name);
	out->header = s->format == SOURCE_JSONL ? -1 : header;
	guess_column(s, header, g->text, out->text, sizeof out->text);
	guess_column(s, header, g->target, out->target, sizeof out->target);
	if (g->pair >= 0)
		guess_column(s, header, g->pair, out->pair, sizeof out->pair);
	measure(train, g, out);
	st = plan_path(folder, train->path, out->train, err);
	if (!st && choose_dev(f, set, g, &dev))
		st = plan_path(folder, f->file[dev].path, out->dev, err);
	write_note(train, g, out, out->note, sizeof out->note);
	return st;
}
