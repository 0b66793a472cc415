/*
 * sweep_jobs.h - the points of a sweep as processes of this program, several side by
 * side: begun, gone on with, watched, ended.
 *
 * A child is `tutti train` or `tutti resume` with --json. It gets SIGTERM when the
 * sweep dies, however it dies, and then saves a checkpoint as it does for any SIGTERM.
 * One point's failure leaves the others alone. Threads: the caller's, and no other;
 * the kernel tells a child of the death of the thread that made it.
 */
#ifndef TUTTI_SWEEP_SWEEP_JOBS_H
#define TUTTI_SWEEP_SWEEP_JOBS_H

#include "sweep/sweep.h"

enum { SWEEP_JOBS = 64 }; /* most children at once */

enum run_fate {
	RUN_WAITS,
	RUN_RUNS,       /* a child of ours */
	RUN_ELSEWHERE,  /* somebody else is at work on it: waited for */
	RUN_WAS_DONE,   /* finished before this sweep came */
	RUN_DONE,
	RUN_FAILED,
	RUN_STOPPED,    /* by a signal to the sweep; saved */
};
bool fate_is_final(enum run_fate f);

struct sweep_run {
	enum run_fate fate;
	bool is_resumed;
	int64_t step, steps;      /* of a child; steps 0: not known yet */
	double began, seconds;    /* clock_now(); how long the child took */
	double left;              /* seconds, by the child's own word; < 0: unknown */
	char error[ERR_MAX];      /* RUN_FAILED */
};

/* What is told: a run whose fate is another one, or NULL: how far things are. */
typedef void sweep_teller(void *arg, const struct sweep_run *all, int changed);

struct sweep_jobs {
	const struct sweep *sweep;
	const char *exe;          /* the program */
	const char *root;         /* folder of the runs, absolute */
	int jobs, workers;        /* children at once; threads of each */
	int stop_fd;              /* readable: end the children, or -1 */
	sweep_teller *tell;
	void *arg;
};
/*
 * Until every point's fate is final; run[n_points] is filled in. ST_STOPPED: stop_fd
 * was readable. A failed run is no failure of this.
 */
enum status sweep_jobs_run(const struct sweep_jobs *j, struct sweep_run *run,
			   struct err *err);

/*
 * The words of the child for a point, ready for exec: NULL at the end. `resume`: to go
 * on with its run. Returns (caller frees with sweep_words_free).
 */
char **sweep_words(const struct sweep_jobs *j, int point, bool resume, bool json);
void sweep_words_free(char **words);

/* How many at once: cores / workers, memory / bytes of one (0: unknown), points. */
int sweep_jobs_fit(int cores, int workers, uint64_t memory, uint64_t one, int points);
int sweep_cores(void);
/* Bytes that new processes may take, from the kernel and a control group; 0: unknown. */
uint64_t sweep_free_memory(void);

#endif
