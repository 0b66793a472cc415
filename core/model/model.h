/*
 * model.h - a model as the step sees it: parameters, a loss per micro-batch,
 * predictions and summaries. It is put together from a trunk, a head per task and, for
 * what writes text, a decoder; each is a row of the registry (kind.h).
 *
 * The structure (config, task heads, parameter numbers) is immutable after
 * model_new; weights live in the caller's param_set. Forward passes run on the
 * caller's tape: any number of threads, a tape each. Weights stand still meanwhile;
 * nothing a pass makes is shared between tapes.
 *
 * Dropout. The model has no noise of its own. Whoever begins the tape gives it the
 * stream of the micro-batch (seed, task, the task's draw), and the ops take their masks
 * from it in the order they are called (tensor/drop.h): so one draw has one set of
 * masks, on any worker, however often it is computed.
 */
#ifndef TUTTI_MODEL_MODEL_H
#define TUTTI_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "data/batch.h"
#include "data/number_grid.h"
#include "tensor/ops.h"
#include "tensor/param.h"
#include "tensor/tape.h"

enum { MODEL_TASKS_MAX = 64, TASK_NAME_MAX = 32 };

/* Small parts beside a trunk's layers that learn a task where the layers stand still. */
enum adapter_kind { ADAPTER_NONE, ADAPTER_LORA, ADAPTER_BOTTLENECK };

/* Sizes: C = dim, F = ff, H = heads, V = vocab. */
struct model_config {
	char kind[24];          /* the trunk: "transformer", "bilstm", "gpt" */
	char decoder[24];       /* "cross", "lstm", "prefix"; "": "cross" */
	int dim, layers, heads, ff, shared_layers, decoder_layers;
	int vocab, max_source, max_target; /* pieces that the tasks need room for */
	bool pre_norm;          /* else post-norm, BERT's */
	enum pool pool;
	bool copy;              /* summary decoder has a copy gate */
	bool tied;              /* tokens in, tokens out and output layer: one table,
				   which is everybody's (writer.c) */
	bool from_mask;         /* decoder prefix: a piece is predicted from a mask in its
				   place, else from the piece before it */
	int mask_id;            /* the piece that stands for such a mask */
	bool from_trunk;        /* cross, prefix: over a trunk that was trained, what the
				   decoder has of its own begins as the trunk's
				   (model_take_trunk) */
	bool prompt_loss;       /* gpt: the loss is of the prompts, too, not of the answers
				   alone */
	enum adapter_kind adapter; /* beside each layer of the trunk (adapter.h) */
	int adapter_rank;       /* 0: 8 */
	double adapter_alpha;   /* lora: its change counts alpha / rank; 0: 2 rank */
	char adapter_of[64];    /* lora: of which matrices, "query, value"; "": those */
	bool adapter_of_all;    /* one for all tasks, else one each */
	bool adapter_and_trunk; /* the trunk's own weights move, too, else they stand still */
	/*
	 * The layout in detail. 0: as the trunk's row has it, or as all have it
	 * (config.c); model_config() tells what became of it. They are for layouts from
	 * elsewhere, which model.init brings into a plan.
	 */
	float eps;              /* of the norms: 1e-5 in pre-norm, BERT's 1e-12 in post */
	enum act act;           /* inside the feed-forward blocks: ACT_GELU, by erf */
	double table_scale;     /* of tokens' rows: sqrt(C) in pre-norm (Vaswani et al.
				   2017), 1 in post */
	bool split_qkv;         /* q, k, v are three matrices, not one [3C, C] */
	int max_positions;      /* places the position table has: max_source */
	int position_offset;    /* row of the first place in it */
	int embed_dim;          /* columns of the tables: dim. Where it is another, a
				   dense layer brings their sum to dim (post-norm only) */
	int segments;           /* rows of the segment table: 2, in a gpt NO_SEGMENTS.
				   1: all segments are that one */
	enum act head_act;      /* behind the first layer of heads that pool: ACT_TANH */
	bool drop_pooled;       /* dropout before that layer, too, as RoBERTa's and
				   ELECTRA's heads have it */
};

enum { NO_SEGMENTS = -1, SEGMENTS_MAX = 1024 };

enum { LABEL_PIECES_MAX = 32 };

struct model_task {
	char name[TASK_NAME_MAX];
	enum task_kind kind;
	int n_labels;           /* classify, multilabel */
	struct number_grid grid; /* regress, for models that say their answers */
	/*
	 * For models that say their answers: the pieces of the text of label k, or of
	 * point k of the grid, the one that ends it included, are text[text_off[k]] ..
	 * text[text_off[k + 1]], 1 to LABEL_PIECES_MAX. Borrowed until the model is
	 * made. NULL: there are none.
	 */
	const int32_t *text;
	const int *text_off;
	float smoothing;        /* label smoothing of its loss */
	/* [n_labels] what a class, or a label's term, counts in the objective; NULL: all
	   1. Borrowed until the model is made. */
	const float *class_weight;
	int decoder_of;         /* of a task that writes: 1 + the task whose decoder it has in
				   place of one of its own; 0: it has one */
	double mean, scale;     /* regress: a head predicts (y - mean) / scale */
};

struct model;
/* Declares every parameter in `ps` and allocates it: for tests, of a model alone. */
enum status model_new(const struct model_config *cfg, const struct model_task *tasks,
		      int n_tasks, struct param_set *ps, struct model **out,
		      struct err *err);
/* The same without their values: param_set_alloc makes room for them. */
enum status model_declare(const struct model_config *cfg, const struct model_task *tasks,
			  int n_tasks, struct param_set *ps, struct model **out,
			  struct err *err);
void model_free(struct model *m);
const struct model_config *model_config(const struct model *m);
/*
 * How far below the answers parameter p stands. 0: heads, decoders and what norms the
 * top layer's rows; 1 to n: the layers, from the top down, whoever owns them; n + 1: the
 * tables and what norms their rows (also where one is an output layer besides).
 */
int model_depth(const struct model *m, int p);
/*
 * Which layer of the trunk p is of, from the bottom, whoever owns it: 0 to n - 1, a norm
 * of the top one's rows with it; -1: the tables and what norms their rows; n: heads and
 * decoders.
 */
int model_layer(const struct model *m, int p);
/* Is p part of an adapter? */
bool model_is_adapter(const struct model *m, int p);
/*
 * What a configuration says of adapters, settled or not. ST_INVALID: what is wrong, and
 * with which of the plan's fields of the model (a constant).
 */
enum status model_check_adapter(const struct model_config *cfg, const char **field,
				struct err *err);
/* "lora of rank 8 in query, value" of a settled one; "": there is none. */
void model_adapter_text(const struct model_config *cfg, char *out, size_t cap);
/*
 * Random weights: a function of the seed and each parameter's number. The caller packs
 * them (tensor/weights.h).
 */
void model_init_random(const struct model *m, struct param_set *ps, uint64_t seed);
/*
 * With cfg.from_trunk: does parameter p begin as something that was trained, and not at
 * random? It then wants a trunk's rate, not that of a new head.
 */
bool model_begins_trained(const struct model *m, int p);
/*
 * Of a trunk that was trained, as it stands in `ps`, what decoders begin as with
 * cfg.from_trunk (Rothe et al. 2020, "Leveraging Pre-trained Checkpoints for Sequence
 * Generation Tasks"); decoders' rows say which is what. Takes parameters with
 * is_fresh[p] [ps->n] whose origin is not fresh, clears it and returns how many there
 * were. The caller packs the weights.
 */
int model_take_trunk(const struct model *m, struct param_set *ps, bool *is_fresh);
/* Registry: names of the trunks; NULL at the end. */
const char *model_kind_name(int i);
/* Can this decoder write over this trunk? Both are names of the registry. */
bool model_decoder_fits(const char *decoder, const char *kind);
/* Does this trunk say its answers, as texts behind a prompt? */
bool model_kind_says(const char *kind);
/* Has this trunk a head for tasks of this kind? */
bool model_kind_answers(const char *kind, enum task_kind task);
/* Has this trunk, or a decoder over it, a use for the plan's field model.FIELD? */
bool model_kind_has(const char *kind, const char *field);
/* The same of one decoder over it; decoder NULL: of any. */
bool model_uses(const char *kind, const char *decoder, const char *field);
/* Is it the kind, or one of the trunk's own fields and no decoder's? */
bool model_is_of_trunk(const char *kind, const char *field);
/*
 * Rows of the position table where the configuration leaves them open: room for the
 * longest source and, where one text is both, for what is written behind it. Its kind
 * and decoder are names of the registry.
 */
int model_places(const struct model_config *cfg);
/* Leaves open of the layout in detail what kind and decoder have so anyway. */
void model_open_layout(struct model_config *cfg);
/* model.dim of this trunk is a multiple of it: 1 or more. */
int model_kind_dim_multiple(const char *kind);
/*
 * Floating-point operations of a forward pass with loss of one example of a task, the
 * matrix products alone: n source tokens, t target pieces. Padding does not exist: a
 * batch's are the sum. Training takes three times that.
 */
double model_flops(const struct model *m, int task, double n, double t);
/* The same of a prediction (model_predict): where texts are said, of all of them. */
double model_predict_flops(const struct model *m, int task, double n);

/*
 * Forward pass with loss on the tape (begun by the caller): the micro-batch's means
 * over what its task counts (dataset_units); tape_backward() then gives the gradients
 * of the objective, and not before: until then there is the output layer's part at most,
 * which the loss itself adds. p_drop: dropout.
 */
struct loss model_loss(const struct model *m, struct tape *t, const struct batch *b,
		       float p_drop);

/*
 * classify: p [B, n_labels] probabilities; multilabel: likewise, of each label apart
 * (they do not sum to 1); regress: p [B, 1] in the task's own
 * unit. In the tape's arena (borrowed until the next tape_begin).
 */
void model_predict(const struct model *m, struct tape *t, const struct batch *b,
		   double **p);
/*
 * The same, and each row's loss [B] as model_loss shows it. classify: -log p(label) as
 * the logits have it, finite where p itself is too small for a float; NaN: no label.
 */
void model_predict_losses(const struct model *m, struct tape *t, const struct batch *b,
			  double **p, double **loss);
/*
 * The same, and of numbers that are said the softmax over the scores of the grid's
 * points, share [B, points], as of labels that are said; NULL where none are.
 */
void model_predict_points(const struct model *m, struct tape *t, const struct batch *b,
			  double **p, double **loss, double **share);

/*
 * The same predictions, and how each source token pushed them: score [N] is
 * gradient x input (Shrikumar et al. 2016, "Not just a black box"; for texts Li et
 * al. 2016, "Visualizing and understanding neural models in NLP"),
 *   score_i = sum over c of (dz / de_ic) e_ic,
 * where z is the most probable label's logit (before the softmax), or the number in
 * the task's own unit, or the score of the text that is said, and e_i the token's row of
 * the embedding table, times table_scale in a Transformer: what is added to the rows of
 * place and segment and with them enters the first layer, before any norm. No dropout.
 * The tape was begun with gradients (scratch: they get the parameters') and without
 * noise; p and score as in model_predict.
 */
void model_attribute(const struct model *m, struct tape *t, const struct batch *b,
		     double **p, float **score);

/*
 * mlm: of the n places of the batch that ask for a piece (batch.ids_out, in order) the
 * plain loss of the piece that stood there and its probability; and of the `most`
 * likeliest pieces, the likeliest first. In the tape's arena; the tape was begun for
 * inference.
 */
struct piece_answers {
	int n, most;
	const int *row;         /* [n] of the batch */
	double *loss;           /* [n] */
	float *p;               /* [n] */
	int32_t *best;          /* [n, most] */
	float *best_p;          /* [n, most] */
};
void model_pieces(const struct model *m, struct tape *t, const struct batch *b, int most,
		  struct piece_answers *out);

/*
 * extract: of the batch's units (batch.unit_off) the probability that each is kept and its
 * plain loss, NaN where it is not known whether it is, [unit_off[B]] each. In the tape's
 * arena; the tape was begun for inference.
 */
void model_units(const struct model *m, struct tape *t, const struct batch *b, float **p,
		 double **loss);

struct decode_config {
	int beams;              /* 1 = greedy */
	int min_len, max_len;   /* in pieces, [SEP] not counted */
	float length_penalty;   /* score / ((5 + len) / 6)^a (Wu et al. 2016) */
	int no_repeat;          /* n of forbidden repeated n-grams; 0 = off */
	bool losses;            /* also the loss of the batch's targets */
	/* Asked before each piece; true ends the search with what there is. */
	bool (*stop)(void *arg); /* may be NULL */
	void *arg;
};

/* The places of the source that a piece looked at most, the most first. */
enum { GAZES = 4 };
struct gaze {
	int32_t at[GAZES];    /* -1: no more */
	float share[GAZES];   /* of the copy gate's attention */
};

/* One hypothesis: ids without [SEP]; per piece what it came from. */
struct hypothesis {
	int n;
	int32_t *ids;           /* [n] */
	float *prob;            /* [n] p(piece) */
	float *gate;            /* [n] share generated (1 without a copy gate) */
	int32_t *from;          /* [n] place in the source most copied from; -1:
				   the source has no such piece, or no gate */
	struct gaze *look;    /* [n] nothing without a copy gate */
	float score;            /* length-normalised log probability; -infinity:
				   there was no such hypothesis (n = 0) */
};

/* B x beams hypotheses, best first; memory of the generation's own arena. */
struct generation {
	struct arena arena;
	int B, beams;
	bool stopped;           /* by decode_config.stop */
	double *loss;           /* [B] plain; with decode_config.losses, else NULL */
	struct hypothesis *hyp; /* [B * beams] */
};
void generation_init(struct generation *g);
void generation_release(struct generation *g);

/*
 * Decodes the summaries of all B sources of the batch at once, on a tape begun
 * for inference. `banned` ids (specials but [SEP]) are never produced. At most
 * max_target - 1 pieces; at the limit only [SEP] may follow, at its price.
 * Clears g first; the tape's arena is left as it was.
 */
void model_generate(const struct model *m, struct tape *t, const struct batch *b,
		    const struct decode_config *dc, int32_t cls_id, int32_t sep_id,
		    const int32_t *banned, int n_banned, struct generation *g);

#endif
