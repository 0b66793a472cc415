/*
 * export.c - a file that a job writes, and what is said of it.
 */
#include "export.h"

#include <inttypes.h>
#include <limits.h>

#include "base/mem.h"
#include "base/str.h"
#include "ui.h"

struct file_job {
	char path[PATH_MAX], taken[PATH_MAX]; /* as wished, and as it came */
	const char *thing;
	uint64_t n;
	export_writer *write;
	void *arg;
	void (*drop)(void *arg);
};

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
