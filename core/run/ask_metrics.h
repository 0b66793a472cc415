/*
 * ask_metrics.h - which metrics a kind of task may have: what the plan asks of the
 * kind's row (ask_kind.h) without seeing the rest of it.
 */
#ifndef TUTTI_RUN_ASK_METRICS_H
#define TUTTI_RUN_ASK_METRICS_H

#include <stdbool.h>

#include "data/task_kind.h"
#include "metric/metric.h"

bool task_kind_measures(enum task_kind k, enum metric_id m);

#endif
