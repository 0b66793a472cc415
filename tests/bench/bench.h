/*
 * bench.h - what the files of the benchmark share: cases, figures, plans.
 *
 * A case runs in a child process of its own, once per round, and reports
 * figures; the parent keeps the samples of all rounds. Cases come in a fixed
 * order within a round, so a case may divide by what an earlier one measured.
 */
#ifndef TUTTI_BENCH_H
#define TUTTI_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/status.h"
#include "session/session.h"

enum { BENCH_ROUNDS_MAX = 64, BENCH_NAME = 64, BENCH_UNIT = 16, BENCH_ONLY_MAX = 16,
       BENCH_CORES_MAX = 64 };

/* One measured quantity and its samples, a round each. */
struct figure {
	char name[BENCH_NAME], unit[BENCH_UNIT];
	int n;
	double sample[BENCH_ROUNDS_MAX];
};

/* Who else was at the machine, at one moment (bench_load.c). */
struct bench_load {
	double average;               /* the kernel's, of a minute */
	double all, steal;            /* CPU time of the machine so far, and stolen */
	double spin_wall, spin_cpu;   /* seconds of a fixed piece of work */
};

struct bench {
	double seconds;               /* of one timing */
	int rounds, round, n_only;
	bool is_quick, is_listing;
	struct bench_load before;
	const char *program;          /* build/tutti */
	const char *folder;           /* where data, plans and runs lie */
	const char *json;             /* the figures' file; NULL: none */
	const char *only[BENCH_ONLY_MAX];
	struct figure *figure;
	size_t n_figures, cap;
	int fd;                       /* in a case: where figures go */
};

struct bench_case {
	const char *name;
	void (*run)(struct bench *b, const void *arg);
	const void *arg;
	bool once;                    /* in the first round alone */
};
/* Tables of cases; a NULL name ends each. */
extern const struct bench_case bench_machine_cases[], bench_train_cases[],
	bench_decode_cases[], bench_labels_cases[], bench_program_cases[];

/* In a case: reports a figure; says why it cannot go on, and ends the case. */
void bench_figure(struct bench *b, const char *unit, double value,
		  const char *fmt, ...) PRINTF_LIKE(4, 5);
_Noreturn void bench_die(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* The figure's sample of this round, or NAN (filtered out, not yet run). */
double bench_now(const struct bench *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* --- bench_load.c --- */
int bench_cores(void);            /* that this process may use */
void bench_print_machine(void);   /* a line: CPU, cores, instruction sets */
void bench_load_take(struct bench_load *l);
void bench_print_load(const struct bench_load *before, const struct bench_load *after);

/* --- bench_table.c --- */
void bench_add(struct bench *b, const char *name, const char *unit, double value);
double figure_median(const struct figure *f);
void bench_print(const struct bench *b);
enum status bench_write_json(const struct bench *b, struct err *err);
void bench_release(struct bench *b);

/* --- bench_data.c, bench_plan.c --- */
enum { BENCH_VOCAB = 30522, BENCH_LABELS = 4, BENCH_INTENTS = 150 };
/* Texts, vocabulary and plans in b->folder, where they are not there yet. */
void bench_make_data(const struct bench *b);
void bench_make_plans(const struct bench *b);
void bench_put_word(FILE *f, uint32_t word); /* of the vocabulary */
void bench_put_label(FILE *f, int k);

/* Sizes of a model: C, layers, heads; ff is 4 C. */
struct bench_shape {
	const char *name;
	int dim, layers, heads, decoder_layers;
};
enum { SHAPE_TINY, SHAPE_SMALL, SHAPE_MINI, SHAPE_DEEP, SHAPES };
extern const struct bench_shape bench_shapes[SHAPES];
/* GF/s of one core's sgemm over the shape's linear layers (bench_machine.c). */
double bench_sgemm_rate(const struct bench_shape *s, double seconds);

/* A session of the plan NAME.json in b->folder with `sets` ("a=b", NULL: none). */
struct session *bench_session(const struct bench *b, const char *plan,
			      const char *set, int workers, bool train);
/* "FOLDER/NAME.json"; out holds 600. */
void bench_plan_path(const struct bench *b, const char *plan, char out[600]);

#endif
