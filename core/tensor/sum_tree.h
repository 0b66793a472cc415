/*
 * sum_tree.h - which gradients of a step are added to which: a fixed binary tree
 * over their numbers, so that the sum is the same bits whoever computes what.
 *
 * 0 + 1, 2 + 3, ..., then those sums in pairs, and so on; a node without a partner
 * rises unchanged. An addend enters with a factor, or not at all (NULL): then its
 * partner rises. A run of addends that begins at a multiple of a power of two and is
 * as long (the last one may be cut short) is a whole node: its own tree gives that
 * node, and a tree over the nodes gives the sum. No gradient is read here: the
 * caller adds what a pair names and says when it is done. Any thread, one at a time.
 *
 * Why a tree. A chain 0 + 1 + 2 .. would be one order as well, but while its first
 * addend is late all others would wait, each in a buffer of its own; here one waits for
 * each level (workers_buffers). And a chain has no blocks: test_blocks in
 * test_workers.c cuts the sum among several owners, to the same bits.
 *   Why factors. An addend is multiplied where it is first added, in the same pass over
 * memory; one that was alone to the end still has its factor at the root.
 */
#ifndef TUTTI_TENSOR_SUM_TREE_H
#define TUTTI_TENSOR_SUM_TREE_H

#include "tensor/param.h"

/* A node: factor * g, or nothing when g is NULL. g is borrowed. */
struct sum_node {
	struct grads *g;
	float factor;
	int width;      /* addends it stands for; a power of two, cut short or not */
	bool is_here;
};

struct sum_tree {
	int n, cap;
	struct sum_node *node; /* [n]; each at its first addend's number */
};

/* Two nodes that can be added: left = l * left + r * right, then sum_tree_join. */
struct sum_pair {
	int left, right;
	struct grads *into, *from; /* both there; else nothing has to be added */
	float mine, its;
};

void sum_tree_release(struct sum_tree *t);
/* Of n >= 1 addends, none there yet. Allocates when n grows only. */
void sum_tree_begin(struct sum_tree *t, int n);
/* Addend k is there: factor * g, or nothing (g NULL). */
void sum_tree_put(struct sum_tree *t, int k, struct grads *g, float factor);
/*
 * Is node k there, and its partner too? Then both leave the tree as *out until
 * sum_tree_join, and nobody else is given them.
 */
bool sum_tree_take(struct sum_tree *t, int k, struct sum_pair *out);
/* Addend k, while it is there and stands alone; NULL: not. */
const struct sum_node *sum_tree_at(const struct sum_tree *t, int k);
/*
 * The pair is one node now, the left one's. Returns the buffer that is free again,
 * or NULL when there is none.
 */
struct grads *sum_tree_join(struct sum_tree *t, const struct sum_pair *p);
/* All n are one node. NULL: not yet. */
const struct sum_node *sum_tree_root(const struct sum_tree *t);

#endif
