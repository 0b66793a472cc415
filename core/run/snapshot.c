/*
 * snapshot.c - pictures of a session: made empty, copied, let go.
 */
#include "run/snapshot.h"

#include <string.h>

#include "base/mem.h"

const char *phase_name(enum phase p)
{
	static const char *const names[] = {
		[PHASE_PREPARING] = "preparing", [PHASE_RUNNING] = "running",
		[PHASE_PAUSED] = "paused", [PHASE_EVALUATING] = "evaluating",
		[PHASE_SAVING] = "saving", [PHASE_DONE] = "done",
		[PHASE_STOPPED] = "stopped", [PHASE_FAILED] = "failed",
	};

	return names[p];
}

void snapshot_init(struct snapshot *s)
{
	memset(s, 0, sizeof *s);
	s->phase = PHASE_PREPARING;
	s->work_left = s->seconds_left = -1;
	s->checkpoint_step = s->eval_step = -1;
}

void snapshot_release(struct snapshot *s)
{
	xfree(s->ch);
	snapshot_init(s);
}

/* Of a curve only the points that are there: most of it is room. */
static void copy_channel(struct channel *dst, const struct channel *src)
{
	size_t n = (size_t)src->curve.n;

	memcpy(dst, src, offsetof(struct channel, curve));
	dst->curve.span = src->curve.span;
	dst->curve.n = src->curve.n;
	memcpy(dst->curve.mean, src->curve.mean, n * sizeof *src->curve.mean);
	memcpy(dst->curve.smooth, src->curve.smooth, n * sizeof *src->curve.smooth);
	memcpy(dst->curve.count, src->curve.count, n * sizeof *src->curve.count);
	dst->dev_curve = src->dev_curve;
	dst->grad_curve = src->grad_curve;
}

void snapshot_copy(struct snapshot *dst, const struct snapshot *src)
{
	struct channel *ch = dst->ch;

	if (dst == src)
		return;
	if (dst->n_channels != src->n_channels || !ch)
		ch = xreallocarray(ch, src->n_channels ? (size_t)src->n_channels : 1,
				   sizeof *ch);
	*dst = *src;
	dst->ch = ch;
	for (int i = 0; i < src->n_channels; i++)
		copy_channel(&ch[i], &src->ch[i]);
}
