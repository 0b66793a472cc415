/*
 * test_base.c - errors, strings and numbers, clocks, progress, hashes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/status.h"
#include "base/str.h"

static void test_err_texts(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, ST_CORRUPT, "bad %s at %d", "magic", 3),
			 ST_CORRUPT);
	assert_string_equal(e.text, "bad magic at 3");
	/* the old text may be an argument of the new one */
	err_set(&e, ST_INVALID, "row 7: %s", e.text);
	assert_string_equal(e.text, "row 7: bad magic at 3");
	assert_int_equal(err_wrap(&e, ST_FAILED, "a.%s", "jsonl"), ST_FAILED);
	assert_string_equal(e.text, "a.jsonl: row 7: bad magic at 3");
	errno = ENOENT;
	assert_int_equal(err_sys(&e, "cannot open '%s'", "x"), ST_IO);
	assert_string_equal(e.text,
			    "cannot open 'x': no such file or directory");
	assert_int_equal(err_set(NULL, ST_FULL, "x"), ST_FULL);
	assert_int_equal(err_wrap(NULL, ST_BUSY, "x"), ST_BUSY);
	assert_int_equal(err_sys(NULL, "x"), ST_IO);
}

/* A message that is too long loses its end, at the border of a character. */
static void test_err_cut(void **state)
{
	struct err e;

	(void)state;
	for (size_t pad = 0; pad < 4; pad++) {
		struct buf b;
		size_t n;

		buf_init(&b);
		buf_add(&b, "xxx", pad);
		for (int i = 0; i < 400; i++)
			buf_adds(&b, "\xe2\x82\xac");
		err_set(&e, ST_FAILED, "%s", b.s);
		n = strlen(e.text);
		assert_true(n > ERR_MAX - 5 && n < ERR_MAX);
		assert_int_equal((n - pad) % 3, 0);
		err_wrap(&e, ST_FAILED, "prefix");
		n = strlen(e.text);
		assert_true(str_starts(e.text, "prefix: "));
		assert_int_equal((n - pad - 8) % 3, 0);
		buf_release(&b);
	}
}

static void say(const char *message)
{
	if (write(2, message, strlen(message)) < 0 || write(2, "|", 1) < 0)
		_exit(9);
}

/* Runs BUG() in a child; returns what it wrote and how it ended. */
static int bug_in_child(void (*hook)(const char *), char *out, size_t cap)
{
	int fds[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		dup2(fds[1], 2);
		bug_set_hook(hook);
		BUG_IF(cap > 0);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], out + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void test_bug_aborts(void **state)
{
	char text[400];
	int status = bug_in_child(NULL, text, sizeof text);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(text, "test_base.c:"));
	assert_non_null(strstr(text, "cap > 0\n"));
	status = bug_in_child(say, text, sizeof text);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(text, "cap > 0|"));
}

static void test_buf(void **state)
{
	struct buf b;
	char *taken;

	(void)state;
	buf_init(&b);
	assert_string_equal(buf_str(&b), "");
	buf_add(&b, "", 0);
	assert_string_equal(b.s, "");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%d,", i);
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	assert_int_equal(strlen(b.s), b.len);
	assert_true(str_starts(b.s, "0,1,2,"));
	buf_clear(&b);
	assert_string_equal(b.s, "");
	buf_add(&b, "a\0b", 3);
	buf_addc(&b, 'c');
	assert_memory_equal(b.s, "a\0bc", 5);
	taken = buf_take(&b);
	assert_memory_equal(taken, "a\0bc", 5);
	assert_null(b.s);
	xfree(taken);
	taken = buf_take(&b);
	assert_string_equal(taken, "");
	xfree(taken);
	buf_release(&b);
}

static void test_str(void **state)
{
	char d[4];

	(void)state;
	assert_true(str_copy(d, sizeof d, "abc"));
	assert_string_equal(d, "abc");
	assert_false(str_copy(d, sizeof d, "wxyz"));
	assert_string_equal(d, "wxy");
	assert_true(str_format(d, sizeof d, "%d", 123));
	assert_false(str_format(d, sizeof d, "%d", 1234));
	assert_string_equal(d, "123");
	assert_true(str_starts("tasks.x", "tasks."));
	assert_false(str_starts("task", "tasks."));
	assert_true(str_eq("", "") && !str_eq("a", "A"));
}

static void test_parse_integers(void **state)
{
	static const char *const bad[] = { "", "-", "+", " 1", "1 ", "0x1", "1.0",
					   "--1", "+-1", "9223372036854775808",
					   "-9223372036854775809", "1e3" };
	int64_t x;
	uint64_t u;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(parse_i64(bad[i], &x));
	assert_true(parse_i64("9223372036854775807", &x) && x == INT64_MAX);
	assert_true(parse_i64("-9223372036854775808", &x) && x == INT64_MIN);
	assert_true(parse_i64("+007", &x) && x == 7);
	assert_true(parse_i64("-0", &x) && x == 0);
	assert_true(parse_u64("18446744073709551615", &u) && u == UINT64_MAX);
	assert_false(parse_u64("18446744073709551616", &u));
	assert_false(parse_u64("99999999999999999999", &u));
	assert_false(parse_u64("-1", &u));
}

static void test_parse_double(void **state)
{
	static const char *const bad[] = { "", ".", "-", "nan", "inf", "-inf",
					   "0x1p3", "1e", "1e+", "1 ", " 1",
					   "1,5", "1e999", "1.2.3", "e5" };
	double x;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(parse_double(bad[i], &x));
	assert_true(parse_double("3e-4", &x) && x == 3e-4);
	assert_true(parse_double("-.5", &x) && x == -0.5);
	assert_true(parse_double("5.", &x) && x == 5);
	assert_true(parse_double("+1E+2", &x) && x == 100);
}

static double from_bits(uint64_t bits)
{
	double x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

static void check_double_texts(double x)
{
	char hex[17], text[32];
	double y;

	double_to_hex(x, hex);
	assert_int_equal(strlen(hex), 16);
	assert_true(double_from_hex(hex, &y));
	assert_memory_equal(&x, &y, sizeof x);
	if (!isfinite(x))
		return;
	double_to_text(x, text);
	assert_true(parse_double(text, &y));
	assert_memory_equal(&x, &y, sizeof x);
}

static void test_double_texts(void **state)
{
	static const struct {
		double x;
		const char *text;
	} rows[] = { { 0.1, "0.1" }, { 3e-4, "0.0003" }, { 1e22, "1e+22" },
		     { 5e-324, "5e-324" }, { -0.0, "-0" }, { 100, "100" },
		     { 1.0 / 3, "0.3333333333333333" },
		     { DBL_MAX, "1.7976931348623157e+308" },
		     { 0.1 + 0.2, "0.30000000000000004" } };
	struct rng r = rng_stream(5, RNG_TEST, 0, 0);
	char text[32];
	double y;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double_to_text(rows[i].x, text);
		assert_string_equal(text, rows[i].text);
		check_double_texts(rows[i].x);
	}
	for (uint64_t i = 0; i < 40000; i += 2)
		check_double_texts(from_bits((uint64_t)rng_u32(&r, i) << 32 |
					     rng_u32(&r, i + 1)));
	double_to_text(NAN, text);
	assert_string_equal(text, "nan");
	double_to_text(-INFINITY, text);
	assert_string_equal(text, "-inf");
	assert_false(double_from_hex("3ff000000000000", &y));
	assert_false(double_from_hex("3ff00000000000000", &y));
	assert_false(double_from_hex("3ff000000000000g", &y));
}

static void test_clock(void **state)
{
	double before = clock_now(), cpu = clock_thread_cpu(), all = clock_process_cpu();
	volatile double sum = 0;
	char text[32];

	(void)state;
	for (int i = 0; i < 1000000; i++)
		sum = sum + i;
	assert_true(clock_now() > before);
	assert_true(clock_thread_cpu() > cpu);
	assert_true(clock_process_cpu() - all >= clock_thread_cpu() - cpu - 1e-3);
	assert_true(clock_unix_ms() > INT64_C(1700000000000));
	clock_iso(INT64_C(1777896062000), text);
	assert_string_equal(text, "2026-05-04T12:01:02Z");
	clock_iso(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59Z");
}

static bool count_tick(struct progress *p)
{
	++*(int *)p->arg;
	return p->done >= 500;
}

static void test_progress(void **state)
{
	int calls = 0;
	struct progress p = { .tick = count_tick, .arg = &calls };

	(void)state;
	progress_begin(NULL, 1, "rows", "nothing");
	assert_false(progress_tick(NULL, 1));
	progress_begin(&p, 1000, "rows", "reading %s", "a.jsonl");
	assert_string_equal(p.what, "reading a.jsonl");
	assert_true(progress_eta(&p) < 0);
	assert_false(progress_tick(&p, 1));
	assert_int_equal(calls, 1);
	for (uint64_t i = 2; i < 400; i++)
		assert_false(progress_tick(&p, i));
	assert_true(calls < 5);
	p.last -= 1; /* as if a second had passed */
	assert_true(progress_tick(&p, 500));
	p.started = clock_now() - 10;
	assert_true(fabs(progress_eta(&p) - 10) < 1);
	progress_tick(&p, 1000);
	assert_true(progress_eta(&p) == 0);
}

/* The first two are the reference values of XXH3 for no bytes and seed 0. */
static void test_hash_values(void **state)
{
	char text[HASH_TEXT];

	(void)state;
	hash_text(hash_bytes("", 0), text);
	assert_string_equal(text, "99aa06d3014798d86001c324468d497f");
	assert_true(hash64_bytes(NULL, 0) == UINT64_C(0x2d06800538d394c2));
	hash_text(hash_bytes("a", 1), text);
	assert_string_equal(text, "a96faf705af16834e6c632b61e964e1f");
}

static void test_hash_streams(void **state)
{
	char data[5000];
	struct hasher *h;
	struct hash whole;

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7 + i / 256);
	whole = hash_bytes(data, sizeof data);
	for (size_t piece = 1; piece < 3000; piece = piece * 3 + 1) {
		h = hasher_new();
		for (size_t at = 0; at < sizeof data; at += piece) {
			size_t left = sizeof data - at;

			hasher_add(h, data + at, left < piece ? left : piece);
		}
		assert_true(hash_equal(hasher_end(h), whole));
	}
	data[4999] ^= 1;
	assert_false(hash_equal(hash_bytes(data, sizeof data), whole));
}

static void test_hash_fields(void **state)
{
	struct hasher *h = hasher_new();
	struct hash a, b;

	(void)state;
	hasher_add_str(h, "ab");
	hasher_add_str(h, "c");
	hasher_add_u64(h, 258);
	a = hasher_end(h);
	assert_true(hash_equal(
		a, hash_bytes("ab\0c\0\x02\x01\0\0\0\0\0\0", 13)));
	h = hasher_new();
	hasher_add_str(h, "a");
	hasher_add_str(h, "bc");
	hasher_add_u64(h, 258);
	b = hasher_end(h);
	assert_false(hash_equal(a, b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err_texts),
		cmocka_unit_test(test_err_cut),
		cmocka_unit_test(test_bug_aborts),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_str),
		cmocka_unit_test(test_parse_integers),
		cmocka_unit_test(test_parse_double),
		cmocka_unit_test(test_double_texts),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_hash_values),
		cmocka_unit_test(test_hash_streams),
		cmocka_unit_test(test_hash_fields),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
