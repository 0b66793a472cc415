/*
 * sum_tree.c - see sum_tree.h. A node of w addends stands at the number of its
 * first one, a multiple of w; its partner is w further on, or w before.
 */
#include "tensor/sum_tree.h"

#include "base/mem.h"
#include "base/status.h"

void sum_tree_release(struct sum_tree *t)
{
	xfree(t->node);
	*t = (struct sum_tree){ 0 };
}

void sum_tree_begin(struct sum_tree *t, int n)
{
	BUG_IF(n < 1);
	if (n > t->cap) {
		t->node = xreallocarray(t->node, (size_t)n, sizeof *t->node);
		t->cap = n;
	}
	t->n = n;
	for (int k = 0; k < n; k++)
		t->node[k] = (struct sum_node){ .width = 1 };
}

/* A left node whose partner lies beyond the last addend rises unchanged. */
static void rise(struct sum_tree *t, int k)
{
	struct sum_node *node = &t->node[k];

	while (node->width < t->n && k % (2 * node->width) == 0 &&
	       k + node->width >= t->n)
		node->width *= 2;
	node->is_here = true;
}

void sum_tree_put(struct sum_tree *t, int k, struct grads *g, float factor)
{
	BUG_IF(k < 0 || k >= t->n || t->node[k].is_here);
	t->node[k].g = g;
	t->node[k].factor = factor;
	rise(t, k);
}

bool sum_tree_take(struct sum_tree *t, int k, struct sum_pair *out)
{
	int w = t->node[k].width, left = k % (2 * w) ? k - w : k;
	struct sum_node *a = &t->node[left], *b;

	if (!t->node[k].is_here || w >= t->n)
		return false;
	b = &t->node[left + w];
	if (!a->is_here || !b->is_here || a->width != w || b->width != w)
		return false;
	a->is_here = b->is_here = false;
	*out = (struct sum_pair){ left, left + w, a->g, b->g, a->factor, b->factor };
	return true;
}

const struct sum_node *sum_tree_at(const struct sum_tree *t, int k)
{
	BUG_IF(k < 0 || k >= t->n);
	return t->node[k].is_here && t->node[k].width == 1 ? &t->node[k] : NULL;
}

struct grads *sum_tree_join(struct sum_tree *t, const struct sum_pair *p)
{
	struct sum_node *a = &t->node[p->left];
	const struct sum_node *b = &t->node[p->right];
	struct grads *rest = p->into ? p->from : NULL;

	if (!p->into) {
		a->g = b->g;
		a->factor = b->factor;
	} else if (p->from) {
		a->factor = 1;
	}
	a->width *= 2;
	rise(t, p->left);
	return rest;
}

const struct sum_node *sum_tree_root(const struct sum_tree *t)
{
	const struct sum_node *root = &t->node[0];

	return root->is_here && root->width >= t->n ? root : NULL;
}
