/*
 * machine.c - the facts that decide whether two runs are comparable to the bit.
 */
#include "run/machine.h"

#include "base/mem.h"
#include "base/str.h"
#include "tensor/blas.h"

#ifndef TUTTI_VERSION
#define TUTTI_VERSION "unknown"
#endif

#ifdef TUTTI_SANITIZED
static const char build[] = TUTTI_VERSION ", " __VERSION__ ", sanitized";
#else
static const char build[] = TUTTI_VERSION ", " __VERSION__;
#endif

/* Which clone of the kernels this processor gets (tensor/kernels.h). */
static const char *instruction_set(void)
{
#if defined(TUTTI_ONE_TARGET) || !defined(__x86_64__)
	return "one target";
#else
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
		return "x86-64-v4";
	return __builtin_cpu_supports("avx2") ? "avx2" : "x86-64";
#endif
}

static const char *value_of(int i)
{
	switch (i) {
	case 0: return TUTTI_VERSION;
	case 1: return build;
	case 2: return blas_name();
	default: return instruction_set();
	}
}

static const char *const keys[] = { "version", "build", "blas", "isa" };
enum { KEYS = sizeof keys / sizeof *keys };

enum status machine_record(struct store *s, struct err *err)
{
	enum status st = ST_OK;

	for (int i = 0; i < KEYS && !st; i++)
		st = store_set_fact(s, keys[i], value_of(i), err);
	return st;
}

static bool same_now(struct store *s)
{
	bool same = true;

	for (int i = 0; i < KEYS; i++) {
		char *fact = store_fact(s, keys[i]);

		same = same && fact && str_eq(fact, value_of(i));
		xfree(fact);
	}
	return same;
}

bool machine_same(struct store *s)
{
	char *mixed = store_fact(s, "mixed");
	bool same = !mixed && same_now(s);

	xfree(mixed);
	return same;
}

enum status machine_compare(struct store *s, struct err *err)
{
	char text[256];

	if (same_now(s))
		return ST_OK;
	str_format(text, sizeof text, "%s; %s; %s", build, blas_name(),
		   instruction_set());
	return store_set_fact(s, "mixed", text, err);
}
