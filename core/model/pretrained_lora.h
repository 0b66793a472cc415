/*
 * pretrained_lora.h - a folder that `peft` has written: changes of low rank to the
 * matrices of a model that lies in another folder (Hu et al. 2022, equation 3). What is
 * taken of it is W + alpha / r B A, so that everything that can be made of the model can
 * be made of the two together. For the pretrained_*.c files alone.
 *
 *   adapter_config.json        peft_type LORA, r, lora_alpha, use_rslora (alpha / sqrt r),
 *                              target_modules, base_model_name_or_path
 *   adapter_model.safetensors  base_model.model.MODULE.lora_A.weight [r, in] and
 *                              .lora_B.weight [out, r], MODULE with the prefix of the trunk
 *                              or without; other tensors are of heads and not taken
 *
 * DoRA, biases, ranks that differ and transposed matrices are refused, in words that say
 * how peft itself merges them.
 */
#ifndef TUTTI_MODEL_PRETRAINED_LORA_H
#define TUTTI_MODEL_PRETRAINED_LORA_H

#include <limits.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/str.h"

struct lora;

/* *out NULL: `folder` has no adapter_config.json, and is its own base. */
enum status lora_open(const char *folder, char base[PATH_MAX], struct lora **out,
		      struct err *err);
void lora_close(struct lora *l); /* NULL is fine */
/* Changes are for matrices of a trunk whose tensors have this prefix. */
void lora_of_trunk(struct lora *l, const char *prefix);
/*
 * w [rows, cols] += its change, if there is one for this tensor, which was used. `name` is
 * without the prefix, with ".weight". ST_INVALID: it is not finite.
 */
enum status lora_add(struct lora *l, const char *name, int rows, int cols, float *w,
		     struct err *err);
/*
 * A tensor of the trunk: a change for it is one of this shape, and counts as used then.
 * ST_INVALID: it is of another, or the matrix is transposed there.
 */
enum status lora_use(struct lora *l, const char *name, int rows, int cols, bool is_transposed,
		     struct err *err);
/* ST_INVALID: there is a change that nothing used. */
enum status lora_check_used(const struct lora *l, struct err *err);
/* "lora of rank 8, alpha 16, in query, value" */
const char *lora_text(const struct lora *l);
/* Its tensors that are no changes, a line each, appended. */
void lora_others(const struct lora *l, struct buf *out);
void lora_hash(const struct lora *l, struct hasher *h);

#endif
