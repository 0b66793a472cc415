/*
 * plan_fits.c - fields that a model of the plan's kind and decoder has no use for. They
 * are refused with their place where kind and field were chosen together: both in the
 * file, or the field by `--set`. Where `--set` chose the kind or the decoder, or what else
 * a task's field is idle by, such fields of the file are left out, and said, so that one
 * plan can be tried with every kind. The plan of a run is what it was when the run began.
 */
#include "plan/plan_table.h"

#include <string.h>

#include "base/mem.h"
#include "model/model_list.h"

bool plan_is_set(const struct plan_reader *r, const char *path)
{
	size_t n = strlen(path);

	for (int i = 0; i < r->n_sets; i++)
		if (!strncmp(r->sets[i], path, n) && r->sets[i][n] == '=')
			return true;
	return false;
}

static bool is_other_model(const struct plan_reader *r)
{
	return plan_is_set(r, "model.kind") || plan_is_set(r, "model.decoder");
}

static bool may_leave_out(const struct plan_reader *r, const char *path)
{
	return is_other_model(r) && !plan_is_set(r, path);
}

static void leave_out(struct plan_reader *r, const char *path)
{
	buf_addf(&r->left_out, "%s%s", r->left_out.len ? ", " : "", path);
	r->n_left_out++;
}

/* --- of the model --- */

static const char *key_of(int row)
{
	int n;

	return strrchr(plan_fields(&n)[row].path, '.') + 1;
}

/* "transformer or bilstm": the kinds that have it; else the decoders of this kind. */
static void users(const struct plan_reader *r, const char *key, bool decoders, struct buf *b)
{
	const char *kind = r->plan->model.kind;
	char decoder[24];

	for (int i = 0; !decoders && model_kind_name(i); i++)
		if (r->uses(model_kind_name(i), NULL, key))
			buf_addf(b, "%s%s", b->len ? " or " : "", model_kind_name(i));
	for (int i = 0; decoders && plan_choice_at(DECODER_CHOICES, i, decoder,
						   sizeof decoder); i++)
		if (model_decoder_fits(decoder, kind) && r->uses(kind, decoder, key))
			buf_addf(b, "%s%s", b->len ? " or " : "", decoder);
}

static enum status refuse(struct plan_reader *r, int row)
{
	const struct model_config *m = &r->plan->model;
	bool of_kind = r->uses(m->kind, NULL, key_of(row));
	struct buf b;

	buf_init(&b);
	users(r, key_of(row), of_kind, &b);
	plan_refuse(r, "model", "'%s' is for %s %s, not %s", key_of(row),
		    of_kind ? "decoder" : "models of kind", b.len ? buf_str(&b) : "none",
		    of_kind ? m->decoder : m->kind);
	buf_release(&b);
	return ST_INVALID;
}

/* A decoder that cannot write over this kind is refused as such, and nothing for it. */
static bool is_used(const struct plan_reader *r, int row, const struct json *n)
{
	const struct model_config *m = &r->plan->model;
	const char *decoder = m->decoder;

	if (str_eq(key_of(row), "decoder")) /* not read yet */
		decoder = json_type(n) == JSON_STRING ? json_string(n) : "";
	if (!model_decoder_fits(decoder, m->kind))
		return plan_row_is_of_model(row, m->kind, NULL, r->uses) &&
		       !(decoder != m->decoder && may_leave_out(r, "model.decoder"));
	return plan_row_is_of_model(row, m->kind, decoder, r->uses);
}

enum status plan_fit_model(struct plan_reader *r, int row, const struct json **n)
{
	int count;
	const char *path = plan_fields(&count)[row].path;

	if (!*n || !plan_places()[row].of_model)
		return ST_OK;
	if (r->may_lack_files) { /* of a run */
		if (!plan_row_is_of_model(row, r->plan->model.kind, NULL, r->uses))
			*n = NULL;
		return ST_OK;
	}
	if (is_used(r, row, *n))
		return ST_OK;
	if (!may_leave_out(r, path))
		return refuse(r, row);
	leave_out(r, path);
	*n = NULL;
	return ST_OK;
}

/* --- of tasks: what plan_finish() and plan_check_sense() refuse --- */

/* Without a head or a decoder of their own tasks have what is beside shared layers. */
bool plan_has_own(const struct plan *p)
{
	const struct model_config *m = &p->model;

	return (m->shared_layers >= 0 && m->shared_layers < m->layers) ||
	       (m->adapter && !m->adapter_of_all);
}

/* What else makes a field of a task idle, and was set. */
static bool is_made_idle(const struct plan_reader *r, const char *key)
{
	static const struct {
		const char *key, *by;
	} rows[] = {
		{ "lr_trunk", "model.decoder_init" }, { "lr", "model.shared_layers" },
		{ "lr", "model.adapter" },            { "lr", "model.adapter_per" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq(key, rows[i].key) && plan_is_set(r, rows[i].by))
			return true;
	return false;
}

static bool is_idle(const struct plan_reader *r, int row)
{
	bool says = model_kind_says(r->plan->model.kind);

	if (str_eq(key_of(row), "decoder_of"))
		return says;
	if (str_eq(key_of(row), "lr_trunk"))
		return !r->plan->model.from_trunk;
	if (str_eq(key_of(row), "lr"))
		return says && !plan_has_own(r->plan);
	return plan_places()[row].of_model && !says;
}

void plan_fit_task(struct plan_reader *r, int row, const char *path, const struct json **n)
{
	if (!*n || json_type(*n) == JSON_NULL || !is_idle(r, row) || plan_is_set(r, path) ||
	    !(is_other_model(r) || is_made_idle(r, key_of(row))))
		return;
	leave_out(r, path);
	*n = NULL;
}

/* --- what is said of it --- */

void plan_fit_told(struct plan_reader *r)
{
	const struct model_config *m = &r->plan->model;
	bool many = r->n_left_out > 1;
	struct buf b;

	buf_init(&b);
	if (r->n_left_out) {
		buf_addf(&b, "%s of the file %s no meaning for %s", buf_str(&r->left_out),
			 many ? "have" : "has", m->kind);
		if (!model_kind_says(m->kind))
			buf_addf(&b, " with decoder %s", m->decoder);
		buf_addf(&b, " and %s left out", many ? "are" : "is");
		r->plan->left_out = xstrdup(buf_str(&b));
	}
	buf_release(&b);
	buf_release(&r->left_out);
}
