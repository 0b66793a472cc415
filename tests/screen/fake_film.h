/*
 * fake_film.h - a recorded run that never was, in a folder of its own, and its
 * film held at the beginning: for tests of the screen. Everything in it follows
 * from the step.
 */
#ifndef TUTTI_TESTS_FAKE_FILM_H
#define TUTTI_TESTS_FAKE_FILM_H

#include <limits.h>
#include <sys/types.h>

#include "base/file.h"
#include "fake.h"
#include "film.h"
#include "ask/ask_classify.h"
#include "store/store.h"

enum { FAKE_FILM_STEPS = 400 };

static const char fake_film_plan[] =
	"{\"tutti\":1,"
	"\"model\":{\"kind\":\"transformer\",\"dim\":16,\"layers\":1,\"heads\":2},"
	"\"tasks\":{"
	"\"mood\":{\"kind\":\"classify\",\"train\":\"mood.jsonl\",\"dev\":\"mood.jsonl\","
	"\"labels\":[\"high\",\"low\"]},"
	"\"likeness\":{\"kind\":\"regress\",\"train\":\"like.jsonl\","
	"\"dev\":\"like.jsonl\"}},"
	"\"budget\":{\"steps\":400,\"eval_every\":100}}";

static inline void fake_film_step(struct store *s, int64_t i)
{
	struct step_row r = {.step = i, .lr = 3e-4f, .seconds = .25f, .tokens = 2000,
			     .grad_norm = (float)(1 + .3 * fake_noise(i, 5)), .n = 2};

	for (int k = 0; k < 2; k++) {
		r.task[k].task = (uint8_t)k;
		r.task[k].count = (uint8_t)(1 + 2 * k);
		r.task[k].weight = !k && i > 80 ? 2 : 1;
		r.task[k].loss = (float)(.3 + (1 + k) * exp(-(double)i / 120) +
					 .05 * fake_noise(i, k));
	}
	store_step(s, 0, &r, NULL);
	for (int k = 0; k < 2 && i % 20 == 1; k++)
		store_gradient(s, &(struct gradient_row){
			.step = i, .task = k, .count = 1, .scheduled = true,
			.norm = .5 + .3 * k + .1 * fake_noise(i, k) });
}

static inline struct eval_row fake_film_row(int64_t step, int task)
{
	struct eval_row e = {.step = step, .task = task, .n_examples = 8,
			     .scheduled = true, .loss = .5, .seconds = 1, .n_metrics = 1};

	str_copy(e.metric[0].name, sizeof e.metric[0].name,
		 task ? "pearson" : "accuracy");
	e.metric[0].value = step < 0 ? (task ? 0 : .5) : .5 + .1 * (double)step / 100;
	return e;
}

static inline void fake_film_eval(struct store *s, int64_t step, int task)
{
	struct evaluation e = {.row = fake_film_row(step, task)};

	store_evaluation(s, NULL, &e, 1, 0, NULL);
}

/* Of eight rows as many are right as hundreds of steps were taken, and four. */
static inline void fake_film_predictions(struct store *s, int64_t step)
{
	struct prediction p[8];
	struct dev_row row[8];
	static char label[2][8] = {"high", "low"};
	char text[8][64];
	float both[2];
	int pred;

	memset(p, 0, sizeof p);
	memset(row, 0, sizeof row);
	for (int i = 0; i < 8; i++) {
		bool is_right = i < 4 + step / 100;

		str_format(text[i], sizeof text[i], "a text of mood, number %d", i + 1);
		row[i] = (struct dev_row){.row = i, .line = i + 1, .text = text[i],
					  .target = label[i % 2]};
		pred = is_right ? i % 2 : 1 - i % 2;
		both[pred] = .75f;
		both[1 - pred] = .25f;
		p[i] = (struct prediction){.row = i};
		label_set(&p[i], i % 2, pred, both, 2);
		p[i].loss = is_right ? .29 : 1.39;
	}
	store_evaluation(s, NULL, &(struct evaluation){
		.row = fake_film_row(step, 0), .n_kept = 8, .kept = p, .dev_rows = row },
			 1, 0, NULL);
	for (int i = 0; i < 8; i++)
		prediction_release(&p[i]);
}

static inline void fake_film_entry(struct store *s, int64_t step, const char *command,
				   const char *before, const char *after)
{
	struct journal_entry e = {.step = step, .unix_ms = 1767225600000 + step * 250};

	str_copy(e.command, sizeof e.command, command);
	str_copy(e.before, sizeof e.before, before);
	str_copy(e.after, sizeof e.after, after);
	store_journal(s, &e, NULL);
}

/* Makes the run's folder, named reel-1, under `root`. */
static inline enum status fake_film_make(const char *root, char run[PATH_MAX],
					 struct err *err)
{
	char path[PATH_MAX];
	struct store *s = NULL;
	enum status st;

	str_format(run, PATH_MAX, "%s/reel-1", root);
	st = file_mkdirs(run, 0700, err);
	str_format(path, sizeof path, "%s/plan.json", run);
	if (!st)
		st = file_write(path, fake_film_plan, strlen(fake_film_plan), err);
	str_format(path, sizeof path, "%s/run.db", run);
	if (!st)
		st = store_open(path, true, &s, err);
	if (st)
		return st;
	for (int64_t i = 1; i <= FAKE_FILM_STEPS; i++)
		fake_film_step(s, i);
	for (int64_t i = -1; i <= FAKE_FILM_STEPS; i += i < 0 ? 101 : 100) {
		fake_film_eval(s, i, 0);
		fake_film_eval(s, i, 1);
		if (i > 0)
			fake_film_predictions(s, i);
	}
	fake_film_entry(s, 80, "weight mood 2", "1", "2");
	fake_film_entry(s, 150, "mute likeness on", "off", "on");
	fake_film_entry(s, 260, "mute likeness off", "on", "off");
	store_close(s);
	return ST_OK;
}

static char fake_film_root[] = "/tmp/tutti-film-XXXXXX", fake_film_run[PATH_MAX];
static pid_t fake_film_owner;

static inline void fake_film_remove(void)
{
	if (getpid() == fake_film_owner) /* not a child, which ends, too */
		file_remove_tree(fake_film_root, NULL);
}

/* Once in the process that makes the desks: the folder is there until it ends. */
static inline bool fake_film_ready(void)
{
	struct err err = {""};

	if (fake_film_owner)
		return true;
	fake_film_owner = getpid();
	if (!mkdtemp(fake_film_root) ||
	    fake_film_make(fake_film_root, fake_film_run, &err)) {
		fprintf(stderr, "no film: %s\n", err.text);
		return false;
	}
	return !atexit(fake_film_remove);
}

/* pty_spec's `spoil`: the desk is over the film in place of the made-up run. */
static inline void fake_film_spoil(struct fake *f, struct feed *feed)
{
	struct film *film = NULL;
	struct err err = {""};

	(void)f;
	if (film_open(fake_film_run, 20, &film, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(98);
	}
	film_pause(film, true);
	feed_film(feed, film);
}

#endif
