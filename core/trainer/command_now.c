/*
 * command_now.c - the present values of the knobs.
 */
#include "trainer/command_now.h"

#include "command/command.h"
#include "session/freezing.h"
#include "session/session.h"

static void put_flag(bool x, char *out)
{
	str_copy(out, COMMAND_NOW, x ? "on" : "off");
}

void now_weight(const struct session *s, int task, char *out)
{
	double_to_text(s->mix.ch[task].weight, out);
}

void now_share(const struct session *s, int task, char *out)
{
	if (s->mix.ch[task].share < 0)
		str_copy(out, COMMAND_NOW, "auto");
	else
		double_to_text(s->mix.ch[task].share, out);
}

void now_mute(const struct session *s, int task, char *out)
{
	put_flag(s->mix.ch[task].muted, out);
}

void now_solo(const struct session *s, int task, char *out)
{
	put_flag(s->mix.ch[task].solo, out);
}

void now_lock(const struct session *s, int task, char *out)
{
	put_flag(s->mix.ch[task].locked, out);
}

void now_lr(const struct session *s, int task, char *out)
{
	(void)task;
	double_to_text(s->mix.lr, out);
}

void now_clip(const struct session *s, int task, char *out)
{
	(void)task;
	double_to_text(s->mix.clip, out);
}

void now_dropout(const struct session *s, int task, char *out)
{
	(void)task;
	double_to_text(s->mix.dropout, out);
}

void now_horizon(const struct session *s, int task, char *out)
{
	(void)task;
	str_format(out, COMMAND_NOW, "%lld", (long long)s->mix.horizon);
}

void now_freeze(const struct session *s, int task, char *out)
{
	struct freeze_groups groups;

	(void)task;
	freezing_groups(s, &groups);
	freeze_show(&groups, &s->mix.frozen, out, COMMAND_NOW);
}

void now_sampling(const struct session *s, int task, char *out)
{
	(void)task;
	mix_show(&s->mix, METHOD_SAMPLING, out, COMMAND_NOW);
}

void now_weighting(const struct session *s, int task, char *out)
{
	(void)task;
	mix_show(&s->mix, METHOD_WEIGHTING, out, COMMAND_NOW);
}
