/*
 * test_checkpoint.c - a session's state on the disk: back to the same bits, whole
 * or not there whatever is interrupted, and never taken when damaged.
 */
#include "fixture/engine_fixture.h"

#include <dirent.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mem.h"
#include "rundir/checkpoint_own.h"

static struct session *session; /* trained a few steps by each test */

static struct session *make_session(void)
{
	struct session *s = NULL;
	struct err err = { "" };

	if (session_new(fixture_plan(NULL, 0), NULL, 1, NULL, &s, &err))
		fail_msg("%s", err.text);
	session_start_random(s);
	return s;
}

static void train(struct session *s, int steps)
{
	struct step_report report;

	for (int i = 0; i < steps; i++)
		assert_int_equal(session_step(s, &report, NULL), ST_OK);
}

/* Runs are kept in memory where that can be: what is tested is not the disk. */
static char runs_dir[64];
static int n_runs;

static int set_up(void **state)
{
	str_copy(runs_dir, sizeof runs_dir, "/dev/shm/tutti-test-XXXXXX");
	if (!mkdtemp(runs_dir)) {
		str_copy(runs_dir, sizeof runs_dir, "/tmp/tutti-test-XXXXXX");
		if (!mkdtemp(runs_dir))
			return -1;
	}
	if (fixture_make(state))
		return -1;
	session = make_session();
	train(session, 3);
	return 0;
}

static int tear_down(void **state)
{
	char path[PATH_MAX];

	session_free(session);
	for (int i = 0; i < n_runs; i++) {
		str_format(path, sizeof path, "%s/r%d/checkpoints", runs_dir, i);
		file_remove_tree(path, NULL);
		str_format(path, sizeof path, "%s/r%d", runs_dir, i);
		file_remove_tree(path, NULL);
	}
	if (file_remove_tree(runs_dir, NULL))
		return 1;
	return fixture_remove(state);
}

/* A new, empty run folder. */
static const char *new_run(void)
{
	static char run[PATH_MAX];

	str_format(run, sizeof run, "%s/r%d", runs_dir, n_runs++);
	assert_int_equal(file_mkdirs(run, 0700, NULL), ST_OK);
	return run;
}

static struct store *open_store(const char *run)
{
	struct store *st = NULL;
	char path[PATH_MAX + 16];

	str_format(path, sizeof path, "%s/run.db", run);
	assert_int_equal(store_open(path, !file_exists(path), &st, NULL), ST_OK);
	return st;
}

/* An evaluation of this very step, as the trainer leaves it. */
static struct score_row put_score(struct session *s, struct store *st, bool scheduled,
				  uint64_t counted, double score, double loss)
{
	struct score_row r = { .timeline = s->timeline, .step = s->step,
			       .scheduled = scheduled, .score = score, .loss = loss,
			       .counted = counted };

	assert_int_equal(store_evaluation(st, &r, NULL, 0, 0, NULL), ST_OK);
	return r;
}

/* score NaN: no evaluation. */
static struct checkpoint_row save(struct session *s, struct store *st, const char *run,
				  const char *name, int64_t seq, double score)
{
	struct checkpoint_row row;
	struct err err = { "" };

	if (!isnan(score))
		put_score(s, st, true, 1, score, 1);
	if (checkpoint_save(s, st, run, name, seq, &row, &err))
		fail_msg("%s", err.text);
	return row;
}

static void folder_of(const char *run, int64_t step, char out[PATH_MAX])
{
	struct err err = { "" };

	if (checkpoint_find(run, step, out, PATH_MAX, &err))
		fail_msg("%s", err.text);
}

static bool ends_with(const char *s, const char *end)
{
	return strlen(s) >= strlen(end) && str_eq(s + strlen(s) - strlen(end), end);
}

static void assert_found(const char *run, int64_t step, const char *folder)
{
	char out[PATH_MAX];

	folder_of(run, step, out);
	if (!ends_with(out, folder))
		fail_msg("found '%s', not '%s'", out, folder);
}

/* --- there and back --- */

static void test_round_trip(void **state)
{
	struct session *b = make_session();
	struct store *st;
	const char *run = new_run();
	char folder[PATH_MAX], was[40], is[40];
	struct mix_channel *ch = &session->mix.ch[1];
	struct err err = { "" };
	int64_t seq = 0;

	(void)state;
	assert_int_equal(mix_set(&session->mix, METHOD_SAMPLING, "temperature",
					  (const char *const[]){ "T=3" }, 1, NULL), ST_OK);
	assert_int_equal(mix_set(&session->mix, METHOD_WEIGHTING, "uncertainty", NULL, 0, NULL),
			 ST_OK);
	ch->weight = 0.1 + 0.2;
	ch->locked = true;
	session->mix.weighting.memory[5] = NAN; /* of 3 tasks x 4 */
	session->mix.weighting.memory[11] = -0.0;
	session->task[1].units = 1.0 / 3;
	session->skipped = session->skips = 2;
	session->task[2].cursor.tokens = UINT64_MAX - 5;
	session->adam.count[0] = INT64_MAX;
	st = open_store(run);
	save(session, st, run, NULL, 17, NAN);
	session_state(session, was);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	if (checkpoint_load(b, folder, &seq, &err))
		fail_msg("%s", err.text);
	session_state(b, is);
	assert_string_equal(was, is);
	assert_true(seq == 17);
	assert_true(isnan(b->mix.weighting.memory[5]));
	assert_true(signbit(b->mix.weighting.memory[11]) && b->skips == 2);
	assert_true(b->task[1].units == 1.0 / 3);
	store_close(st);
	session_free(b);
	session->task[2].cursor.tokens = 1;
	session->adam.count[0] = 3;
	session->task[1].units = packer_units(session->task[1].packer);
	session->skipped = session->skips = 0;
	assert_int_equal(mix_set(&session->mix, METHOD_WEIGHTING, "fixed", NULL, 0, NULL), ST_OK);
}

static void json_of(const char *folder, struct buf *out)
{
	char path[PATH_MAX + 16];

	str_format(path, sizeof path, "%s/state.json", folder);
	buf_init(out);
	assert_int_equal(file_read(path, 1 << 20, out, NULL), ST_OK);
}

/*
 * Dev metrics stand there where a method has seen some. Else nothing does, and the file
 * is what it was before there were any.
 */
static void test_dev_metrics(void **state)
{
	static const double dev[] = { 0.1 + 0.2, NAN, -0.5 };
	struct session *a = make_session(), *b = make_session();
	const char *run = new_run();
	char folder[PATH_MAX], was[40], is[40];
	struct buf json;

	(void)state;
	train(a, 2);
	save(a, NULL, run, NULL, 0, NAN);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	json_of(folder, &json);
	assert_null(strstr(buf_str(&json), "dev_step"));
	buf_release(&json);
	assert_int_equal(mix_set(&a->mix, METHOD_SAMPLING, "dynamic", NULL, 0, NULL), ST_OK);
	train(a, 5);
	mix_take_dev(&a->mix, dev);
	train(a, 1);
	save(a, NULL, run, NULL, 0, NAN);
	session_state(a, was);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	json_of(folder, &json);
	assert_non_null(strstr(buf_str(&json), "dev_step"));
	buf_release(&json);
	assert_int_equal(checkpoint_load(b, folder, NULL, NULL), ST_OK);
	session_state(b, is);
	assert_string_equal(was, is);
	assert_true(b->mix.dev_step == 7 && b->mix.ch[0].dev == dev[0]);
	assert_true(isnan(b->mix.ch[1].dev) && b->mix.ch[2].dev == -0.5);
	session_free(a);
	session_free(b);
}

/* Going on from a checkpoint is going on (I2). */
static void test_go_on(void **state)
{
	struct session *a = make_session(), *b = make_session();
	const char *run = new_run();
	char folder[PATH_MAX], was[40], is[40];

	(void)state;
	train(a, 7);
	save(a, NULL, run, NULL, 0, NAN);
	train(a, 9);
	session_state(a, was);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	assert_int_equal(checkpoint_load(b, folder, NULL, NULL), ST_OK);
	train(b, 9);
	session_state(b, is);
	assert_string_equal(was, is);
	session_free(a);
	session_free(b);
}

static void test_weights_alone(void **state)
{
	struct session *b = make_session();
	const char *run = new_run();
	char folder[PATH_MAX];

	(void)state;
	save(session, NULL, run, NULL, 0, NAN);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	assert_int_equal(checkpoint_load_weights(b, folder, NULL), ST_OK);
	for (int i = 0; i < b->params.n; i++)
		assert_memory_equal(param_value(&b->params, i),
				    param_value(&session->params, i),
				    param_count(&b->params, i) * sizeof(float));
	assert_true(b->step == session->step); /* who asks is told */
	session_free(b);
}

/* --- which are kept, found, named --- */

static bool exists(const char *run, const char *folder)
{
	char path[PATH_MAX + 100];

	str_format(path, sizeof path, "%s/checkpoints/%s", run, folder);
	return file_exists(path);
}

static void test_keep(void **state)
{
	struct session *s = make_session();
	const char *run = new_run();
	struct store *st = open_store(run);
	struct checkpoint_row *rows;
	static const double score[] = { 0.1, 0.9, NAN, 0.5, 0.9, 0.2, 0.3 };
	int n;

	(void)state;
	for (int i = 0; i < 7; i++) {
		struct checkpoint_row row;

		train(s, 1);
		row = save(s, st, run, i == 2 ? "mine" : NULL, i, score[i]);
		assert_int_equal(row.best, i < 2 || i == 4); /* of equals the newer */
	}
	assert_true(exists(run, "step-000007") && exists(run, "step-000006"));
	assert_true(exists(run, "step-000005")); /* the best */
	assert_true(exists(run, "step-000003")); /* named */
	assert_false(exists(run, "step-000001") || exists(run, "step-000002") ||
		     exists(run, "step-000004"));
	assert_int_equal(store_checkpoints_read(st, &rows, &n, NULL), ST_OK);
	assert_int_equal(n, 4);
	assert_true(!rows[0].best && rows[1].best && rows[1].score == 0.9);
	assert_string_equal(rows[0].name, "mine");
	xfree(rows);
	assert_found(run, CHECKPOINT_NEWEST, "/step-000007");
	assert_found(run, CHECKPOINT_BEST, "/step-000005");
	assert_found(run, 6, "/step-000006");
	assert_found(run, 4, "/step-000003");
	assert_int_equal(checkpoint_find(run, 1, (char[64]){ "" }, 64, NULL),
			 ST_NOT_FOUND);
	store_close(st);
	session_free(s);
}

/* The best may be one of the newest: then there are just so many. */
static void test_keep_best_is_newest(void **state)
{
	struct session *s = make_session();
	const char *run = new_run();
	struct store *st = open_store(run);

	(void)state;
	for (int i = 0; i < 4; i++) {
		train(s, 1);
		save(s, st, run, NULL, 0, i);
	}
	store_close(st);
	assert_true(exists(run, "step-000004") && exists(run, "step-000003"));
	assert_false(exists(run, "step-000002") || exists(run, "step-000001"));
	session_free(s);
}

/* The same state again: no second copy. Another state of the step: both, then one. */
static void test_same_step(void **state)
{
	struct session *s = make_session();
	const char *run = new_run();
	struct store *st = open_store(run);
	struct checkpoint_row row, *rows;
	struct checkpoint_info *list;
	int n;

	(void)state;
	train(s, 2);
	save(s, st, run, NULL, 0, NAN);
	row = save(s, st, run, "first", 0, NAN);
	assert_string_equal(row.folder, "step-000002");
	row = save(s, st, run, NULL, 0, NAN); /* keeps its name */
	assert_string_equal(row.name, "first");
	s->mix.ch[0].weight = 3;
	row = save(s, st, run, NULL, 1, NAN);
	assert_string_equal(row.folder, "step-000002.1");
	assert_found(run, CHECKPOINT_NEWEST, "/step-000002.1");
	assert_true(exists(run, "step-000002")); /* named */
	s->mix.ch[0].weight = 4;
	row = save(s, st, run, NULL, 2, NAN);
	assert_string_equal(row.folder, "step-000002.2");
	assert_false(exists(run, "step-000002.1")); /* written anew since */
	assert_int_equal(store_checkpoints_read(st, &rows, &n, NULL), ST_OK);
	assert_int_equal(n, 2);
	xfree(rows);
	s->timeline = 3;
	row = save(s, st, run, NULL, 2, NAN);
	assert_string_equal(row.folder, "step-000002-t3");
	assert_int_equal(checkpoint_list(run, &list, &n, NULL), ST_OK);
	assert_int_equal(list[0].timeline, 3);
	xfree(list);
	store_close(st);
	session_free(s);
}

/* Folders without a row, rows without a folder: as after a crash between the two. */
static void test_without_row(void **state)
{
	const char *run = new_run();
	struct store *st = open_store(run);
	struct checkpoint_row *rows, lost = { .step = 1, .folder = "step-000001" };
	int n;

	(void)state;
	save(session, NULL, run, "named", 5, NAN);
	put_score(session, st, true, 1, .5, 1);
	assert_found(run, CHECKPOINT_NEWEST, "/step-000003");
	assert_found(run, CHECKPOINT_BEST, "/step-000003");
	assert_int_equal(store_checkpoint(st, &lost, NULL), ST_OK);
	assert_int_equal(checkpoint_settle(run, st, 2, NULL), ST_OK);
	assert_int_equal(store_checkpoints_read(st, &rows, &n, NULL), ST_OK);
	assert_int_equal(n, 1);
	assert_true(rows[0].best && rows[0].score == .5);
	assert_string_equal(rows[0].folder, "step-000003");
	assert_string_equal(rows[0].name, "named");
	xfree(rows);
	store_close(st);
}

/* --- the best --- */

static void step_and_save(struct session *s, struct store *st, const char *run,
			  double score)
{
	train(s, 1);
	save(s, st, run, NULL, 0, score);
}

static void assert_best(const char *run, int64_t step, const char *words)
{
	struct checkpoint_choice c;
	char text[128];

	assert_int_equal(checkpoint_choose(run, CHECKPOINT_BEST, &c, NULL), ST_OK);
	assert_int_equal(c.step, step);
	checkpoint_words(&c, text);
	assert_string_equal(text, words);
}

/* Only an evaluation of that very step scores it, and one that comes later does. */
static void test_best_own_score(void **state)
{
	struct session *s = make_session();
	const char *run = new_run();
	struct store *st = open_store(run);

	(void)state;
	train(s, 1);
	put_score(s, st, true, 1, .9, 1); /* nothing was saved here */
	step_and_save(s, st, run, NAN);
	assert_best(run, 2, "step 2, the newest: none has a score");
	step_and_save(s, st, run, .5);
	step_and_save(s, st, run, NAN);
	assert_best(run, 3, "step 3, the best (score 0.5000)");
	put_score(s, st, true, 1, .6, 1); /* as a resumed run makes it */
	assert_best(run, 4, "step 4, the best (score 0.6000)");
	store_close(st);
	session_free(s);
}

/* Among equals the lower loss, then the newer; no loss is the worst one. */
static void test_best_equals(void **state)
{
	static const double loss[] = { NAN, 2, 1, 1, 3 };
	struct session *s = make_session();
	const char *run = new_run();
	struct store *st = open_store(run);
	struct score_row best;

	(void)state;
	for (int i = 0; i < 5; i++) {
		train(s, 1);
		put_score(s, st, true, 1, .25, loss[i]);
		save(s, st, run, NULL, 0, NAN);
	}
	assert_best(run, 4, "step 4, the best (score 0.2500)");
	assert_int_equal(store_score_best(st, 0, 9, &best, NULL), ST_OK);
	assert_int_equal(best.step, 4);
	assert_int_equal(store_score_best(st, 0, 2, &best, NULL), ST_OK);
	assert_int_equal(best.step, 2);
	assert_int_equal(store_score_best(st, 0, 0, &best, NULL), ST_NOT_FOUND);
	store_close(st);
	session_free(s);
}

/* Another set of counted tasks: begun afresh, also when the first one comes back. */
static void test_best_afresh(void **state)
{
	static const struct { uint64_t counted; double score; int64_t since, best; } t[] = {
		{ 3, .9, 1, 1 }, { 3, .8, 1, 1 }, { 1, .2, 3, 3 }, { 1, .1, 3, 3 },
		{ 3, .5, 5, 5 }, { 0, NAN, 6, 5 }, { 3, .4, 5, 5 },
	};
	struct session *s = make_session();
	const char *run = new_run();
	struct store *st = open_store(run);

	(void)state;
	for (int i = 0; i < 7; i++) {
		struct checkpoint_choice c;
		struct score_row r;

		train(s, 1);
		r = put_score(s, st, true, t[i].counted, t[i].score, 1);
		assert_int_equal(r.since, t[i].since);
		save(s, st, run, i == 0 ? "mine" : NULL, 0, NAN);
		assert_int_equal(checkpoint_choose(run, CHECKPOINT_BEST, &c, NULL), ST_OK);
		assert_int_equal(c.step, t[i].best);
	}
	assert_true(exists(run, "step-000001") && exists(run, "step-000005"));
	assert_false(exists(run, "step-000003"));
	store_close(st);
	session_free(s);
}

/* At a stop the last one may be the best; the plan's best is not lost for it. */
static void test_best_last(void **state)
{
	struct session *s = make_session();
	const char *run = new_run();
	struct store *st = open_store(run);

	(void)state;
	step_and_save(s, st, run, .5);
	step_and_save(s, st, run, .3);
	step_and_save(s, st, run, .2);
	train(s, 1);
	put_score(s, st, false, 1, .7, 1);
	save(s, st, run, NULL, 0, NAN);
	assert_best(run, 4, "step 4, the best (score 0.7000)");
	assert_true(exists(run, "step-000001"));
	step_and_save(s, st, run, .1);
	assert_best(run, 1, "step 1, the best (score 0.5000)");
	train(s, 1);
	put_score(s, st, false, 2, .9, 1); /* of other tasks: no comparison */
	save(s, st, run, NULL, 0, NAN);
	assert_best(run, 1, "step 1, the best (score 0.5000)");
	store_close(st);
	session_free(s);
}

static void test_sweep(void **state)
{
	const char *run = new_run();
	char path[PATH_MAX + 64];

	(void)state;
	assert_int_equal(checkpoint_sweep(run, NULL), ST_OK);
	save(session, NULL, run, NULL, 0, NAN);
	str_format(path, sizeof path, "%s/checkpoints/.tmp-step-000009-12/x", run);
	assert_int_equal(file_mkdirs(path, 0700, NULL), ST_OK);
	str_format(path, sizeof path, "%s/checkpoints/.old-step-000001-12", run);
	assert_int_equal(file_mkdirs(path, 0700, NULL), ST_OK);
	assert_int_equal(checkpoint_sweep(run, NULL), ST_OK);
	assert_false(exists(run, ".tmp-step-000009-12") ||
		     exists(run, ".old-step-000001-12"));
	assert_true(exists(run, "step-000003"));
}

static void test_changed_data(void **state)
{
	struct session *b;
	const char *run = new_run();
	char folder[PATH_MAX], was[40], is[40];
	struct err err = { "" };

	(void)state;
	save(session, NULL, run, NULL, 0, NAN);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	fixture_file("count.dev.jsonl", 1, 2000, 20);
	b = make_session();
	session_state(b, was);
	assert_int_equal(checkpoint_load(b, folder, NULL, &err), ST_INVALID);
	assert_non_null(strstr(err.text, "data changed"));
	assert_non_null(strstr(err.text, "count.dev.jsonl"));
	session_state(b, is);
	assert_string_equal(was, is);
	session_free(b);
	fixture_file("count.dev.jsonl", 1, 1000, 20);
}

/* --- damage --- */

struct damage {
	struct session *s;
	char folder[PATH_MAX], file[PATH_MAX + 64], untouched[40];
	struct buf whole;
	int tried, taken;
};

static void damage_begin(struct damage *d, const char *folder, const char *name)
{
	str_format(d->file, sizeof d->file, "%s/%s", folder, name);
	str_copy(d->folder, sizeof d->folder, folder);
	buf_init(&d->whole);
	assert_int_equal(file_read(d->file, 1 << 26, &d->whole, NULL), ST_OK);
}

static void put_bytes(const char *path, const char *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void damage_end(struct damage *d)
{
	put_bytes(d->file, d->whole.s, d->whole.len);
	buf_release(&d->whole);
}

/* Loads what is there. May it be taken? Then only whole. */
static void try_load(struct damage *d, bool may_take)
{
	struct err err = { "" };
	char is[40];
	int64_t seq;
	enum status st = checkpoint_load(d->s, d->folder, &seq, &err);

	d->tried++;
	session_state(d->s, is);
	if (!st) {
		if (!may_take)
			fail_msg("a damaged checkpoint was taken");
		d->taken++;
		session_state(d->s, d->untouched);
		return;
	}
	if (!str_eq(is, d->untouched))
		fail_msg("the session was touched: %s", err.text);
	if (st != ST_CORRUPT && !may_take)
		fail_msg("not called damaged: %s", err.text);
	if (!err.text[0])
		fail_msg("no message");
}

/* state.json's own sum, made to fit again. */
static void mend_state(char *text, size_t len)
{
	const size_t end = strlen(SUM_HEAD) + 32 + strlen(SUM_TAIL);
	char sum[HASH_TEXT];

	if (len < end)
		return;
	hash_text(hash_bytes(text, len - end), sum);
	memcpy(text + len - end + strlen(SUM_HEAD), sum, 32);
}

/* All sums of files in state.json made to fit what is on the disk. */
static void mend_all(const char *folder)
{
	struct checkpoint_state *c = NULL;
	char path[PATH_MAX + 16];
	struct buf b;

	assert_int_equal(checkpoint_state_load(folder, &c, NULL), ST_OK);
	for (int f = 0; f < CHECKPOINT_FILES; f++) {
		const char *name = checkpoint_file_name(c->tokenizer,
							(enum checkpoint_file)f);

		if (name)
			assert_int_equal(checkpoint_measure(folder, name,
							    &c->file[f].bytes,
							    c->file[f].sum, NULL),
					 ST_OK);
	}
	buf_init(&b);
	checkpoint_state_write(c, &b);
	str_format(path, sizeof path, "%s/state.json", folder);
	put_bytes(path, b.s, b.len);
	buf_release(&b);
	checkpoint_state_free(c);
}

static char changed(char was, int how, uint32_t x)
{
	switch (how) {
	case 0: return (char)(was ^ 1);
	case 1: return (char)(was ^ 0x80);
	case 2: return was ? '\0' : 'A';
	case 3: return was == '9' ? '8' : '9';
	default: return (char)(was + 1 + (char)(x % 200));
	}
}

/* Every `stride`-th byte of the first `n`, 5 changes each. */
static void flip_bytes(struct damage *d, size_t n, size_t stride, bool mend)
{
	uint32_t x = 7;

	for (size_t at = 0; at < n; at += stride)
		for (int how = 0; how < 5; how++) {
			struct buf b = { 0 };

			x = x * 1664525U + 1013904223U;
			buf_add(&b, d->whole.s, d->whole.len);
			b.s[at] = changed(b.s[at], how, x >> 8);
			if (mend)
				mend_state(b.s, b.len);
			put_bytes(d->file, b.s, b.len);
			buf_release(&b);
			try_load(d, mend);
		}
}

static void truncations(struct damage *d, int n)
{
	for (int i = 0; i < n; i++) {
		put_bytes(d->file, d->whole.s,
			  d->whole.len * (size_t)i / (size_t)n);
		try_load(d, false);
	}
}

static void damage_start(struct damage *d, char folder[PATH_MAX])
{
	const char *run = new_run();

	*d = (struct damage){ .s = make_session() };
	train(session, 1);
	save(session, NULL, run, NULL, 0, NAN);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	session_state(d->s, d->untouched);
}

static void test_damaged_state(void **state)
{
	struct damage d;
	char folder[PATH_MAX];

	(void)state;
	damage_start(&d, folder);
	damage_begin(&d, folder, "state.json");
	flip_bytes(&d, d.whole.len, d.whole.len / 90, false);
	flip_bytes(&d, d.whole.len, d.whole.len / 97, true);
	truncations(&d, 40);
	damage_end(&d);
	assert_true(d.taken < d.tried / 2);
	print_message("state.json: %d damaged, %d of them sound after all\n", d.tried,
		      d.taken);
	session_free(d.s);
}

/* state.json with `was` replaced by `is`, its sum made to fit: what is said? */
static void say(struct damage *d, const char *was, const char *is, enum status want,
		const char *words)
{
	const char *at = strstr(buf_str(&d->whole), was);
	struct err err = { "" };
	char found[40];
	struct buf b = { 0 };

	assert_non_null(at);
	buf_add(&b, d->whole.s, (size_t)(at - d->whole.s));
	buf_adds(&b, is);
	buf_adds(&b, at + strlen(was));
	mend_state(b.s, b.len);
	put_bytes(d->file, b.s, b.len);
	buf_release(&b);
	assert_int_equal(checkpoint_load(d->s, d->folder, NULL, &err), want);
	if (!strstr(err.text, words) || !strstr(err.text, "state.json"))
		fail_msg("'%s' for '%s' says: %s", is, was, err.text);
	session_state(d->s, found);
	assert_string_equal(found, d->untouched);
}

/* A key too many, one too few, another type, a value beyond: each is named. */
static void test_state_keys(void **state)
{
	struct damage d;
	char folder[PATH_MAX], old[200];
	struct err err = { "" };

	(void)state;
	damage_start(&d, folder);
	damage_begin(&d, folder, "state.json");
	say(&d, "\"muted\"", "\"muded\"", ST_CORRUPT, "missing key 'muted' in 'channel'");
	say(&d, "\"muted\"", "\"extra\": true, \"muted\"", ST_CORRUPT,
	    "unknown key 'extra' in 'channel'");
	say(&d, "\"skips\"", "\"jumps\": \"0\", \"skips\"", ST_CORRUPT,
	    "unknown key 'jumps' in 'session'");
	say(&d, "\"timeline\": 0", "\"timeline\": 0, \"more\": 1", ST_CORRUPT,
	    "unknown key 'more' in 'state.json'");
	say(&d, "\"muted\": false", "\"muted\": \"no\"", ST_CORRUPT,
	    "a string, not true or false, for 'muted' in 'channel'");
	say(&d, "\"timeline\": 0", "\"timeline\": -1", ST_CORRUPT, "range");
	say(&d, "\"units\": \"", "\"units\": \"8", ST_CORRUPT, "'units' in 'packing'");
	say(&d, "\"memory\": [", "\"memory\": [\"0000000000000000\"", ST_CORRUPT,
	    "wrong length of 'memory'");
	say(&d, "\"fixed\"", "\"fixes\"", ST_CORRUPT, "unknown method 'fixes'");
	say(&d, "\"skips\": \"0\"", "\"skips\": \"1\"", ST_CORRUPT, "range");
	/* the version before: not damaged, of another program */
	say(&d, "\"tutti_checkpoint\": 2", "\"tutti_checkpoint\": 1", ST_INVALID,
	    "format 1, and this program reads 2: go on with the program that wrote it");
	assert_int_equal(checkpoint_load(d.s, folder, NULL, &err), ST_INVALID);
	str_copy(old, sizeof old, err.text);
	assert_non_null(strstr(old, "step-"));
	assert_null(strstr(old, "damaged"));
	str_copy(strrchr(folder, '/') - strlen("/checkpoints"), 2, "");
	assert_int_equal(checkpoint_find(folder, CHECKPOINT_NEWEST, old, sizeof old, &err),
			 ST_INVALID);
	assert_non_null(strstr(err.text, "checkpoint 'step-"));
	assert_non_null(strstr(err.text, "or start a new run"));
	damage_end(&d);
	session_free(d.s);
}

static void test_damaged_files(void **state)
{
	static const char *const files[] = { "config.json", "vocab.txt",
					     "model.safetensors",
					     "optimizer.safetensors" };
	struct damage d;
	char folder[PATH_MAX];

	(void)state;
	damage_start(&d, folder);
	for (int f = 0; f < 4; f++) {
		damage_begin(&d, folder, files[f]);
		flip_bytes(&d, d.whole.len, d.whole.len / 40, false);
		truncations(&d, 10);
		damage_end(&d);
	}
	try_load(&d, true);
	assert_int_equal(d.taken, 1);
	session_free(d.s);
}

/* As above, but every sum of state.json fits the damaged file. */
static void test_damaged_tensors(void **state)
{
	static const char *const files[] = { "model.safetensors",
					     "optimizer.safetensors" };
	struct damage d;
	char folder[PATH_MAX];
	uint32_t x = 3;

	(void)state;
	damage_start(&d, folder);
	for (int f = 0; f < 2; f++) {
		uint64_t head = 0;

		damage_begin(&d, folder, files[f]);
		memcpy(&head, d.whole.s, 8);
		for (int i = 0; i < 260; i++) {
			bool in_body = i % 4 == 3;
			struct buf b = { 0 };
			size_t at;

			x = x * 1664525U + 1013904223U;
			at = in_body ? 8 + head + (x >> 4) % (d.whole.len - 8 - head)
				     : i < 40 ? (size_t)i / 5 : 8 + (x >> 4) % head;
			buf_add(&b, d.whole.s, i % 13 ? d.whole.len : at);
			if (at < b.len)
				b.s[at] = changed(b.s[at], i % 5, x >> 8);
			put_bytes(d.file, b.s, b.len);
			buf_release(&b);
			mend_all(folder);
			try_load(&d, !in_body);
		}
		damage_end(&d);
		mend_all(folder);
	}
	print_message("tensors: %d damaged, %d of them sound after all\n", d.tried,
		      d.taken);
	try_load(&d, true);
	session_free(d.s);
}

/* Sums that fit and values that cannot be (I11). */
static void test_impossible_values(void **state)
{
	struct damage d;
	char folder[PATH_MAX];
	const char *run;
	float *place[3];
	static const float bad[] = { NAN, INFINITY, -INFINITY };

	(void)state;
	damage_start(&d, folder);
	place[0] = session->params.value;
	place[1] = session->adam.m;
	place[2] = session->adam.v;
	for (int i = 0; i < 9; i++) {
		float was = place[i % 3][0];

		place[i % 3][0] = bad[i / 3];
		run = new_run();
		save(session, NULL, run, NULL, 0, NAN);
		place[i % 3][0] = was;
		folder_of(run, CHECKPOINT_NEWEST, d.folder);
		try_load(&d, false);
	}
	assert_int_equal(d.taken, 0);
	session_free(d.s);
}

/* The message names the file, the fault and what to take instead. */
static void test_offer(void **state)
{
	struct session *s = make_session(), *b = make_session();
	const char *run = new_run();
	struct damage d = { .s = b };
	struct err err = { "" };
	char folder[PATH_MAX];

	(void)state;
	train(s, 1);
	save(s, NULL, run, NULL, 0, NAN);
	train(s, 1);
	save(s, NULL, run, NULL, 0, NAN);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	damage_begin(&d, folder, "model.safetensors");
	d.whole.s[d.whole.len / 2] ^= 1;
	put_bytes(d.file, d.whole.s, d.whole.len);
	assert_int_equal(checkpoint_load(b, folder, NULL, &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "'step-000002'"));
	assert_non_null(strstr(err.text, "model.safetensors: checksum"));
	assert_non_null(strstr(err.text, "'step-000001'"));
	assert_found(run, CHECKPOINT_NEWEST, "/step-000002");
	put_bytes(d.file, d.whole.s, 100); /* never passed over for the one before */
	assert_int_equal(checkpoint_find(run, CHECKPOINT_NEWEST, folder, sizeof folder,
					 &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "'step-000002'"));
	assert_non_null(strstr(err.text, "'step-000001'"));
	assert_found(run, 1, "/step-000001");
	{
		const char *lone = new_run();
		char path[PATH_MAX + 64];

		save(s, NULL, lone, NULL, 0, NAN);
		str_format(path, sizeof path, "%s/checkpoints/step-000002/state.json",
			   lone);
		put_bytes(path, "{}", 2);
		assert_int_equal(checkpoint_find(lone, CHECKPOINT_NEWEST, folder,
						 sizeof folder, &err), ST_CORRUPT);
		assert_non_null(strstr(err.text, "'step-000002'"));
	}
	/* the state is made again: a sound copy stands beside the damaged one */
	save(s, NULL, run, NULL, 0, NAN);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	assert_int_equal(checkpoint_load(b, folder, NULL, &err), ST_OK);
	buf_release(&d.whole);
	session_free(s);
	session_free(b);
}

/* Whoever asks for one step never gets another in silence, whichever file it is. */
static void test_damaged_any_file(void **state)
{
	static const char *const files[] = { "state.json", "config.json", "vocab.txt",
					     "model.safetensors",
					     "optimizer.safetensors" };
	static const int64_t asked[] = { 2, 7, CHECKPOINT_NEWEST, CHECKPOINT_BEST };
	struct session *s = make_session();
	const char *run = new_run();
	struct store *st = open_store(run);
	struct damage d = { .s = s };
	char folder[PATH_MAX];

	(void)state;
	step_and_save(s, st, run, .5);
	step_and_save(s, st, run, .6);
	store_close(st);
	folder_of(run, CHECKPOINT_NEWEST, folder);
	for (int k = 0; k < 15; k++) {
		const char *file = files[k % 5];

		damage_begin(&d, folder, file);
		if (k < 5)
			d.whole.s[d.whole.len / 2] ^= 1;
		put_bytes(d.file, d.whole.s, k < 10 ? d.whole.len - (k >= 5) : 0);
		if (k < 5)
			d.whole.s[d.whole.len / 2] ^= 1;
		for (int i = 0; i < 4; i++) {
			struct checkpoint_choice c;
			struct err err = { "" };
			enum status no = checkpoint_choose(run, asked[i], &c, &err);

			if (!no)
				no = checkpoint_sound(c.folder, &err);
			assert_int_equal(no, ST_CORRUPT);
			assert_non_null(strstr(err.text, "damaged checkpoint 'step-000002'"));
			assert_non_null(strstr(err.text, file));
			assert_non_null(strstr(err.text, "'step-000001'"));
		}
		damage_end(&d);
	}
	assert_int_equal(checkpoint_sound(folder, NULL), ST_OK);
	session_free(s);
}

/* --- the window of a crash --- */

/*
 * Killed before or after every single call that changes the disk: the run opens
 * at a checkpoint that is whole, the old one or the new one (I1, I4).
 */
static void test_killed_anywhere(void **state)
{
	struct session *b = make_session();
	char folder[PATH_MAX], before[40], after[40], is[40];
	int calls = 0;

	(void)state;
	session_state(session, before);
	for (int n = 1; n <= 200; n++) {
		for (int what = FAULT_KILL_BEFORE; what >= FAULT_KILL_AFTER; what--) {
			const char *run = new_run();
			struct err err = { "" };
			int code;
			pid_t pid;

			save(session, NULL, run, NULL, 0, NAN);
			pid = fork();
			if (!pid) {
				train(session, 1);
				fault_set(FAULT_ANY, n, what);
				checkpoint_save(session, NULL, run, NULL, 0, NULL, NULL);
				_exit(0);
			}
			waitpid(pid, &code, 0);
			assert_true(WIFEXITED(code));
			folder_of(run, CHECKPOINT_NEWEST, folder);
			if (checkpoint_load(b, folder, NULL, &err))
				fail_msg("call %d: %s", n, err.text);
			session_state(b, is);
			if (!str_eq(is, before) && b->step != session->step + 1)
				fail_msg("call %d: neither old nor new", n);
			if (WEXITSTATUS(code) == 0) {
				assert_true(b->step == session->step + 1);
				n = 200;
				break;
			}
			calls = n;
			assert_int_equal(checkpoint_sweep(run, NULL), ST_OK);
		}
	}
	session_state(session, after);
	assert_string_equal(before, after);
	assert_true(calls > 10);
	print_message("killed around each of %d calls\n", calls);
	session_free(b);
}

/* A call that fails: a message, and the old checkpoint. */
static void test_failing_calls(void **state)
{
	static const int codes[] = { 28, 5 }; /* ENOSPC, EIO */
	struct session *s = make_session();
	char folder[PATH_MAX];

	(void)state;
	train(s, 1);
	for (int n = 1; n <= 40; n++) {
		const char *run = new_run();
		struct err err = { "" };
		enum status st;

		save(session, NULL, run, NULL, 0, NAN);
		fault_set(FAULT_ANY, n, codes[n % 2]);
		st = checkpoint_save(s, NULL, run, NULL, 0, NULL, &err);
		fault_off();
		if (st)
			assert_true(err.text[0] != '\0');
		folder_of(run, CHECKPOINT_NEWEST, folder);
		assert_int_equal(checkpoint_load(s, folder, NULL, NULL), ST_OK);
		assert_int_equal(checkpoint_sweep(run, NULL), ST_OK);
		train(s, 1);
	}
	session_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_dev_metrics),
		cmocka_unit_test(test_go_on),
		cmocka_unit_test(test_weights_alone), cmocka_unit_test(test_keep),
		cmocka_unit_test(test_keep_best_is_newest),
		cmocka_unit_test(test_same_step),     cmocka_unit_test(test_without_row),
		cmocka_unit_test(test_best_own_score), cmocka_unit_test(test_best_equals),
		cmocka_unit_test(test_best_afresh),   cmocka_unit_test(test_best_last),
		cmocka_unit_test(test_damaged_any_file),
		cmocka_unit_test(test_sweep),	      cmocka_unit_test(test_changed_data),
		cmocka_unit_test(test_damaged_state), cmocka_unit_test(test_state_keys),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_damaged_tensors),
		cmocka_unit_test(test_impossible_values), cmocka_unit_test(test_offer),
		cmocka_unit_test(test_killed_anywhere),
		cmocka_unit_test(test_failing_calls),
	};

	return cmocka_run_group_tests_name("checkpoint", tests, set_up, tear_down);
}
