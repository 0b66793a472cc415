/*
 * plan_table.h - what the files of the plan share among themselves: where a
 * row of the table lives in the structs, and how refusals are worded.
 * Everybody else includes plan.h.
 */
#ifndef TUTTI_PLAN_PLAN_TABLE_H
#define TUTTI_PLAN_PLAN_TABLE_H

#include "base/json.h"
#include "plan/plan.h"

/* How a field is kept in its struct; sizes come from the member. */
enum plan_slot {
	SLOT_FIXED,   /* one value only, kept nowhere */
	SLOT_INT,     /* int */
	SLOT_LONG,    /* int64_t; a null in the table's fallback: 0, where there is none */
	SLOT_SPAN,    /* struct plan_span */
	SLOT_SEED,    /* uint64_t */
	SLOT_SPLIT,   /* uint64_t: 0 where there is none, else the number + 1 */
	SLOT_NUM,     /* double; a null in the table's fallback: 0, where there is none */
	SLOT_FLOAT,   /* float */
	SLOT_CHOICE,  /* number of the choice; int, enum or bool */
	SLOT_HEADER,  /* int: -1 auto, else a bool */
	SLOT_SHARE,   /* double: < 0 auto */
	SLOT_TEXT,    /* char[]; a null in the table's fallback: may be empty */
	SLOT_PATH,    /* char[PATH_MAX], absolute; the file must be there */
	SLOT_LABELS,
	SLOT_LABEL_TEXTS,
	SLOT_WEIGHTS, /* of labels, a list of numbers or "balanced" */
	SLOT_RANGE,   /* double[2] */
	SLOT_METRICS,
	SLOT_ARGS,    /* struct plan_method: its parameters, an object of numbers */
	SLOT_COMMANDS, /* of an actor: a list of names */
	SLOT_RANGES,  /* of an actor: an object of [least, most] */
};

/* Where a row of the whole plan, or of a task, is kept. */
#define PLAN_PLACE(slot, of_model, owner, member)                              \
	{ SLOT_##slot, 0, of_model, offsetof(struct owner, member),            \
	  sizeof(((struct owner *)0)->member) }

/* What goes with row i of plan_fields(). */
struct plan_place {
	enum plan_slot slot;
	unsigned kinds;   /* bit per task kind, or PLAN_OF_ACTOR; 0: of the whole plan */
	bool of_model;    /* of it, where kind and decoder have such a field; of a task:
			     for models that say their answers */
	size_t at, size;
};
enum { PLAN_OF_ACTOR = 1 << 30 };
const struct plan_place *plan_places(void);
#define PLAN_PLACE(slot, of_model, owner, member)                              \
	{ SLOT_##slot, 0, of_model, offsetof(struct owner, member),            \
	  sizeof(((struct owner *)0)->member) }

/* The rows as plan_table.c lists them; traits: 0, a field of the whole plan. */
enum { PLAN_LISTED_MAX = 200 };
struct plan_listed_place {
	unsigned traits;
	struct plan_place place;
};
extern const struct plan_field plan_listed[];
extern const struct plan_listed_place plan_listed_places[];
extern const int plan_listed_count;

enum { PLAN_PATH_TEXT = 192 }; /* a JSON path in messages */

/* Is `fallback` worked out from other fields? Then it says how, in brackets. */
static inline bool plan_is_derived(const struct plan_field *f)
{
	return f->fallback && f->fallback[0] == '(';
}

/* ... by the model's own part, from 0 (core/model/config.c)? Such a 0 is not written. */
static inline bool plan_is_as(const struct plan_field *f)
{
	return f->fallback && str_starts(f->fallback, "(as ");
}

/* May the field be left empty (null)? */
static inline bool plan_is_optional(const struct plan_field *f)
{
	return f->fallback && str_eq(f->fallback, "null");
}

static inline void *plan_slot_at(void *base, const struct plan_place *p)
{
	return (char *)base + p->at;
}

/*
 * Is the row for models of this kind and decoder (NULL: any)? Of a kind that there is
 * not, all rows are: its name is refused when everything is read. `uses`: model_uses.
 */
typedef bool plan_uses(const char *kind, const char *decoder, const char *field);
bool plan_row_is_of_model(int row, const char *kind, const char *decoder,
			  plan_uses *uses);
/* "classify or regress": the kinds of a mask in words. */
void plan_kind_words(unsigned kinds, char *out, size_t cap);
/* The row for a concrete path and kind ("tasks.sum.weight"): or -1. */
int plan_row_find(const char *path, int kind);
/* The same for any kind; and whether rows stand below this path. */
int plan_row_any(const char *path);
/* All kinds that have a row for it, whichever. */
unsigned plan_path_kinds(const char *path);
bool plan_is_section(const char *path);
/* The name below `section` that is nearest to `key` (two edits at most): or NULL. */
const char *plan_nearest_key(const char *section, const char *key, unsigned kinds);
/* Edits (insert, delete, replace, swap neighbours) from a to b, up to 3. */
int plan_edits(const char *a, const char *b);
/* Number of the choice in "a|b|c", or -1; the i-th choice copied out. */
int plan_choice_find(const char *choices, const char *word);
bool plan_choice_at(const char *choices, int i, char *out, size_t cap);

/* Reading. */
struct plan_var {
	char name[64];
	const char *value; /* borrowed */
	bool used;
};
struct plan_reader {
	struct plan *plan;
	const char *where;      /* the file, for messages */
	struct plan_var *vars;
	int n_vars;
	bool may_lack_files;    /* paths are not looked up */
	plan_uses *uses;        /* model_uses */
	const struct plan_opener *opener; /* NULL: model.init is not looked into */
	const struct json *root;          /* the document, once it is whole */
	const char *const *sets; /* "KEY=VALUE", as they were laid over the document */
	int n_sets;
	struct buf left_out;     /* fields of the file, as words */
	int n_left_out;
	struct err *err;
};

/* Reads r->where's text into r->plan; NULL when it failed. */
enum status plan_read_text(struct plan_reader *r, const char *json, size_t len,
			   const char *folder, const char *const *sets, int n_sets);
/* "cause at tasks.x in plan.json": ST_INVALID. */
enum status plan_refuse(struct plan_reader *r, const char *path, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Text with its ${NAME} replaced; "$${" stands for "${". */
enum status plan_expand(struct plan_reader *r, const char *path, const char *text,
			struct buf *out);
/* Checks the value of row `row` and stores it in `base` (the plan or a task). */
enum status plan_read_value(struct plan_reader *r, int row, void *base,
			    const char *path, const struct json *n);
/* A number within its row's range. */
enum status plan_read_number(struct plan_reader *r, const struct plan_field *f,
			     const char *path, const struct json *n, double *out);
/* What each label counts: numbers >= 0, not all of them 0, or "balanced". */
enum status plan_read_weights(struct plan_reader *r, const struct plan_field *f,
			      struct plan_task *t, const char *path,
			      const struct json *n);
/* A list of strings, each once; `what` one of them is. */
enum status plan_read_names(struct plan_reader *r, const struct plan_field *f,
			    char ***names, int *count, const char *path, const char *what,
			    const struct json *n);
/* [least, greatest], the first not above the second where they may be equal. */
enum status plan_read_range(struct plan_reader *r, double *at, bool may_equal,
			    const char *path, const struct json *n);
/* plan_actors.c: the object "actors", one field of an actor; the same written. */
enum status plan_read_actors(struct plan_reader *r, const struct json *root);
enum status plan_read_ranges(struct plan_reader *r, const struct plan_field *f,
			     struct plan_actor *a, const char *path, const struct json *n);
void plan_free_actors(struct plan *p);
/* A row's value of `base`, the plan, a task or an actor, under `key`. */
void plan_put_row(struct json_out *o, int row, const void *base, const char *key);
void plan_put_actors(struct json_out *o, const struct plan *p);
void plan_put_ranges(struct json_out *o, const char *key, const struct plan_actor *a);
/* A field is there or has its fallback. */
enum status plan_read_row(struct plan_reader *r, int row, void *base, const char *path,
			  const struct json *n);
/* A number of steps, or "10%". */
enum status plan_read_span(struct plan_reader *r, const struct plan_field *f,
			   struct plan_span *at, const char *path, const struct json *n);
/* Lays "KEY=VALUE" texts over the document; what is no field is a variable. */
enum status plan_apply_sets(struct plan_reader *r, struct json *root,
			    const char *const *sets, int n);
/* Is the field at this path named by a setting? */
bool plan_is_set(const struct plan_reader *r, const char *path);
/*
 * A field that the chosen kind of model or its decoder has no use for: refused, or, where
 * `--set` chose them and not the field, *n becomes NULL as if it were not there.
 */
enum status plan_fit_model(struct plan_reader *r, int row, const struct json **n);
void plan_fit_task(struct plan_reader *r, int row, const char *path, const struct json **n);
/* Has a task parameters of its own beside a head and a decoder? */
bool plan_has_own(const struct plan *p);
/* Of steps and epochs, the one that `--set` names alone takes the other's place. */
enum status plan_fit_budget(struct plan_reader *r, struct json *root);
/* What was left out so, as plan->left_out. */
void plan_fit_told(struct plan_reader *r);
/* The node at "mix.tokens" below `obj`; NULL when not there. */
const struct json *plan_node_at(const struct json *obj, const char *path);
/*
 * What model.init brings, laid into the document: the trunk's own fields and the
 * tokenizer, refused where the document says otherwise; the others where it says nothing.
 */
enum status plan_lay_init(struct plan_reader *r, struct json *root);
/* Texts within the places of a model whose table is as long as it is. */
enum status plan_fit_places(struct plan_reader *r);
/* Refuses variables that nothing asked for. */
enum status plan_check_variables(struct plan_reader *r);
/* What tasks with `from` read, as the tasks that they name have it. */
enum status plan_take_texts(struct plan_reader *r);
/* Refuses both of steps and epochs, and none; settles what needs no data. */
enum status plan_check_budget(struct plan_reader *r);
/* Adapters that the model cannot have. */
enum status plan_check_adapter(struct plan_reader *r);
/* The field of guard i; false: there are no more. */
bool plan_guard_field(int i, struct plan_field *f, struct plan_place *p);
/* Guards' settings that are none. */
enum status plan_check_guards(struct plan_reader *r);
/* Fields that come to nothing beside others (plan_sense.c). */
enum status plan_check_sense(struct plan_reader *r);
/* Groups of model.frozen that are not there, and where nothing would be trained. */
enum status plan_check_frozen(struct plan_reader *r);
/* Groups of optimizer.rates that are not there, and factors that cannot be. */
enum status plan_check_rates(struct plan_reader *r);
/* Works out derived fields, then checks what single fields cannot tell. */
enum status plan_finish(struct plan_reader *r);

#endif
