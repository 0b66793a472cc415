/*
 * sweep_picture.c - a script given to gnuplot, where there is one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd.h"
#include "sweep_cmd.h"

extern char **environ;

static int start(int from, pid_t *pid)
{
	char *const words[] = { (char *)(uintptr_t)"gnuplot", (char *)(uintptr_t)"-", NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t pipes;
	int e;

	sigemptyset(&pipes);
	sigaddset(&pipes, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&how);
	posix_spawn_file_actions_adddup2(&files, from, 0);
	posix_spawn_file_actions_adddup2(&files, 2, 1); /* the table alone is on 1 */
	posix_spawnattr_setsigdefault(&how, &pipes);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	e = posix_spawnp(pid, "gnuplot", &files, &how, words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return e;
}

static bool give(int fd, const struct buf *script)
{
	size_t at = 0;

	while (at < script->len) {
		ssize_t n = write(fd, script->s + at, script->len - at);

		if (n < 0 && errno != EINTR)
			return false;
		at += n > 0 ? (size_t)n : 0;
	}
	return true;
}

enum status sweep_picture(const char *file, const struct buf *script, struct err *err)
{
	int fd[2], e, status = 0;
	bool given;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC))
		return err_sys(err, "cannot make a pipe");
	e = start(fd[0], &pid);
	close(fd[0]);
	if (e) {
		close(fd[1]);
		if (e == ENOENT)
			return err_set(err, ST_NOT_FOUND, "no gnuplot here, so no picture "
				       "'%s': apt install gnuplot-nox, then the same "
				       "command again", file);
		errno = e;
		return err_sys(err, "cannot start gnuplot");
	}
	given = give(fd[1], script);
	close(fd[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!given || !WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(err, ST_FAILED, "gnuplot could not draw '%s'", file);
	return ST_OK;
}
