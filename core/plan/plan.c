/*
 * plan.c - a plan from its JSON: settings laid over it, every key known, every
 * field read or filled in. Values are plan_read.c's, sense is plan_check.c's.
 */
#include "plan/plan_kind.h"
#include "plan/plan_table.h"

#include <ctype.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

/* --- keys --- */

static enum status refuse_key(struct plan_reader *r, const char *section,
			      const char *key, const char *path, int kind)
{
	unsigned kinds = kind < 0 ? ~0U : 1U << kind;
	const char *near = plan_nearest_key(section, key, kinds);
	int row = plan_row_any(path);
	char words[80];

	if (row >= 0) {
		plan_kind_words(plan_path_kinds(path), words, sizeof words);
		return plan_refuse(r, section, "'%.80s' is for tasks of kind %s, not %s",
				   key, words, task_kind_name((enum task_kind)kind));
	}
	if (near)
		return plan_refuse(r, section, "unknown key '%.80s' (did you mean '%s'?)",
				   key, near);
	return plan_refuse(r, section, "unknown key '%.80s' (tutti-plan(5) lists all)",
			   key);
}

/* Every key of the object names a field or a group; groups are looked into. */
static enum status check_keys(struct plan_reader *r, const struct json *obj,
			      const char *section, int kind)
{
	enum status st = ST_OK;

	if (json_type(obj) != JSON_OBJECT)
		return plan_refuse(r, section, "not an object but %s",
				   json_type_name(json_type(obj)));
	for (const struct json *n = json_first(obj); n && !st; n = json_next(n)) {
		char path[PLAN_PATH_TEXT];

		if (!str_format(path, sizeof path, "%s%s%s", section,
				*section ? "." : "", json_key(n)))
			st = plan_refuse(r, section, "unknown key '%.40s...'",
					 json_key(n));
		else if (str_eq(path, "tasks"))
			continue; /* read_tasks() knows their kinds */
		else if (strchr(json_key(n), '.'))
			st = refuse_key(r, section, json_key(n), "", kind);
		else if (plan_row_find(path, kind) >= 0)
			continue;
		else if (plan_is_section(path))
			st = check_keys(r, n, path, kind);
		else
			st = refuse_key(r, section, json_key(n), path, kind);
	}
	return st;
}

/* --- fields --- */

const struct json *plan_node_at(const struct json *obj, const char *path)
{
	while (obj && *path) {
		char key[64];
		size_t n = strcspn(path, ".");

		str_format(key, sizeof key, "%.*s", (int)n, path);
		obj = json_type(obj) == JSON_OBJECT ? json_get(obj, key) : NULL;
		path += n + (path[n] == '.');
	}
	return obj;
}

static enum status read_fallback(struct plan_reader *r, int row, void *base,
				 const char *path)
{
	int n;
	const struct plan_field *f = &plan_fields(&n)[row];
	const struct plan_place *p = &plan_places()[row];
	struct json *doc = NULL;
	enum status st;

	if (!f->fallback)
		return plan_refuse(r, path, "missing '%s'", strrchr(path, '.') ?
				   strrchr(path, '.') + 1 : path);
	if (plan_is_as(f))
		return ST_OK;
	if (plan_is_derived(f)) { /* plan_finish() */
		if (p->slot == SLOT_NUM)
			*(double *)plan_slot_at(base, p) = -1;
		else
			*(int *)plan_slot_at(base, p) = -1;
		return ST_OK;
	}
	st = json_parse(f->fallback, strlen(f->fallback), f->path, &doc, r->err);
	if (!st)
		st = plan_read_value(r, row, base, path, doc);
	json_free(doc);
	return st;
}

enum status plan_read_row(struct plan_reader *r, int row, void *base, const char *path,
			  const struct json *n)
{
	return n ? plan_read_value(r, row, base, path, n)
		 : read_fallback(r, row, base, path);
}

/*
 * Fields of the whole plan; model.kind and model.decoder come before what a model of them
 * may have. What another decoder of the kind has a use for is filled in.
 */
static enum status read_whole(struct plan_reader *r, const struct json *root)
{
	int n;
	const struct plan_field *f = plan_fields(&n);
	enum status st = ST_OK;

	for (int i = 0; i < n && !st; i++) {
		const struct json *node = plan_node_at(root, f[i].path);

		if (plan_places()[i].kinds)
			continue;
		st = plan_fit_model(r, i, &node);
		if (!st && plan_row_is_of_model(i, r->plan->model.kind, NULL, r->uses))
			st = plan_read_row(r, i, r->plan, f[i].path, node);
	}
	return st;
}

bool plan_is_name(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!islower((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) &&
		    s[i] != '_' && s[i] != '-')
			return false;
	return n > 0 && n < TASK_NAME_MAX;
}

static enum status read_task(struct plan_reader *r, struct plan_task *t,
			     const struct json *obj)
{
	int n, kind_row;
	const struct plan_field *f = plan_fields(&n);
	char base[PLAN_PATH_TEXT], path[PLAN_PATH_TEXT];
	enum status st = ST_OK;

	str_format(base, sizeof base, "tasks.%.100s", json_key(obj));
	if (!plan_is_name(json_key(obj)))
		return plan_refuse(r, "tasks", "no task name: '%.80s' (1 to %d of a-z, "
				   "0-9, '-', '_')", json_key(obj), TASK_NAME_MAX - 1);
	if (json_type(obj) != JSON_OBJECT)
		return plan_refuse(r, base, "not an object but %s",
				   json_type_name(json_type(obj)));
	str_copy(t->name, sizeof t->name, json_key(obj));
	str_format(path, sizeof path, "%s.kind", base);
	kind_row = plan_row_any(path);
	st = plan_read_row(r, kind_row, t, path, json_get(obj, "kind"));
	if (!st)
		st = check_keys(r, obj, base, (int)t->kind);
	for (int i = 0; i < n && !st; i++) {
		const char *key = strrchr(f[i].path, '.') + 1;
		const struct json *node;

		if (!(plan_places()[i].kinds & (1U << t->kind)) || i == kind_row)
			continue;
		node = json_get(obj, key);
		str_format(path, sizeof path, "%s.%s", base, key);
		plan_fit_task(r, i, path, &node);
		st = plan_read_row(r, i, t, path, node);
	}
	return st;
}

static enum status read_tasks(struct plan_reader *r, const struct json *root)
{
	const struct json *tasks = json_get(root, "tasks");
	enum status st = ST_OK;
	int n = tasks ? json_len(tasks) : 0;

	if (tasks && json_type(tasks) != JSON_OBJECT)
		return plan_refuse(r, "tasks", "not an object but %s",
				   json_type_name(json_type(tasks)));
	if (!n)
		return plan_refuse(r, "tasks", "no task");
	if (n > MODEL_TASKS_MAX)
		return plan_refuse(r, "tasks", "%d tasks where %d may be", n,
				   MODEL_TASKS_MAX);
	r->plan->tasks = xcalloc((size_t)n, sizeof *r->plan->tasks);
	for (tasks = json_first(tasks); tasks && !st; tasks = json_next(tasks))
		st = read_task(r, &r->plan->tasks[r->plan->n_tasks++], tasks);
	return st;
}

/* Another version may know other keys: it is named before any of them. */
static enum status check_version(struct plan_reader *r, const struct json *root)
{
	const struct json *v = json_get(root, "tutti");
	int64_t x;

	if (!v)
		return plan_refuse(r, "", "missing 'tutti': 1, the format's version,");
	if (!json_int(v, &x) || x != 1)
		return plan_refuse(r, "tutti", "a format this version does not read (it "
				   "reads 1)");
	return ST_OK;
}

static enum status read_root(struct plan_reader *r, struct json *root,
			     const char *const *sets, int n_sets)
{
	enum status st;

	if (json_type(root) != JSON_OBJECT)
		return plan_refuse(r, "", "not an object but %s",
				   json_type_name(json_type(root)));
	st = check_version(r, root);
	if (!st)
		st = plan_apply_sets(r, root, sets, n_sets);
	if (!st)
		st = plan_fit_budget(r, root);
	if (!st)
		st = check_keys(r, root, "", -1);
	if (!st)
		st = plan_lay_init(r, root);
	r->root = root;
	if (!st)
		st = read_whole(r, root);
	if (!st)
		st = read_tasks(r, root);
	if (!st)
		st = plan_read_actors(r, root);
	if (!st)
		st = plan_check_variables(r);
	return st ? st : plan_finish(r);
}

/* --- from a file, from text --- */

static void name_from(const char *where, char *out, size_t cap)
{
	const char *slash = strrchr(where, '/');
	size_t n;

	str_copy(out, cap, slash ? slash + 1 : where);
	n = strlen(out);
	if (n > 5 && str_eq(out + n - 5, ".json"))
		out[n - 5] = '\0';
}

enum status plan_read_text(struct plan_reader *r, const char *json, size_t len,
			   const char *folder, const char *const *sets, int n_sets)
{
	struct json *root = NULL;
	enum status st;

	if (!r->uses)
		r->uses = model_uses;
	r->sets = sets;
	r->n_sets = n_sets;
	buf_init(&r->left_out);
	r->plan = xcalloc(1, sizeof *r->plan);
	name_from(r->where, r->plan->name, sizeof r->plan->name);
	st = file_absolute(NULL, folder && *folder ? folder : ".", r->plan->folder,
			   sizeof r->plan->folder, r->err);
	if (!st)
		st = json_parse(json, len, r->where, &root, r->err);
	if (!st)
		st = read_root(r, root, sets, n_sets);
	plan_fit_told(r);
	json_free(root);
	xfree(r->vars);
	r->vars = NULL;
	if (st) {
		plan_free(r->plan);
		r->plan = NULL;
	}
	return st;
}

enum status plan_parse(const char *json, size_t len, const char *where,
		       const char *folder, const char *const *sets, int n_sets,
		       struct plan **out, struct err *err)
{
	struct plan_reader r = { .where = where, .err = err };
	enum status st = plan_read_text(&r, json, len, folder, sets, n_sets);

	*out = r.plan;
	return st;
}

enum status plan_parse_with(const char *json, size_t len, const char *where,
			    const char *folder, const struct plan_opener *opener,
			    struct plan **out, struct err *err)
{
	struct plan_reader r = { .where = where, .err = err, .opener = opener };
	enum status st = plan_read_text(&r, json, len, folder, NULL, 0);

	*out = r.plan;
	return st;
}

static enum status read_file(struct plan_reader *r, const char *const *sets, int n_sets)
{
	const char *path = r->where;
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct buf b;
	enum status st;

	if (!slash)
		str_copy(folder, sizeof folder, ".");
	else if (!str_format(folder, sizeof folder, "%.*s",
			     slash == path ? 1 : (int)(slash - path), path))
		return err_set(r->err, ST_INVALID, "path too long: '%.200s...'", path);
	buf_init(&b);
	st = file_read(path, PLAN_SIZE_MAX, &b, r->err);
	if (!st)
		st = plan_read_text(r, buf_str(&b), b.len, folder, sets, n_sets);
	buf_release(&b);
	return st;
}

enum status plan_load_with(const char *path, const char *const *sets, int n_sets,
			   const struct plan_opener *opener, bool is_afar,
			   struct plan **out, struct err *err)
{
	struct plan_reader r = { .where = path, .err = err, .opener = opener,
				 .may_lack_files = is_afar };
	enum status st = read_file(&r, sets, n_sets);

	*out = r.plan;
	return st;
}

enum status plan_load(const char *path, const char *const *sets, int n_sets,
		      struct plan **out, struct err *err)
{
	return plan_load_with(path, sets, n_sets, NULL, false, out, err);
}

enum status plan_load_afar(const char *path, const char *const *sets, int n_sets,
			   struct plan **out, struct err *err)
{
	return plan_load_with(path, sets, n_sets, NULL, true, out, err);
}

enum status plan_load_stored(const char *path, struct plan **out, struct err *err)
{
	return plan_load_afar(path, NULL, 0, out, err);
}

static void free_names(char **names, int n)
{
	for (int i = 0; i < n; i++)
		xfree(names[i]);
	xfree(names);
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->n_tasks; i++) {
		free_names(p->tasks[i].labels, p->tasks[i].n_labels);
		free_names(p->tasks[i].label_texts, p->tasks[i].n_label_texts);
		xfree(p->tasks[i].class_weights);
	}
	xfree(p->tasks);
	plan_free_actors(p);
	xfree(p->left_out);
	xfree(p);
}

int plan_task_find(const struct plan *p, const char *name)
{
	for (int i = 0; i < p->n_tasks; i++)
		if (str_eq(p->tasks[i].name, name))
			return i;
	return -1;
}

struct rouge_options plan_rouge(const struct plan_task *t)
{
	return (struct rouge_options){ .unicode = t->rouge_unicode, .split = true };
}

const char *plan_prompt(const struct plan_task *t)
{
	return *t->prompt ? t->prompt : NULL;
}

bool plan_has_init(const struct plan *p)
{
	return !str_eq(p->init, "random");
}

bool plan_has_dev(const struct plan_task *t)
{
	return *t->dev || t->dev_share > 0;
}

int plan_decoder_of(const struct plan *p, int task)
{
	const char *name = p->tasks[task].decoder_of;

	return *name ? plan_task_find(p, name) : -1;
}

void plan_dataset(const struct plan *p, int task, bool dev, struct dataset_spec *s)
{
	const struct plan_task *t = &p->tasks[task];

	*s = (struct dataset_spec){
		.kind = t->kind,
		.path = dev && *t->dev ? t->dev : t->train,
		.format = t->format,
		.header = t->header,
		.text = t->text,
		.pair = *t->pair ? t->pair : NULL,
		.target = t->target,
		.n_labels = t->n_labels,
		.labels = (const char *const *)t->labels,
		.separator = plan_has_trait(t->kind, FOR_SETS) ? t->separator : NULL,
		.unit = (enum unit_kind)t->unit,
		.keep = t->keep,
		.prompt = plan_prompt(t),
		.max_source = t->max_source,
		.max_target = t->max_target,
		.max_bad = t->max_bad,
		.held_share = t->dev_share,
		.held_draw = p->split,
		.is_held = dev,
		.mask = { .share = t->mask, .how = (enum gaps_how)t->how, .seed = p->seed,
			  .task = task, .is_dev = dev },
	};
}
