/*
 * cache_build.c - from the data file to the cache, in constant memory.
 *
 * Ids and texts go straight into the new file while rows are read; the records
 * of the index go to a nameless file in the same folder and are put behind them
 * at the end. The header is written last.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/spool.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/plain.h"
#include "text/layout.h"

/* --- the builder --- */

struct builder {
	const struct dataset_spec *spec;
	const struct tokenizer *tok;
	struct dataset_columns columns;
	struct source *src;
	struct file_out *out;
	struct spool spool;
	struct hasher *body;
	struct cache_header h;
	const struct data_target *target;
	struct target_stats stats;
	int *by_name;                 /* [n_labels] labels in order of bytes */
	int32_t *ids, *pieces;        /* scratch: 2 * max_source, target_taker's */
	struct masking *masking;      /* of kinds that hide pieces, else NULL */
	struct made_texts made;
	bool cache_failed;
};

/* By selection of the place: at most a thousand labels, once. */
static void sort_labels(struct builder *b)
{
	const char *const *name = b->spec->labels;

	for (int i = 0; i < b->h.n_labels; i++) {
		int k = i;

		for (; k && strcmp(name[b->by_name[k - 1]], name[i]) > 0; k--)
			b->by_name[k] = b->by_name[k - 1];
		b->by_name[k] = i;
	}
}

static void builder_init(struct builder *b, const struct cache_place *pl,
			 const struct dataset_spec *spec,
			 const struct tokenizer *tok)
{
	int n;

	b->spec = spec;
	b->tok = tok;
	b->target = data_target(spec->kind);
	b->spool.fd = -1;
	dataset_columns(spec, &b->columns);
	memcpy(b->h.magic, "TUTTITOK", 8);
	b->h.version = CACHE_VERSION;
	b->h.endian = CACHE_ENDIAN;
	b->h.spec = pl->spec;
	b->h.state = pl->state;
	b->h.kind = (int32_t)spec->kind;
	b->h.vocab = tokenizer_size(tok);
	b->h.unk = tokenizer_stand_in(tok);
	if (b->target->has_labels && !spec->unlabelled)
		b->h.n_labels = spec->n_labels;
	b->stats.labels = xcalloc((size_t)b->h.n_labels + 1, sizeof *b->stats.labels);
	b->by_name = xcalloc((size_t)b->h.n_labels + 1, sizeof *b->by_name);
	sort_labels(b);
	b->ids = xcalloc(2 * (size_t)spec->max_source, sizeof *b->ids);
	n = spec->max_target > b->h.n_labels ? spec->max_target : b->h.n_labels;
	if (b->target->has_units)
		n = UNIT_INTS * UNITS_MAX;
	b->pieces = xcalloc((size_t)(n > 0 ? n : 1), sizeof *b->pieces);
	if (data_kind(spec->kind)->is_masked)
		b->masking = masking_new(tok, &spec->mask);
	buf_init(&b->made.source);
	buf_init(&b->made.target);
	b->body = hasher_new();
}

static void builder_release(struct builder *b)
{
	source_close(b->src);
	file_out_abort(b->out);
	spool_close(&b->spool);
	if (b->body)
		hasher_end(b->body);
	xfree(b->stats.labels);
	xfree(b->by_name);
	xfree(b->ids);
	xfree(b->pieces);
	masking_free(b->masking);
	made_texts_release(&b->made);
}

/* --- one row --- */

static enum row_fault take_source(struct builder *b, const struct source_row *row,
				  struct cache_record *r)
{
	const struct dataset_columns *c = &b->columns;
	struct layout_words text = { row->field[c->text], row->len[c->text] };
	struct layout_words pair = { NULL, 0 };
	struct layout l;

	if (c->pair >= 0)
		pair = (struct layout_words){ row->field[c->pair], row->len[c->pair] };
	if (data_kind(b->spec->kind)->corrupt)
		layout_masked(b->tok, b->spec->prompt, text, pair, b->spec->max_source, b->ids,
			      NULL, &l);
	else
		layout_prompted(b->tok, b->spec->prompt, text, pair, b->spec->max_source,
				b->ids, NULL, &l);
	if (!l.total[0] || (c->pair >= 0 && !l.total[1]))
		return ROW_EMPTY_TEXT;
	if (b->masking && !masking_can(b->masking, l.n, b->ids))
		return ROW_NO_WORDS;
	r->n_ids = (uint32_t)l.n;
	r->second = (uint32_t)l.at[1];
	b->h.report.cut_source += layout_lost(&l) > 0;
	b->h.report.pieces_source += (uint64_t)l.total[0] + (uint64_t)l.total[1];
	b->h.report.lost_source += (uint64_t)layout_lost(&l);
	return ROW_OK;
}

static struct target_taker taker_of(struct builder *b)
{
	return (struct target_taker){ .spec = b->spec, .tok = b->tok,
				      .by_name = b->by_name, .pieces = b->pieces,
				      .text = &b->made.target,
				      .report = &b->h.report };
}

static void take_target(struct builder *b, struct source_row *row,
			struct cache_record *r)
{
	const struct target_taker k = taker_of(b);

	b->target->take(&k, row, b->columns.target, r);
}

/* A row counts as cut only when it is good: the target comes first. */
static void take_row(struct builder *b, struct source_row *row, struct cache_record *r)
{
	const struct row_report before = b->h.report;

	dataset_corrupt(b->spec, &b->columns, row, &b->made);
	dataset_check_row(b->spec, &b->columns, row);
	if (!row->fault)
		take_target(b, row, r);
	if (!row->fault)
		row->fault = take_source(b, row, r);
	if (row->fault)
		b->h.report = before;
}

static enum status body_add(struct builder *b, const void *p, size_t n,
			    struct err *err)
{
	enum status st = file_out_write(b->out, p, n, err);

	hasher_add(b->body, p, n);
	b->cache_failed = b->cache_failed || st;
	return st;
}

static enum status body_pad(struct builder *b, size_t to, struct err *err)
{
	size_t over = (size_t)(file_out_size(b->out) % to);

	return over ? body_add(b, "\0\0\0\0\0\0\0", to - over, err) : ST_OK;
}

static enum status write_row(struct builder *b, const struct source_row *row,
			     struct cache_record *r, struct err *err)
{
	const struct dataset_columns *c = &b->columns;
	const int texts[3] = { c->text, c->pair, c->target };
	uint32_t *const lens[3] = { &r->text_len, &r->pair_len, &r->target_len };
	enum status st;

	r->at = file_out_size(b->out);
	r->line = row->line;
	st = body_add(b, b->ids, r->n_ids * sizeof *b->ids, err);
	if (!st)
		st = body_add(b, b->pieces, r->n_target * sizeof *b->pieces, err);
	for (int i = 0; i < 3 && !st; i++) {
		if (texts[i] < 0)
			continue;
		*lens[i] = (uint32_t)row->len[texts[i]];
		st = body_add(b, row->field[texts[i]], *lens[i], err);
	}
	if (!st)
		st = body_pad(b, sizeof *b->ids, err);
	if (st)
		return st;
	st = spool_add(&b->spool, r, sizeof *r, err);
	b->cache_failed = b->cache_failed || st;
	return st;
}

static void count_row(struct builder *b, const struct cache_record *r)
{
	const struct target_taker k = taker_of(b);

	b->h.n++;
	b->h.tokens += cache_record_cost(b->spec->kind, r);
	b->target->count(&b->stats, &k, r);
}

static enum status read_rows(struct builder *b, struct err *err)
{
	for (;;) {
		struct cache_record r = { 0 };
		struct source_row row;
		enum status st = source_next(b->src, &row, err);

		if (st)
			return st == ST_END ? ST_OK : st;
		b->h.report.file_rows++;
		if (!dataset_has_row(b->spec, &b->columns, &row))
			continue;
		take_row(b, &row, &r);
		row_report_add(&b->h.report, &row);
		if (row.fault)
			continue;
		st = write_row(b, &row, &r, err);
		if (st)
			return st;
		count_row(b, &r);
	}
}

/* --- the tail and the header --- */

static enum status tail_add(struct builder *b, struct hasher *sum, const void *p,
			    size_t n, struct err *err)
{
	hasher_add(sum, p, n);
	return file_out_write(b->out, p, n, err);
}

static enum status copy_index(struct builder *b, struct hasher *sum,
			      struct err *err)
{
	enum status st = spool_rewind(&b->spool, err);
	const void *p;
	size_t n;

	while (!st && !(st = spool_next(&b->spool, &p, &n, err)))
		st = tail_add(b, sum, p, n, err);
	return st == ST_END ? ST_OK : st;
}

static enum status write_tail(struct builder *b, struct err *err)
{
	size_t n_counts = (size_t)b->h.n_labels;
	struct hasher *sum = hasher_new();
	enum status st = body_pad(b, 8, err);

	b->h.tail_at = file_out_size(b->out);
	if (!st)
		st = tail_add(b, sum, b->stats.labels, n_counts * sizeof *b->stats.labels, err);
	if (!st)
		st = copy_index(b, sum, err);
	b->h.tail_sum = hasher_end(sum);
	b->h.body_sum = hasher_end(b->body);
	b->body = NULL;
	b->h.file_size = file_out_size(b->out);
	b->h.content = source_content(b->src);
	if (b->h.n)
		b->h.mean = b->stats.sum / (double)b->h.n;
	b->h.sum = hash64_bytes(&b->h, offsetof(struct cache_header, sum));
	if (!st)
		st = file_out_patch(b->out, 0, &b->h, sizeof b->h, err);
	return st;
}

/* What was read must be one state of the file: the one the name speaks of. */
static enum status check_unchanged(const struct cache_place *pl,
				   const char *path, struct err *err)
{
	struct file_id now;
	enum status st = plain_id(path, &now, err);

	if (st)
		return st;
	if (file_same(&now, &pl->id))
		return ST_OK;
	return err_set(err, ST_IO, "changed while it was read: '%s'", path);
}

static enum status open_output(struct builder *b, const struct cache_place *pl,
			       struct err *err)
{
	enum status st = file_out_open(pl->path, &b->out, err);

	if (!st)
		st = spool_open(&b->spool, pl->dir, err);
	if (!st)
		st = file_out_write(b->out, &b->h, sizeof b->h, err);
	b->cache_failed = st != ST_OK;
	return st;
}

static enum status finish(struct builder *b, struct err *err)
{
	enum status st = write_tail(b, err);

	if (!st) {
		st = file_out_commit(b->out, err);
		b->out = NULL;
	}
	b->cache_failed = st != ST_OK;
	return st;
}

enum status cache_build(const struct cache_place *pl,
			const struct dataset_spec *spec,
			const struct tokenizer *tok, struct progress *pg,
			bool *at_fault, struct err *err)
{
	struct builder *b = xcalloc(1, sizeof *b);
	enum status st;

	builder_init(b, pl, spec, tok);
	st = dataset_source(spec, &b->columns, pg, &b->src, err);
	if (!st)
		st = open_output(b, pl, err);
	if (!st)
		st = read_rows(b, err);
	if (!st)
		st = check_unchanged(pl, spec->path, err);
	if (!st)
		st = cache_check_rows(&b->h, spec, err);
	if (!st)
		st = finish(b, err);
	*at_fault = b->cache_failed;
	builder_release(b);
	xfree(b);
	return st;
}
