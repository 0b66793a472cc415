/*
 * test_safetensors.c - what is written comes back; what was touched since
 * is refused with a word, and whatever the bytes are, nothing worse happens.
 */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/safetensors.h"

static char folder[64], path[96];

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/tutti-st-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/m.safetensors", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static const float weights[6] = { 1.0f, -2.5f, 3e-30f, 0.0f, 1e30f, -0.0f };
static const int64_t counts[3] = { 1, -1, INT64_MAX };
static const uint8_t bytes[3] = { 1, 0, 1 };
static const uint16_t halves[4] = { 0x3c00, 0xc000, 0x0001, 0x7bff };
static const char *const meta[] = { "step", "500", "note \"x\"", "\xc3\xa9\n",
				    NULL };

static int fill(struct st_entry *e)
{
	int n = 0;

	e[n++] = (struct st_entry){ "b.half", ST_F16, 1, { 4 }, halves, 8 };
	e[n++] = (struct st_entry){ "layer.weight", ST_F32, 2, { 2, 3 },
				    weights, 24 };
	e[n++] = (struct st_entry){ "empty", ST_F32, 2, { 0, 7 }, weights, 0 };
	e[n++] = (struct st_entry){ "one", ST_F32, 0, { 0 }, weights + 4, 4 };
	e[n++] = (struct st_entry){ "bytes", ST_BOOL, 1, { 3 }, bytes, 3 };
	e[n++] = (struct st_entry){ "counts", ST_I64, 1, { 3 }, counts, 24 };
	return n;
}

static void save_one(void)
{
	struct st_entry e[8];
	struct err err = { "" };
	int n = fill(e);

	if (safetensors_save(path, e, n, meta, &err))
		fail_msg("%s", err.text);
}

static void test_round_trip(void **state)
{
	struct safetensors *s;
	struct st_entry e[8];
	struct err err = { "" };
	int n = fill(e);

	(void)state;
	save_one();
	assert_int_equal(safetensors_open(path, true, &s, &err), ST_OK);
	assert_int_equal(safetensors_count(s), n);
	for (int i = 0; i < n; i++) {
		const struct st_entry *r = safetensors_find(s, e[i].name);

		assert_non_null(r);
		assert_int_equal(r->dtype, e[i].dtype);
		assert_int_equal(r->n_dims, e[i].n_dims);
		assert_memory_equal(r->dim, e[i].dim,
				    (size_t)e[i].n_dims * sizeof *r->dim);
		assert_int_equal(r->bytes, e[i].bytes);
		assert_memory_equal(r->data, e[i].data, e[i].bytes);
		assert_int_equal((uintptr_t)r->data %
				 (r->dtype == ST_I64 ? 8 : 4), 0);
	}
	assert_null(safetensors_find(s, "layer"));
	assert_null(safetensors_find(s, "__metadata__"));
	assert_null(safetensors_find(s, ""));
	assert_string_equal(safetensors_at(s, 0)->name, "counts");
	assert_string_equal(safetensors_meta(s, "step"), "500");
	assert_string_equal(safetensors_meta(s, "note \"x\""), "\xc3\xa9\n");
	assert_null(safetensors_meta(s, "Step"));
	safetensors_close(s);
	safetensors_close(NULL);
}

static void test_nothing(void **state)
{
	struct safetensors *s;
	struct err err = { "" };

	(void)state;
	assert_int_equal(safetensors_save(path, NULL, 0, NULL, &err), ST_OK);
	assert_int_equal(safetensors_open(path, true, &s, &err), ST_OK);
	assert_int_equal(safetensors_count(s), 0);
	assert_null(safetensors_find(s, "x"));
	assert_null(safetensors_meta(s, "x"));
	safetensors_close(s);
	unlink(path);
	assert_int_equal(safetensors_open(path, true, &s, &err), ST_NOT_FOUND);
	assert_int_equal(safetensors_open(folder, true, &s, &err), ST_INVALID);
	assert_null(s);
}

static float ref_half(uint16_t h)
{
	int e = h >> 10 & 31;
	double m = h & 1023, x = e ? ldexp(1024 + m, e - 25) : ldexp(m, -24);

	if (e == 31)
		x = m > 0 ? (double)NAN : (double)INFINITY;
	return (float)(h >> 15 ? -x : x);
}

static void test_halves(void **state)
{
	static uint16_t all[65536];
	static float out[65536];
	struct st_entry e = { "x", ST_F16, 1, { 65536 }, all, sizeof all };

	(void)state;
	for (int i = 0; i < 65536; i++)
		all[i] = (uint16_t)i;
	assert_int_equal(safetensors_numbers(&e), 65536);
	safetensors_floats(&e, out);
	for (int i = 0; i < 65536; i++) {
		float want = ref_half((uint16_t)i);

		if (isnan(want))
			assert_true(isnan(out[i]));
		else
			assert_memory_equal(&out[i], &want, 4);
	}
	e.dtype = ST_BF16;
	safetensors_floats(&e, out);
	for (uint32_t i = 0; i < 65536; i++) {
		uint32_t u = i << 16;

		assert_memory_equal(&out[i], &u, 4);
	}
	e = (struct st_entry){ "x", ST_F32, 1, { 6 }, weights, 24 };
	safetensors_floats(&e, out);
	assert_memory_equal(out, weights, 24);
}

/* --- damage --- */

struct image {
	unsigned char b[4096];
	size_t n, header; /* header: bytes of JSON */
};

static void load(struct image *m)
{
	FILE *f = fopen(path, "rb");
	uint64_t h;

	assert_non_null(f);
	m->n = fread(m->b, 1, sizeof m->b, f);
	fclose(f);
	assert_true(m->n > 8 && m->n < sizeof m->b);
	memcpy(&h, m->b, 8);
	m->header = (size_t)h;
}

static void put(const struct image *m, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_true(pwrite(fd, m->b, n, 0) == (ssize_t)n);
	assert_true(!ftruncate(fd, (off_t)n));
	close(fd);
}

/* Opens; a refusal has to say something. Reads all that an opened file offers. */
static bool opens(bool need_sums)
{
	struct err err = { "" };
	struct safetensors *s;
	enum status st = safetensors_open(path, need_sums, &s, &err);
	uint64_t sum = 0;

	if (st) {
		assert_null(s);
		assert_true(strlen(err.text) > 10);
		return false;
	}
	for (int i = 0; i < safetensors_count(s); i++) {
		const struct st_entry *e = safetensors_at(s, i);

		sum += hash64_bytes(e->data, e->bytes);
		assert_ptr_equal(safetensors_find(s, e->name), e);
	}
	safetensors_close(s);
	return sum != 1;
}

/* Puts the header's checksum right again. */
static void resum(struct image *m)
{
	char digits[HASH_TEXT];
	size_t at = strlen("{\"__metadata__\":{\"xxh3:\":\"");

	memset(m->b + 8 + at, '0', 32);
	hash_text(hash_bytes(m->b + 8, m->header), digits);
	memcpy(m->b + 8 + at, digits, 32);
}

static void test_header_bytes(void **state)
{
	static const unsigned char change[5] = { 1, 0x20, 0x80, 0xff, 0x11 };
	struct image good, m;
	int taken = 0;

	(void)state;
	save_one();
	load(&good);
	for (size_t i = 0; i < 8 + good.header; i++)
		for (int k = 0; k < 5; k++) {
			m = good;
			m.b[i] = (unsigned char)(k < 3 ? m.b[i] ^ change[k] :
							 m.b[i] + change[k]);
			put(&m, m.n);
			if (opens(true))
				fail_msg("byte %zu, change %d is taken", i, k);
			opens(false);
			if (i < 8)
				continue;
			/* By somebody who knows the checksum: no crash. */
			resum(&m);
			put(&m, m.n);
			taken += opens(true);
			opens(false);
		}
	/* Only names of metadata and shapes of the same size are free to them. */
	assert_true(taken < 2 * (int)good.header);
}

static void test_truncation(void **state)
{
	struct image good;

	(void)state;
	save_one();
	load(&good);
	for (size_t n = 0; n < good.n; n++) {
		put(&good, n);
		assert_false(opens(true));
		assert_false(opens(false));
	}
	good.b[good.n] = 0;
	put(&good, good.n + 1);
	assert_false(opens(true));
	assert_false(opens(false));
	put(&good, good.n);
	assert_true(opens(true));
}

static void test_body(void **state)
{
	struct image good, m;

	(void)state;
	save_one();
	load(&good);
	for (size_t i = 8 + good.header; i < good.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			m = good;
			m.b[i] ^= (unsigned char)(1 << bit);
			put(&m, m.n);
			assert_false(opens(true));
			assert_false(opens(false));
		}
}

/* Random damage in several places at once, the checksum put right or not. */
static void test_random_damage(void **state)
{
	struct rng r = rng_stream(1, RNG_TEST, 0, 0);
	struct image good, m;

	(void)state;
	save_one();
	load(&good);
	for (uint64_t i = 0; i < 3000; i++) {
		m = good;
		for (uint64_t k = 0; k <= i % 5; k++)
			m.b[rng_below(&r, 40 * i + k, (uint32_t)m.n)] =
				(unsigned char)rng_u32(&r, 40 * i + 10 + k);
		if (i & 1 && !memcmp(m.b, good.b, 8))
			resum(&m);
		put(&m, m.n - (i % 7 == 0 ? i % m.n : 0));
		opens(i & 2);
	}
}

/* --- other people's files, and traps --- */

static void by_hand(const char *header, size_t data)
{
	static struct image m;
	uint64_t n = strlen(header);

	memset(&m, 0, sizeof m);
	memcpy(m.b, &n, 8);
	memcpy(m.b + 8, header, n);
	m.n = 8 + n + data;
	put(&m, m.n);
}

static void refused(const char *header, size_t data, const char *word)
{
	struct err err = { "" };
	struct safetensors *s;

	by_hand(header, data);
	assert_true(safetensors_open(path, false, &s, &err) != ST_OK);
	if (!strstr(err.text, word))
		fail_msg("'%s' does not say '%s'", err.text, word);
}

#define T(d, s, o) "{\"dtype\":\"" d "\",\"shape\":" s ",\"data_offsets\":" o "}"

static void test_foreign(void **state)
{
	struct safetensors *s;
	struct err err = { "" };

	(void)state;
	by_hand("{\"b\":" T("BF16", "[3]", "[4,10]") ",\"a\":"
		T("F32", "[1,1]", "[0,4]") "}  ", 10);
	assert_int_equal(safetensors_open(path, false, &s, &err), ST_OK);
	assert_string_equal(safetensors_at(s, 0)->name, "a");
	safetensors_close(s);
	assert_int_equal(safetensors_open(path, true, &s, &err), ST_CORRUPT);
	assert_non_null(strstr(err.text, "checksum"));
	refused("{\"a\":" T("F7", "[1]", "[0,8]") "}", 8, "no type of numbers");
	refused("{\"a\":" T("F32", "[1]", "[0,8]") "}", 8, "size");
	refused("{\"a\":" T("F32", "[1]", "[0,4]") "}", 8, "no tensor");
	refused("{\"a\":" T("F32", "[1]", "[4,8]") "}", 8, "gap");
	refused("{\"a\":" T("F32", "[1]", "[0,4]") ",\"b\":"
		T("F32", "[2]", "[0,8]") "}", 8, "overlap");
	refused("{\"a\":" T("F32", "[1]", "[0,4]") ",\"a\":"
		T("F32", "[1]", "[4,8]") "}", 8, "'a'");
	refused("{\"a\":" T("F32", "[-1]", "[0,4]") "}", 4, "shape");
	refused("{\"a\":" T("F32", "[1.5]", "[0,4]") "}", 4, "shape");
	refused("{\"a\":" T("F32", "[1,1,1,1,1]", "[0,4]") "}", 4, "shape");
	refused("{\"a\":" T("F32", "[4294967296,4294967296]", "[0,0]") "}", 0,
		"large");
	refused("{\"a\":" T("F32", "[1]", "[4,0]") "}", 4, "inside");
	refused("{\"a\":" T("F32", "[1]", "[0,9007199254740991]") "}", 4,
		"inside");
	refused("{\"a\":7}", 0, "dtype");
	refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":"
		"[0,0],\"x\":1}}", 0, "dtype");
	refused("{\"__metadata__\":3}", 0, "__metadata__");
	refused("{\"__metadata__\":{\"a\":3}}", 0, "'a'");
	refused("[]", 0, "object");
	refused("", 0, "object");
	refused("{\"a\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}", 0, "damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_header_bytes),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_random_damage),
		cmocka_unit_test(test_foreign),
	};

	return cmocka_run_group_tests_name("model_safetensors", tests, set_up,
					   tear_down);
}
