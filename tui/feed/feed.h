/*
 * feed.h - where the desk gets everything from and sends everything to: a live
 * trainer, the store of a run that goes on elsewhere or has ended, or a test.
 */
#ifndef TUTTI_TUI_FEED_H
#define TUTTI_TUI_FEED_H

#include "base/status.h"
#include "base/str.h"
#include "look/snapshot.h"
#include "rundir/imported.h"
#include "store/store.h"

struct film;
struct trainer;

struct feed {
	void *arg;
	bool is_live; /* the run goes on until a picture's phase says that it has ended */
	/* A descriptor that wakes the desk, or -1. */
	int (*fd)(void *arg);
	/* Copies the newest picture when it is newer than dst->serial. */
	bool (*snapshot)(void *arg, struct snapshot *dst);
	/*
	 * As trainer_post and trainer_answer. post NULL: this screen steers nothing, and
	 * has no live model to ask.
	 */
	enum status (*post)(void *arg, const char *line, uint64_t *ticket,
			    struct err *err);
	enum status (*answer)(void *arg, uint64_t ticket, struct buf *text,
			      struct err *err);
	void (*stop)(void *arg);
	/* As the store_..._read functions; `run_path` is the snapshot's. */
	enum status (*predictions)(void *arg, const char *run_path, int task,
				   struct prediction_set *out, struct err *err);
	/* Those of the evaluation before `step`; ST_NOT_FOUND: none was kept. */
	enum status (*predictions_before)(void *arg, const char *run_path, int task,
					  int64_t step, struct prediction_set *out,
					  struct err *err);
	enum status (*history)(void *arg, const char *run_path, int task, int64_t row,
			       struct prediction_set *out, int64_t **steps,
			       struct err *err);
	enum status (*journal)(void *arg, const char *run_path,
			       struct journal_entry **out, int *n, struct err *err);
	/*
	 * Rows of steps from..to in order: of every `span` steps (counted from
	 * `from`) the first `take`. Those of the last second may not be there yet.
	 */
	enum status (*steps)(void *arg, const char *run_path, int64_t from, int64_t to,
			     int64_t span, int64_t take,
			     void (*each)(void *arg, const struct step_row *r),
			     void *each_arg, struct err *err);
	/*
	 * The last picture of another run: a name beside `run_path`, or a folder.
	 * Also from another thread.
	 */
	enum status (*picture)(void *arg, const char *run_path, const char *name,
			       struct snapshot *out, struct err *err);
	/* NULL: there are none, and so no model to ask but the live one. */
	enum status (*checkpoints)(const char *run_path, struct checkpoint_row **out,
				   int *n, struct err *err);
	/* What is known of imported predictions; NULL: nothing. */
	enum status (*imported)(void *arg, const char *run_path,
				struct imported_task **out, int *n, struct err *err);
	struct film *film; /* a recorded run shown again: its clock (film.h); or NULL */
};

void feed_trainer(struct feed *f, struct trainer *t);

/* The readers of feeds that show all that the store keeps; `arg` is not used. */
enum status feed_store_predictions(void *arg, const char *run_path, int task,
				   struct prediction_set *out, struct err *err);
enum status feed_store_before(void *arg, const char *run_path, int task, int64_t step,
			      struct prediction_set *out, struct err *err);
enum status feed_store_history(void *arg, const char *run_path, int task, int64_t row,
			       struct prediction_set *out, int64_t **steps,
			       struct err *err);
enum status feed_store_journal(void *arg, const char *run_path,
			       struct journal_entry **out, int *n, struct err *err);
enum status feed_store_steps(void *arg, const char *run_path, int64_t from, int64_t to,
			     int64_t span, int64_t take,
			     void (*each)(void *arg, const struct step_row *r),
			     void *each_arg, struct err *err);
enum status feed_store_picture(void *arg, const char *run_path, const char *name,
			       struct snapshot *out, struct err *err);

enum status feed_store_imported(void *arg, const char *run_path,
				struct imported_task **out, int *n, struct err *err);

/* The last picture of a run that has ended, from its folder (ended_run.c). */
struct ended_run;
enum status ended_run_open(const char *run, struct ended_run **out, struct err *err);
void ended_run_close(struct ended_run *l); /* NULL is fine */
void feed_ended_run(struct feed *f, struct ended_run *l);
/* The same at once, from every row: for a thread that may take its time. */
enum status ended_run_read(const char *run, struct snapshot *out, struct err *err);

#endif
