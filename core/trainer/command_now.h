/*
 * command_now.h - what the knobs of the mix are set to, for their rows (command.h, now):
 * in words that the command itself would take, numbers with all their digits.
 */
#ifndef TUTTI_TRAINER_COMMAND_NOW_H
#define TUTTI_TRAINER_COMMAND_NOW_H

struct session;

void now_weight(const struct session *s, int task, char *out);
void now_share(const struct session *s, int task, char *out);
void now_mute(const struct session *s, int task, char *out);
void now_solo(const struct session *s, int task, char *out);
void now_lock(const struct session *s, int task, char *out);
void now_lr(const struct session *s, int task, char *out);
void now_clip(const struct session *s, int task, char *out);
void now_dropout(const struct session *s, int task, char *out);
void now_horizon(const struct session *s, int task, char *out);
void now_freeze(const struct session *s, int task, char *out);
void now_sampling(const struct session *s, int task, char *out);
void now_weighting(const struct session *s, int task, char *out);

#endif
