/*
 * test_interventions.c - hands that do anything at any time: scripts of random moves, over
 * every command and every mixing method that there is (fixture/moves.h), among them those
 * that go back, come later, stop or pause; whoever finds the run paused acts, too, as a
 * person or as an actor; many are refused. The plans have adapters, averages, a model of
 * each kind, pretraining beside other tasks, actors with limits, an init of which
 * checkpoints have only what has changed. Made again from its journal the run has the same
 * bits at every fifth step, and stopped somewhere and resumed it has the same end: what a
 * stop evaluates and saves by itself is no place that a script's commands go back to. So
 * has a branch of it, made again.
 * TUTTI_LOTS=N: so many rounds; TUTTI_FROM=N: from this one on; TUTTI_TELL=1: what was done.
 */
#include "fixture/live_run.h"

#include <poll.h>
#include <unistd.h>

#include "base/mem.h"
#include "command/command.h"
#include "fixture/moves.h"
#include "rundir/run_open.h"

/* Who stops often enough meets the same moves for ever: then nobody moves any more. */
enum { COVERED = 7, STOPS_MOST = 60, STOPS_MOVED = 8 };
#ifdef TUTTI_SANITIZED
enum { ROUNDS = 2 };
#else
enum { ROUNDS = COVERED }; /* as many as draw every command and every method */
#endif

/* One run of moves, and what it came to. */
struct moved {
	int round, plan;
	const char *tag;
	char path[PATH_MAX], state[40];
	int stops, pauses;
};
static int n_taken, n_refused, n_replays, n_marks, n_branches, n_stops, n_pauses, n_jumps;
static bool was_taken[64];

static int setting(const char *name, int fallback)
{
	const char *text = getenv(name);

	return text ? (int)strtol(text, NULL, 10) : fallback;
}

/* --- someone at a paused run --- */

static void post(struct trainer *t, const char *line, bool is_actor)
{
	struct asker by = { .who = is_actor ? WHO_ACTOR : WHO_PERSON };
	enum status st;
	uint64_t ticket;
	struct buf text;
	struct err err;

	str_copy(by.actor, sizeof by.actor, is_actor ? "tuner" : "");
	if (trainer_post_as(t, line, &by, &ticket, &err))
		return;
	buf_init(&text);
	while ((st = trainer_answer(t, ticket, &text, &err)) == ST_BUSY)
		usleep(300);
	buf_release(&text);
	while (live_snap.ticket < ticket && !live_has_ended())
		live_look(t);
}

static bool anything_plays(void)
{
	double sum = 0;

	for (int i = 0; i < live_snap.n_channels; i++)
		sum += live_snap.ch[i].share;
	return sum > 0;
}

static void let_all_play(struct trainer *t)
{
	static const char *const undo[][2] = { { "mute", "off" }, { "solo", "off" },
					      { "lock", "off" }, { "share", "auto" } };
	char line[80];

	for (int i = 0; i < live_snap.n_channels; i++)
		for (int k = 0; k < 4; k++) {
			str_format(line, sizeof line, "%s %s %s", undo[k][0],
				   live_snap.ch[i].name, undo[k][1]);
			post(t, line, false);
		}
}

/* Does what one would, which follows from the step alone, and lets the run go on. */
static void act(struct trainer *t, struct moved *m)
{
	int step = (int)live_snap.step;
	bool was_quiet = !anything_plays();
	struct buf line;

	m->pauses++;
	for (int i = 0; !was_quiet && m->stops <= STOPS_MOVED; i++) {
		buf_init(&line);
		moves_hand(&line, m->round, m->plan, step, i, m->tag);
		was_quiet = !line.len;
		if (line.len)
			post(t, buf_str(&line), i % 2);
		buf_release(&line);
	}
	if (!anything_plays())
		let_all_play(t);
	step = (int)live_snap.step;
	post(t, "continue", false);
	while (live_snap.phase == PHASE_PAUSED && live_snap.step == step) {
		struct pollfd fd = { .fd = trainer_fd(t), .events = POLLIN };

		if (poll(&fd, 1, 5000) < 1)
			break; /* it went back, and is silent there */
		trainer_snapshot(t, &live_snap);
	}
}

static void to_the_end(struct trainer *t, struct moved *m)
{
	while (!live_has_ended()) {
		if (live_snap.phase == PHASE_PAUSED)
			act(t, m);
		else
			live_look(t);
	}
	if (live_finish(t) == ST_OK || live_snap.phase == PHASE_STOPPED)
		return;
	fail_msg("round %d, plan %d: %s", m->round, m->plan, live_err.text);
}

/* --- runs --- */

static void rest_of(const struct moved *m, struct buf *b, int after)
{
	buf_clear(b);
	moves_script(b, m->round, m->plan, after, m->tag);
}

/* A run that was stopped on its way is said to be at the way's end. */
static int reached(void)
{
	return (int)(live_snap.catching_up > live_snap.step ? live_snap.catching_up :
							      live_snap.step);
}

/* Goes on until the plan's end, with the moves of the steps that are to come. */
static void go_on(struct moved *m, int64_t steps)
{
	struct buf rest;

	buf_init(&rest);
	while (live_snap.phase == PHASE_STOPPED && m->stops < STOPS_MOST) {
		rest_of(m, &rest, ++m->stops > STOPS_MOVED ? MOVES_STEPS : reached());
		to_the_end(live_resume(steps, buf_str(&rest)), m);
	}
	assert_int_equal(live_snap.phase, PHASE_DONE);
	buf_release(&rest);
}

/* From the start, until so many steps (0: all) are done. */
static void begin(struct moved *m, int64_t steps, const char *init)
{
	struct live_wanted w = { .plan = moves_plan(m->plan, init), .workers = 2,
				 .steps = steps };
	struct buf script;

	buf_init(&script);
	rest_of(m, &script, -1);
	w.script = buf_str(&script);
	to_the_end(live_start(&w), m);
	str_copy(m->path, sizeof m->path, live_path);
	go_on(m, steps);
	str_copy(m->state, sizeof m->state, live_snap.state);
	buf_release(&script);
}

static int read_journal(const char *run, struct journal_entry **e)
{
	struct store *s = NULL;
	int n = 0;

	assert_ok(run_store(run, &s, &live_err));
	assert_ok(store_journal_read(s, 0, e, &n, &live_err));
	store_close(s);
	return n;
}

static void say_entry(const char *of, const struct journal_entry *e)
{
	print_message("%s: %d, at step %lld by %s: '%s', '%s' to '%s'\n", of, e->timeline,
		      (long long)e->step, journal_who_name(e->who), e->command, e->before,
		      e->after);
}

/* Where the journal of the run that was stopped leaves that of the whole one. */
static void say_difference(const char *whole, const char *other)
{
	struct journal_entry *a = NULL, *b = NULL;
	int n = read_journal(whole, &a), m = read_journal(other, &b), i = 0;

	while (i < n && i < m && a[i].step == b[i].step &&
	       str_eq(a[i].command, b[i].command) && str_eq(a[i].after, b[i].after))
		i++;
	for (int k = i > 3 ? i - 3 : 0; k < i + 3; k++) {
		if (k < n)
			say_entry("whole", &a[k]);
		if (k < m)
			say_entry("resumed", &b[k]);
	}
	xfree(a);
	xfree(b);
}

static void count(const char *run)
{
	struct journal_entry *e = NULL;
	int n = read_journal(run, &e);

	for (int i = 0; i < n; i++) {
		const struct command_row *row = command_of(e[i].command);

		if (e[i].refused[0]) {
			n_refused++;
			continue;
		}
		n_taken++;
		for (int k = 0; k < command_count; k++)
			was_taken[k] |= command_table[k] == row;
		n_jumps += (row->flags & CMD_JUMPS) != 0;
	}
	xfree(e);
}

/* What was done since the last state that was made again. */
static void say_journal(const char *run, int64_t from)
{
	struct journal_entry *e = NULL;
	int n = read_journal(run, &e);

	for (int i = 0; i < n; i++)
		if (e[i].step >= from && !e[i].refused[0])
			say_entry("entry", &e[i]);
	xfree(e);
}

static void assert_made_again(const struct moved *m, const char *run, int workers)
{
	struct replay_result r;

	if (replay_run(run, workers, NULL, &r, &live_err))
		fail_msg("round %d, plan %d: %s", m->round, m->plan, live_err.text);
	if (!r.same)
		say_journal(run, r.good);
	if (!r.same)
		fail_msg("round %d, plan %d, %s: another state at step %lld, good at %lld",
			 m->round, m->plan, run, (long long)r.differs, (long long)r.good);
	assert_true(r.comparable && r.checked > 0);
	n_marks += r.checked;
	n_replays++;
}

/* The branches of a run go on to their ends, and are made again. */
static void follow_branches(struct moved *m, int most)
{
	char name[64];

	for (int k = 0; k < 200 && most > 0; k++) {
		str_format(name, sizeof name, "b%d%s", k, m->tag);
		str_format(live_path, sizeof live_path, "%s/runs/%s", fixture_dir, name);
		if (!file_exists(live_path))
			continue;
		most--;
		n_branches++;
		to_the_end(live_resume(0, NULL), m);
		while (live_snap.phase == PHASE_STOPPED)
			to_the_end(live_resume(0, NULL), m);
		assert_made_again(m, live_path, 2);
	}
}

static void one_round(int round, int plan, const char *init)
{
	char tag[2][32];
	struct moved whole = { .round = round, .plan = plan, .tag = tag[0] }, parts = whole;
	int at = 17 + 11 * round % 36;
	struct buf script;

	str_format(tag[0], sizeof tag[0], "w%d", round);
	str_format(tag[1], sizeof tag[1], "p%d", round);
	parts.tag = tag[1];
	begin(&whole, 0, init);
	assert_made_again(&whole, whole.path, 1 + round % 4);
	buf_init(&script);
	rest_of(&whole, &script, -1);
	while (moves_pause_at(buf_str(&script), at))
		at++;
	buf_release(&script);
	begin(&parts, at, init);
	if (live_snap.step == at) {
		rest_of(&parts, &script, at);
		to_the_end(live_resume(0, buf_str(&script)), &parts);
		buf_release(&script);
		go_on(&parts, 0);
	}
	if (!str_eq(live_snap.state, whole.state)) {
		say_difference(whole.path, parts.path);
		fail_msg("round %d, plan %d, stopped at step %d: another state", round, plan, at);
	}
	assert_made_again(&parts, parts.path, 2);
	count(whole.path);
	n_stops += whole.stops + parts.stops;
	n_pauses += whole.pauses + parts.pauses;
	follow_branches(&whole, getenv("TUTTI_LOTS") ? 99 : 1);
}

/* --- all of them --- */

static void make_init(char path[PATH_MAX])
{
	struct live_wanted w = { .n_sets = 1, .sets = { "budget.steps=20" }, .workers = 2 };
	char state[40];

	live_whole(&w, state);
	str_copy(path, PATH_MAX, live_path);
}

static void test_random(void **state)
{
	int rounds = setting("TUTTI_LOTS", ROUNDS), from = setting("TUTTI_FROM", 0), plans = 0;
	char init[PATH_MAX];
	struct buf missed;

	(void)state;
	moves_files();
	make_init(init);
	while (moves_plan(plans, init))
		plans++;
	for (int i = from; i < from + rounds; i++) {
		one_round(i, i % plans, init);
		if (getenv("TUTTI_TELL"))
			print_message("%d rounds: %d moves taken, %d of actors refused, %d went "
				      "back, %d stops, %d pauses; %d replays with %d states "
				      "compared, %d branches\n", i + 1 - from, n_taken,
				      n_refused, n_jumps, n_stops, n_pauses, n_replays, n_marks,
				      n_branches);
	}
	if (rounds < COVERED)
		return;
	buf_init(&missed);
	moves_missed(&missed);
	for (int k = 0; k < command_count; k++)
		if (command_table[k]->flags & CMD_JOURNALED && !was_taken[k])
			buf_addf(&missed, " %s (never taken)", command_table[k]->name);
	if (missed.len)
		fail_msg("not tried:%s", buf_str(&missed));
	buf_release(&missed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("interventions", tests, fixture_make_runs,
					   fixture_remove);
}
