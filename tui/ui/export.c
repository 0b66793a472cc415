/*
 * export.c - a file that a job writes, and what is said of it.
 */
#include "export.h"

#include <inttypes.h>
#include <limits.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "ui.h"

enum { TEXT_AT_ONCE = 64 << 10 };

struct file_job {
	char path[PATH_MAX], taken[PATH_MAX]; /* as wished, and as it came */
	const char *thing;
	uint64_t n;
	export_writer *write;
	void *arg;
	void (*drop)(void *arg);
};

const char *export_name(char out[EXPORT_NAME], const char *view, const char *of,
			int64_t step)
{
	str_format(out, EXPORT_NAME, "%s-%s-%" PRId64, view, of, step);
	return out;
}

static enum status do_write(void *arg, struct progress *pg, struct err *err)
{
	struct file_job *j = arg;
	struct file_out *f;
	enum status st = file_out_open(j->path, &f, err);

	if (st)
		return st;
	st = j->write(j->arg, f, pg, err);
	if (st) {
		file_out_abort(f);
		return st;
	}
	return file_out_commit_beside(f, j->taken, sizeof j->taken, err);
}

static void drop_job(void *arg)
{
	struct file_job *j = arg;

	j->drop(j->arg);
	xfree(j);
}

void export_start(struct ui *ui, const char *name, const char *ext, const char *thing,
		  uint64_t n, export_writer *write, void *arg, void (*drop)(void *arg))
{
	struct file_job *j;

	if (job_slot_is_on(&ui->export.work) || !n) {
		ui_say(ui, true, n ? "another file is still being written" :
				 "there is nothing to write");
		drop(arg);
		return;
	}
	j = xcalloc(1, sizeof *j);
	*j = (struct file_job){.thing = thing, .n = n, .write = write, .arg = arg,
			       .drop = drop};
	if (!str_format(j->path, sizeof j->path, "%s/%s.%s", ui->pic->run_path, name, ext)) {
		ui_say(ui, true, "the run's path is too long");
		drop_job(j);
	} else if (!job_slot_start(&ui->export.work, do_write, j, drop_job, ui->wake_fd)) {
		ui_say(ui, true, "no thread to write the file");
	}
}

static enum status write_text(void *arg, struct file_out *f, struct progress *pg,
			      struct err *err)
{
	const struct buf *text = arg;

	(void)pg;
	return file_out_write(f, buf_str(text), text->len, err);
}

static void drop_text(void *arg)
{
	buf_release(arg);
	xfree(arg);
}

void export_text(struct ui *ui, const char *name, const char *ext, const char *thing,
		 uint64_t n, struct buf *text)
{
	struct buf *own = xmalloc(sizeof *own);

	*own = *text;
	buf_init(text);
	export_start(ui, name, ext, thing, n, write_text, own, drop_text);
}

/* --- lists --- */

struct list_job {
	uint64_t n;
	export_item *put;
	void *arg;
	void (*drop)(void *arg);
};

static void put_line(struct buf *b, const struct list_job *l, uint64_t k)
{
	struct json_out j;

	json_out_init(&j, b, 0);
	json_open(&j, NULL, '{');
	l->put(l->arg, k, &j);
	json_close(&j, '}');
	buf_addc(b, '\n');
}

static enum status write_list(void *arg, struct file_out *f, struct progress *pg,
			      struct err *err)
{
	const struct list_job *l = arg;
	enum status st = ST_OK;
	struct buf b;

	buf_init(&b);
	progress_begin(pg, l->n, "rows", "writing rows");
	for (uint64_t k = 0; k < l->n && !st; k++) {
		put_line(&b, l, k);
		if (b.len < TEXT_AT_ONCE && k + 1 < l->n)
			continue;
		st = file_out_write(f, buf_str(&b), b.len, err);
		buf_clear(&b);
		if (!st && progress_tick(pg, k + 1))
			st = err_set(err, ST_STOPPED, "stopped");
	}
	buf_release(&b);
	return st;
}

static void drop_list(void *arg)
{
	struct list_job *l = arg;

	l->drop(l->arg);
	xfree(l);
}

void export_list(struct ui *ui, const char *name, const char *thing, uint64_t n,
		 export_item *put, void *arg, void (*drop)(void *arg))
{
	struct list_job l = {.n = n, .put = put, .arg = arg, .drop = drop};
	struct buf text;

	if (drop) {
		struct list_job *own = xmalloc(sizeof *own);

		*own = l;
		export_start(ui, name, "jsonl", thing, n, write_list, own, drop_list);
		return;
	}
	buf_init(&text);
	for (uint64_t k = 0; k < n; k++)
		put_line(&text, &l, k);
	export_text(ui, name, "jsonl", thing, n, &text);
}

void export_poll(struct ui *ui)
{
	struct err err = {""};
	struct file_job *j;
	enum status st;
	void *arg;

	if (!job_slot_take(&ui->export.work, &st, &arg, &err))
		return;
	j = arg;
	if (st)
		ui_say(ui, true, "%s", err.text);
	else
		ui_say(ui, false, "%" PRIu64 " %s%s written to %s", j->n, j->thing,
		       j->n == 1 ? "" : "s", j->taken);
	drop_job(j);
}
