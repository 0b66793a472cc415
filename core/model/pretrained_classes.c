/*
 * pretrained_classes.c - which class of `transformers` has a model of ours, and its
 * config.json.
 */
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "model/kind.h"
#include "model/pretrained_classes.h"
#include "model/pretrained_own.h"

/* The first that fits, so the order matters: BERT before those that are less common. */
static const struct pretrained_class classes[] = {
	{ .family = "bert", .alone = "BertModel", .places = "max_position_embeddings",
	  .with_head = "BertForSequenceClassification",
	  .with_tokens = "BertForTokenClassification", .head_act = ACT_TANH,
	  .dim = "hidden_size", .layers = "num_hidden_layers", .heads = "num_attention_heads",
	  .ff = "intermediate_size", .act = "hidden_act", .eps = "layer_norm_eps",
	  .segments = "type_vocab_size",
	  .dropout = { "hidden_dropout_prob", "attention_probs_dropout_prob" } },
	{ .family = "roberta", .alone = "RobertaModel", .places = "max_position_embeddings",
	  .with_head = "RobertaForSequenceClassification",
	  .with_tokens = "RobertaForTokenClassification", .head_act = ACT_TANH,
	  .has_offset = true,
	  .dim = "hidden_size", .layers = "num_hidden_layers", .heads = "num_attention_heads",
	  .ff = "intermediate_size", .act = "hidden_act", .eps = "layer_norm_eps",
	  .segments = "type_vocab_size",
	  .dropout = { "hidden_dropout_prob", "attention_probs_dropout_prob" } },
	{ .family = "electra", .alone = "ElectraModel", .places = "max_position_embeddings",
	  .with_head = "ElectraForSequenceClassification",
	  .with_tokens = "ElectraForTokenClassification", .head_act = ACT_GELU,
	  .dim = "hidden_size", .layers = "num_hidden_layers", .heads = "num_attention_heads",
	  .ff = "intermediate_size", .act = "hidden_act", .eps = "layer_norm_eps",
	  .segments = "type_vocab_size", .embed = "embedding_size",
	  .dropout = { "hidden_dropout_prob", "attention_probs_dropout_prob",
		       "classifier_dropout" } },
	{ .family = "distilbert", .alone = "DistilBertModel",
	  .with_head = "DistilBertForSequenceClassification",
	  .with_tokens = "DistilBertForTokenClassification", .head_act = ACT_RELU,
	  .places = "max_position_embeddings",
	  .dim = "dim", .layers = "n_layers", .heads = "n_heads", .ff = "hidden_dim",
	  .act = "activation",
	  .dropout = { "dropout", "attention_dropout", "seq_classif_dropout" } },
	{ .family = "gpt2", .alone = "GPT2Model", .with_head = "GPT2LMHeadModel",
	  .places = "n_positions", .dim = "n_embd", .layers = "n_layer", .heads = "n_head",
	  .ff = "n_inner", .act = "activation_function", .eps = "layer_norm_epsilon",
	  .dropout = { "resid_pdrop", "embd_pdrop", "attn_pdrop" } },
};
enum { CLASSES = sizeof classes / sizeof classes[0] };

/* --- which --- */

static const float DISTILBERT_EPS = 1e-12f; /* which it has no setting for */

static bool fits_encoder(const struct pretrained_class *k, const struct model_config *c)
{
	if (c->embed_dim != c->dim && !k->embed)
		return false;
	if ((c->position_offset > 0) != k->has_offset)
		return false;
	if ((c->segments == NO_SEGMENTS) != !k->segments)
		return false;
	return k->eps || (c->eps >= DISTILBERT_EPS && c->eps <= DISTILBERT_EPS);
}

const struct pretrained_class *pretrained_class_of(const struct model *m, const char **why)
{
	const struct model_config *c = &m->cfg;
	const struct pretrained_class *any = NULL;

	if (m->trunk->decoder)
		return &classes[CLASSES - 1];
	if (!m->trunk->stack || c->pre_norm || c->table_scale < 1 || c->table_scale > 1) {
		*why = m->trunk->stack ?
			       "an encoder with its norms before the blocks has no class "
			       "there (model.norm post has one)" :
			       "this kind of model has no class there";
		return NULL;
	}
	for (int i = 0; i < CLASSES - 1; i++) {
		const struct pretrained_class *k = &classes[i];

		if (!fits_encoder(k, c))
			continue;
		if (k->head_act == c->head_act)
			return k;
		any = any ? any : k;
	}
	if (!any)
		*why = "no class there has this layout";
	return any;
}

/* --- config.json --- */

static const char *act_name(enum act a)
{
	return a == ACT_GELU_TANH ? "gelu_new" : a == ACT_RELU ? "relu" : "gelu";
}

static void put_sizes(struct json_out *j, const struct pretrained_class *k,
		      const struct model *m)
{
	const struct model_config *c = &m->cfg;
	bool is_lm = m->trunk->decoder != NULL;
	double scale = is_lm ? c->table_scale : 1;

	json_put_int(j, "vocab_size", c->vocab);
	json_put_int(j, k->dim, c->dim);
	json_put_int(j, k->layers, c->layers);
	json_put_int(j, k->heads, c->heads);
	json_put_int(j, k->ff, c->ff);
	json_put_int(j, k->places, c->max_positions + c->position_offset);
	if (k->segments)
		json_put_int(j, k->segments, c->segments);
	if (k->embed)
		json_put_int(j, k->embed, c->embed_dim);
	json_put_str(j, k->act, act_name(c->act));
	if (k->eps)
		json_put_num(j, k->eps, float_short((float)((double)c->eps / (scale * scale))));
}

static void put_ids(struct json_out *j, const struct model *m,
		    const struct pretrained_what *what)
{
	int offset = m->cfg.position_offset;
	int32_t pad = offset ? offset - 1 : what->pad;

	if (pad >= 0)
		json_put_int(j, "pad_token_id", pad);
	if (!m->trunk->decoder && !offset)
		return;
	if (what->begin >= 0)
		json_put_int(j, "bos_token_id", what->begin);
	if (what->end >= 0)
		json_put_int(j, "eos_token_id", what->end);
}

static void put_labels(struct json_out *j, const struct model *m,
		       const struct pretrained_task *t)
{
	const struct head_kind *head = head_of(m->trunk, m->task[t->task].kind);
	int n = head->keeps_units ? 2 : t->labels ? m->task[t->task].n_labels : 1;
	const char *problem = head->problem_type;

	if (problem)
		json_put_str(j, "problem_type", problem);
	json_open(j, "id2label", '{');
	for (int i = 0; i < n; i++) {
		char key[16];

		str_format(key, sizeof key, "%d", i);
		json_put_str(j, key, t->labels ? t->labels[i] : m->task[t->task].name);
	}
	json_close(j, '}');
	json_open(j, "label2id", '{');
	for (int i = 0; i < n; i++)
		json_put_int(j, t->labels ? t->labels[i] : m->task[t->task].name, i);
	json_close(j, '}');
}

enum status pretrained_config_save(const char *folder, const struct pretrained_class *k,
				   const struct model *m,
				   const struct pretrained_what *what,
				   const struct pretrained_saved *saved, struct err *err)
{
	char path[PATH_MAX];
	struct json_out j;
	struct buf b;
	enum status st;

	if (!str_format(path, sizeof path, "%s/config.json", folder))
		return err_set(err, ST_INVALID, "%s: the path is too long", folder);
	buf_init(&b);
	json_out_init(&j, &b, 2);
	json_open(&j, NULL, '{');
	json_put_str(&j, "model_type", k->family);
	json_open(&j, "architectures", '[');
	json_put_str(&j, NULL, saved->class_name);
	json_close(&j, ']');
	put_sizes(&j, k, m);
	for (int i = 0; i < PRETRAINED_DROPOUTS && k->dropout[i]; i++)
		json_put_num(&j, k->dropout[i], what->dropout);
	put_ids(&j, m, what);
	if (saved->has_head && !m->trunk->decoder)
		put_labels(&j, m, what->head);
	json_put_str(&j, "torch_dtype", "float32");
	json_close(&j, '}');
	buf_adds(&b, "\n");
	st = file_write(path, buf_str(&b), b.len, err);
	buf_release(&b);
	return st;
}
