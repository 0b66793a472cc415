/*
 * machine.c - the facts that decide whether two runs are comparable to the bit.
 */
#include "rundir/machine.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "tensor/blas.h"

#ifndef TUTTI_VERSION
#define TUTTI_VERSION "unknown"
#endif

enum { FACT_TEXT = 192 };

/*
 * The compiler and the program's own bytes: two builds with different code are
 * not comparable, whatever their version says.
 */
static void describe_build(char out[FACT_TEXT])
{
	char sum[HASH_TEXT] = "unknown program";
	struct file_map m;

	if (!file_map("/proc/self/exe", &m, NULL)) {
		hash_text(hash_bytes(m.p, m.len), sum);
		file_unmap(&m);
	}
	str_format(out, FACT_TEXT, "%s, %s", __VERSION__, sum);
}

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

static const char *const keys[] = { "version", "build", "blas", "isa" };
enum { KEYS = sizeof keys / sizeof *keys };

static void describe(int i, char out[FACT_TEXT])
{
	switch (i) {
	case 0:
		str_copy(out, FACT_TEXT, TUTTI_VERSION);
		break;
	case 1:
		describe_build(out);
		break;
	case 2:
		str_copy(out, FACT_TEXT, blas_name());
		break;
	default:
		str_copy(out, FACT_TEXT, instruction_set());
		break;
	}
}

enum status machine_record(struct store *s, struct err *err)
{
	char value[FACT_TEXT];
	enum status st = ST_OK;

	for (int i = 0; i < KEYS && !st; i++) {
		describe(i, value);
		st = store_set_fact(s, keys[i], value, err);
	}
	return st;
}

/* What is another now than the fact says, as words behind those that are there. */
static void add_words(struct buf *b, int i, const char *was, const char *is)
{
	const char *sep = b->len ? "; " : "";

	switch (i) {
	case 0:
		buf_addf(b, "%sversion %.40s, before %.40s", sep, is, was);
		break;
	case 1:
		buf_addf(b, "%sanother build", sep);
		break;
	case 2:
		buf_addf(b, "%sproducts by %.64s, before by %.64s", sep, is, was);
		break;
	default:
		buf_addf(b, "%sinstruction set %.20s, before %.20s", sep, is, was);
		break;
	}
}

static void differences(struct store *s, char words[MACHINE_WORDS])
{
	char value[FACT_TEXT];
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < KEYS; i++) {
		char *fact = store_fact(s, keys[i]);

		describe(i, value);
		if (!fact || !str_eq(fact, value))
			add_words(&b, i, fact ? fact : "unknown", value);
		xfree(fact);
	}
	if (!str_copy(words, MACHINE_WORDS, buf_str(&b)))
		str_copy(words, MACHINE_WORDS, "another machine");
	buf_release(&b);
}

bool machine_same(struct store *s)
{
	char *mixed = store_fact(s, "mixed"), words[MACHINE_WORDS] = "";

	if (!mixed)
		differences(s, words);
	xfree(mixed);
	return !mixed && !words[0];
}

enum status machine_compare(struct store *s, char words[MACHINE_WORDS],
			    struct err *err)
{
	char text[2 * FACT_TEXT], build[FACT_TEXT];

	differences(s, words);
	if (!words[0])
		return ST_OK;
	describe_build(build);
	str_format(text, sizeof text, "%s; %s; %s", build, blas_name(),
		   instruction_set());
	return store_set_fact(s, "mixed", text, err);
}

const char *machine_products(enum precision p)
{
	return p == PRECISION_BF16 ? blas_bf16_name() : blas_name();
}

bool machine_is_slow_in(enum precision p)
{
	return p == PRECISION_BF16 && !blas_bf16_is_fast();
}
