/*
 * pretrained_lora.h - a folder that `peft` has written: changes of low rank to the
 * matrices of a model that lies in another folder (Hu et al. 2022, equation 3), and
 * tensors that stand in place of its own. What is taken of it is what peft's
 * merge_and_unload() makes, W + alpha / r B A, so that everything that can be made of the
 * model can be made of the two together. For the pretrained_*.c files alone.
 *
 *   adapter_config.json        peft_type LORA, r, lora_alpha, rank_pattern, alpha_pattern,
 *                              use_rslora (alpha / sqrt r), task_type, target_modules,
 *                              base_model_name_or_path
 *   adapter_model.safetensors  base_model.model.MODULE.lora_A.weight [r, in] and
 *                              .lora_B.weight [out, r], of tables .lora_embedding_A and _B;
 *                              MODULE with the prefix of the trunk or without. MODULE.weight
 *                              and .bias, with .base_layer or .modules_to_save before, are
 *                              whole: a new head (modules_to_save), biases (bias: all)
 *
 * Everything else is refused, in words that say how peft itself merges it: what changes
 * the function otherwise (DoRA), begins from a changed model (PiSSA), and settings that
 * are not known here.
 */
#ifndef TUTTI_MODEL_PRETRAINED_LORA_H
#define TUTTI_MODEL_PRETRAINED_LORA_H

#include "model/pretrained_own.h"

struct lora;

/* *out NULL: `folder` has no adapter_config.json, and is its own base. */
enum status lora_open(const char *folder, char base[PATH_MAX], struct lora **out,
		      struct err *err);
void lora_close(struct lora *l); /* NULL is fine */
/*
 * Lays its whole tensors among the model's, which borrow them, and finds the ones that it
 * changes. `prefix`: of the model's trunk here, the family's or "". ST_INVALID: there is a
 * change of what is no matrix of the model, of another shape, or of a table that is its
 * output layer, too.
 */
enum status lora_lay(struct lora *l, const struct family *f, const char *prefix,
		     struct tensors *t, struct err *err);
/* w, the numbers of a tensor of the model, += its change, if there is one. ST_INVALID: it
 * is not finite. */
enum status lora_add(const struct lora *l, const struct st_entry *e, float *w,
		     struct err *err);
/* Was it trained to give a text one of some labels, or a number? */
bool lora_reads_texts(const struct lora *l);
/* Are pieces still said with the table that they are read with? */
bool lora_keeps_table(const struct lora *l);
/* "lora of rank 8, alpha 16, in query, value" */
const char *lora_text(const struct lora *l);
void lora_hash(const struct lora *l, struct hasher *h);

/* --- pretrained_lora_config.c: adapter_config.json --- */

#define LORA_CONFIG "adapter_config.json"
#define LORA_MERGE_IT "; merge it with peft, model.merge_and_unload().save_pretrained(DIR), " \
		      "and take DIR"

struct lora_config {
	struct buf file;           /* as it stands */
	struct json *json;
	int rank;
	double alpha;
	bool has_root;             /* alpha / sqrt r */
};

/* ST_INVALID: a setting that is not read here. The caller releases it, whatever comes. */
enum status lora_config_read(const char *path, struct lora_config *c, struct err *err);
void lora_config_release(struct lora_config *c);
/* The text of a setting, or "". */
const char *lora_config_word(const struct lora_config *c, const char *key);
/* Of the module of this name: its rank and alpha / rank. */
enum status lora_config_of(const struct lora_config *c, const char *module, int *rank,
			   double *scale, struct err *err);
/* "lora of rank 8, alpha 16, in query, value", appended. */
void lora_config_text(const struct lora_config *c, struct buf *out);

#endif
