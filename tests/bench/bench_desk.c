/*
 * bench_desk.c - what the desk costs: bytes a frame of every view and size, from
 * key to screen while it trains, the screen's share of the CPU, and training with
 * the desk open and closed by turns. make bench-desk
 *
 *   bench_desk [--quick]     quick: a look at whether it works, no figures to keep
 *
 * The real program trains the demo's plan on a pseudo-terminal of ours.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include "fixture/pty_program.h"
#include "base/file.h"
#include "store/store.h"

enum { KEYS_MAX = 1000, TURNS_MAX = 12, VIEWS = 8 };

static struct {
	int keys, turns, turn_seconds, view_seconds, share_seconds, quiet_seconds, views;
} ask = { KEYS_MAX, TURNS_MAX, 5, 5, 30, 5, VIEWS };

static char runs[PATH_MAX], run_path[PATH_MAX];

static void reads(struct pty *p, double seconds, size_t *bytes)
{
	double end = clock_now() + seconds;

	while (clock_now() < end)
		*bytes += pty_read(p, .05, end - clock_now() > 0 ? end - clock_now() : 0);
}

static void until(struct pty *p, const char *text)
{
	for (double end = clock_now() + 120; !pty_shows(p, text);) {
		pty_read(p, .05, .2);
		if (clock_now() > end) {
			fprintf(stderr, "no '%s' came\n", text);
			exit(1);
		}
	}
}

static void open_desk(struct pty *p, int rows, int cols)
{
	pty_program(p, "xterm-256color", "C.UTF-8", rows, cols,
		    (const char *const[]){"attach", "bench", "--runs", runs, NULL});
	until(p, "RUN");
}

static void close_desk(struct pty *p)
{
	pty_send(p, "D", 1);
	pty_wait(p, 10);
	pty_close(p);
}

static pid_t engine(void)
{
	char path[PATH_MAX + 8], text[32] = "";
	int64_t pid = 0;
	FILE *f;

	str_format(path, sizeof path, "%s/lock", run_path);
	f = fopen(path, "r");
	if (f && fgets(text, sizeof text, f))
		text[strcspn(text, "\n")] = '\0';
	if (f)
		fclose(f);
	return parse_i64(text, &pid) ? (pid_t)pid : 0;
}

/* --- bytes --- */

static void bytes_of_views(void)
{
	static const int size[][2] = {{24, 80}, {40, 120}, {60, 200}};
	static const char *const view[VIEWS] = {"Desk", "Curves", "Inspect", "Summaries",
					   "Runs", "Data", "Gradients", "Journal"};

	printf("\nbytes a frame while training (4 frames a second; %d s each)\n",
	       ask.view_seconds);
	printf("  %-12s %8s %8s %8s\n", "", "80x24", "120x40", "200x60");
	for (int v = 0; v < ask.views; v++) {
		printf("  %-12s", view[v]);
		for (int k = 0; k < 3; k++) {
			struct pty p;
			size_t n = 0;

			open_desk(&p, size[k][0], size[k][1]);
			pty_send(&p, (const char[]){(char)('1' + v)}, 1);
			pty_read(&p, .4, 2);
			reads(&p, ask.view_seconds, &n);
			printf(" %8.0f", (double)n / (ask.view_seconds * 4));
			fflush(stdout);
			close_desk(&p);
		}
		putchar('\n');
	}
}

static void bytes_when_paused(void)
{
	struct pty p;
	size_t n = 0;

	open_desk(&p, 40, 120);
	pty_send(&p, " ", 1);
	until(&p, "PAUSE");
	reads(&p, 6, &(size_t){0});
	reads(&p, ask.quiet_seconds, &n);
	printf("\npaused and untouched, %d s at 120x40: %zu bytes\n", ask.quiet_seconds, n);
	pty_send(&p, " ", 1);
	until(&p, "RUN");
	close_desk(&p);
}

/* --- from key to screen --- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A letter typed at the prompt until it stands on the screen. */
static double one_key(struct pty *p, char key, int col)
{
	double from = clock_now();

	if (write(p->fd, &key, 1) != 1)
		exit(1);
	for (;;) {
		struct pollfd f = {.fd = p->fd, .events = POLLIN};
		VTermPos at = {p->rows - 1, col};
		VTermScreenCell cell;
		char bytes[4096];
		ssize_t n;

		if (poll(&f, 1, 5000) <= 0)
			return 5;
		n = read(p->fd, bytes, sizeof bytes);
		if (n <= 0)
			exit(1);
		vterm_input_write(p->vt, bytes, (size_t)n);
		vterm_screen_get_cell(p->screen, at, &cell);
		if (cell.chars[0] == (uint32_t)key)
			return clock_now() - from;
	}
}

static void key_to_screen(void)
{
	static double took[KEYS_MAX];
	struct pty p;
	unsigned noise = 1;

	open_desk(&p, 40, 120);
	pty_send(&p, ":", 1);
	pty_read(&p, .3, 1);
	for (int i = 0, col = 0; i < ask.keys; i++) {
		noise = noise * 1103515245u + 12345u;
		usleep(5000 + noise / 65536 % 60000); /* at any moment of a step, a frame */
		if (col == 50) {
			pty_send(&p, "\025", 1); /* Ctrl-U */
			pty_read(&p, .1, .5);
			col = 0;
		}
		took[i] = one_key(&p, (char)('a' + i % 26), 1 + col++);
	}
	qsort(took, (size_t)ask.keys, sizeof *took, by_size);
	printf("\nkey to screen while training, %d keys: median %.2f ms, p99 %.2f ms, "
	       "most %.2f ms\n", ask.keys, took[ask.keys / 2] * 1e3,
	       took[ask.keys * 99 / 100] * 1e3, took[ask.keys - 1] * 1e3);
	pty_send(&p, "\003", 1);
	pty_read(&p, .2, 1);
	pty_send(&p, "\033", 1);
	pty_read(&p, .2, 1);
	close_desk(&p);
}

/* --- CPU --- */

/* Ticks of a thread, or of a process (task NULL). */
static double ticks(pid_t pid, bool main_only)
{
	char path[96], text[1024], *at;
	unsigned long user = 0, sys = 0;
	FILE *f;

	str_format(path, sizeof path, main_only ? "/proc/%d/task/%d/stat" :
		   "/proc/%d/stat", (int)pid, (int)pid);
	f = fopen(path, "r");
	if (!f || !fgets(text, sizeof text, f))
		return 0;
	fclose(f);
	at = strrchr(text, ')');
	if (!at || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			  &user, &sys) != 2)
		return 0;
	return (double)(user + sys);
}

static void screen_share(void)
{
	pid_t pid = engine();
	struct pty p;
	double main0, all0, mine, all;

	open_desk(&p, 40, 120);
	reads(&p, 1, &(size_t){0});
	main0 = ticks(pid, true);
	all0 = ticks(pid, false);
	reads(&p, ask.share_seconds, &(size_t){0});
	mine = ticks(pid, true) - main0;
	all = ticks(pid, false) - all0;
	printf("\nthe screen's thread, desk open %d s at 120x40: %.2f%% of the process's CPU "
	       "time\n", ask.share_seconds, all > 0 ? 100 * mine / all : 0);
	close_desk(&p);
}

/* --- training with the desk open and closed by turns --- */

struct rows {
	int64_t from;
	int n;
	double seconds, tokens;
	int64_t last;
};

static void take_row(void *arg, const struct step_row *r)
{
	struct rows *w = arg;

	w->n++;
	w->seconds += (double)r->seconds;
	w->tokens += r->tokens;
	w->last = r->step;
}

static struct rows rows_after(int64_t from)
{
	struct rows w = {.from = from, .last = from};
	struct store *s = NULL;
	char path[PATH_MAX + 8];

	str_format(path, sizeof path, "%s/run.db", run_path);
	if (!store_open_readonly(path, &s, NULL))
		store_steps_read(s, from + 1, INT64_MAX, 1, take_row, &w, NULL);
	store_close(s);
	return w;
}

/* Tokens a second of the steps in a turn, its first and last second left out. */
static double one_turn(bool is_open)
{
	struct pty p;
	struct rows w;
	int64_t from;

	if (is_open)
		open_desk(&p, 40, 120);
	if (is_open)
		reads(&p, 1.2, &(size_t){0});
	else
		usleep(1200000);
	from = rows_after(0).last;
	if (is_open)
		reads(&p, ask.turn_seconds, &(size_t){0});
	else
		usleep((useconds_t)ask.turn_seconds * 1000000);
	w = rows_after(from);
	if (is_open)
		close_desk(&p);
	return w.seconds > 0 ? w.tokens / w.seconds : 0;
}

static void open_and_closed(void)
{
	double ratio[TURNS_MAX], sum = 0, square = 0;

	for (int i = 0; i < ask.turns; i++) {
		double a = one_turn(i % 2 == 0), b = one_turn(i % 2 != 0);

		ratio[i] = i % 2 == 0 ? a / b : b / a;
		sum += ratio[i];
		square += ratio[i] * ratio[i];
	}
	{
		double mean = sum / ask.turns, var = (square - sum * mean) / (ask.turns - 1);

		qsort(ratio, (size_t)ask.turns, sizeof *ratio, by_size);
		printf("\ntraining, desk open : closed, %d pairs of %d s turns: mean %.4f "
		       "+- %.4f (95%%), median %.4f\n", ask.turns, ask.turn_seconds, mean,
		       2.2 * sqrt(var / ask.turns), ratio[ask.turns / 2]);
	}
}

int main(int argc, char **argv)
{
	struct pty p;

	if (argc > 1 && str_eq(argv[1], "--quick")) {
		ask.keys = 20;
		ask.turns = 2;
		ask.turn_seconds = ask.view_seconds = ask.share_seconds = 1;
		ask.quiet_seconds = 1;
		ask.views = 2;
	} else if (argc > 1) {
		fprintf(stderr, "usage: bench_desk [--quick]\n");
		return 2;
	}

	str_copy(runs, sizeof runs, "/tmp/tutti-bench-XXXXXX");
	if (!mkdtemp(runs))
		return 1;
	str_format(run_path, sizeof run_path, "%s/bench", runs);
	pty_program(&p, "xterm-256color", "C.UTF-8", 40, 120,
		    (const char *const[]){"datasets/demo.json", "--runs", runs, "--run",
					  "bench", "--set", "budget.steps=1000000", "--set",
					  "budget.eval_every=100", NULL});
	until(&p, "RUN");
	close_desk(&p);
	key_to_screen();
	screen_share();
	open_and_closed();
	bytes_when_paused();
	bytes_of_views();
	kill(engine(), SIGTERM);
	file_remove_tree(runs, NULL);
	return 0;
}
