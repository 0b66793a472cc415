/*
 * continuation.h - texts written behind a source by the trunk's own layers, in training
 * all rows at once, in a search a piece a turn. For core/model alone.
 *
 * Source and text are one sequence. The text's places go on where the source's end; its
 * rows are of segment 1 where the trunk has segments. It never is seen by the source,
 * and each of its rows sees the source and the text up to itself.
 */
#ifndef TUTTI_MODEL_CONTINUATION_H
#define TUTTI_MODEL_CONTINUATION_H

#include "model/stack.h"

/*
 * Which way. With k = source pieces, piece j of a text is predicted from a row at place
 *   k + j          the piece before it, the first one from the start piece (starts)
 *   k + j + 1      a mask in its own place, seen by nobody (starts and masks; UniLM's
 *                  fine-tuning: Dong et al. 2019)
 *   k + j - 1      the piece before it, the first one from the source's last row
 */
struct continuation {
	bool causal; /* the source's rows see those before them; else each other */
	bool starts;
	bool masks;
};

/*
 * The states [T, C] from which the batch's target pieces are predicted; *source (NULL:
 * not wanted, and then the top layer has none) gets those of the source's rows: [N, C].
 */
struct ten *continuation_rows(const struct model *m, struct tape *t,
			      const struct batch *b, struct continuation how,
			      float p_drop, struct ten **source);

/* As decoder_kind's, but for the losses; they share g->own. */
struct ten *continuation_begin(struct decoding *g, struct continuation how);
struct ten *continuation_step(struct decoding *g);
void continuation_move(struct decoding *g, const struct search_move *move, int n);

/*
 * What the text adds to the trunk's of a source of n tokens: of t pieces; source: its
 * rows are wanted, too.
 */
double continuation_flops(const struct model *m, struct continuation how, double n,
			  double t, bool source);

#endif
