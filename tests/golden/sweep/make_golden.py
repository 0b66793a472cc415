#!/usr/bin/env python3
"""Golden values of Student's t distribution and of intervals of means from scipy.

    pip install scipy
    python3 tests/golden/sweep/make_golden.py

Writes student.jsonl (p, df, quantile; t, df, probability) and intervals.jsonl. Not part
of `make check`: the output is committed.
"""
import json
import os
import random

import numpy
from scipy import stats

HERE = os.path.dirname(os.path.abspath(__file__))


def student():
    for df in (1, 2, 3, 4, 5, 7, 9, 12, 19, 29, 49, 99, 999):
        for p in (1e-6, 0.0005, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.4, 0.6, 0.75,
                  0.9, 0.95, 0.975, 0.99, 0.995, 0.9995):
            yield {"p": p, "df": df, "t": float(stats.t.ppf(p, df))}
        for t in (-30, -8, -3, -1, -0.1, 0, 0.1, 1, 3, 8):
            yield {"t": t, "df": df, "p": float(stats.t.cdf(t, df))}


def intervals():
    rng = random.Random(7)
    for n in (2, 3, 5, 10, 30):
        for level in (68, 90, 95, 99):
            x = [rng.gauss(0.8, 0.02) for _ in range(n)]
            low, high = stats.t.interval(level / 100, n - 1, loc=numpy.mean(x),
                                         scale=stats.sem(x))
            yield {"x": x, "level": level, "mean": float(numpy.mean(x)),
                   "low": float(low), "high": float(high)}


def write(name, rows):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps(row) + "\n")


write("student.jsonl", student())
write("intervals.jsonl", intervals())
