#!/usr/bin/env python3
"""Golden values of the GLUE metrics from scikit-learn and scipy.

    pip install scikit-learn scipy
    python3 tests/golden/metric/make_golden.py

Writes labels.jsonl and numbers.jsonl. What the libraries leave undefined (NaN)
is null; f1 of any number of labels but two is, too. Not part of `make check`: the output is committed.
"""
import json
import math
import os
import random
import warnings

from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

HERE = os.path.dirname(os.path.abspath(__file__))


def defined(x):
    return None if math.isnan(x) else float(x)


def label_row(gold, pred, classes):
    row = {"classes": classes, "gold": gold, "pred": pred,
           "accuracy": accuracy_score(gold, pred),
           "macro_f1": f1_score(gold, pred, average="macro", zero_division=0),
           "matthews": defined(matthews_corrcoef(gold, pred)), "f1": None}
    if classes == 2:
        row["f1"] = f1_score(gold, pred, pos_label=1, zero_division=0)
    return row


def label_rows(rng):
    yield label_row([0], [0], 2)
    yield label_row([1], [1], 2)
    yield label_row([1], [0], 2)
    yield label_row([0, 0, 0], [0, 0, 0], 2)
    yield label_row([0, 0, 0], [1, 1, 1], 2)
    yield label_row([1, 1, 0, 0], [0, 0, 1, 1], 2)
    yield label_row([0, 1, 0, 1], [1, 1, 1, 1], 2)
    yield label_row([2, 2, 2], [0, 1, 2], 3)
    yield label_row([0, 4, 4], [4, 4, 0], 5)
    yield label_row([0, 0, 0], [0, 0, 0], 1)
    yield label_row([1, 1, 1, 1], [1, 1, 1, 1], 2)
    yield label_row([0, 0, 0, 0], [2, 2, 2, 2], 3)
    yield label_row([0, 1, 2, 0], [1, 1, 1, 1], 3)
    for _ in range(120):
        classes = rng.choice([2, 2, 2, 3, 4, 7])
        n = rng.choice([2, 3, 5, 10, 40])
        gold = [rng.randrange(classes) for _ in range(n)]
        right = rng.random()
        pred = [g if rng.random() < right else rng.randrange(classes) for g in gold]
        yield label_row(gold, pred, classes)


def number_row(gold, pred):
    rho = spearmanr(gold, pred)[0] if len(gold) > 1 else math.nan
    r = pearsonr(gold, pred)[0] if len(gold) > 1 else math.nan
    return {"gold": gold, "pred": pred, "pearson": defined(r), "spearman": defined(rho)}


def number_rows(rng):
    yield number_row([1.0], [2.0])
    yield number_row([1.0, 2.0], [5.0, 3.0])
    yield number_row([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])
    yield number_row([1.0, 2.0, 3.0], [4.0, 4.0, 4.0])
    yield number_row([1.0, 1.0, 2.0, 2.0], [1.0, 2.0, 2.0, 1.0])
    yield number_row([1e9 + x for x in (1.0, 2.0, 4.0)], [1.0, 3.0, 2.0])
    yield number_row([7.0, 7.0], [7.0, 7.0])
    yield number_row([3.0, 3.0], [1.0, 2.0])
    yield number_row([0.1] * 7, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    yield number_row([1.0, 2.0, 3.0], [-0.0, 0.0, 0.0])
    yield number_row([1e-300, 2e-300, 4e-300, 3e-300], [1.0, 3.0, 2.0, 4.0])
    yield number_row([1e300, -2e300, 4e300, 3e300], [1e-200, 3e-200, 2e-200, 9e-200])
    for _ in range(80):
        n = rng.choice([2, 3, 5, 12, 50])
        gold = [float(rng.randint(0, 5)) for _ in range(n)]
        pred = [g * rng.uniform(-1, 2) + rng.gauss(0, 1) for g in gold]
        if rng.random() < 0.5:
            pred = [float(round(x)) for x in pred]
        yield number_row(gold, pred)


def main():
    warnings.simplefilter("ignore")
    rng = random.Random(11)
    for name, rows in (("labels", label_rows(rng)), ("numbers", number_rows(rng))):
        with open(os.path.join(HERE, name + ".jsonl"), "w", encoding="ascii") as f:
            for row in rows:
                f.write(json.dumps(row) + "\n")


main()
