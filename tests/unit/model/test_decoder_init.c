/*
 * test_decoder_init.c - decoders that begin as their trunk (model_take_trunk): what is
 * taken is the trunk's to the bit, from the layers that it says, what is new is as drawn;
 * with the folder's head for masked words they say what EncoderDecoderModel of
 * `transformers` says (tests/golden/pretrained/make_decoder.py).
 */
#include "fixture/foreign_case.h"
#include "fixture/near.h"

static const struct model_task sum_task[1] = { { .name = "sum", .kind = TASK_SUMMARIZE } };

/* Six layers of the small model's, all shared but `own`. */
static struct model_config six_layers(int decoder_layers, int own)
{
	struct model_config c = small_config();

	c.layers = 6;
	c.shared_layers = 6 - own;
	c.decoder_layers = decoder_layers;
	c.from_trunk = true;
	c.max_positions = 24;
	return c;
}

/* All of the decoder is fresh, unless it is `kept`; returns how many were taken. */
static int take(struct test_model *m, const char *kept)
{
	bool fresh[256];
	int n = 0, taken;

	assert_true(m->ps.n <= 256);
	for (int p = 0; p < m->ps.n; p++) {
		const char *name = m->ps.p[p].name;

		fresh[p] = strstr(name, "decoder.") && !(kept && strstr(name, kept));
		n += fresh[p];
	}
	taken = model_take_trunk(m->m, &m->ps, fresh);
	for (int p = 0; p < m->ps.n; p++)
		n -= fresh[p];
	assert_int_equal(n, taken);
	return taken;
}

static const float *value(const struct test_model *m, const char *name)
{
	int p = param_find(&m->ps, name);

	if (p < 0)
		fail_msg("no parameter '%s'", name);
	return param_value(&m->ps, p);
}

/* decoder.I.OURS is n numbers of encoder.J.THEIRS from `at` on. */
static bool is_part(const struct test_model *m, int i, const char *ours, const char *trunk,
		    int j, const char *theirs, size_t at, size_t n)
{
	char a[96], b[96];

	snprintf(a, sizeof a, "tasks.sum.decoder.%d.%s", i, ours);
	snprintf(b, sizeof b, "%s.%d.%s", trunk, j, theirs);
	return !memcmp(value(m, a), value(m, b) + at, n * sizeof(float));
}

static bool is_layer(const struct test_model *m, int i, const char *trunk, int j)
{
	size_t C = 16, F = 32;

	return is_part(m, i, "attention.qkv.weight", trunk, j, "attention.qkv.weight", 0,
		       3 * C * C) &&
	       is_part(m, i, "attention.qkv.bias", trunk, j, "attention.qkv.bias", 0, 3 * C) &&
	       is_part(m, i, "attention.out.weight", trunk, j, "attention.out.weight", 0,
		       C * C) &&
	       is_part(m, i, "attention.norm.bias", trunk, j, "attention.norm.bias", 0, C) &&
	       is_part(m, i, "cross.q.weight", trunk, j, "attention.qkv.weight", 0, C * C) &&
	       is_part(m, i, "cross.kv.weight", trunk, j, "attention.qkv.weight", C * C,
		       2 * C * C) &&
	       is_part(m, i, "cross.q.bias", trunk, j, "attention.qkv.bias", 0, C) &&
	       is_part(m, i, "cross.kv.bias", trunk, j, "attention.qkv.bias", C, 2 * C) &&
	       is_part(m, i, "cross.out.weight", trunk, j, "attention.out.weight", 0, C * C) &&
	       is_part(m, i, "cross.norm.weight", trunk, j, "attention.norm.weight", 0, C) &&
	       is_part(m, i, "feed.up.weight", trunk, j, "feed.up.weight", 0, C * F) &&
	       is_part(m, i, "feed.down.bias", trunk, j, "feed.down.bias", 0, C) &&
	       is_part(m, i, "feed.norm.weight", trunk, j, "feed.norm.weight", 0, C);
}

/* Biases and norms differ from layer to layer, as they do once they are trained. */
static void scatter(struct test_model *m)
{
	for (int p = 0; p < m->ps.n; p++) {
		struct rng r = rng_stream(8, RNG_TEST, 0, (uint64_t)p);
		float *v = param_value(&m->ps, p);

		for (size_t i = 0; i < param_count(&m->ps, p); i++)
			v[i] += 0.3f * rng_normal(&r, i);
	}
}

static void test_layers(void **state)
{
	static const int from[7][6] = { { 0 }, { 0 }, { 0, 5 }, { 0, 3, 5 }, { 0, 2, 3, 5 },
					{ 0, 1, 3, 4, 5 }, { 0, 1, 2, 3, 4, 5 } };
	struct test_model m;

	(void)state;
	for (int n = 1; n <= 6; n++)
		for (int pre = 0; pre < 2; pre++) {
			struct model_config c = six_layers(n, 0);

			c.pre_norm = pre;
			tm_init(&m, &c, sum_task, 1);
			scatter(&m);
			assert_false(is_layer(&m, 0, "encoder", 0));
			assert_int_equal(take(&m, NULL), n * 20 + 1 + 2 + 1);
			for (int i = 0; i < n; i++)
				assert_true(is_layer(&m, i, "encoder", from[n][i]));
			assert_memory_equal(value(&m, "tasks.sum.decoder.norm.bias"),
					    value(&m, pre ? "encoder.norm.bias" :
							    "embed.norm.bias"),
					    16 * sizeof(float));
			tm_release(&m);
		}
}

/* A task's own copies of the trunk's layers are what its decoder begins as. */
static void test_own_layers(void **state)
{
	struct model_config c = six_layers(6, 2);
	struct test_model m;

	(void)state;
	tm_init(&m, &c, sum_task, 1);
	scatter(&m);
	take(&m, NULL);
	assert_true(is_layer(&m, 3, "encoder", 3));
	assert_true(is_layer(&m, 4, "tasks.sum.encoder", 4));
	assert_true(is_layer(&m, 5, "tasks.sum.encoder", 5));
	tm_release(&m);
}

/* Every row of a summary has the first segment's, which the table of places takes in. */
static void test_tables(void **state)
{
	struct model_config c = six_layers(2, 0);
	struct test_model m;
	const float *pos, *all, *seg;

	(void)state;
	c.position_offset = 3;
	c.tied = false;
	tm_init(&m, &c, sum_task, 1);
	take(&m, NULL);
	pos = value(&m, "tasks.sum.decoder.position");
	all = value(&m, "embed.position") + 3 * 16;
	seg = value(&m, "embed.segment");
	for (int i = 0; i < 12 * 16; i++)
		assert_true(pos[i] == all[i] + seg[i % 16]);
	assert_memory_equal(value(&m, "tasks.sum.decoder.token"), value(&m, "embed.token"),
			    40 * 16 * sizeof(float));
	assert_memory_equal(value(&m, "tasks.sum.decoder.output.weight"),
			    value(&m, "embed.token"), 40 * 16 * sizeof(float));
	tm_release(&m);
	c.pre_norm = false; /* tables of another width are of no use */
	c.embed_dim = 12;
	tm_init(&m, &c, sum_task, 1);
	scatter(&m);
	take(&m, NULL);
	assert_true(is_layer(&m, 1, "encoder", 5));
	assert_false(model_begins_trained(m.m, param_find(&m.ps, "tasks.sum.decoder.position")));
	assert_false(model_begins_trained(m.m, param_find(&m.ps, "tasks.sum.decoder.token")));
	assert_false(model_begins_trained(m.m,
					  param_find(&m.ps, "tasks.sum.decoder.norm.bias")));
	tm_release(&m);
}

/* --- what is new --- */

static void test_fresh(void **state)
{
	static const char *const name[] = { "copy.q.weight", "copy.k.weight",
					    "copy.gate.weight", "output.bias" };
	struct model_config c = six_layers(2, 0);
	struct test_model m, drawn;

	(void)state;
	tm_init(&m, &c, sum_task, 1);
	tm_init(&drawn, &c, sum_task, 1);
	take(&m, NULL);
	for (int i = 0; i < 4; i++) {
		char full[96];
		int p;

		snprintf(full, sizeof full, "tasks.sum.decoder.%s", name[i]);
		p = param_find(&m.ps, full);
		assert_memory_equal(value(&m, full), value(&drawn, full),
				    param_count(&m.ps, p) * sizeof(float));
		assert_false(model_begins_trained(m.m, p));
	}
	for (int i = 0; i < 16 * 16; i++)
		assert_true(value(&m, "tasks.sum.decoder.output.transform.weight")[i] ==
			    (i % 17 ? 0.0f : 1.0f));
	tm_release(&m);
	tm_init(&m, &c, sum_task, 1); /* what an init has for a decoder stays */
	take(&m, ".1.cross.");
	assert_memory_equal(value(&m, "tasks.sum.decoder.1.cross.q.weight"),
			    value(&drawn, "tasks.sum.decoder.1.cross.q.weight"),
			    16 * 16 * sizeof(float));
	tm_release(&m);
	tm_release(&drawn);
}

static void test_random(void **state)
{
	struct model_config c = six_layers(2, 0);
	struct test_model m;

	(void)state;
	c.from_trunk = false;
	tm_init(&m, &c, sum_task, 1);
	assert_int_equal(take(&m, NULL), 0);
	assert_true(param_find(&m.ps, "tasks.sum.decoder.output.transform.weight") < 0);
	for (int p = 0; p < m.ps.n; p++)
		assert_false(model_begins_trained(m.m, p));
	tm_release(&m);
}

/* --- refused --- */

static void refuse(const struct model_config *c, const char *why)
{
	struct param_set ps;
	struct model *m;
	struct err err = { "" };

	param_set_init(&ps);
	assert_int_equal(model_declare(c, sum_task, 1, &ps, &m, &err), ST_INVALID);
	if (!strstr(err.text, why))
		fail_msg("'%s' in '%s'", why, err.text);
	param_set_release(&ps);
}

static void test_refused(void **state)
{
	struct model_config c = six_layers(7, 0);

	(void)state;
	refuse(&c, "a decoder of 7 layers over a trunk that has 6");
	c = six_layers(2, 0);
	c.max_target = 25;
	refuse(&c, "summaries of 25 pieces (max_target) where the trunk has 24 places");
	c = six_layers(2, 0);
	c.split_qkv = true;
	refuse(&c, "not with model.split_qkv");
	c = six_layers(2, 0);
	snprintf(c.kind, sizeof c.kind, "bilstm");
	refuse(&c, "a 'bilstm' has no layers that a decoder could begin as");
}

/* --- the function --- */

static void batch_of(struct test_batch *x)
{
	tb_init(x, 0, TASK_SUMMARIZE);
	for (int i = 0; i < 4; i++) {
		struct rng r = rng_stream(3, RNG_TEST, 0, (uint64_t)i);
		int32_t w[8];

		for (int j = 0; j < 8; j++)
			w[j] = ID_WORD + (int32_t)rng_below(&r, (uint64_t)j, 30);
		tb_add(x, w, 3 + i, 99, w + 1, 1 + i);
	}
}

static double loss_along(struct test_model *m, double step)
{
	struct test_batch x;

	batch_of(&x);
	for (int p = 0; p < m->ps.n; p++)
		for (size_t i = 0; i < param_count(&m->ps, p); i++)
			param_value(&m->ps, p)[i] += (float)(step * (double)grads_at(m->g, p)[i]);
	tape_begin(&m->t, NULL, NULL);
	return model_loss(m->m, &m->t, &x.b, 0.0f).objective;
}

/* By a step along the gradient, both ways, and what a search says of its own words. */
static void check_function(const struct model_config *c)
{
	static const struct decode_config greedy = { .beams = 1, .min_len = 1, .max_len = 6 };
	struct generation g;
	struct test_batch x;
	struct test_model m;
	double norm, up, down;

	tm_init(&m, c, sum_task, 1);
	take(&m, NULL);
	batch_of(&x);
	grads_clear(m.g);
	tape_begin(&m.t, m.g, NULL);
	model_loss(m.m, &m.t, &x.b, 0.0f);
	tape_backward(&m.t);
	norm = sqrt(grads_sumsq(m.g, GRADS_ALL));
	up = loss_along(&m, 3e-4 / norm);
	down = loss_along(&m, -6e-4 / norm);
	assert_near((up - down) / 6e-4 / norm, 1, 5e-3);

	generation_init(&g);
	tape_begin(&m.t, NULL, NULL);
	model_generate(m.m, &m.t, &x.b, &greedy, ID_CLS, ID_SEP, test_banned, 4, &g);
	for (int e = 0; e < x.b.B; e++) {
		const struct hypothesis *h = &g.hyp[e];
		double sum = 0;
		struct test_batch one;

		assert_true(h->n > 0);
		tb_init(&one, 0, TASK_SUMMARIZE);
		tb_add(&one, x.ids + x.off[e] + 1, x.off[e + 1] - x.off[e] - 2, 99, h->ids,
		       h->n);
		one.out[h->n] = -1; /* its end is not counted */
		for (int i = 0; i < h->n; i++)
			sum -= log((double)h->prob[i]);
		tape_begin(&m.t, NULL, NULL);
		assert_near(model_loss(m.m, &m.t, &one.b, 0.0f).plain, sum / h->n, 1e-4);
	}
	generation_release(&g);
	tm_release(&m);
}

static void test_function(void **state)
{
	static const char *const decoder[] = { "cross", "prefix" };

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct model_config c = six_layers(3, 1);

		snprintf(c.decoder, sizeof c.decoder, "%s", decoder[i % 2]);
		c.max_positions = 40;
		c.pre_norm = i & 2;
		c.copy = i & 4;
		check_function(&c);
	}
}

/* --- beside transformers --- */

enum { PLACES = 10, VOCAB = 97 };

/* log p of every piece at place j of what is said of a text. */
static void pieces(struct test_model *m, const int32_t *ids, int n, const int32_t *said,
		   int j, double *logp)
{
	struct test_batch x;

	tb_init(&x, 0, TASK_SUMMARIZE);
	for (int i = 0; i < n; i++) {
		x.ids[i] = ids[i];
		x.pos[i] = i;
	}
	for (int i = 0; i <= j; i++) {
		x.in[i] = i ? said[i - 1] : 0;
		x.dpos[i] = i;
		x.out[i] = -1;
	}
	x.b.B = 1;
	x.b.N = x.off[1] = n;
	x.b.T = x.dec_off[1] = j + 1;
	for (int v = 0; v < VOCAB; v++) {
		x.out[j] = v;
		tape_begin(&m->t, NULL, NULL);
		logp[v] = -model_loss(m->m, &m->t, &x.b, 0.0f).plain;
	}
}

static int ints(const struct json *list, int32_t *out)
{
	int n = 0;

	for (const struct json *j = json_first(list); j; j = json_next(j), n++) {
		int64_t v;

		assert_true(json_int(j, &v) && n < 16);
		out[n] = (int32_t)v;
	}
	return n;
}

/* The greatest difference of all log p of the line. */
static double worst(struct test_model *m, const struct json *row)
{
	static double want[PLACES * VOCAB], is[PLACES * VOCAB];
	const struct json *ids = json_first(json_get(row, "ids"));
	const struct json *said = json_first(json_get(row, "said"));
	double most = 0;
	int at = 0;

	assert_int_equal(golden_numbers(row, "logp", want, PLACES * VOCAB), PLACES * VOCAB);
	for (; ids; ids = json_next(ids), said = json_next(said)) {
		int32_t text[16], words[16];
		int n = ints(ids, text), t = ints(said, words);

		for (int j = 0; j < t; j++, at++)
			pieces(m, text, n, words, j, is + at * VOCAB);
	}
	assert_int_equal(at, PLACES);
	for (int i = 0; i < PLACES * VOCAB; i++)
		most = fmax(most, fabs(is[i] - want[i]));
	return most;
}

static void test_transformers(void **state)
{
	struct pretrained *p;

	(void)state;
	assert_int_equal(pretrained_open(FOREIGN "bert-mlm", &p, NULL), ST_OK);
	for (int layers = 2; layers <= 3; layers++) {
		struct model_config c = pretrained_info(p)->cfg;
		struct pretrained_report report;
		struct test_model m;
		struct json *row;
		char name[32];
		int at;

		c.max_source = 9;
		c.max_target = 6;
		c.decoder_layers = layers;
		c.tied = c.from_trunk = true;
		tm_init(&m, &c, sum_task, 1);
		assert_int_equal(pretrained_load(p, m.m, &m.ps, NULL, &report, NULL), ST_OK);
		assert_null(strstr(buf_str(&report.unused), "cls."));
		assert_int_equal(model_take_trunk(m.m, &m.ps, report.is_fresh), 20 * layers + 3);
		for (int i = 0; i < m.ps.n; i++)
			assert_false(report.is_fresh[i]);
		snprintf(name, sizeof name, "bert-mlm %d", layers);
		row = foreign_row(FOREIGN "decoder.jsonl", name);
		assert_near(worst(&m, row), 0, 1e-4);
		at = param_find(&m.ps, "tasks.sum.decoder.1.cross.kv.weight");
		param_value(&m.ps, at)[3] += 1; /* and it sees a fault */
		assert_true(worst(&m, row) > 1e-3);
		json_free(row);
		pretrained_report_release(&report);
		tm_release(&m);
	}
	pretrained_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers),	 cmocka_unit_test(test_own_layers),
		cmocka_unit_test(test_tables),	 cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_random),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_function), cmocka_unit_test(test_transformers),
	};

	return cmocka_run_group_tests_name("decoder_init", tests, NULL, NULL);
}
