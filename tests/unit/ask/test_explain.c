/*
 * test_explain.c - attributions against what they are defined by: finite differences
 * of the answer, and forward passes one by one; and that asking leaves no trace.
 */
#include "fixture/session_fixture.h"

#include <math.h>

#include "ask/evaluate_internal.h"
#include "ask/explain.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/kind.h"
#include "command/command.h"
#include "session/session.h"
#include "session/workers.h"
#include "text/wordpiece.h"

static const char text_of_words[] = "Amber boat cloud delta ember field lemon pearl";

static struct session *make(const char *const *sets, int n, int workers, bool train)
{
	struct session_options o = { .n_workers = workers, .train = train, .data = true };
	struct session *s = NULL;
	struct err err = { "" };

	if (session_make(fixture_plan(sets, n), &o, NULL, &s, &err))
		fail_msg("%s", err.text);
	if (train)
		session_start_random(s);
	return s;
}

static struct json *explain(struct session *s, int task, const char *text,
			    const char *pair, struct buf *keep)
{
	struct err err = { "" };
	struct json *doc = NULL;

	buf_clear(keep);
	if (explain_text(s, task, text, pair, keep, &err) ||
	    json_parse(buf_str(keep), keep->len, "answer", &doc, &err))
		fail_msg("%s", err.text);
	return doc;
}

static double nth(const struct json *doc, const char *name, int i)
{
	const struct json *k = json_first(json_get(doc, name));

	for (; k && i > 0; i--)
		k = json_next(k);
	return k && json_type(k) == JSON_NUMBER ? json_number(k) : NAN;
}

static int length(const struct json *doc, const char *name)
{
	int n = 0;

	for (const struct json *k = json_first(json_get(doc, name)); k; k = json_next(k))
		n++;
	return n;
}

/* --- the oracle: one text, one forward pass --- */

struct look {
	struct session *s;
	int task, pred;      /* pred -1: the number */
	bool logit;
	struct example *ex;
	double out;
};

static void run_look(struct worker *w, int job, void *arg)
{
	struct look *l = arg;
	struct batch b;
	double *p;

	(void)job;
	tape_begin(&w->tape, NULL, NULL);
	batch_build_examples(&b, &w->tape.arena, l->s->plan->tasks[l->task].kind, l->task,
			     l->ex, 1, 0, tokenizer_start(l->s->tok));
	if (l->logit) {
		l->out = (double)model_head(l->s->model, &b)->scores(
			l->s->model, &w->tape, &b, 0, NULL)->v[l->pred];
		return;
	}
	model_predict(l->s->model, &w->tape, &b, &p);
	l->out = p[l->pred < 0 ? 0 : l->pred];
}

static double look(struct session *s, int task, int pred, bool logit, struct example *ex)
{
	struct look l = { s, task, pred, logit, ex, 0 };

	workers_run(s->workers, 1, run_look, &l);
	return l.out;
}

/* The answer with the token's row of the table longer by `by`, over 2 by. */
static double slope(struct session *s, int task, int pred, struct example *ex, int32_t id)
{
	int table = param_find(&s->params, "embed.token"), cols = s->params.p[table].cols;
	float *row = param_value(&s->params, table) + id * cols;
	float was[64];
	double by = 0.02, out[2];

	assert_true(table >= 0 && cols <= 64);
	memcpy(was, row, (size_t)cols * sizeof *row);
	for (int side = 0; side < 2; side++) {
		for (int k = 0; k < cols; k++)
			row[k] = was[k] * (float)(side ? 1 + by : 1 - by);
		out[side] = look(s, task, pred, pred >= 0, ex);
	}
	memcpy(row, was, (size_t)cols * sizeof *row);
	return (out[1] - out[0]) / (2 * by);
}

static int times(const struct example *ex, int32_t id)
{
	int n = 0;

	for (int i = 0; i < ex->n_ids; i++)
		n += ex->ids[i] == id;
	return n;
}

static int pred_of(const struct session *s, int task, const struct json *doc)
{
	for (int k = 0; k < s->task[task].n_labels; k++)
		if (str_eq(s->task[task].labels[k], json_string(json_get(doc, "pred"))))
			return k;
	return -1;
}

/* Every token's two figures are what their definitions say. */
static void check_task(struct session *s, int task)
{
	int32_t ids[64];
	struct token_span spans[64];
	struct example ex = { 0 };
	struct layout at;
	struct buf keep;
	struct json *doc;
	int pred = -1, checked = 0;
	double largest = 0, mask_moves = 0, whole;

	buf_init(&keep);
	doc = explain(s, task, text_of_words, NULL, &keep);
	at = eval_encode(s, task, text_of_words, NULL, ids, spans, &ex);
	assert_int_equal(layout_lost(&at), 0);
	assert_int_equal(length(doc, "pieces"), ex.n_ids - 2);
	if (s->plan->tasks[task].kind == TASK_CLASSIFY)
		pred = pred_of(s, task, doc);
	whole = look(s, task, pred, false, &ex);
	assert_true(fabs(whole - json_number(json_get(doc, pred < 0 ? "pred" : "p"))) <
		    1e-5);
	for (int i = 0; i < ex.n_ids - 2; i++) {
		int32_t id = ids[i + 1];
		double score = nth(doc, "gradient_x_input", i), want, drop;

		if (times(&ex, id) == 1) { /* the table's row is this place alone */
			want = slope(s, task, pred, &ex, id);
			if (!(fabs(score - want) < 2e-4 + .02 * fabs(want)))
				fail_msg("piece %d: %g, not %g", i, score, want);
			largest = fmax(largest, fabs(want));
			checked++;
		}
		ids[i + 1] = tokenizer_hidden(s->tok);
		drop = whole - look(s, task, pred, false, &ex);
		ids[i + 1] = id;
		assert_true(fabs(drop - nth(doc, "occlusion", i)) < 1e-5);
		mask_moves = fmax(mask_moves, fabs(drop));
	}
	if (!(checked >= 4 && largest > .02 && mask_moves > .005))
		fail_msg("too little to tell: %d, %g, %g", checked, largest, mask_moves);
	json_free(doc);
	buf_release(&keep);
}

static void test_oracle(void **state)
{
	static const char *const sets[3][3] = {
		{ "optimizer.lr=0.02", "model.norm=pre", "budget.steps=120" },
		{ "optimizer.lr=0.02", "model.norm=post", "budget.steps=120" },
		{ "optimizer.lr=0.02", "model.kind=bilstm", "budget.steps=120" },
	};

	(void)state;
	for (int k = 0; k < 3; k++) {
		struct session *s = make(sets[k], 3, 2, true);

		fixture_steps(s, 120);
		check_task(s, 0);
		check_task(s, 1);
		session_free(s);
	}
}

/* Of a model that says its labels: of the text's pieces, none of the prompt's. */
static void test_said(void **state)
{
	static const char text[] =
		"{\"tutti\":1,\"model\":{\"kind\":\"gpt\",\"dim\":16,\"layers\":1,"
		"\"heads\":2,\"ff\":32},\"tokenizer\":{\"size\":90},\"tasks\":{\"mood\":"
		"{\"kind\":\"classify\",\"train\":\"mood.jsonl\",\"max_source\":32,"
		"\"prompt\":\"the mood of {text} is\"}},\"optimizer\":{\"lr\":0.02},"
		"\"budget\":{\"steps\":60}}";
	struct session_options o = { .n_workers = 2, .train = true, .data = true };
	struct err err = { "" };
	struct example ex = { 0 };
	struct session *s = NULL;
	struct plan *p;
	int32_t ids[64];
	struct layout at;
	struct buf keep;
	struct json *doc;
	double all = 0;

	(void)state;
	buf_init(&keep);
	if (plan_parse(text, strlen(text), "plan.json", fixture_dir, NULL, 0, &p, &err) ||
	    session_make(p, &o, NULL, &s, &err))
		fail_msg("%s", err.text);
	session_start_random(s);
	fixture_steps(s, 60);
	doc = explain(s, 0, text_of_words, NULL, &keep);
	at = eval_encode(s, 0, text_of_words, NULL, ids, NULL, &ex);
	assert_true(at.at[0] > 0 && at.at[0] + at.len[0] < at.n);
	assert_int_equal(length(doc, "pieces"), at.len[0]);
	assert_true(fabs(look(s, 0, pred_of(s, 0, doc), false, &ex) -
			 json_number(json_get(doc, "p"))) < 1e-5);
	for (int i = 0; i < at.len[0]; i++)
		all += fabs(nth(doc, "gradient_x_input", i)) + fabs(nth(doc, "occlusion", i));
	assert_true(all > 0.01);
	json_free(doc);
	buf_release(&keep);
	session_free(s);
}

/* A model that says one of 200 labels: `occluded` of a text of eight words. */
static int occluded_of(const char *layers)
{
	const char *sets[] = { layers, "model.kind=gpt", "model.dim=128", "model.heads=4",
			       "model.ff=512", NULL, "tasks.count.number_step=1" };
	struct session *s;
	struct json *doc;
	struct buf keep, labels;
	int n;

	buf_init(&keep);
	buf_init(&labels);
	buf_adds(&labels, "tasks.mood.labels=[\"high\",\"low\"");
	for (int i = 0; i < 198; i++)
		buf_addf(&labels, ",\"mood number %d of them\"", i);
	buf_addc(&labels, ']');
	sets[5] = buf_str(&labels);
	s = make(sets, 7, 1, true);
	doc = explain(s, 0, text_of_words, NULL, &keep);
	n = (int)json_number(json_get(doc, "occluded"));
	assert_true(n <= length(doc, "pieces") && n <= EXPLAIN_TOKENS);
	assert_true(n == EXPLAIN_FEWEST ||
		    n * model_predict_flops(s->model, 0, length(doc, "pieces")) < EXPLAIN_FLOPS);
	json_free(doc);
	buf_release(&keep);
	buf_release(&labels);
	session_free(s);
	return n;
}

/* All labels' texts are said for each token that is left out: that limits how many. */
static void test_many_labels(void **state)
{
	(void)state;
	assert_true(occluded_of("model.layers=1") > EXPLAIN_FEWEST);
	assert_int_equal(occluded_of("model.layers=12"), EXPLAIN_FEWEST);
}

static void test_offsets(void **state)
{
	struct session *s = make(NULL, 0, 1, true);
	struct buf keep;
	struct json *doc;
	const struct json *span, *piece, *word;
	int last = -1;

	(void)state;
	buf_init(&keep);
	doc = explain(s, 0, text_of_words, NULL, &keep);
	span = json_first(json_get(doc, "offsets"));
	piece = json_first(json_get(doc, "pieces"));
	word = json_first(json_get(doc, "words"));
	for (; span && piece; span = json_next(span), piece = json_next(piece)) {
		const char *p = json_string(piece);
		int from = (int)json_number(json_first(span));
		int to = (int)json_number(json_next(json_first(span)));

		assert_non_null(word);
		assert_int_equal((int)json_number(word) == last, wordpiece_goes_on(p));
		last = (int)json_number(word);
		word = json_next(word);
		if (str_eq(p, "[UNK]"))
			continue;
		p = wordpiece_body(p);
		assert_int_equal((int)strlen(p), to - from);
		for (int i = 0; i < to - from; i++)
			assert_int_equal(text_of_words[from + i] | 32, p[i] | 32);
	}
	assert_true(!span && !piece);
	json_free(doc);
	buf_release(&keep);
	session_free(s);
}

/* I10: not a bit, now or later; and the same answer however many workers. */
static void test_no_trace(void **state)
{
	struct session *a = make(NULL, 0, 2, true), *b = make(NULL, 0, 1, true);
	char before[40], after[40];
	struct buf one, two;

	(void)state;
	buf_init(&one);
	buf_init(&two);
	fixture_steps(a, 8);
	fixture_steps(b, 8);
	session_state(a, before);
	json_free(explain(a, 0, text_of_words, NULL, &one));
	json_free(explain(a, 1, text_of_words, NULL, &two));
	session_state(a, after);
	assert_string_equal(before, after);
	json_free(explain(b, 0, text_of_words, NULL, &two));
	assert_string_equal(buf_str(&one), buf_str(&two));
	fixture_steps(a, 8);
	session_free(b);
	b = make(NULL, 0, 1, true);
	fixture_steps(b, 16);
	session_state(a, after);
	session_state(b, before);
	assert_string_equal(before, after);
	buf_release(&one);
	buf_release(&two);
	session_free(a);
	session_free(b);
}

/* A session for looking has no optimizer and no gradients, and says the same. */
static void test_looking_session(void **state)
{
	struct session *a = make(NULL, 0, 2, true), *b = make(NULL, 0, 2, false);
	struct buf one, two;

	(void)state;
	buf_init(&one);
	buf_init(&two);
	fixture_steps(a, 8);
	assert_int_equal(a->params.size, b->params.size);
	memcpy(b->params.value, a->params.value, a->params.size * sizeof(float));
	session_pack(b);
	json_free(explain(a, 0, text_of_words, NULL, &one));
	json_free(explain(b, 0, text_of_words, NULL, &two));
	assert_string_equal(buf_str(&one), buf_str(&two));
	buf_release(&one);
	buf_release(&two);
	session_free(a);
	session_free(b);
}

/* Of a long text the strongest tokens are occluded, and a cut text says so. */
static void test_long_text(void **state)
{
	static const char *const sets[] = { "tasks.mood.max_source=130" };
	struct session *s = make(sets, 1, 2, true);
	double weakest = HUGE_VAL, strongest = 0;
	struct buf text, keep;
	struct json *doc;
	int n, hidden = 0;

	(void)state;
	buf_init(&text);
	buf_init(&keep);
	for (int i = 0; i < 200; i++)
		buf_addf(&text, "%s ", fixture_words[i * 7 % 16]);
	doc = explain(s, 0, buf_str(&text), NULL, &keep);
	n = length(doc, "pieces");
	assert_int_equal(n, 128);
	assert_true(json_number(json_get(doc, "left_out")) >= 72);
	for (int i = 0; i < n; i++) {
		double size = fabs(nth(doc, "gradient_x_input", i));

		if (isnan(nth(doc, "occlusion", i))) {
			strongest = fmax(strongest, size);
		} else {
			weakest = fmin(weakest, size);
			hidden++;
		}
	}
	assert_int_equal(hidden, EXPLAIN_TOKENS);
	assert_int_equal((int)json_number(json_get(doc, "occluded")), hidden);
	assert_true(weakest >= strongest);
	json_free(doc);
	buf_release(&text);
	buf_release(&keep);
	session_free(s);
}

static enum status ask_line(struct session *s, const char *line, struct buf *out,
			    struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	enum status st = command_parse(line, c, err);

	buf_clear(out);
	if (!st)
		st = c->row->ask(s, c, out, err);
	xfree(c);
	return st;
}

static void test_questions(void **state)
{
	static const char *const sets[] = { "tasks.mood.text_b=text" };
	struct session *s = make(sets, 1, 1, true);
	struct err err = { "" };
	struct json *doc = NULL;
	struct buf out;

	(void)state;
	buf_init(&out);
	assert_int_equal(ask_line(s, "explain mood amber boat || cloud", &out, &err), ST_OK);
	assert_int_equal(json_parse(buf_str(&out), out.len, "a", &doc, &err), ST_OK);
	assert_string_equal(json_string(json_get(doc, "text")), "amber boat");
	assert_string_equal(json_string(json_get(doc, "pair")), "cloud");
	assert_true((int)json_number(json_get(doc, "second")) < length(doc, "pieces"));
	assert_int_equal((int)json_number(json_first(json_first(json_get(doc, "offsets")))),
			 0);
	json_free(doc);
	/* a task of single texts has no second one: the bars are text */
	assert_int_equal(ask_line(s, "explain count amber || cloud", &out, &err), ST_OK);
	assert_null(strstr(buf_str(&out), "\"pair\""));
	assert_int_equal(ask_line(s, "explain sum amber", &out, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "writes summaries"));
	assert_int_equal(ask_line(s, "explain nobody amber", &out, &err), ST_NOT_FOUND);
	assert_int_equal(ask_line(s, "explain mood", &out, &err), ST_INVALID);
	assert_int_equal(ask_line(s, "explain mood \xff", &out, &err), ST_INVALID);
	assert_int_equal(out.len, 0);
	buf_release(&out);
	session_free(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_many_labels),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_no_trace),
		cmocka_unit_test(test_looking_session),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_questions),
	};

	return cmocka_run_group_tests_name("explain", tests, fixture_make, fixture_remove);
}
