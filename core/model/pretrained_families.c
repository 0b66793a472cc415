/*
 * pretrained_families.c - families of models from elsewhere, a row each: how their
 * config.json is read, and what their tensors are called.
 *
 * Settings are read by tables too: sizes with their range, and settings that have one
 * value alone that we can compute. What a config.json leaves out has its family's
 * default in `transformers`; sizes that make the graph have none here.
 *
 * Sources of the graphs: BERT (Devlin et al. 2019), DistilBERT (Sanh et al. 2019: no
 * segments), ELECTRA (Clark et al. 2020: tables of their own width), RoBERTa (Liu et al.
 * 2019: places are counted from the padding's id on, of segments there is one), GPT-2
 * (Radford et al. 2019).
 */
#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "model/pretrained_own.h"

/* --- names --- */

#define DENSE(ours, theirs, how)                                                       \
	{ ours ".weight", theirs ".weight", how }, { ours ".bias", theirs ".bias", how }
#define NORM(ours, theirs) DENSE(ours, theirs, AS_IS)
/* A bias stands as it is where a matrix does not. */
#define CONV(ours, theirs)                                                             \
	{ ours ".weight", theirs ".weight", TRANSPOSED },                              \
	{ ours ".bias", theirs ".bias", AS_IS }

#define LAYER "encoder.%d."

static const struct name_row bert_names[] = {
	{ "embed.token", "embeddings.word_embeddings.weight", AS_IS },
	{ "embed.position", "embeddings.position_embeddings.weight", AS_IS },
	{ "embed.segment", "embeddings.token_type_embeddings.weight", AS_IS },
	NORM("embed.norm", "embeddings.LayerNorm"),
	DENSE("embed.project", "embeddings_project", AS_IS), /* ELECTRA's */
#define THEIRS "encoder.layer.%d."
	DENSE(LAYER "attention.qkv", THEIRS "attention.self.query", PART_Q),
	DENSE(LAYER "attention.qkv", THEIRS "attention.self.key", PART_K),
	DENSE(LAYER "attention.qkv", THEIRS "attention.self.value", PART_V),
	DENSE(LAYER "attention.out", THEIRS "attention.output.dense", AS_IS),
	NORM(LAYER "attention.norm", THEIRS "attention.output.LayerNorm"),
	DENSE(LAYER "feed.up", THEIRS "intermediate.dense", AS_IS),
	DENSE(LAYER "feed.down", THEIRS "output.dense", AS_IS),
	NORM(LAYER "feed.norm", THEIRS "output.LayerNorm"),
#undef THEIRS
	{ NULL, NULL, AS_IS },
};

static const struct name_row distilbert_names[] = {
	{ "embed.token", "embeddings.word_embeddings.weight", AS_IS },
	{ "embed.position", "embeddings.position_embeddings.weight", AS_IS },
	NORM("embed.norm", "embeddings.LayerNorm"),
#define THEIRS "transformer.layer.%d."
	DENSE(LAYER "attention.qkv", THEIRS "attention.q_lin", PART_Q),
	DENSE(LAYER "attention.qkv", THEIRS "attention.k_lin", PART_K),
	DENSE(LAYER "attention.qkv", THEIRS "attention.v_lin", PART_V),
	DENSE(LAYER "attention.out", THEIRS "attention.out_lin", AS_IS),
	NORM(LAYER "attention.norm", THEIRS "sa_layer_norm"),
	DENSE(LAYER "feed.up", THEIRS "ffn.lin1", AS_IS),
	DENSE(LAYER "feed.down", THEIRS "ffn.lin2", AS_IS),
	NORM(LAYER "feed.norm", THEIRS "output_layer_norm"),
#undef THEIRS
	{ NULL, NULL, AS_IS },
};
#undef LAYER

static const struct name_row gpt2_names[] = {
	{ "embed.token", "wte.weight", AS_IS },
	{ "embed.position", "wpe.weight", AS_IS },
	CONV("layers.%d.attention.qkv", "h.%d.attn.c_attn"),
	CONV("layers.%d.attention.out", "h.%d.attn.c_proj"),
	NORM("layers.%d.attention.norm", "h.%d.ln_1"),
	CONV("layers.%d.feed.up", "h.%d.mlp.c_fc"),
	CONV("layers.%d.feed.down", "h.%d.mlp.c_proj"),
	NORM("layers.%d.feed.norm", "h.%d.ln_2"),
	NORM("layers.norm", "ln_f"),
	{ NULL, NULL, AS_IS },
};

static const char *const bert_buffers[] = { "embeddings.position_ids",
					    "embeddings.token_type_ids", NULL };
/* lm_head is the table of tokens, as older files have it twice. */
static const char *const gpt2_buffers[] = { "h.%d.attn.bias", "h.%d.attn.masked_bias",
					    "lm_head.weight", NULL };

const char *const family_heads[] = {
	"pooler.", "cls.", "classifier.", "pre_classifier.", "qa_outputs.", "lm_head.",
	"vocab_transform.", "vocab_layer_norm.", "vocab_projector.", "score.",
	"discriminator_predictions.", "generator_predictions.", "generator_lm_head.",
	"multiple_choice_head.", NULL,
};

bool family_matches(const char *pattern, const char *name, int *layer)
{
	*layer = 0;
	for (; *pattern; pattern++) {
		int digits = 0;

		if (strncmp(pattern, "%d", 2)) {
			if (*pattern != *name++)
				return false;
			continue;
		}
		for (; isdigit((unsigned char)*name) && digits < 6; digits++)
			*layer = *layer * 10 + (*name++ - '0');
		if (!digits)
			return false;
		pattern++;
	}
	return !*name;
}

/* --- settings --- */

enum { MUST = INT_MIN };

/* A whole number of config.json, and where in a model_config it goes. */
struct int_row {
	const char *key;
	size_t at;
	int min, max, otherwise;
};
#define AT(member) offsetof(struct model_config, member)

/* A setting that must have this value, where it is there: "true", "false" or a text. */
struct fixed_row {
	const char *key, *value;
};

static enum status wrong(struct err *err, const char *key, const char *must)
{
	return err_set(err, ST_INVALID, "%s must be %s", key, must);
}

/* As `transformers` has it, null is as good as absent. */
static const struct json *setting(const struct json *c, const char *key)
{
	const struct json *j = json_get(c, key);

	return j && json_type(j) != JSON_NULL ? j : NULL;
}

static enum status read_int(const struct json *c, const struct int_row *row, int *out,
			    struct err *err)
{
	const struct json *j = setting(c, row->key);
	int64_t x = row->otherwise;

	if (!j && row->otherwise == MUST)
		return err_set(err, ST_INVALID, "%s is missing", row->key);
	if (j && (!json_int(j, &x) || x < row->min || x > row->max)) {
		char digits[JSON_DIGITS] = "";

		if (json_type(j) == JSON_NUMBER)
			json_number_text(j, digits);
		return err_set(err, ST_INVALID, "%s must be a whole number from %d to %d, "
			       "not %s", row->key, row->min, row->max,
			       digits[0] ? digits : json_type_name(json_type(j)));
	}
	*out = (int)x;
	return ST_OK;
}

static enum status read_ints(const struct json *c, const struct int_row *row,
			     struct model_config *cfg, struct err *err)
{
	enum status st = ST_OK;

	for (; row->key && !st; row++)
		st = read_int(c, row, (int *)(void *)((char *)cfg + row->at), err);
	return st;
}

static enum status read_fraction(const struct json *c, const char *key, double otherwise,
				 double *out, struct err *err)
{
	const struct json *j = setting(c, key);

	*out = otherwise;
	if (j && json_type(j) != JSON_NUMBER)
		return wrong(err, key, "a number from 0 to below 1");
	if (j)
		*out = json_number(j);
	return *out >= 0 && *out < 1 ? ST_OK : wrong(err, key, "a number from 0 to below 1");
}

static enum status read_fixed(const struct json *c, const struct fixed_row *row,
			      struct err *err)
{
	for (; row->key; row++) {
		const struct json *j = setting(c, row->key);
		bool right = true;

		if (j && json_type(j) == JSON_BOOL)
			right = str_eq(row->value, json_bool(j) ? "true" : "false");
		else if (j)
			right = json_type(j) == JSON_STRING &&
				str_eq(row->value, json_string(j));
		if (!right)
			return err_set(err, ST_INVALID, "%s must be %s: we have no other",
				       row->key, row->value);
	}
	return ST_OK;
}

static enum status read_act(const struct json *c, const char *key, const char *otherwise,
			    enum act *out, struct err *err)
{
	static const struct {
		const char *name;
		enum act act;
	} row[] = {
		{ "gelu", ACT_GELU }, { "gelu_python", ACT_GELU },
		{ "gelu_new", ACT_GELU_TANH }, { "gelu_fast", ACT_GELU_TANH },
		{ "gelu_pytorch_tanh", ACT_GELU_TANH }, { "relu", ACT_RELU },
	};
	const struct json *j = setting(c, key);
	const char *name = otherwise;

	if (j)
		name = json_type(j) == JSON_STRING ? json_string(j) : "?";
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (str_eq(row[i].name, name)) {
			*out = row[i].act;
			return ST_OK;
		}
	return err_set(err, ST_INVALID, "%s '%.40s' is none of ours: gelu, gelu_new, relu",
		       key, name);
}

static enum status read_eps(const struct json *c, const char *key, double otherwise,
			    float *out, struct err *err)
{
	double eps;
	enum status st = read_fraction(c, key, otherwise, &eps, err);

	*out = (float)eps;
	if (!st && !(*out > 0))
		return wrong(err, key, "above 0");
	return st;
}

/* --- families --- */

enum { SIZE_MAX_HERE = 1 << 16, PLACES_MAX = 1 << 20 };

/* BERT, and what has its settings. */
static enum status read_bert_like(const struct json *c, double eps,
				  struct pretrained_info *info, struct err *err)
{
	static const struct int_row sizes[] = {
		{ "vocab_size", AT(vocab), 1, 1 << 24, MUST },
		{ "hidden_size", AT(dim), 1, SIZE_MAX_HERE, MUST },
		{ "num_hidden_layers", AT(layers), 1, 1024, MUST },
		{ "num_attention_heads", AT(heads), 1, SIZE_MAX_HERE, MUST },
		{ "intermediate_size", AT(ff), 1, PLACES_MAX, MUST },
		{ "max_position_embeddings", AT(max_positions), 1, PLACES_MAX, 512 },
		{ "type_vocab_size", AT(segments), 1, SEGMENTS_MAX, 2 },
		{ NULL, 0, 0, 0, 0 },
	};
	static const struct fixed_row fixed[] = {
		{ "position_embedding_type", "absolute" }, { "is_decoder", "false" },
		{ "add_cross_attention", "false" }, { NULL, NULL },
	};
	enum status st = read_ints(c, sizes, &info->cfg, err);

	if (!st)
		st = read_fixed(c, fixed, err);
	if (!st)
		st = read_act(c, "hidden_act", "gelu", &info->cfg.act, err);
	if (!st)
		st = read_eps(c, "layer_norm_eps", eps, &info->cfg.eps, err);
	if (!st)
		st = read_fraction(c, "hidden_dropout_prob", 0.1, &info->dropout, err);
	info->cfg.head_act = ACT_TANH;
	return st;
}

static enum status read_bert(const struct json *c, struct pretrained_info *info,
			     struct err *err)
{
	return read_bert_like(c, 1e-12, info, err);
}

/* A place's row is its number behind the padding's: the table has so many places less. */
static enum status read_roberta(const struct json *c, struct pretrained_info *info,
				struct err *err)
{
	static const struct int_row pad = { "pad_token_id", 0, 0, PLACES_MAX - 1, 1 };
	struct model_config *cfg = &info->cfg;
	enum status st = read_bert_like(c, 1e-5, info, err);

	if (!st)
		st = read_int(c, &pad, &cfg->position_offset, err);
	if (st)
		return st;
	cfg->drop_pooled = true;
	cfg->position_offset++;
	cfg->max_positions -= cfg->position_offset;
	if (cfg->max_positions < 1)
		return wrong(err, "max_position_embeddings", "above pad_token_id + 1");
	return ST_OK;
}

static enum status read_electra(const struct json *c, struct pretrained_info *info,
				struct err *err)
{
	static const struct int_row width[] = {
		{ "embedding_size", AT(embed_dim), 1, SIZE_MAX_HERE, 128 },
		{ NULL, 0, 0, 0, 0 },
	};
	enum status st = read_bert_like(c, 1e-12, info, err);

	if (!st)
		st = read_ints(c, width, &info->cfg, err);
	info->cfg.head_act = ACT_GELU;
	info->cfg.drop_pooled = true;
	return st;
}

static enum status read_distilbert(const struct json *c, struct pretrained_info *info,
				   struct err *err)
{
	static const struct int_row sizes[] = {
		{ "vocab_size", AT(vocab), 1, 1 << 24, MUST },
		{ "dim", AT(dim), 1, SIZE_MAX_HERE, MUST },
		{ "n_layers", AT(layers), 1, 1024, MUST },
		{ "n_heads", AT(heads), 1, SIZE_MAX_HERE, MUST },
		{ "hidden_dim", AT(ff), 1, PLACES_MAX, MUST },
		{ "max_position_embeddings", AT(max_positions), 1, PLACES_MAX, 512 },
		{ NULL, 0, 0, 0, 0 },
	};
	enum status st = read_ints(c, sizes, &info->cfg, err);

	if (!st)
		st = read_act(c, "activation", "gelu", &info->cfg.act, err);
	if (!st)
		st = read_fraction(c, "dropout", 0.1, &info->dropout, err);
	info->cfg.eps = 1e-12f;
	info->cfg.segments = NO_SEGMENTS;
	info->cfg.head_act = ACT_RELU;
	return st;
}

static enum status read_gpt2(const struct json *c, struct pretrained_info *info,
			     struct err *err)
{
	static const struct int_row sizes[] = {
		{ "vocab_size", AT(vocab), 1, 1 << 24, MUST },
		{ "n_embd", AT(dim), 1, SIZE_MAX_HERE, MUST },
		{ "n_layer", AT(layers), 1, 1024, MUST },
		{ "n_head", AT(heads), 1, SIZE_MAX_HERE, MUST },
		{ "n_inner", AT(ff), 1, PLACES_MAX, 0 },
		{ "n_positions", AT(max_positions), 1, PLACES_MAX, 1024 },
		{ NULL, 0, 0, 0, 0 },
	};
	static const struct fixed_row fixed[] = {
		{ "scale_attn_weights", "true" }, { "add_cross_attention", "false" },
		{ "scale_attn_by_inverse_layer_idx", "false" },
		{ "tie_word_embeddings", "true" }, { NULL, NULL },
	};
	struct model_config *cfg = &info->cfg;
	enum status st = read_ints(c, sizes, cfg, err);

	if (!st)
		st = read_fixed(c, fixed, err);
	if (!st)
		st = read_act(c, "activation_function", "gelu_new", &cfg->act, err);
	if (!st)
		st = read_eps(c, "layer_norm_epsilon", 1e-5, &cfg->eps, err);
	if (!st)
		st = read_fraction(c, "resid_pdrop", 0.1, &info->dropout, err);
	if (!cfg->ff)
		cfg->ff = 4 * cfg->dim;
	cfg->pre_norm = cfg->tied = true;
	cfg->segments = NO_SEGMENTS;
	return st;
}

#define BERT_HEAD "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", \
		  "cls.predictions.bias", ACT_NONE
#define NO_LM NULL, NULL, NULL, ACT_NONE

static const struct family families[] = {
	{ "bert", "transformer", "bert.", bert_names, bert_buffers,
	  "pooler.dense", "classifier", true, BERT_HEAD, read_bert },
	{ "distilbert", "transformer", "distilbert.", distilbert_names, bert_buffers,
	  "pre_classifier", "classifier", false,
	  "vocab_transform", "vocab_layer_norm", "vocab_projector.bias", ACT_NONE,
	  read_distilbert },
	{ "electra", "transformer", "electra.", bert_names, bert_buffers,
	  "classifier.dense", "classifier.out_proj", false,
	  "generator_predictions.dense", "generator_predictions.LayerNorm",
	  "generator_lm_head.bias", ACT_GELU, read_electra },
	{ "roberta", "transformer", "roberta.", bert_names, bert_buffers,
	  "classifier.dense", "classifier.out_proj", false,
	  "lm_head.dense", "lm_head.layer_norm", "lm_head.bias", ACT_GELU, read_roberta },
	{ "gpt2", "gpt", "transformer.", gpt2_names, gpt2_buffers,
	  NULL, NULL, false, NO_LM, read_gpt2 },
};
enum { FAMILIES = sizeof families / sizeof families[0] };

const struct family *family_find(const char *model_type, struct err *err)
{
	static const char *const unigram[] = { "camembert", "xlm-roberta" };
	const char *why = "";
	struct buf ours;

	for (int i = 0; i < FAMILIES; i++)
		if (str_eq(families[i].name, model_type))
			return &families[i];
	buf_init(&ours);
	for (size_t i = 0; i < sizeof unigram / sizeof *unigram; i++)
		if (str_eq(unigram[i], model_type))
			why = "; its graph is RoBERTa's, but its tokenizer is SentencePiece's "
			      "(unigram), which is not read here";
	for (int i = 0; i < FAMILIES; i++)
		buf_addf(&ours, "%s%s", i ? ", " : "", families[i].name);
	err_set(err, ST_INVALID, "model_type '%.40s' is none of ours: %s%s", model_type,
		buf_str(&ours), why);
	buf_release(&ours);
	return NULL;
}
