/*
 * desk_command.c - what the prompt does without asking the run.
 */
#include "desk_command.h"

#include <string.h>

#include "base/str.h"
#include "trial.h"
#include "ui/keys.h"
#include "ui/models.h"
#include "view_help.h"

static void run_help(struct ui *ui, const char *rest)
{
	help_show(ui, rest);
}

static void run_quit(struct ui *ui, const char *rest)
{
	(void)rest;
	if (!ui_may_steer(ui))
		ui->is_done = true;
	else
		ui->ask = ASK_QUIT;
}

static void run_try(struct ui *ui, const char *rest)
{
	trial_start(ui, rest);
}

/* "explain TASK TEXT": the text is tried, with that task's attributions. */
static void run_explain(struct ui *ui, const char *rest)
{
	size_t n = strcspn(rest, " ");

	for (int i = 0; i < ui->pic->n_channels; i++)
		if (strlen(ui->pic->ch[i].name) == n &&
		    !strncmp(ui->pic->ch[i].name, rest, n) && rest[n]) {
			trial_start(ui, rest + n + 1);
			trial_explain(ui, i);
			return;
		}
	ui_say(ui, true, "explain TASK TEXT");
}

/* Waits for a thread, so it is said when the picture is there. */
static void run_overlay(struct ui *ui, const char *rest)
{
	struct err err = {""};

	if (!rest[0] || str_eq(rest, "off")) {
		overlay_off(&ui->chart.overlay);
		ui_say(ui, false, "no other run behind the curves");
	} else if (overlay_start(&ui->chart.overlay, &ui->feed, ui->pic->run_path, rest,
				 ui->wake_fd, &err)) {
		ui_say(ui, true, "%s", err.text);
	} else {
		ui_say(ui, false, "reading %s", rest);
	}
}

static void run_mouse(struct ui *ui, const char *rest)
{
	ui->mouse = str_eq(rest, "off") ? MOUSE_OFF : MOUSE_ON;
	ui_say(ui, false, ui->mouse == MOUSE_ON ?
	       "the mouse chooses, drags and scrolls; with Shift it selects text" :
	       "the mouse selects text");
}

/* In the list of this view; elsewhere: in the journal. */
static void run_find(struct ui *ui, const char *rest)
{
	const struct view *v = ui->views[ui->view];

	(v->find ? v : ui->views[VIEW_JOURNAL])->find(ui, rest);
}

const struct desk_command desk_command_table[] = {
	{ "explain", "explain TASK TEXT", "which words of a text made a task's answer",
	  "The text is tried, and the words that pushed the task's answer are marked.",
	  ARG_TASK, NULL, run_explain },
	{ "help", "help [WORD]", "help for the view, or for one command", "", ARG_NONE,
	  NULL, run_help },
	{ "find", "find [TEXT]", "only what has a text; nothing: all again",
	  "In Data also by length and label, before the text: 'find len>60 label=yes "
	  "some words'. In Runs by name, note or task. In Summaries the next example "
	  "that holds it in its source, reference or output.", ARG_NONE, NULL, run_find },
	{ "quit", "quit", "leave the desk (asks while the run is live)", "", ARG_NONE, NULL,
	  run_quit },
	{ "q", "q", "quit", "", ARG_NONE, NULL, run_quit },
	{ "model", "model live|best|next|STEP", "who answers questions: the run or a checkpoint",
	  "A checkpoint is opened beside the run and changes nothing in it. Of a run that "
	  "has ended the best checkpoint is asked. next goes through all that are kept.",
	  ARG_NONE, "live best next", models_choose },
	{ "speed", "speed X|slower|faster", "of a film: recorded seconds in one", "",
	  ARG_NONE, "slower faster", film_speed_command },
	{ "seek", "seek STEP|50%|+5%|-5%|start|end", "of a film: to that moment", "",
	  ARG_NONE, "start end", film_seek_command },
	{ "try", "try [TASK] TEXT", "what the tasks say of a text", "", ARG_TASK, NULL,
	  run_try },
	{ "overlay", "overlay RUN|off", "another run behind the curves",
	  "Draws the same measure of a second run, dotted, its tasks matched by name: a "
	  "name beside this run, or a folder. It is read once.", ARG_NONE, "off",
	  run_overlay },
	{ "mouse", "mouse on|off", "the mouse chooses and drags, or selects text",
	  "Off unless asked for here or by --mouse, as a terminal whose mouse reports to a "
	  "program selects no text with it, but with Shift held in most.",
	  ARG_NONE, "on off", run_mouse },
};
const int desk_command_count = (int)(sizeof desk_command_table / sizeof *desk_command_table);

/* The length of the first word of a line that begins with no blank. */
static size_t first_word(const char *line)
{
	return strcspn(line, " ");
}

static const struct desk_command *find_n(const char *name, size_t n)
{
	for (int i = 0; i < desk_command_count; i++)
		if (strlen(desk_command_table[i].name) == n &&
		    !strncmp(desk_command_table[i].name, name, n))
			return &desk_command_table[i];
	return NULL;
}

const struct desk_command *desk_command_find(const char *name)
{
	return find_n(name, strlen(name));
}

bool desk_command_run(struct ui *ui, const char *line)
{
	size_t n = first_word(line);
	const struct desk_command *r = find_n(line, n);

	if (!r)
		return false;
	line += n;
	r->run(ui, line + strspn(line, " "));
	return true;
}

/* --- completion --- */

static void offer(const char *word, const char *text, size_t n,
		  void (*emit)(void *arg, const char *word), void *arg)
{
	if (!strncmp(word, text, n))
		emit(arg, word);
}

static void offer_words(const char *words, const char *text, size_t n,
			void (*emit)(void *arg, const char *word), void *arg)
{
	char word[32];

	for (const char *s = words; s && *s; s += strcspn(s, " "), s += strspn(s, " ")) {
		str_format(word, sizeof word, "%.*s", (int)strcspn(s, " "), s);
		offer(word, text, n, emit, arg);
	}
}

/* The names of everything that has help. */
static void offer_topics(const char *text, size_t n,
			 void (*emit)(void *arg, const char *word), void *arg)
{
	for (int i = 0; i < command_count; i++)
		offer(command_table[i]->name, text, n, emit, arg);
	for (int i = 0; i < desk_command_count; i++)
		if (!command_find(desk_command_table[i].name))
			offer(desk_command_table[i].name, text, n, emit, arg);
}

int desk_command_complete(const char *line, int point, const char *const *tasks,
			  void (*emit)(void *arg, const char *word), void *arg)
{
	size_t lead = strspn(line, " "), word = first_word(line + lead), n;
	const struct desk_command *r;
	size_t from;

	if ((size_t)point <= lead + word) {
		n = (size_t)point < lead ? 0 : (size_t)point - lead;
		offer_topics(line + lead, n, emit, arg);
		return (int)((size_t)point < lead ? (size_t)point : lead);
	}
	r = find_n(line + lead, word);
	if (!r)
		return command_complete(line, point, tasks, emit, arg);
	from = lead + word + strspn(line + lead + word, " ");
	if (from > (size_t)point)
		from = (size_t)point;
	n = (size_t)point - from;
	if (memchr(line + from, ' ', n))
		return point; /* only the first word is known */
	if (str_eq(r->name, "help"))
		offer_topics(line + from, n, emit, arg);
	if (r->arg == ARG_TASK)
		for (int i = 0; tasks[i]; i++)
			offer(tasks[i], line + from, n, emit, arg);
	offer_words(r->words, line + from, n, emit, arg);
	return (int)from;
}
