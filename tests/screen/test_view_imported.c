/*
 * test_view_imported.c - predictions of another system in Inspect and Summaries: with
 * probabilities and without; what only a model could say is not there, and that is said.
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
		cmocka_unit_test(test_no_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
