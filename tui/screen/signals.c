/*
 * signals.c - signals become bytes in a pipe; crashes give the terminal back.
 *
 * Handlers and a pipe rather than signalfd: libraries start threads before
 * main() with every signal open, so a mask set here would not hold (UX 5).
 * Process-wide by nature, hence the few static variables.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "restore.h"
#include "terminal.h"

enum { RESTORE_MAX = 512, STACK = 64 << 10 };

static struct {
	volatile sig_atomic_t is_armed;
	int out_fd, in_fd;
	char bytes[RESTORE_MAX];
	size_t n;
	struct termios saved;
	bool has_saved;
} back;
static char crash_note[512];
static int wire[2] = {-1, -1};
static char crash_stack[STACK];

static const int asked[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT,
			    SIGUSR1,  SIGTSTP, SIGCONT};
static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { ASKED = sizeof asked / sizeof *asked, FATAL = sizeof fatal / sizeof *fatal };
static struct sigaction old_asked[ASKED], old_fatal[FATAL];

void restore_arm(int out_fd, int in_fd, const char *bytes, size_t n,
		 const struct termios *saved)
{
	back.is_armed = 0;
	if (n > sizeof back.bytes)
		n = sizeof back.bytes;
	back.out_fd = out_fd;
	back.in_fd = in_fd;
	memcpy(back.bytes, bytes, n);
	back.n = n;
	back.has_saved = saved != NULL;
	if (saved)
		back.saved = *saved;
	back.is_armed = 1;
}

void restore_disarm(void)
{
	back.is_armed = 0;
}

static void write_all(int fd, const char *s, size_t n)
{
	for (int tries = 0; n && tries < 40; tries++) {
		ssize_t got = write(fd, s, n);
		struct pollfd p = {.fd = fd, .events = POLLOUT};

		if (got > 0) {
			s += got;
			n -= (size_t)got;
		} else if (got < 0 && errno == EAGAIN) {
			poll(&p, 1, 25);
		} else if (got < 0 && errno != EINTR) {
			return;
		}
	}
}

void restore_now(void)
{
	if (!back.is_armed)
		return;
	write_all(back.out_fd, back.bytes, back.n);
	if (back.has_saved)
		tcsetattr(back.in_fd, TCSANOW, &back.saved);
}

void term_crash_restore(void)
{
	int kept = errno;

	if (back.is_armed) {
		restore_now();
		if (crash_note[0])
			write_all(back.out_fd, crash_note, strlen(crash_note));
		back.is_armed = 0;
	}
	errno = kept;
}

void term_crash_note(const char *line)
{
	str_format(crash_note, sizeof crash_note, "%s\n", line);
}

void term_bug_hook(const char *message)
{
	bool was = back.is_armed;

	term_crash_restore();
	if (was) {
		write_all(back.out_fd, message, strlen(message));
		write_all(back.out_fd, "\n", 1);
	}
}

void term_oom_hook(size_t size)
{
	static const char text[] = "tutti: out of memory\n";
	bool was = back.is_armed;

	(void)size;
	term_crash_restore();
	if (was)
		write_all(back.out_fd, text, sizeof text - 1);
}

static void on_signal(int sig)
{
	int kept = errno;
	unsigned char byte = (unsigned char)sig;
	ssize_t got = write(wire[1], &byte, 1); /* full: the reader is awake anyway */

	(void)got;
	errno = kept;
}

/* Then what would have happened without us: a core, a sanitizer's report. */
static void on_crash(int sig)
{
	term_crash_restore();
	for (int i = 0; i < FATAL; i++)
		if (fatal[i] == sig)
			sigaction(sig, &old_fatal[i], NULL);
	raise(sig);
}

int signals_open(void)
{
	struct sigaction soft = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction hard = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};

	if (wire[0] < 0 && pipe2(wire, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	sigaltstack(&stack, NULL);
	for (int i = 0; i < ASKED; i++)
		sigaction(asked[i], &soft, &old_asked[i]);
	for (int i = 0; i < FATAL; i++)
		sigaction(fatal[i], &hard, &old_fatal[i]);
	return wire[0];
}

void signals_close(void)
{
	if (wire[0] < 0)
		return;
	for (int i = 0; i < ASKED; i++)
		sigaction(asked[i], &old_asked[i], NULL);
	for (int i = 0; i < FATAL; i++)
		sigaction(fatal[i], &old_fatal[i], NULL);
	close(wire[0]);
	close(wire[1]);
	wire[0] = wire[1] = -1;
}

bool signals_take(int *sig)
{
	unsigned char byte;

	if (wire[0] < 0 || read(wire[0], &byte, 1) != 1)
		return false;
	*sig = byte;
	return true;
}
