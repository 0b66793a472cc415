/*
 * mem.h - the one door to the heap, and arenas for what lives a micro-batch.
 *
 * Nothing here returns NULL: when memory runs out the hook gets a last word
 * (restore the terminal, say where the checkpoint is) and the process exits
 * with status 1. The journal is on the disk by then (RELIABILITY I12).
 */
#ifndef TUTTI_BASE_MEM_H
#define TUTTI_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size); /* n * size is checked */
void *xrealloc(void *p, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
/*
 * Aligned to 64 bytes, zeroed; xfree() frees it as it frees the others. Of a big
 * block only what is touched takes memory.
 */
void *xalloc64(size_t size);
/* All zeros again, as xalloc64 gave it: the memory of a big block is given back. */
void zero64(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
void xfree(void *p); /* NULL is fine */

/*
 * Makes room for `need` elements in a growing array: doubles `*cap`.
 * ARRAY_GROW(v, n, cap) makes room for element n.
 */
void *array_grow(void *p, size_t need, size_t *cap, size_t size);
#define ARRAY_GROW(v, n, cap)                                                  \
	((v) = array_grow((v), (size_t)(n) + 1, &(cap), sizeof *(v)))

/*
 * Heap calls (allocations, not frees) made so far by the calling thread, and
 * by all threads: the test of "a step allocates nothing" reads the difference.
 */
uint64_t mem_thread_allocations(void);
uint64_t mem_allocations(void);

/* Fault injection for tests: the n-th allocation from now fails (0: never). */
void mem_fail_after(uint64_t n);
void mem_set_oom_hook(void (*hook)(size_t size));

/*
 * Anonymous memory of this process in bytes, from /proc (0: unknown). The
 * kernel keeps no peak of it, so the peak is the highest value seen by either
 * call so far: whoever wants it right calls mem_now_bytes() now and then.
 */
uint64_t mem_peak_bytes(void);
uint64_t mem_now_bytes(void);
/*
 * All memory of this process at its highest, as the kernel has kept it (VmHWM; 0:
 * unknown): with program, libraries and what of mapped files was read.
 */
uint64_t mem_whole_peak_bytes(void);
/* After much was freed at once: what the heap keeps of it goes back to the system. */
void mem_give_back(void);

/*
 * An arena: blocks that grow in the first micro-batches and are then reused.
 * arena_reset() keeps the memory; when more than one block was needed it
 * merges them into one, so that the steady state is one block, no heap calls.
 */
struct arena_block;
struct arena {
	struct arena_block *head; /* newest block */
	size_t used;              /* bytes used in `head` */
	size_t total;             /* bytes handed out since the reset */
	size_t peak;              /* most bytes handed out between resets */
};

struct arena_mark {
	struct arena_block *block;
	size_t used, total;
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);
void arena_reset(struct arena *a);
/* Makes room for `size` bytes in one block, so that a step need not grow. */
void arena_reserve(struct arena *a, size_t size);
/* 64-byte aligned, not zeroed. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_zalloc(struct arena *a, size_t size);
struct arena_mark arena_mark(const struct arena *a);
/* Gives back everything allocated after the mark. */
void arena_rewind(struct arena *a, struct arena_mark m);

#endif
