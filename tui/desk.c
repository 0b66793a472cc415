/*
 * desk.c - the loop: keys, signals and pictures come in; one place draws.
 *
 * Nothing here waits but poll(). Handlers of keys and signals change the
 * screen's state and set `dirty`; a frame is drawn at most four times a second
 * for training's sake, and at once after a key.
 */
#include "desk.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "input.h"
#include "keys.h"
#include "local.h"
#include "prompt.h"
#include "run/command.h"
#include "run/trainer.h"
#include "text/utf8.h"

#define FRAME 0.25
#define TWICE 2.0 /* seconds between two Ctrl-C that mean it */

struct desk {
	struct terminal *term;
	struct input input;
	struct canvas canvas;
	struct ui ui;
	int in_fd, signal_fd;
	bool is_dirty, is_urgent, is_lost;
	double next_frame;
	char names[CHANNELS_MAX][32];
	const char *tasks[CHANNELS_MAX + 1];
};

/* --- leaving --- */

static void ask_stop(struct desk *d)
{
	if (ui_run_has_ended(&d->ui)) {
		d->ui.is_done = true;
		return;
	}
	d->ui.is_leaving = true;
	if (d->ui.feed.stop)
		d->ui.feed.stop(d->ui.feed.arg);
}

/* The screen is gone: the run stops with a checkpoint. */
static void lose_screen(struct desk *d)
{
	d->is_lost = true;
	if (!ui_run_has_ended(&d->ui) && d->ui.feed.stop)
		d->ui.feed.stop(d->ui.feed.arg);
	d->ui.exit_code = 128 + SIGHUP;
	d->ui.is_done = true;
}

static void interrupt(struct desk *d)
{
	struct ui *ui = &d->ui;

	if (ui->now - ui->last_interrupt <= TWICE) {
		ui->exit_code = 128 + SIGINT;
		ask_stop(d);
	} else if (ui_run_has_ended(ui)) {
		ui_say(ui, false, "Ctrl-C once more closes the desk");
	} else {
		ui->ask = ASK_QUIT;
	}
	ui->last_interrupt = ui->now;
}

/* --- actions that hold in every view --- */

static void open_prompt(struct desk *d, enum prompt_kind kind, const char *prefill)
{
	const struct snapshot *s = &d->ui.live;
	int n = s->n_channels < CHANNELS_MAX ? s->n_channels : CHANNELS_MAX;

	for (int i = 0; i < n; i++) {
		str_copy(d->names[i], sizeof d->names[i], s->ch[i].name);
		d->tasks[i] = d->names[i];
	}
	d->tasks[n] = NULL;
	prompt_tasks(d->tasks);
	prompt_open(kind, prefill);
}

static void type_weight(struct desk *d)
{
	char line[64];

	if (!d->ui.is_live || !d->ui.live.n_channels)
		return;
	str_format(line, sizeof line, "weight %s ", d->ui.live.ch[d->ui.channel].name);
	open_prompt(d, PROMPT_COMMAND, line);
}

static void open_try(struct desk *d)
{
	if (d->ui.is_live)
		open_prompt(d, PROMPT_TRY, "");
	else
		ui_say(&d->ui, true, "this run has ended: there is no model to ask");
}

static void pause_or_go(struct ui *ui)
{
	ui_post(ui, ui->live.phase == PHASE_PAUSED ? "continue" : "pause", false, NULL);
}

/* What only the desk can do: it has the terminal and the prompt. */
static bool act_here(struct desk *d, const struct key_row *k)
{
	struct ui *ui = &d->ui;

	switch (k->action) {
	case DO_VIEW: ui_show(ui, (enum view_id)k->arg); return true;
	case DO_HELP:
		if (ui->view == VIEW_HELP)
			ui_back(ui);
		else
			ui_show(ui, VIEW_HELP);
		return true;
	case DO_PROMPT:
		open_prompt(d, PROMPT_COMMAND, k->command ? k->command : "");
		return true;
	case DO_TRY: open_try(d); return true;
	case DO_WEIGHT_TYPE: type_weight(d); return true;
	case DO_COMMAND: ui_post(ui, k->command, true, NULL); return true;
	case DO_PAUSE: pause_or_go(ui); return true;
	case DO_FREEZE: ui_freeze(ui); return true;
	case DO_BACK: ui_back(ui); return true;
	case DO_REDRAW: term_redraw(d->term); return true;
	case DO_SUSPEND: term_suspend(d->term); return true;
	case DO_INTERRUPT: interrupt(d); return true;
	case DO_QUIT: local_run(ui, "quit"); return true;
	default: return false;
	}
}

static bool scroll_trial(struct ui *ui, const struct key_row *k)
{
	if (!ui->trial.is_open ||
	    (k->action != DO_MOVE && k->action != DO_SCROLL && k->action != DO_EXAMPLE))
		return false;
	ui->trial.scroll += k->arg;
	if (ui->trial.scroll < 0)
		ui->trial.scroll = 0;
	return true;
}

static void on_key(struct desk *d, uint32_t key)
{
	struct ui *ui = &d->ui;
	const struct key_row *k;

	if (ui->ask == ASK_QUIT && key != 3) {
		if (key == 'y' || key == 'Y')
			ask_stop(d);
		ui->ask = ASK_NONE;
		return;
	}
	k = key_find(ui->view, key);
	if (k && k->on != ON_ALL)
		ui_recalc(ui); /* keys act on what will be shown, drawn or not */
	if (!k || act_here(d, k) || scroll_trial(ui, k))
		return;
	view_table[ui->view].act(ui, (int)k->action, k->arg);
}

/* --- the prompt --- */

static void run_line(struct desk *d, char *line)
{
	struct ui *ui = &d->ui;
	char *s = line;

	while (*s == ' ' || *s == ':')
		s++;
	if (prompt_kind_now() == PROMPT_TRY) {
		ui_try(ui, s);
	} else if (*s && !local_run(ui, s)) {
		ui_post(ui, s, true, NULL);
	}
}

static void take_line(struct desk *d)
{
	char *line = prompt_take();

	if (line)
		run_line(d, line);
	xfree(line);
}

static void on_input(struct desk *d)
{
	uint32_t key;

	while (!d->ui.is_done && input_next(&d->input, d->ui.now, &key)) {
		d->is_dirty = d->is_urgent = true;
		if (key == KEY_SYNC_)
			term_has_sync(d->term);
		else if (key == KEY_PASTE_)
			prompt_paste(buf_str(&d->input.paste), d->input.paste.len);
		else if (prompt_is_open())
			prompt_key(key);
		else
			on_key(d, key);
		take_line(d);
	}
}

static void read_terminal(struct desk *d, short events)
{
	unsigned char bytes[512];
	size_t room = input_room(&d->input);
	ssize_t n;

	if (!(events & (POLLIN | POLLHUP | POLLERR | POLLNVAL)))
		return;
	if (!(events & POLLIN)) {
		lose_screen(d);
		return;
	}
	if (!room)
		return;
	n = read(d->in_fd, bytes, room < sizeof bytes ? room : sizeof bytes);
	if (n > 0)
		input_feed(&d->input, bytes, (size_t)n, d->ui.now);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		lose_screen(d);
}

/* --- signals --- */

static void read_signals(struct desk *d)
{
	int sig;

	while (signals_take(&sig)) {
		d->is_dirty = true;
		switch (sig) {
		case SIGWINCH:
			d->is_urgent = true;
			break;
		case SIGTERM:
			d->ui.exit_code = 128 + SIGTERM;
			ask_stop(d);
			break;
		case SIGHUP:
			lose_screen(d);
			break;
		case SIGINT:
			interrupt(d);
			break;
		case SIGUSR1:
			if (!ui_run_has_ended(&d->ui))
				ui_post(&d->ui, "checkpoint", false, NULL);
			break;
		case SIGTSTP:
			term_suspend(d->term);
			break;
		case SIGCONT:
			term_redraw(d->term);
			break;
		default:
			break;
		}
	}
}

/* --- drawing --- */

static void draw(struct desk *d)
{
	struct ui *ui = &d->ui;

	if (term_is_behind(d->term))
		return; /* stays dirty: drawn when the line has caught up */
	ui_recalc(ui);
	term_prepare(d->term, &d->canvas);
	draw_screen(&d->canvas, ui);
	if (term_show(d->term, &d->canvas))
		d->is_dirty = d->is_urgent = false;
	d->next_frame = ui->now + FRAME;
}

static int wait_ms(const struct desk *d, double wish)
{
	double wait = 1, w = input_wait(&d->input, d->ui.now);

	if (d->is_dirty && !term_is_behind(d->term))
		wait = d->next_frame - d->ui.now;
	if (w >= 0 && w < wait)
		wait = w;
	if (wish >= 0 && wish < wait)
		wait = wish;
	if (d->ui.message[0] && d->ui.message_until - d->ui.now < wait)
		wait = d->ui.message_until - d->ui.now;
	return wait <= 0 ? 0 : (int)(wait * 1000) + 1;
}

enum { P_INPUT, P_SIGNAL, P_FEED, P_OUT, P_WAKE, POLLS };

/* What a crash would say; prepared now, since a handler may not format. */
static void prepare_note(const struct snapshot *s)
{
	char line[400];
	struct buf run;

	buf_init(&run);
	text_sanitize(&run, s->run, strlen(s->run));
	str_format(line, sizeof line,
		   "tutti: crashed; 'tutti resume %s' goes on from step %lld",
		   buf_str(&run), (long long)s->checkpoint_step);
	if (s->checkpoint_step >= 0)
		term_crash_note(line);
	buf_release(&run);
}

static void turn(struct desk *d, double wish)
{
	struct pollfd p[POLLS] = {
		[P_INPUT] = {.fd = d->in_fd, .events = POLLIN},
		[P_SIGNAL] = {.fd = d->signal_fd, .events = POLLIN},
		[P_FEED] = {.fd = -1, .events = POLLIN},
		[P_OUT] = {.fd = -1, .events = POLLOUT},
		[P_WAKE] = {.fd = d->ui.wake_fd, .events = POLLIN},
	};

	eventfd_t woken;
	int64_t saved;
	int waiting;

	if (d->ui.feed.fd)
		p[P_FEED].fd = d->ui.feed.fd(d->ui.feed.arg);
	if (term_is_behind(d->term))
		p[P_OUT].fd = term_out_fd(d->term);
	if (poll(p, POLLS, wait_ms(d, wish)) < 0 && errno != EINTR)
		BUG("poll: %d", errno);
	d->ui.now = clock_now();
	if (p[P_WAKE].revents & POLLIN) {
		eventfd_read(d->ui.wake_fd, &woken);
		d->is_dirty = true;
	}
	read_signals(d);
	if (!d->ui.is_done)
		read_terminal(d, p[P_INPUT].revents);
	on_input(d);
	waiting = d->ui.n_pending;
	saved = d->ui.live.checkpoint_step;
	if (ui_update(&d->ui) && !d->ui.is_frozen)
		d->is_dirty = true;
	if (d->ui.live.checkpoint_step != saved)
		prepare_note(&d->ui.live);
	if (d->ui.n_pending < waiting)
		d->is_urgent = d->is_dirty = true; /* an answer is an echo, too */
	if (d->ui.message[0] && d->ui.now >= d->ui.message_until)
		d->is_dirty = true;
	if (!d->is_lost && term_flush(d->term) != ST_OK)
		lose_screen(d);
}

static void loop(struct desk *d)
{
	double wish = -1;

	d->ui.now = clock_now();
	ui_update(&d->ui);
	d->is_dirty = d->is_urgent = true;
	while (!d->ui.is_done) {
		if (d->is_dirty && (d->is_urgent || d->ui.now >= d->next_frame)) {
			draw(d);
			if (term_flush(d->term) != ST_OK) {
				lose_screen(d);
				break;
			}
		}
		turn(d, wish);
		wish = ui_post_wishes(&d->ui);
		if (d->ui.is_leaving && ui_run_has_ended(&d->ui))
			d->ui.is_done = true;
	}
}

static enum status choose_feed(const struct desk_options *o, struct feed *f,
			       struct look **look, struct err *err)
{
	memset(f, 0, sizeof *f);
	if (o->feed)
		*f = *o->feed;
	else if (o->trainer)
		feed_trainer(f, o->trainer);
	else if (o->run) {
		enum status st = look_open(o->run, look, err);

		if (st)
			return st;
		feed_look(f, *look);
	} else {
		return err_set(err, ST_INVALID, "no run to show");
	}
	return ST_OK;
}

static void set_hooks(void)
{
	bug_set_hook(term_bug_hook);
	mem_set_oom_hook(term_oom_hook);
	term_crash_note("tutti: crashed; there was no checkpoint yet");
}

enum status desk_run(const struct desk_options *o, int *exit_code, struct err *err)
{
	struct terminal_options to = {.in_fd = o->in_fd, .out_fd = o->out_fd,
				      .term = o->term, .color = o->color,
				      .ascii = o->ascii};
	struct desk *d = xcalloc(1, sizeof *d);
	struct look *look = NULL;
	struct feed feed;
	enum status st = choose_feed(o, &feed, &look, err);

	*exit_code = 0;
	if (!st) {
		prompt_start(o->history_path);
		d->in_fd = o->in_fd;
		d->signal_fd = signals_open();
		set_hooks();
		st = term_open(&to, &d->term, err);
		if (st && feed.stop)
			feed.stop(feed.arg);
	}
	if (!st) {
		ui_init(&d->ui, &feed);
		d->ui.terminal = term_describe(d->term);
		input_init(&d->input);
		canvas_init(&d->canvas);
		loop(d);
		*exit_code = d->ui.exit_code;
		ui_release(&d->ui);
		input_release(&d->input);
		canvas_release(&d->canvas);
		prompt_end();
		term_close(d->term);
	}
	signals_close();
	look_close(look);
	xfree(d);
	return st;
}
