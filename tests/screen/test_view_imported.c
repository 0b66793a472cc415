/*
 * test_view_imported.c - predictions of another system on the Desk, in Inspect and
 * Summaries: what was imported; with probabilities and without; what only a model could
 * say is not there, and that is said.
 *
 * Golden screens stand under tests/golden/screen (TUTTI_GOLDEN=write).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "ask/ask_classify.h"
#include "fixture/pty_desk.h"

/* Of the made-up run's what an import would have: no pieces. */
static enum status without_pieces(void *arg, const char *path, int task,
				  struct prediction_set *out, struct err *err)
{
	enum status st = fake_predictions(arg, path, task, out, err);

	for (int i = 0; !st && i < out->n; i++) {
		xfree(out->p[i].detail);
		out->p[i].detail = NULL;
	}
	out->step = 0;
	return st;
}

/* Neither probabilities nor losses; of the first row no answer. */
static enum status without_p(void *arg, const char *path, int task,
			     struct prediction_set *out, struct err *err)
{
	enum status st = without_pieces(arg, path, task, out, err);
	enum task_kind kind = ((struct fake *)arg)->s.ch[task].kind;

	for (int i = 0; !st && kind == TASK_CLASSIFY && i < out->n; i++) {
		struct prediction *p = &out->p[i];

		label_set(p, label_gold(p), i ? label_pred(p) : -1, NULL, 0);
		p->loss = NAN;
	}
	return st;
}

/* What was imported of each task but the fourth; long words are the second's. */
static enum status known(void *arg, const char *path, struct imported_task **out, int *n,
			 struct err *err)
{
	const struct snapshot *s = &((struct fake *)arg)->s;

	(void)path;
	(void)err;
	*n = s->n_channels;
	*out = xcalloc((size_t)*n + 1, sizeof **out);
	for (int i = 0; i < *n; i++) {
		struct imported_task *t = &(*out)[i];

		*t = (struct imported_task){.is_known = i != 3, .rows = 120 + i, .n = 1,
					    .unix_ms = 1700000000000, .missing = 2 * (i == 1)};
		str_copy(t->file, sizeof t->file, i == 1 ? "/srv/a/very/long/path/to/what/"
			 "others/said/of/these/rows/when/they/were/asked/cola\x1b[31m.jsonl" :
			 "/srv/said.jsonl");
		str_copy(t->by, sizeof t->by, i ? "text" : "row");
		str_copy(t->note, sizeof t->note, i == 1 ? "asked twice" : "");
		t->of[0].metric = s->ch[i].metric;
		t->of[0].value = s->ch[i].dev;
		t->of[0].baseline = s->ch[i].baseline;
		if (i)
			continue;
		t->n = 3;
		t->of[1].metric = METRIC_F1;
		t->of[1].value = .25; /* worse than the baseline */
		t->of[1].baseline = .5;
		t->of[2].metric = METRIC_MACRO_F1;
		t->of[2].value = .75;
		t->of[2].baseline = NAN;
	}
	return ST_OK;
}

static enum status unknown(void *arg, const char *path, struct imported_task **out, int *n,
			   struct err *err)
{
	(void)arg;
	*out = NULL;
	*n = 0;
	return err_set(err, ST_CORRUPT, "damaged run store '%s'", path);
}

static void import(struct fake *f, struct feed *feed)
{
	f->s.is_imported = true;
	f->s.phase = PHASE_DONE;
	f->s.step = f->s.steps = 0;
	feed->is_live = false;
	feed->post = NULL;
	feed->predictions_before = NULL;
	feed->history = NULL;
	feed->predictions = without_pieces;
	feed->imported = known;
}

static void import_without_p(struct fake *f, struct feed *feed)
{
	import(f, feed);
	feed->predictions = without_p;
}

static void test_goldens(void **state)
{
	static const struct {
		const char *keys, *name;
		void (*spoil)(struct fake *f, struct feed *feed);
	} what[] = {
		{"1", "imported-desk", import}, {"1jj", "imported-desk-down", import},
		{"3", "imported-inspect", import}, {"3a", "imported-plain", import_without_p},
		{"3a\r", "imported-row", import_without_p}, {"4", "imported-summaries", import},
		{"4b", "imported-beams", import}, {"3>>>", "imported-numbers", import},
	};

	(void)state;
	for (size_t i = 0; i < sizeof what / sizeof *what; i++)
		for (int wide = 0; wide < 2; wide++) {
			struct pty_spec s = {.rows = wide ? 40 : 24, .cols = wide ? 120 : 80,
					     .spoil = what[i].spoil};
			char file[64];

			str_format(file, sizeof file, "%s-%d", what[i].name, s.cols);
			assert_screen(&s, what[i].keys, file);
		}
}

/* No fader turns, and that is said; what cannot be read is said, too. */
static void spoil_unknown(struct fake *f, struct feed *feed)
{
	import(f, feed);
	feed->imported = unknown;
}

static void test_desk(void **state)
{
	struct pty_spec s = {.rows = 24, .cols = 80, .spoil = import};
	bool is_refused, is_told;
	struct pty p;

	(void)state;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "1l");
	is_refused = pty_shows(&p, "imported predictions: there is nothing to steer");
	pty_close(&p);
	assert_true(is_refused);
	s.spoil = spoil_unknown;
	pty_open(&p, &s);
	pty_read(&p, .3, 3);
	pty_type(&p, "1");
	is_told = pty_shows(&p, "damaged run store");
	pty_close(&p);
	assert_true(is_told);
}

/* Whoever asks a model is told that there is none; no prompt opens. */
static void test_no_model(void **state)
{
	static const char *const asks[] = {"3o", "3t", "4bt"};
	struct pty_spec s = {.rows = 24, .cols = 80, .spoil = import};

	(void)state;
	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		struct pty p;
		bool is_there;

		pty_open(&p, &s);
		pty_read(&p, .3, 3);
		pty_type(&p, asks[i]);
		is_there = pty_shows(&p, "imported predictions: there is no model to ask");
		pty_close(&p);
		if (!is_there)
			fail_msg("'%s' is not answered", asks[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_desk),
		cmocka_unit_test(test_no_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
