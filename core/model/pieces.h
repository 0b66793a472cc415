/*
 * pieces.h - heads that say pieces of the text itself, each from a row of the trunk
 * (batch.ids_out). For core/model alone.
 */
#ifndef TUTTI_MODEL_PIECES_H
#define TUTTI_MODEL_PIECES_H

#include "model/kind.h"

/* Of a row's pieces the share that is hidden where nobody says another: BERT's. */
#define PIECES_ASKED 0.15

/* Rows of a batch that say a piece, in order, and which. */
struct asked_rows {
	int n;
	int *row;        /* [n] */
	int32_t *piece;  /* [n] */
};
/* In the tape's arena. */
void pieces_asked(struct tape *t, const struct batch *b, struct asked_rows *out);

/* head_kind.loss of them: the mean over the pieces that are asked for. */
struct loss pieces_loss(const struct model *m, struct tape *t, const struct batch *b,
			float p_drop);

#endif
