/*
 * dataset.c - a split of a task, read straight from its token cache.
 *
 * The cache file (numbers as the machine has them; it never leaves it):
 *
 *   header    struct cache_header: magic, version, sizes, the keys of what it
 *             was made from, the data file's content hash, checksums, the row
 *             report, sum of tokens, mean
 *   body      per example, from a multiple of 4: ids int32[n_ids], target (pieces,
 *             or the numbers of a set's labels) int32[n_target], the raw text,
 *             pair and target; zeros to a multiple of 4, at the end of the
 *             body to a multiple of 8
 *   tail      label counts uint64[n_labels], then struct cache_record[n]: where
 *             the example is, its lengths, its line, its label or number
 *
 * Valid: the header's own checksum holds, version and byte order are ours, both
 * keys are the ones looked for, sizes add up to the file's, the tail's checksum
 * holds, and every record stays inside the body. The body's checksum is looked
 * at up to a size (cache.c). Anything else is as good as no cache.
 *
 * Reader: map, check, then example i is record i and what it points at.
 */
#include "data/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/items.h"
#include "text/layout.h"

/* --- the file's side --- */

void dataset_columns(const struct dataset_spec *spec, struct dataset_columns *c)
{
	struct source_spec *s = &c->source;

	*s = (struct source_spec){ .path = spec->path, .format = spec->format,
				   .header = spec->header };
	c->text = s->n_fields++;
	s->field[c->text] = spec->text;
	c->pair = c->target = -1;
	if (spec->pair && *spec->pair) {
		c->pair = s->n_fields++;
		s->field[c->pair] = spec->pair;
	}
	if (!spec->unlabelled && data_kind(spec->kind)->column[COLUMN_TARGET].key) {
		c->target = s->n_fields++;
		s->field[c->target] = spec->target;
		s->is_apart[c->target] = data_target(spec->kind)->has_set;
	}
	if (!spec->unlabelled && data_kind(spec->kind)->corrupt)
		c->target = s->n_fields;
}

void dataset_corrupt(const struct dataset_spec *spec, const struct dataset_columns *c,
		     struct source_row *row, struct made_texts *made)
{
	const struct data_kind *k = data_kind(spec->kind);

	if (row->fault || !k->corrupt || c->target < 0)
		return;
	buf_clear(&made->source);
	buf_clear(&made->target);
	if (!k->corrupt(spec, row->field[c->text], row->len[c->text], &made->source,
			&made->target)) {
		row->fault = ROW_NO_WORDS;
		return;
	}
	row->field[c->text] = buf_str(&made->source);
	row->len[c->text] = made->source.len;
	row->field[c->target] = buf_str(&made->target);
	row->len[c->target] = made->target.len;
	row->is_list[c->target] = false;
}

void made_texts_release(struct made_texts *made)
{
	buf_release(&made->source);
	buf_release(&made->target);
}

/* Where a text falls among 0..2^64: by itself, or by itself and the draw's number. */
static uint64_t place_of(const char *text, size_t len, uint64_t draw)
{
	unsigned char both[16];
	uint64_t h = hash64_bytes(text, len);

	if (!draw)
		return h;
	for (int i = 0; i < 8; i++) {
		both[i] = (unsigned char)(h >> (8 * i));
		both[8 + i] = (unsigned char)(draw >> (8 * i));
	}
	return hash64_bytes(both, sizeof both);
}

bool dataset_has_row(const struct dataset_spec *spec, const struct dataset_columns *c,
		     const struct source_row *row)
{
	uint64_t h;

	if (!(spec->held_share > 0))
		return true;
	if (row->fault) /* whose text is not known: once, not on both sides */
		return !spec->is_held;
	h = place_of(row->field[c->text], row->len[c->text], spec->held_draw);
	return ((double)(h >> 11) * 0x1p-53 < spec->held_share) == spec->is_held;
}

static bool is_blank(const struct source_row *row, int i)
{
	return text_is_blank(row->field[i], row->len[i]);
}

void dataset_check_row(const struct dataset_spec *spec, const struct dataset_columns *c,
		       struct source_row *row)
{
	if (!row->fault && c->target >= 0)
		data_target(spec->kind)->check(spec, row, c->target);
	if (!row->fault &&
	    (is_blank(row, c->text) || (c->pair >= 0 && is_blank(row, c->pair))))
		row->fault = ROW_EMPTY_TEXT;
}

void dataset_key_rows(const struct dataset_spec *spec, struct hasher *h)
{
	char share[17];

	if (!(spec->held_share > 0))
		return;
	double_to_hex(spec->held_share, share);
	hasher_add_str(h, share);
	hasher_add_u64(h, spec->is_held);
	if (spec->held_draw)
		hasher_add_u64(h, spec->held_draw);
}

enum status dataset_source(const struct dataset_spec *spec,
			   const struct dataset_columns *c, struct progress *pg,
			   struct source **out, struct err *err)
{
	struct source_spec opened = c->source;
	uint64_t at, size;
	enum status st;

	opened.pg = pg;
	st = source_open(&opened, out, err);

	if (st)
		return st;
	source_position(*out, &at, &size);
	progress_begin(pg, size, "bytes", "reading %s", str_path_end(spec->path));
	source_watch(*out, pg);
	return ST_OK;
}

/* --- what the rows were like --- */

/* In whole hundredths, so that it can be typed. */
static double share_that_passes(uint64_t bad, uint64_t rows)
{
	return ceil((double)bad / (double)rows * 100) / 100;
}

static enum status rows_fail(const struct row_report *r,
			     const struct dataset_spec *spec, struct err *err)
{
	uint64_t bad = row_report_bad(r);
	struct buf b;
	enum status st;

	buf_init(&b);
	row_report_text(r, spec->path, &b);
	if (!r->rows && spec->held_share > 0)
		st = err_set(err, ST_INVALID, "no row %s in '%s': too few for "
			     "a dev_share of %g: another one, or a dev file",
			     spec->is_held ? "is held out" : "is left to train on",
			     spec->path, spec->held_share);
	else if (!r->rows)
		st = err_set(err, ST_INVALID, "no rows: '%s'", spec->path);
	else if (bad == r->rows)
		st = err_set(err, ST_INVALID, "no usable rows in '%s': %s",
			     spec->path, buf_str(&b));
	else
		st = err_set(err, ST_INVALID,
			     "too many bad rows in '%s': %" PRIu64 " of %" PRIu64
			     ", more than the %" PRIu64 " that a max_bad of %g lets "
			     "pass (--set tasks.NAME.max_bad=%g does): %s",
			     spec->path, bad, r->file_rows,
			     row_report_allowed(r, spec->max_bad), spec->max_bad,
			     share_that_passes(bad, r->file_rows), buf_str(&b));
	buf_release(&b);
	return st;
}

enum status cache_check_rows(const struct cache_header *h,
			     const struct dataset_spec *spec, struct err *err)
{
	const struct row_report *r = &h->report;

	if (!h->n || row_report_bad(r) > row_report_allowed(r, spec->max_bad))
		return rows_fail(r, spec, err);
	return ST_OK;
}

/* --- opening --- */

enum status dataset_check_prompt(const struct dataset_spec *spec,
				 const struct tokenizer *tok, struct err *err)
{
	struct layout_template l;
	enum status st = ST_OK;
	int around;

	if (spec->prompt)
		st = layout_prompt(spec->prompt, &l, err);
	if (st || !spec->prompt)
		return st;
	around = layout_around(tok, &l);
	if (around >= spec->max_source)
		return err_set(err, ST_INVALID, "a prompt of %d pieces leaves no room for a "
			       "text where max_source is %d: '%.80s'", around,
			       spec->max_source, spec->prompt);
	return ST_OK;
}

static enum status check_spec(const struct dataset_spec *spec,
			      const struct tokenizer *tok, struct err *err)
{
	const struct data_target *t = data_target(spec->kind);
	bool labelled = !spec->unlabelled;

	BUG_IF(!spec->text || (labelled && !spec->target &&
			       data_kind(spec->kind)->column[COLUMN_TARGET].key));
	if (data_kind(spec->kind)->is_masked && tokenizer_special(tok, TOK_MASK) < 0)
		return err_set(err, ST_INVALID, "the tokenizer has no piece that stands for a "
			       "hidden one ([MASK]), as a task of kind %s wants it",
			       task_kind_name(spec->kind));
	if (spec->max_source < 4)
		return err_set(err, ST_INVALID, "max_source below 4");
	if (labelled && t->has_pieces && spec->max_target < 2)
		return err_set(err, ST_INVALID, "max_target below 2");
	if (labelled && t->has_labels && spec->n_labels < 1)
		return err_set(err, ST_INVALID, "no labels for '%s'", spec->path);
	return dataset_check_prompt(spec, tok, err);
}

/* In a folder that vanishes: the mapping keeps the file alive. */
static enum status build_temporary(struct cache_place *pl,
				   const struct dataset_spec *spec,
				   const struct tokenizer *tok,
				   struct progress *pg, struct dataset **out,
				   struct err *err)
{
	bool at_fault;
	enum status st = cache_place_temporary(pl, err);

	if (st)
		return st;
	st = cache_build(pl, spec, tok, pg, &at_fault, err);
	if (!st)
		st = cache_map(pl, out, err);
	file_remove_tree(pl->dir, NULL);
	return st;
}

static enum status build(struct cache_place *pl, bool have_dir,
			 const struct dataset_spec *spec,
			 const struct tokenizer *tok, struct progress *pg,
			 struct dataset **out, struct err *err)
{
	bool at_fault = true;
	struct err first = { "" };
	enum status st = ST_FAILED;

	if (have_dir) {
		st = cache_build(pl, spec, tok, pg, &at_fault, &first);
		if (!st && cache_map(pl, out, NULL) == ST_OK) {
			cache_drop_old(pl);
			return ST_OK;
		}
		at_fault = at_fault || !st;
	}
	if (at_fault)
		return build_temporary(pl, spec, tok, pg, out, err);
	return err_set(err, st, "%s", first.text);
}

enum status dataset_open(const struct dataset_spec *spec,
			 const struct tokenizer *tok, const char *cache_dir,
			 struct progress *pg, struct dataset **out,
			 struct err *err)
{
	struct cache_place *pl = xcalloc(1, sizeof *pl);
	enum status st = check_spec(spec, tok, err);

	*out = NULL;
	if (!st)
		st = cache_place_of(spec, tok, pl, err);
	if (!st) {
		bool have_dir = cache_place_in(pl, cache_dir, NULL) == ST_OK;

		if (!have_dir || cache_map(pl, out, NULL))
			st = build(pl, have_dir, spec, tok, pg, out, err);
		else
			st = cache_check_rows((*out)->h, spec, err);
	}
	if (st && *out) {
		dataset_close(*out);
		*out = NULL;
	}
	xfree(pl);
	if (!st && data_kind(spec->kind)->is_masked)
		(*out)->masking = masking_new(tok, &spec->mask);
	return st;
}

void dataset_close(struct dataset *d)
{
	if (!d)
		return;
	masking_free(d->masking);
	file_unmap(&d->map);
	xfree(d);
}

/* --- reading --- */

uint64_t dataset_size(const struct dataset *d)
{
	return d->h->n;
}

void dataset_get(const struct dataset *d, uint64_t i, struct example *out)
{
	const struct cache_record *r;
	const char *p;

	BUG_IF(i >= d->h->n);
	r = &d->record[i];
	p = d->map.p + r->at;
	*out = (struct example){
		.ids = (const void *)p,
		.n_ids = (int)r->n_ids,
		.second = (int)r->second,
		.target = (const void *)(p + r->n_ids * sizeof(int32_t)),
		.n_target = (int)r->n_target,
		.label = -1,
		.n_set = -1,
		.line = r->line,
		.text_len = r->text_len,
		.pair_len = r->pair_len,
		.target_len = r->target_len,
	};
	data_target(dataset_kind(d))->get(r, out);
	out->text = (const char *)(out->target + r->n_target);
	out->pair = out->text + r->text_len;
	out->target_text = out->pair + r->pair_len;
}

uint32_t dataset_cost(const struct dataset *d, uint64_t i)
{
	BUG_IF(i >= d->h->n);
	return cache_record_cost(dataset_kind(d), &d->record[i]);
}

uint32_t dataset_units(const struct dataset *d, uint64_t i)
{
	BUG_IF(i >= d->h->n);
	if (d->masking)
		return (uint32_t)masking_wanted(d->masking, (int)d->record[i].n_ids);
	return data_kind(dataset_kind(d))->units(&d->record[i]);
}

void dataset_lengths(const struct dataset *d, uint64_t i, uint32_t *n_ids,
		     uint32_t *n_target)
{
	BUG_IF(i >= d->h->n);
	*n_ids = d->record[i].n_ids;
	*n_target = cache_record_pieces(dataset_kind(d), &d->record[i]);
}

enum task_kind dataset_kind(const struct dataset *d)
{
	return (enum task_kind)d->h->kind;
}

const struct masking *dataset_masking(const struct dataset *d)
{
	return d->masking;
}

int32_t dataset_safe_id(const struct dataset *d, int32_t id)
{
	return id >= 0 && id < d->h->vocab ? id : d->h->unk;
}

uint64_t dataset_tokens(const struct dataset *d)
{
	return d->h->tokens;
}

struct hash dataset_content(const struct dataset *d)
{
	return d->h->content;
}

const struct row_report *dataset_report(const struct dataset *d)
{
	return &d->h->report;
}

const uint64_t *dataset_label_counts(const struct dataset *d)
{
	return d->h->n_labels ? d->counts : NULL;
}

int dataset_labels(const struct dataset *d)
{
	return d->h->n_labels;
}

double dataset_mean(const struct dataset *d)
{
	return d->h->mean;
}

void dataset_range(const struct dataset *d, double *least, double *greatest)
{
	struct example e;

	*least = *greatest = 0;
	for (uint64_t i = 0; i < dataset_size(d); i++) {
		dataset_get(d, i, &e);
		if (!i || e.number < *least)
			*least = e.number;
		if (!i || e.number > *greatest)
			*greatest = e.number;
	}
}
