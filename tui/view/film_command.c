/*
 * film_command.c - the prompt's words over a film: how fast, and where.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "desk_command.h"
#include "feed/film.h"

static bool has_film(struct ui *ui)
{
	if (!ui->feed.film)
		ui_say(ui, true, "no film here: 'tutti play RUN' shows one");
	return ui->feed.film != NULL;
}

void film_speed_command(struct ui *ui, const char *rest)
{
	struct film *f = ui->feed.film;
	double x = 0;

	if (!has_film(ui))
		return;
	if (str_eq(rest, "faster"))
		x = film_speed(f) * 2;
	else if (str_eq(rest, "slower"))
		x = film_speed(f) / 2;
	else if (!parse_double(rest, &x) || !(x > 0)) {
		ui_say(ui, true, "speed slower, faster, or a number: recorded seconds in one");
		return;
	}
	film_set_speed(f, x);
	ui_say(ui, false, "%.3g recorded seconds in one", film_speed(f));
}

/* "12000", "50%", "+5%", "-5%", "start", "end": a step; false: none of them. */
static bool seek_target(const char *text, int64_t now, int64_t last, int64_t *step)
{
	size_t n = strlen(text);
	bool is_percent = n > 1 && text[n - 1] == '%';
	bool is_relative = text[0] == '+' || text[0] == '-';
	char number[32];
	double x;

	if (str_eq(text, "start") || str_eq(text, "end")) {
		*step = text[0] == 's' ? 0 : last;
		return true;
	}
	if (n - is_percent >= sizeof number)
		return false;
	str_format(number, sizeof number, "%.*s", (int)(n - is_percent),
		   text + (text[0] == '+'));
	number[n - is_percent - (text[0] == '+')] = '\0';
	if (!parse_double(number, &x) || x < -1e15 || x > 1e15)
		return false;
	if (is_percent)
		x = x / 100 * (double)last;
	if (is_relative && is_percent && x > -1 && x < 1)
		x = x < 0 ? -1 : 1;
	*step = (int64_t)x + (is_relative ? now : 0);
	return true;
}

void film_seek_command(struct ui *ui, const char *rest)
{
	int64_t step;

	if (!has_film(ui))
		return;
	if (!seek_target(rest, ui->live.step, film_last(ui->feed.film), &step)) {
		ui_say(ui, true, "seek STEP, 50%%, +5%%, -5%%, start or end");
		return;
	}
	film_seek(ui->feed.film, step);
	ui->message[0] = '\0';
}
