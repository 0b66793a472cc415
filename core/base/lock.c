/*
 * lock.c - a lock on a whole file, which may be empty.
 */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int lock_try(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int failed;

	do
		failed = fcntl(fd, F_OFD_SETLK, &whole);
	while (failed && errno == EINTR);
	if (failed && errno == EACCES)
		errno = EAGAIN; /* the same, on some file systems */
	return failed;
}
