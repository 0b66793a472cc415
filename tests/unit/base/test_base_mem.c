/*
 * test_base_mem.c - the heap's counters and faults, growing arrays, arenas.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static void test_allocations(void **state)
{
	char *p, *q;

	(void)state;
	p = xmalloc(0);
	assert_non_null(p);
	p = xrealloc(p, 100);
	memset(p, 1, 100);
	xfree(p);
	p = xcalloc(10, 10);
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	xfree(p);
	p = xstrndup("abcdef", 3);
	q = xstrdup(p);
	assert_string_equal(q, "abc");
	xfree(p);
	xfree(q);
	for (size_t n = 0; n < 300; n += 7) {
		p = xalloc64(n);
		assert_int_equal((uintptr_t)p % 64, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		xfree(p);
	}
	xfree(NULL);
}

static void test_counters(void **state)
{
	uint64_t mine = mem_thread_allocations(), all = mem_allocations();
	char *p = xmalloc(1);

	(void)state;
	p = xrealloc(p, 2);
	xfree(p);
	xfree(xalloc64(10));
	xfree(xstrdup("x"));
	assert_int_equal(mem_thread_allocations() - mine, 4);
	assert_int_equal(mem_allocations() - all, 4);
}

static void test_array_grow(void **state)
{
	uint64_t before = mem_thread_allocations();
	int *v = NULL;
	size_t cap = 0;

	(void)state;
	for (int n = 0; n < 10000; n++) {
		ARRAY_GROW(v, n, cap);
		v[n] = n;
	}
	for (int n = 0; n < 10000; n++)
		assert_int_equal(v[n], n);
	assert_true(cap >= 10000);
	assert_true(mem_thread_allocations() - before < 15);
	xfree(v);
}

static void tell_size(size_t size)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%zu", size);

	xfree(xmalloc(8)); /* the hook itself may allocate */
	if (write(1, text, (size_t)n) < 0)
		_exit(9);
}

static void two_then_fail(void)
{
	mem_fail_after(3);
	xfree(xmalloc(11));
	xfree(xcalloc(1, 22));
	xfree(xmalloc(33));
}

static void overflow(void)
{
	volatile size_t n = SIZE_MAX / 2;

	xfree(xreallocarray(NULL, n, 3));
}

static void too_much(void)
{
	volatile size_t n = SIZE_MAX / 4;

	xfree(xalloc64(n));
}

/* Runs `work` in a child, checks that it exits with 1, reads what it said. */
static void check_dies(void (*work)(void), const char *said)
{
	char text[64];
	int fds[2], status;
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(fds[1], 1);
		mem_set_oom_hook(tell_size);
		work();
		_exit(0);
	}
	close(fds[1]);
	n = read(fds[0], text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	if (said)
		assert_string_equal(text, said);
	else
		assert_true(n > 0);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	check_dies(two_then_fail, "33");
	check_dies(overflow, NULL);
#ifndef TUTTI_SANITIZED /* AddressSanitizer ends the process by itself */
	check_dies(too_much, NULL);
#else
	(void)too_much;
#endif
}

static void test_resident(void **state)
{
	enum { SIZE = 48 << 20 };
	uint64_t before = mem_now_bytes(), with, after;
	char *p = xmalloc(SIZE);

	(void)state;
	assert_true(before > 0);
	memset(p, 1, SIZE);
	with = mem_now_bytes();
	assert_true(with >= before + SIZE / 2);
	xfree(p);
	after = mem_now_bytes();
	assert_true(mem_peak_bytes() >= with);
	assert_true(mem_peak_bytes() >= after);
}

static void test_arena_steady(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	for (int round = 0; round < 6; round++) {
		uint64_t before = mem_thread_allocations();

		for (size_t i = 0; i < 400; i++) {
			unsigned char *p = arena_alloc(&a, i * 13);

			assert_int_equal((uintptr_t)p % 64, 0);
			memset(p, (int)i, i * 13);
		}
		arena_reset(&a);
		if (round > 0)
			assert_int_equal(mem_thread_allocations(), before);
	}
	assert_int_equal(a.total, 0);
	arena_release(&a);
	arena_release(&a);
}

/* What was handed out stays apart and untouched while the arena grows. */
static void test_arena_contents(void **state)
{
	unsigned char *p[200];
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < 200; i++) {
		p[i] = arena_alloc(&a, i * 50 + 1);
		memset(p[i], (int)i, i * 50 + 1);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t k = 0; k < i * 50 + 1; k++)
			assert_int_equal(p[i][k], i);
	p[0] = arena_zalloc(&a, 1000);
	for (size_t k = 0; k < 1000; k++)
		assert_int_equal(p[0][k], 0);
	assert_non_null(arena_alloc(&a, 0));
	arena_release(&a);
}

static void test_arena_rewind(void **state)
{
	struct arena a;
	struct arena_mark empty, m;
	void *first, *again;
	uint64_t before;

	(void)state;
	arena_init(&a);
	empty = arena_mark(&a);
	arena_alloc(&a, 100);
	m = arena_mark(&a);
	first = arena_alloc(&a, 100);
	arena_rewind(&a, m);
	again = arena_alloc(&a, 100);
	assert_ptr_equal(first, again);
	arena_alloc(&a, 10 << 20); /* a newer block */
	arena_rewind(&a, m);
	assert_int_equal(a.total, 128);
	assert_ptr_equal(arena_alloc(&a, 100), first);
	arena_rewind(&a, empty);
	assert_int_equal(a.total, 0);
	/* the reset remembers the large block that the rewind gave back */
	arena_reset(&a);
	before = mem_thread_allocations();
	arena_alloc(&a, 100);
	arena_alloc(&a, 10 << 20);
	assert_int_equal(mem_thread_allocations(), before);
	assert_true(a.peak >= 10 << 20);
	arena_release(&a);
}

static void test_arena_reserve(void **state)
{
	struct arena a;
	uint64_t before;

	(void)state;
	arena_init(&a);
	arena_reserve(&a, 1 << 20);
	before = mem_thread_allocations();
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1 << 10; i++)
			arena_alloc(&a, 1 << 10);
		assert_int_equal(mem_thread_allocations(), before);
		arena_reset(&a);
	}
	arena_reserve(&a, 1 << 22); /* on top of what is there */
	arena_reset(&a);
	before = mem_thread_allocations();
	arena_alloc(&a, 1 << 22);
	assert_int_equal(mem_thread_allocations(), before);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allocations),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_array_grow),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_resident),
		cmocka_unit_test(test_arena_steady),
		cmocka_unit_test(test_arena_contents),
		cmocka_unit_test(test_arena_rewind),
		cmocka_unit_test(test_arena_reserve),
	};

	return cmocka_run_group_tests_name("base_mem", tests, NULL, NULL);
}
