#!/usr/bin/env python3
"""Golden intervals of means from scipy.

    pip install scipy
    python3 tests/golden/mean_interval/make_golden.py

Writes intervals.jsonl. Not part of `make check`: the output is committed.
"""
import json
import os
import random

import numpy
from scipy import stats

HERE = os.path.dirname(os.path.abspath(__file__))


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


write("intervals.jsonl", intervals())
