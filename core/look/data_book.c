/*
 * data_book.c - a task's data sets and vocabulary, found from a run's folder.
 */
#include "look/data_book.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "plan/plan_survey.h"
#include "rundir/checkpoint.h"
#include "rundir/init.h"
#include "rundir/run_open.h"
#include "text/layout.h"
#include "text/utf8.h"

struct book_split {
	struct dataset *set;  /* NULL: not open */
	struct err trouble;
	bool has_changed;
};

struct data_book {
	struct plan *plan;
	const struct plan_task *task;
	struct tokenizer *tok;
	struct book_split split[SPLITS];
};

const char *data_split_name(enum data_split s)
{
	return s == SPLIT_TRAIN ? "train" : "dev";
}

/* --- opening --- */

static enum status read_vocabulary(void *arg, const char *folder, struct err *err)
{
	struct data_book *b = arg;

	return tokenizer_open_folder(plan_tokenizer(b->plan), folder, &b->tok, err);
}

static enum status get_vocabulary(struct data_book *b, const char *run,
				  struct progress *pg, struct err *err)
{
	struct checkpoint_choice c;
	enum status st = checkpoint_with(run, CHECKPOINT_NEWEST, &c, read_vocabulary, b, err);

	if (st != ST_NOT_FOUND)
		return st;
	st = init_find_again(b->plan, err);
	return st ? st : plan_vocabulary(b->plan, pg, &b->tok, err);
}

/* The store's fact "data.TASK.SPLIT" begins with the content's hash. */
static bool differs_from_fact(struct store *db, const char *task, enum data_split s,
			      const struct dataset *d)
{
	char key[96], hash[HASH_TEXT], *fact;
	bool differs;

	str_format(key, sizeof key, "data.%s.%s", task, data_split_name(s));
	fact = store_fact(db, key);
	hash_text(dataset_content(d), hash);
	differs = fact && !str_starts(fact, hash);
	xfree(fact);
	return differs;
}

static enum status open_split(struct data_book *b, int task, enum data_split s,
			      struct store *db, struct progress *pg)
{
	struct book_split *sp = &b->split[s];
	struct dataset_spec spec;
	enum status st;

	if (s == SPLIT_DEV && !plan_has_dev(b->task))
		return err_set(&sp->trouble, ST_OK, "the plan has no dev rows");
	plan_dataset(b->plan, task, s == SPLIT_DEV, &spec);
	st = dataset_open(&spec, b->tok, NULL, pg, &sp->set, &sp->trouble);
	if (!st && db)
		sp->has_changed = differs_from_fact(db, b->task->name, s, sp->set);
	return st == ST_STOPPED ? st : ST_OK;
}

static enum status open_splits(struct data_book *b, const char *run, int task,
			       struct progress *pg)
{
	struct store *db;
	enum status st = ST_OK;

	run_store(run, &db, NULL); /* NULL: nothing is known to have changed */
	for (int s = 0; s < SPLITS && !st; s++)
		st = open_split(b, task, (enum data_split)s, db, pg);
	store_close(db);
	return st;
}

/* Without a vocabulary or labels nothing opens: each split says why. */
static void nothing_opens(struct data_book *b, const struct err *why)
{
	for (int s = 0; s < SPLITS; s++)
		b->split[s].trouble = *why;
}

enum status data_book_open(const char *run, int task, struct progress *pg,
			   struct data_book **out, struct err *err)
{
	struct data_book *b = xcalloc(1, sizeof *b);
	struct err why = { "" };
	enum status st = run_plan(run, &b->plan, err);

	*out = NULL;
	if (!st && (task < 0 || task >= b->plan->n_tasks))
		st = err_set(err, ST_NOT_FOUND, "no task %d in '%s/plan.json'", task,
			     run);
	if (!st) {
		b->task = &b->plan->tasks[task];
		st = get_vocabulary(b, run, pg, &why);
		if (!st) /* those that an unfinished start left out of the plan */
			st = plan_labels(b->plan, task, pg, &why);
		if (!st)
			st = open_splits(b, run, task, pg);
		else if (st != ST_STOPPED) {
			nothing_opens(b, &why);
			st = ST_OK;
		}
	}
	if (st) {
		data_book_close(b);
		return st;
	}
	*out = b;
	return ST_OK;
}

void data_book_close(struct data_book *b)
{
	if (!b)
		return;
	for (int s = 0; s < SPLITS; s++)
		dataset_close(b->split[s].set);
	tokenizer_free(b->tok);
	plan_free(b->plan);
	xfree(b);
}

/* --- what it is --- */

struct data_about data_book_about(const struct data_book *b)
{
	const struct plan_task *t = b->task;

	return (struct data_about){
		.task = t->name, .kind = t->kind, .n_labels = t->n_labels,
		.labels = (const char *const *)t->labels, .is_pair = *t->pair != '\0',
		.max_source = t->max_source, .max_target = t->max_target,
		.pieces = b->tok ? tokenizer_size(b->tok) : 0,
		.tokenizer = plan_tokenizer(b->plan),
	};
}

const char *data_book_path(const struct data_book *b, enum data_split s)
{
	return s == SPLIT_TRAIN ? b->task->train : b->task->dev;
}

const char *data_book_trouble(const struct data_book *b, enum data_split s)
{
	return b->split[s].set ? NULL : b->split[s].trouble.text;
}

bool data_book_has_changed(const struct data_book *b, enum data_split s)
{
	return b->split[s].has_changed;
}

uint64_t data_book_size(const struct data_book *b, enum data_split s)
{
	return b->split[s].set ? dataset_size(b->split[s].set) : 0;
}

const struct dataset *data_book_set(const struct data_book *b, enum data_split s)
{
	return b->split[s].set;
}

int32_t data_book_unknown(const struct data_book *b)
{
	return b->tok ? tokenizer_special(b->tok, TOK_UNK) : -1;
}

/* --- rows --- */

static int count_id(const int32_t *id, int n, int32_t wanted)
{
	int count = 0;

	for (int i = 0; i < n; i++)
		count += id[i] == wanted;
	return count;
}

static int count_kept(const struct example *e)
{
	int n = 0;

	for (int i = 0; i < e->n_unit; i++)
		n += unit_is_kept(&e->unit[i]);
	return n;
}

void data_book_row(const struct data_book *b, enum data_split s, uint64_t i,
		   struct data_row *out)
{
	int32_t unk = data_book_unknown(b);
	struct example e;

	dataset_get(b->split[s].set, i, &e);
	*out = (struct data_row){
		.row = i, .line = e.line, .label = e.label, .set = e.set, .n_set = e.n_set,
		.number = (double)e.number, .tokens = e.n_ids,
		.target_tokens = e.n_target, .units = e.n_unit, .kept = count_kept(&e),
		.unknown = count_id(e.ids, e.n_ids, unk) +
			   count_id(e.target, e.n_target, unk),
		.text = e.text, .pair = e.pair, .target = e.target_text,
		.text_len = e.text_len, .pair_len = e.pair_len,
		.target_len = e.target_len,
	};
}

struct target_shown data_book_target(const struct data_book *b, const struct data_row *row)
{
	return (struct target_shown){
		.label = row->label, .n_labels = b->task->n_labels,
		.labels = (const char *const *)b->task->labels,
		.set = row->set, .n_set = row->n_set,
		.number = row->number, .pieces = row->target_tokens, .kept = row->kept,
		.text = row->target, .len = row->target_len,
	};
}

static const char **names_of(const struct data_book *b, const struct dataset *d,
			     const int32_t *id, int n)
{
	const char **piece = xcalloc((size_t)n + 1, sizeof *piece);

	for (int i = 0; i < n; i++)
		piece[i] = tokenizer_piece(b->tok, dataset_safe_id(d, id[i]));
	return piece;
}

/* At most DATA_LOOK bytes of a text, whole characters. */
static size_t look_len(const char *text, size_t len)
{
	size_t n = len < DATA_LOOK ? len : DATA_LOOK;

	while (n < len && n && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/*
 * Pieces that a text has beyond the first `kept`, and where those end in it.
 * *is_partial: the text goes on beyond what was looked at.
 */
static int lost_pieces(const struct data_book *b, const char *text, size_t len,
		       int kept, size_t *bytes, bool *is_partial)
{
	size_t look = look_len(text, len);
	struct token_span *span = xcalloc((size_t)kept + 1, sizeof *span);
	int32_t *id = xcalloc((size_t)kept + 1, sizeof *id);
	int got = 0, total = 0;

	if (utf8_valid(text, look)) /* a damaged cache may hold anything */
		got = tokenizer_encode(b->tok, text, look, id, span, kept, &total);
	*bytes = got < total ? (got ? span[got - 1].end : 0) : look;
	*is_partial |= look < len;
	xfree(span);
	xfree(id);
	return total - got;
}

void data_book_pieces(const struct data_book *b, enum data_split s, uint64_t i,
		      struct data_pieces *out)
{
	const struct dataset *d = b->split[s].set;
	struct example e;
	struct layout l;

	dataset_get(d, i, &e);
	layout_find(b->tok, plan_prompt(b->task), e.n_ids, e.second, &l);
	*out = (struct data_pieces){
		.n = e.n_ids, .second = e.second, .id = e.ids,
		.piece = names_of(b, d, e.ids, e.n_ids),
		.n_target = e.n_target, .target_id = e.target,
		.target_piece = names_of(b, d, e.target, e.n_target),
	};
	out->text_lost = lost_pieces(b, e.text, e.text_len, l.len[0], &out->text_kept,
				     &out->is_partial);
	if (e.pair_len)
		out->pair_lost = lost_pieces(b, e.pair, e.pair_len, l.len[1],
					     &out->pair_kept, &out->is_partial);
	if (e.n_target)
		out->target_lost = lost_pieces(b, e.target_text, e.target_len,
					       layout_target_len(b->tok, e.n_target),
					       &out->target_kept,
					       &out->is_partial);
}

void data_pieces_release(struct data_pieces *p)
{
	xfree(p->piece);
	xfree(p->target_piece);
	*p = (struct data_pieces){ 0 };
}
