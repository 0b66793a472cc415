/*
 * lock.h - a lock on a whole file that belongs to the open file (F_OFD_SETLK): forked
 * and executed programs that inherit the descriptor hold it, too, and the kernel lets
 * go of it with the last of them, however they end. Any thread.
 */
#ifndef TUTTI_BASE_LOCK_H
#define TUTTI_BASE_LOCK_H

/* 0: this open file has it. Else errno says why not; EAGAIN: another one has it. */
int lock_try(int fd);

#endif
