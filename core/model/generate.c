/*
 * generate.c - writing: the search asks, the decoder answers, turn by turn.
 */
#include "base/mem.h"
#include "model/writer.h"

void generation_init(struct generation *g)
{
	*g = (struct generation){ 0 };
	arena_init(&g->arena);
}

void generation_release(struct generation *g)
{
	arena_release(&g->arena);
	generation_init(g);
}

/* Of each example the mean over its counted targets; 0 when it has none. */
static double *mean_losses(const struct batch *b, const double *each,
			   struct arena *a)
{
	double *mean = arena_zalloc(a, ((size_t)b->B + 1) * sizeof *mean);

	for (int i = 0; i < b->B; i++) {
		int n = 0;

		for (int r = b->dec_off[i]; r < b->dec_off[i + 1]; r++)
			if (b->dec_out[r] >= 0) {
				mean[i] += each[r];
				n++;
			}
		mean[i] = n ? mean[i] / n : 0;
	}
	return mean;
}

/*
 * Runs the search to its end; each as in decoder_kind.begin. A turn's memory is given
 * back when it is over: what lasts is in the caches and in the search's records.
 */
static void run_search(struct decoding *g, struct search *s, double *each)
{
	const struct decoder_kind *kind = g->m->decoder;
	const struct writer *o = kind->writer(g->m, g->b->task);
	struct ten *keys = writer_keys(g->m, g->t, o, kind->begin(g, each));
	const struct search_move *move;
	int moves;

	while ((g->R = search_rows(s, &g->row)) > 0) {
		struct arena_mark mark = arena_mark(&g->t->arena);

		g->length = search_length(s);
		writer_offer(g, o, s, kind->step(g), keys);
		moves = search_advance(s, &move);
		kind->move(g, move, moves);
		arena_rewind(&g->t->arena, mark);
	}
}

void model_generate(const struct model *m, struct tape *t, const struct batch *b,
		    const struct decode_config *dc, int32_t cls_id,
		    int32_t sep_id, const int32_t *banned, int n_banned,
		    struct generation *g)
{
	struct arena_mark mark = arena_mark(&t->arena);
	struct search_setup setup = { .dc = *dc, .B = b->B, .V = m->cfg.vocab,
				      .cls = cls_id, .sep = sep_id,
				      .banned = banned, .n_banned = n_banned };
	struct decoding decoding = { .m = m, .t = t, .b = b };
	int most = m->cfg.max_target - 1;
	struct search *s;
	double *each = NULL;

	BUG_IF(!model_head(m, b)->writes || t->grads || t->training);
	BUG_IF(sep_id < 0 || sep_id >= m->cfg.vocab);
	if (setup.dc.max_len > most)
		setup.dc.max_len = most;
	arena_reset(&g->arena);
	s = search_new(&t->arena, &setup);
	decoding.slots = search_slots(s);
	decoding.max_len = search_max_len(s);
	if (dc->losses)
		each = arena_alloc(&t->arena, ((size_t)b->T + 1) * sizeof *each);
	run_search(&decoding, s, each);
	search_end(s, g);
	g->loss = each ? mean_losses(b, each, &g->arena) : NULL;
	arena_rewind(&t->arena, mark);
}
