/*
 * desk.c - keys, signals and pictures come in; one place draws.
 *
 * Nothing here waits but the poll() of desk_run(). Handlers of keys and signals change the
 * screen's state and set `dirty`; a frame is drawn at most four times a second
 * for training's sake, and at once after a key.
 */
#include "desk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "frame.h"
#include "screen/input.h"
#include "ui/keys.h"
#include "view/desk_command.h"
#include "mouse.h"
#include "prompt.h"
#include "view/trial.h"
#include "view/view_table.h"
#include "text/utf8.h"

#define FRAME 0.25
#define TWICE 2.0 /* seconds between two Ctrl-C that mean it */

struct desk {
	struct terminal *term;
	struct input input;
	struct mouse_hold mouse;
	struct canvas canvas;
	struct ui ui;
	enum desk_state state;
	int in_fd;
	bool is_lent;
	bool is_dirty, is_urgent;
	double next_frame, wish; /* wish: seconds until one is posted, < 0: none */
	char names[CHANNELS_MAX][32];
	const char *tasks[CHANNELS_MAX + 1];
};

/* --- leaving --- */

static void ask_stop(struct desk *d)
{
	if (!ui_may_steer(&d->ui)) {
		d->ui.is_done = true;
		return;
	}
	d->ui.is_leaving = true;
	if (d->ui.feed.stop)
		d->ui.feed.stop(d->ui.feed.arg);
}

/* The screen is gone. A run of this process stops with a checkpoint. */
static void lose_screen(struct desk *d)
{
	d->state = DESK_LOST;
	d->ui.exit_code = 128 + SIGHUP;
	if (!d->is_lent && !ui_run_has_ended(&d->ui) && d->ui.feed.stop)
		d->ui.feed.stop(d->ui.feed.arg);
}

static void detach(struct desk *d)
{
	if (d->is_lent)
		d->state = DESK_DETACHED;
	else if (ui_looks_only(&d->ui))
		d->ui.is_done = true;
	else
		ui_say(&d->ui, false, "no run goes on behind this screen: q leaves it");
}

/* The terminal goes back to its owner for a while. */
static void suspend(struct desk *d)
{
	if (d->is_lent) {
		term_leave(d->term);
		d->state = DESK_SUSPENDED;
	} else {
		term_suspend(d->term);
	}
}

static void interrupt(struct desk *d)
{
	struct ui *ui = &d->ui;

	if (ui_looks_only(ui)) {
		ui->is_done = true;
	} else if (ui->now - ui->last_interrupt <= TWICE) {
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

	if (!d->ui.live.n_channels)
		return;
	str_format(line, sizeof line, "weight %s ", d->ui.live.ch[d->ui.channel].name);
	open_prompt(d, PROMPT_COMMAND, line);
}

static void open_try(struct desk *d)
{
	if (ui_looks_only(&d->ui))
		ui_say_looks_only(&d->ui);
	else if (ui_has_no_model(&d->ui))
		ui_say(&d->ui, true, UI_NO_MODEL);
	else if (!ui_run_has_ended(&d->ui) || d->ui.feed.checkpoints)
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
	case DO_COMMAND:
		if (!desk_command_run(ui, k->command))
			ui_post(ui, k->command, true, NULL);
		return true;
	case DO_PAUSE: pause_or_go(ui); return true;
	case DO_FREEZE: ui_freeze(ui); return true;
	case DO_BACK: ui_back(ui); return true;
	case DO_REDRAW: term_redraw(d->term); return true;
	case DO_SUSPEND: suspend(d); return true;
	case DO_DETACH: detach(d); return true;
	case DO_INTERRUPT: interrupt(d); return true;
	case DO_QUIT: desk_command_run(ui, "quit"); return true;
	default: return false;
	}
}

static void answer_quit(struct desk *d, uint32_t key)
{
	d->ui.ask = ASK_NONE;
	if (key == 'y' || key == 'Y')
		ask_stop(d);
	else if (key == 'D')
		detach(d);
}

static void on_key(struct desk *d, uint32_t key)
{
	struct ui *ui = &d->ui;
	const struct key_row *k;

	if (ui->ask == ASK_QUIT && key != 3) {
		answer_quit(d, key);
		return;
	}
	k = key_find(ui->view, key);
	if (k && key_is_idle(ui, k)) {
		ui_say_no_steering(ui);
		return;
	}
	if (k && k->on != ON_ALL)
		ui_recalc(ui); /* keys act on what will be shown, drawn or not */
	if (!k || act_here(d, k) || (ui->layer && ui->layer->act(ui, (int)k->action, k->arg)))
		return;
	ui->views[ui->view]->act(ui, (int)k->action, k->arg);
}

/* --- the prompt --- */

static void run_line(struct desk *d, char *line)
{
	struct ui *ui = &d->ui;
	char *s = line;

	while (*s == ' ' || *s == ':')
		s++;
	if (prompt_kind_now() == PROMPT_TRY)
		trial_start(ui, s);
	else if (*s && !desk_command_run(ui, s))
		ui_post(ui, s, true, NULL);
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

	while (d->state == DESK_OPEN && !d->ui.is_done &&
	       input_next(&d->input, d->ui.now, &key)) {
		d->is_dirty = d->is_urgent = true;
		if (key == KEY_SYNC_)
			term_has_sync(d->term);
		else if (key == KEY_DARK_ || key == KEY_LIGHT_)
			term_is_light(d->term, key == KEY_LIGHT_);
		else if (key == 26)
			suspend(d); /* whatever is open */
		else if (key == KEY_PASTE_)
			prompt_paste(buf_str(&d->input.paste), d->input.paste.len);
		else if (prompt_is_open())
			prompt_key(key);
		else if (key == KEY_MOUSE_)
			mouse_act(&d->mouse, &d->ui, &d->canvas, &d->input.mouse);
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

void desk_signal(struct desk *d, int sig)
{
	d->is_dirty = true;
	switch (sig) {
	case SIGWINCH: d->is_urgent = true; break;
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
		if (ui_may_steer(&d->ui))
			ui_post(&d->ui, "checkpoint", false, NULL);
		break;
	case SIGTSTP:
		if (d->state == DESK_OPEN)
			suspend(d);
		break;
	case SIGCONT:
		if (d->state == DESK_SUSPENDED) {
			term_enter(d->term);
			d->state = DESK_OPEN;
		}
		term_resume(d->term);
		d->is_urgent = true;
		break;
	default:
		break;
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

int desk_wait(struct desk *d)
{
	double wait = 1, w = input_wait(&d->input, d->ui.now);

	if (d->state != DESK_OPEN)
		return 1000;
	if (d->is_dirty && !term_is_behind(d->term))
		wait = d->is_urgent ? 0 : d->next_frame - d->ui.now;
	if (w >= 0 && w < wait)
		wait = w;
	if (d->wish >= 0 && d->wish < wait)
		wait = d->wish;
	if (d->ui.message[0] && d->ui.message_until - d->ui.now < wait)
		wait = d->ui.message_until - d->ui.now;
	return wait <= 0 ? 0 : (int)(wait * 1000) + 1;
}

enum { P_INPUT, P_FEED, P_OUT, P_WAKE };

void desk_polls(struct desk *d, struct pollfd p[DESK_POLLS])
{
	bool is_open = d->state == DESK_OPEN;

	for (int i = 0; i < DESK_POLLS; i++)
		p[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	if (is_open)
		p[P_INPUT].fd = d->in_fd;
	if (d->ui.feed.fd)
		p[P_FEED].fd = d->ui.feed.fd(d->ui.feed.arg);
	p[P_OUT].events = POLLOUT;
	if (is_open && term_is_behind(d->term))
		p[P_OUT].fd = term_out_fd(d->term);
	p[P_WAKE].fd = d->ui.wake_fd;
}

/* What a crash would say; prepared early, since a handler may not format. */
static void note_for_crash(const struct snapshot *s)
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

/* A new picture, and what was answered with it. */
static void take_picture(struct desk *d)
{
	int64_t saved = d->ui.live.checkpoint_step;
	int waiting = d->ui.n_pending;

	if (ui_update(&d->ui) && !d->ui.is_frozen)
		d->is_dirty = true;
	if (d->ui.live.checkpoint_step != saved && ui_may_steer(&d->ui))
		note_for_crash(&d->ui.live);
	if (d->ui.n_pending < waiting)
		d->is_urgent = d->is_dirty = true; /* an answer is an echo, too */
	if (d->ui.message[0] && d->ui.now >= d->ui.message_until)
		d->is_dirty = true;
}

static void show(struct desk *d)
{
	if (d->state != DESK_OPEN)
		return;
	if (d->is_dirty && (d->is_urgent || d->ui.now >= d->next_frame))
		draw(d);
	if (term_flush(d->term) != ST_OK)
		lose_screen(d);
}

void desk_turn(struct desk *d, const struct pollfd p[DESK_POLLS])
{
	eventfd_t woken;

	d->ui.now = clock_now();
	if (p[P_WAKE].revents & POLLIN) {
		eventfd_read(d->ui.wake_fd, &woken);
		d->is_dirty = true;
	}
	if (d->state == DESK_OPEN)
		read_terminal(d, p[P_INPUT].revents);
	on_input(d);
	take_picture(d);
	d->wish = ui_post_wishes(&d->ui);
	if (d->ui.is_leaving && ui_run_has_ended(&d->ui))
		d->ui.is_done = true;
	if (d->ui.is_done && d->state == DESK_OPEN)
		d->state = DESK_QUIT;
	show(d);
}

enum desk_state desk_state(const struct desk *d)
{
	return d->state;
}

int desk_exit_code(const struct desk *d)
{
	return d->ui.exit_code;
}

/* --- opening and closing --- */

enum status desk_open(const struct desk_options *o, struct desk **out, struct err *err)
{
	struct desk *d = xcalloc(1, sizeof *d);
	enum status st;

	d->in_fd = o->terminal.in_fd;
	d->is_lent = o->is_lent;
	d->wish = -1;
	prompt_start(o->history_path);
	st = term_open(&o->terminal, &d->term, err);
	if (st) {
		prompt_end();
		xfree(d);
		return st;
	}
	ui_init(&d->ui, o->feed, view_table);
	d->ui.may_detach = o->is_lent;
	d->ui.terminal = term_describe(d->term);
	input_init(&d->input);
	canvas_init(&d->canvas);
	d->ui.now = clock_now();
	ui_update(&d->ui);
	d->is_dirty = d->is_urgent = true;
	*out = d;
	return ST_OK;
}

void desk_close(struct desk *d)
{
	if (!d)
		return;
	prompt_cancel();
	prompt_end();
	ui_release(&d->ui);
	input_release(&d->input);
	canvas_release(&d->canvas);
	term_close(d->term);
	xfree(d);
}
