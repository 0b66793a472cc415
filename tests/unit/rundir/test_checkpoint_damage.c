/*
 * test_checkpoint_damage.c - a damaged checkpoint is never taken, whatever byte of
 * it changed, and the message says what to take instead.
 */
#include <math.h>

#include "base/mem.h"
#include "fixture/checkpoint_run.h"
#include "rundir/checkpoint_own.h"

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
		const char *name = checkpoint_has_file(c, (enum checkpoint_file)f);

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

	*d = (struct damage){ .s = fixture_session(NULL, 0, 1) };
	fixture_steps(trained, 1);
	save_checkpoint(trained, NULL, run, NULL, 0, NAN);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
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
	place[0] = trained->params.value;
	place[1] = trained->adam.m;
	place[2] = trained->adam.v;
	for (int i = 0; i < 9; i++) {
		float was = place[i % 3][0];

		place[i % 3][0] = bad[i / 3];
		run = new_run();
		save_checkpoint(trained, NULL, run, NULL, 0, NAN);
		place[i % 3][0] = was;
		checkpoint_folder(run, CHECKPOINT_NEWEST, d.folder);
		try_load(&d, false);
	}
	assert_int_equal(d.taken, 0);
	session_free(d.s);
}

/* The message names the file, the fault and what to take instead. */
static void test_offer(void **state)
{
	struct session *s = fixture_session(NULL, 0, 1), *b = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct damage d = { .s = b };
	struct err err = { "" };
	char folder[PATH_MAX];

	(void)state;
	fixture_steps(s, 1);
	save_checkpoint(s, NULL, run, NULL, 0, NAN);
	fixture_steps(s, 1);
	save_checkpoint(s, NULL, run, NULL, 0, NAN);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
	damage_begin(&d, folder, "model.safetensors");
	d.whole.s[d.whole.len / 2] ^= 1;
	put_bytes(d.file, d.whole.s, d.whole.len);
	assert_int_equal(checkpoint_load(b, folder, NULL, &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "'step-000002'"));
	assert_non_null(strstr(err.text, "model.safetensors: checksum"));
	assert_non_null(strstr(err.text, "'step-000001'"));
	assert_checkpoint(run, CHECKPOINT_NEWEST, "/step-000002");
	put_bytes(d.file, d.whole.s, 100); /* never passed over for the one before */
	assert_int_equal(checkpoint_find(run, CHECKPOINT_NEWEST, folder, sizeof folder,
					 &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "'step-000002'"));
	assert_non_null(strstr(err.text, "'step-000001'"));
	assert_checkpoint(run, 1, "/step-000001");
	{
		const char *lone = new_run();
		char path[PATH_MAX + 64];

		save_checkpoint(s, NULL, lone, NULL, 0, NAN);
		str_format(path, sizeof path, "%s/checkpoints/step-000002/state.json",
			   lone);
		put_bytes(path, "{}", 2);
		assert_int_equal(checkpoint_find(lone, CHECKPOINT_NEWEST, folder,
						 sizeof folder, &err), ST_CORRUPT);
		assert_non_null(strstr(err.text, "'step-000002'"));
	}
	/* the state is made again: a sound copy stands beside the damaged one */
	save_checkpoint(s, NULL, run, NULL, 0, NAN);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
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
	struct session *s = fixture_session(NULL, 0, 1);
	const char *run = new_run();
	struct store *st = open_run_store(run);
	struct damage d = { .s = s };
	char folder[PATH_MAX];

	(void)state;
	step_and_save(s, st, run, .5);
	step_and_save(s, st, run, .6);
	store_close(st);
	checkpoint_folder(run, CHECKPOINT_NEWEST, folder);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged_any_file),
		cmocka_unit_test(test_damaged_state),
		cmocka_unit_test(test_state_keys),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_damaged_tensors),
		cmocka_unit_test(test_impossible_values),
		cmocka_unit_test(test_offer),
	};

	return cmocka_run_group_tests_name("checkpoint_damage", tests,
					   checkpoint_set_up, checkpoint_tear_down);
}
