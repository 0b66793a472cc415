/*
 * mem.c - the heap's one door: counted, never NULL, and made to fail by tests.
 */
#include "base/mem.h"

#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/status.h"

enum { ALIGN = 64, PAGE = 4096, LAZY = 1 << 20 };

static _Thread_local uint64_t thread_count;
static _Atomic uint64_t total_count;
static _Atomic uint64_t fail_countdown; /* 0: off */
static void (*oom_hook)(size_t size);
static _Atomic uint64_t anon_high_water;

void mem_set_oom_hook(void (*hook)(size_t size))
{
	oom_hook = hook;
}

/* The hook's own allocations may fail as well: the second time just leaves. */
_Noreturn static void out_of_memory(size_t size)
{
	static const char word[] = "out of memory\n";
	static atomic_flag entered = ATOMIC_FLAG_INIT;

	if (!atomic_flag_test_and_set(&entered)) {
		if (oom_hook)
			oom_hook(size);
		else if (write(2, word, sizeof word - 1) < 0)
			_exit(1);
	}
	_exit(1);
}

/* True when the test's fault counter says that this call must fail. */
static bool count_allocation(void)
{
	thread_count++;
	atomic_fetch_add_explicit(&total_count, 1, memory_order_relaxed);
	if (!atomic_load_explicit(&fail_countdown, memory_order_relaxed))
		return false;
	return atomic_fetch_sub(&fail_countdown, 1) == 1;
}

static void *checked(void *p, size_t size)
{
	if (!p)
		out_of_memory(size);
	return p;
}

void *xmalloc(size_t size)
{
	bool fail = count_allocation();

	return checked(fail ? NULL : malloc(size ? size : 1), size);
}

void *xcalloc(size_t n, size_t size)
{
	bool fail = count_allocation();

	if (!n || !size)
		n = size = 1;
	return checked(fail ? NULL : calloc(n, size), size);
}

void *xrealloc(void *p, size_t size)
{
	bool fail = count_allocation();

	return checked(fail ? NULL : realloc(p, size ? size : 1), size);
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory(SIZE_MAX);
	return xrealloc(p, bytes);
}

static size_t round_up(size_t size)
{
	if (size > SIZE_MAX / 2)
		out_of_memory(size);
	return size ? (size + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
}

static void *alloc64(size_t size)
{
	bool fail = count_allocation();

	return checked(fail ? NULL : aligned_alloc(ALIGN, round_up(size)), size);
}

/* Whole pages are handed back: the kernel gives zeros at the first touch. */
static void zero_pages(char *p, size_t size)
{
	size_t head = (size_t)(-(uintptr_t)p % PAGE);
	size_t whole = (size - head) / PAGE * PAGE;

	memset(p, 0, head);
	if (madvise(p + head, whole, MADV_DONTNEED))
		memset(p + head, 0, whole);
	memset(p + head + whole, 0, size - head - whole);
}

void *xalloc64(size_t size)
{
	void *p = alloc64(size);

	zero64(p, size);
	return p;
}

void zero64(void *p, size_t size)
{
	size = round_up(size);
	if (size < LAZY)
		memset(p, 0, size);
	else
		zero_pages(p, size);
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

void xfree(void *p)
{
	free(p);
}

void *array_grow(void *p, size_t need, size_t *cap, size_t size)
{
	size_t n = *cap;

	if (need <= n && p)
		return p;
	n = n > SIZE_MAX / 2 ? SIZE_MAX : n * 2;
	if (n < 8)
		n = 8;
	if (n < need)
		n = need;
	p = xreallocarray(p, n, size);
	*cap = n;
	return p;
}

uint64_t mem_thread_allocations(void)
{
	return thread_count;
}

uint64_t mem_allocations(void)
{
	return atomic_load_explicit(&total_count, memory_order_relaxed);
}

void mem_fail_after(uint64_t n)
{
	atomic_store(&fail_countdown, n);
}

/* Number after `name` in /proc/self/status, in bytes; no heap, no stdio. */
static uint64_t proc_status(const char *name)
{
	char text[4096];
	const char *at;
	uint64_t kb = 0;
	ssize_t n;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strstr(text, name);
	if (!at)
		return 0;
	for (at += strlen(name); *at == ' ' || *at == '\t'; at++)
		;
	for (; *at >= '0' && *at <= '9'; at++)
		kb = kb * 10 + (uint64_t)(*at - '0');
	return kb * 1024;
}

void mem_give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

uint64_t mem_whole_peak_bytes(void)
{
	return proc_status("VmHWM:");
}

uint64_t mem_now_bytes(void)
{
	uint64_t now = proc_status("RssAnon:");
	uint64_t high = atomic_load(&anon_high_water);

	while (now > high &&
	       !atomic_compare_exchange_weak(&anon_high_water, &high, now))
		;
	return now;
}

uint64_t mem_peak_bytes(void)
{
	mem_now_bytes();
	return atomic_load(&anon_high_water);
}

/*
 * Arena blocks: a header of 64 bytes, then the bytes. `used` of the older
 * blocks need not be known: they are only given back as a whole or rewound to.
 * Under AddressSanitizer what is not handed out is poisoned, so that a pointer
 * kept over a reset is found where it is used.
 */
struct arena_block {
	struct arena_block *prev;
	size_t size; /* without the header */
};

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

static char *block_bytes(struct arena_block *b)
{
	return (char *)b + ALIGN;
}

static void block_push(struct arena *a, size_t size)
{
	struct arena_block *b;

	size = round_up(size);
	b = alloc64(size + ALIGN);
	b->prev = a->head;
	b->size = size;
	POISON(block_bytes(b), size);
	a->head = b;
	a->used = 0;
}

static void block_pop(struct arena *a)
{
	struct arena_block *b = a->head;

	a->head = b->prev;
	UNPOISON(block_bytes(b), b->size);
	xfree(b);
}

void arena_init(struct arena *a)
{
	memset(a, 0, sizeof *a);
}

void arena_release(struct arena *a)
{
	while (a->head)
		block_pop(a);
	arena_init(a);
}

/* One block that takes the largest round so far, with an eighth to spare. */
void arena_reset(struct arena *a)
{
	size_t want = a->peak;

	if (a->head && (a->head->prev || a->head->size < a->peak)) {
		want += want / 8;
		for (struct arena_block *b = a->head; b; b = b->prev)
			if (b->size > want)
				want = b->size;
		while (a->head)
			block_pop(a);
		block_push(a, want);
	}
	if (a->head)
		POISON(block_bytes(a->head), a->head->size);
	a->used = a->total = 0;
}

void arena_reserve(struct arena *a, size_t size)
{
	if (a->head && a->head->size - a->used >= size)
		return;
	block_push(a, size);
}

void *arena_alloc(struct arena *a, size_t size)
{
	enum { FIRST = 1 << 16 };
	void *p;

	size = round_up(size);
	if (!a->head || a->head->size - a->used < size) {
		size_t want = a->head ? a->head->size : FIRST / 2;

		want = want > SIZE_MAX / 4 ? want : want * 2;
		block_push(a, want > size ? want : size);
	}
	p = block_bytes(a->head) + a->used;
	UNPOISON(p, size);
	a->used += size;
	a->total += size;
	if (a->total > a->peak)
		a->peak = a->total;
	return p;
}

void *arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->head, a->used, a->total };
}

/*
 * Blocks newer than the mark go back to the heap; `peak` remembers them, so
 * the next reset makes the one block large enough.
 */
void arena_rewind(struct arena *a, struct arena_mark m)
{
	while (a->head && a->head != m.block) {
		if (!m.block && !a->head->prev)
			break; /* marked while empty: keep the first block */
		block_pop(a);
	}
	BUG_IF(m.block && a->head != m.block);
	a->used = m.used;
	a->total = m.total;
	if (a->head)
		POISON(block_bytes(a->head) + a->used, a->head->size - a->used);
}
