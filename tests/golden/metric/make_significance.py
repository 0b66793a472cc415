#!/usr/bin/env python3
"""Golden values of significance tests from scipy, statsmodels and numpy.

    pip install numpy scipy statsmodels
    python3 tests/golden/metric/make_significance.py

Writes mcnemar.jsonl, holm.jsonl, student.jsonl, wilson.jsonl and resampled.jsonl. One seed each:
scipy.stats.bootstrap and permutation_test. More seeds: this script's own draws, with
numpy. `tail_low`, `tail_high`: the bootstrap distribution at the shares 0.001 k,
k = 1 to 60, from its ends, from which a test brackets percentiles of fewer draws.
Not part of `make check`: the output is committed.
"""
import json
import os

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

HERE = os.path.dirname(os.path.abspath(__file__))
DRAWS = 40000
CHUNK = 4000
SHARES = np.arange(1, 61) / 1000


# --- metrics of rows along the last axis, each written from its definition -----------
def accuracy(gold, x, k):
    return (gold == x).mean(axis=-1)


def class_f1(gold, x, c):
    hits = ((gold == c) & (x == c)).sum(axis=-1)
    all_ = (gold == c).sum(axis=-1) + (x == c).sum(axis=-1)
    return np.where(all_ > 0, 2 * hits / np.maximum(all_, 1), 0.0), all_ > 0


def f1(gold, x, k):
    return class_f1(gold, x, 1)[0]


def macro_f1(gold, x, k):
    parts = [class_f1(gold, x, c) for c in range(k)]
    return sum(p[0] for p in parts) / sum(p[1].astype(float) for p in parts)


def matthews(gold, x, k):
    g = np.stack([gold == c for c in range(k)], -1).astype(float)
    p = np.stack([x == c for c in range(k)], -1).astype(float)
    n = gold.shape[-1]
    cov = (g * p).sum((-1, -2)) * n - (g.sum(-2) * p.sum(-2)).sum(-1)
    gg = n * n - (g.sum(-2) ** 2).sum(-1)
    pp = n * n - (p.sum(-2) ** 2).sum(-1)
    square = gg * pp
    return np.where(square > 0, cov / np.sqrt(np.maximum(square, 1)), 0.0)


def pearson(gold, x, k):
    a = gold - gold.mean(axis=-1, keepdims=True)
    b = x - x.mean(axis=-1, keepdims=True)
    return (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))


def spearman(gold, x, k):
    return pearson(stats.rankdata(gold, axis=-1), stats.rankdata(x, axis=-1), k)


def rouge1(gold, x, k):
    return x.mean(axis=-1)


def perplexity(weight, x, k):
    return np.exp((weight * x).sum(-1) / weight.sum(-1))


METRICS = {"accuracy": accuracy, "f1": f1, "macro_f1": macro_f1, "matthews": matthews,
           "pearson": pearson, "spearman": spearman, "rouge1": rouge1,
           "perplexity": perplexity}


# --- made-up predictions -------------------------------------------------------------
def labels(rng, n, k, seeds, right):
    gold = rng.integers(0, k, n)
    rows = rng.random(n) < right
    out = []
    for r in (right, right - 0.08):
        shared = np.where(rows, gold, rng.integers(0, k, n))
        out.append([np.where(rng.random(n) < 0.85, shared, rng.integers(0, k, n))
                    for _ in range(seeds)])
    return gold, out[0], out[1]


def numbers(rng, n, seeds, noise, ties):
    gold = rng.normal(2.5, 1.2, n)
    common = rng.normal(0, 0.6, n)
    make = lambda s: gold + common + rng.normal(0, s, n) + rng.normal(0, 0.1)
    a, b = ([make(s) for _ in range(seeds)] for s in (noise, noise * 1.2))
    if ties:
        gold, a, b = np.round(gold), [np.round(x) for x in a], [np.round(x) for x in b]
    return gold, a, b


def scores(rng, n, seeds, apart):
    hard = rng.beta(2, 3, n)
    make = lambda d: np.clip(hard + rng.normal(d, 0.12, n) + rng.normal(0, 0.008), 0, 1)
    return None, [make(apart) for _ in range(seeds)], [make(0) for _ in range(seeds)]


def losses(rng, n, seeds):
    weight = rng.integers(1, 60, n).astype(float)
    hard = rng.gamma(4, 0.7, n)
    make = lambda d: hard + rng.normal(d, 0.25, n)
    return weight, [make(0) for _ in range(seeds)], [make(0.04) for _ in range(seeds)]


# --- what scipy and numpy make of them -----------------------------------------------
def tails(x):
    x = x[~np.isnan(x)]
    return {"tail_low": np.quantile(x, SHARES).tolist(),
            "tail_high": np.quantile(x, 1 - SHARES).tolist()}


def shifted_p(draws, d):
    far = np.abs(draws - d) >= abs(d) - 1e-12
    return float((1 + far.sum()) / (1 + len(draws)))


def by_scipy(metric, key, a, b, k, rng):
    data = (key if key is not None else a, a, b)
    diff = lambda g, x, y, axis=-1: metric(g, x, k) - metric(g, y, k)
    boot = stats.bootstrap(data, diff, paired=True, vectorized=True, batch=CHUNK,
                           n_resamples=DRAWS, method="percentile", random_state=rng)
    alone = stats.bootstrap(data[:2], lambda g, x, axis=-1: metric(g, x, k), paired=True,
                            vectorized=True, batch=CHUNK, n_resamples=DRAWS,
                            method="percentile", random_state=rng)
    swap = stats.permutation_test(
        (a, b), lambda x, y, axis=-1: metric(data[0], x, k) - metric(data[0], y, k),
        permutation_type="samples", vectorized=True, batch=CHUNK, n_resamples=DRAWS,
        alternative="two-sided", random_state=rng)
    d = float(diff(*data))
    far = np.abs(swap.null_distribution) >= abs(d) - 1e-12
    ours = (1 + far.sum()) / (1 + len(far))
    return {"value": d, "p_boot": shifted_p(boot.bootstrap_distribution, d),
            "p_swap": float(ours), "p_scipy": float(swap.pvalue),
            "error": float(boot.standard_error), **tails(boot.bootstrap_distribution),
            "alone": {"value": float(metric(data[0], a, k)),
                      "error": float(alone.standard_error),
                      **tails(alone.bootstrap_distribution)}}


def welch(whole_a, whole_b, draws_a, draws_b, n):
    """Student's interval: variances of seeds, and of rows common to all of them."""
    cov = np.cov(np.concatenate([draws_a, draws_b]))
    s_a, s_b = len(whole_a), len(whole_b)
    mean_off = lambda m: (m.sum() - np.trace(m)) / (len(m) * (len(m) - 1))
    rows = (mean_off(cov[:s_a, :s_a]) + mean_off(cov[s_a:, s_a:])
            - 2 * cov[:s_a, s_a:].mean())
    parts = [np.var(whole_a, ddof=1) / s_a, np.var(whole_b, ddof=1) / s_b, max(rows, 0)]
    free = sum(parts) ** 2 / sum(p * p / f for p, f in zip(parts, (s_a - 1, s_b - 1, n - 1)))
    d, error = np.mean(whole_a) - np.mean(whole_b), np.sqrt(sum(parts))
    return {"student_error": float(error), "freedom": float(free),
            "student_p": float(2 * stats.t.sf(abs(d) / error, free)),
            "student_half": float(error * stats.t.ppf(0.975, free))}


def with_seeds(metric, key, a, b, k, rng):
    n, s_a, s_b = len(a[0]), len(a), len(b)
    a, b = np.array(a), np.array(b)
    of = lambda x, rows: metric(key[rows] if key is not None else None, x[rows], k)
    every = np.arange(n)
    whole_a, whole_b = [of(x, every) for x in a], [of(x, every) for x in b]
    d = np.mean(whole_a) - np.mean(whole_b)
    draws_a, draws_b, swapped = [], [], []
    m = min(s_a, s_b)
    for _ in range(0, DRAWS, CHUNK):
        rows = rng.integers(0, n, (CHUNK, n))
        draws_a.append([of(x, rows) for x in a])
        draws_b.append([of(x, rows) for x in b])
        coin = rng.random((CHUNK, n)) < 0.5
        g = key if key is not None else None
        swapped.append(sum(metric(g, np.where(coin, a[i], b[i]), k)
                           - metric(g, np.where(coin, b[i], a[i]), k)
                           for i in range(m)) / m)
    draws_a, draws_b = np.concatenate(draws_a, 1), np.concatenate(draws_b, 1)
    pick = lambda t: np.take_along_axis(
        t, rng.integers(0, len(t), t.shape), 0).mean(0)
    star = pick(draws_a) - pick(draws_b)
    d_swap = np.mean(whole_a[:m]) - np.mean(whole_b[:m])
    far = np.abs(np.concatenate(swapped)) >= abs(d_swap) - 1e-12
    return {"value": float(d), "p_boot": shifted_p(star, d), "error": float(star.std(ddof=1)),
            "p_swap": float((1 + far.sum()) / (1 + len(far))), "value_swap": float(d_swap),
            **tails(star), **welch(whole_a, whole_b, draws_a, draws_b, n)}


def plain(x):
    x = np.asarray(x)
    return [int(v) if float(v).is_integer() else round(float(v), 6) for v in x]


def cases(rng):
    yield "accuracy", 2, labels(rng, 60, 2, 1, 0.8)
    yield "accuracy", 4, labels(rng, 150, 4, 1, 0.75)
    yield "f1", 2, labels(rng, 120, 2, 1, 0.8)
    yield "macro_f1", 3, labels(rng, 100, 3, 1, 0.7)
    yield "matthews", 2, labels(rng, 120, 2, 1, 0.75)
    yield "matthews", 3, labels(rng, 80, 3, 1, 0.75)
    yield "pearson", 0, numbers(rng, 80, 1, 0.8, False)
    yield "pearson", 0, numbers(rng, 40, 1, 0.5, True)
    yield "spearman", 0, numbers(rng, 80, 1, 0.8, False)
    yield "spearman", 0, numbers(rng, 60, 1, 0.8, True)
    yield "rouge1", 0, scores(rng, 100, 1, 0.02)
    yield "rouge1", 0, scores(rng, 25, 1, 0.03)
    yield "perplexity", 0, losses(rng, 100, 1)
    yield "accuracy", 2, labels(rng, 120, 2, 5, 0.8)
    yield "f1", 2, labels(rng, 100, 2, 3, 0.8)
    yield "pearson", 0, numbers(rng, 80, 4, 0.8, False)
    yield "spearman", 0, numbers(rng, 60, 2, 0.8, True)
    yield "rouge1", 0, scores(rng, 80, 5, 0.012)
    key, a, b = scores(rng, 80, 4, 0.012)
    yield "rouge1", 0, (key, a, b[:2])
    yield "perplexity", 0, losses(rng, 80, 3)


def resampled(rng):
    for name, k, (key, a, b) in cases(rng):
        rounded = lambda x: np.array(plain(x), dtype=float)
        key = None if key is None else rounded(key)
        a, b = [rounded(x) for x in a], [rounded(x) for x in b]
        row = {"metric": name, "classes": k, "draws": DRAWS}
        if key is not None:
            row["weight" if name == "perplexity" else "gold"] = plain(key)
        row |= {"a": [plain(x) for x in a], "b": [plain(x) for x in b]}
        one = len(a) == 1 and len(b) == 1
        row |= (by_scipy(METRICS[name], key, a[0], b[0], k, rng) if one else
                with_seeds(METRICS[name], key, a, b, k, rng))
        yield row


def mcnemars():
    """statsmodels corrects |a - b| to -1 where they are equal, 1 above 0: left out."""
    for a in list(range(0, 25)) + [30, 41, 77, 150, 1000, 4321]:
        for b in list(range(0, 25)) + [29, 60, 76, 180, 1001]:
            exact = a + b < 25
            if a == b and not exact:
                continue
            row = {"only_a": a, "only_b": b, "exact": exact}
            if a + b == 0:
                row |= {"statistic": 0.0, "p": 1.0}
            elif exact:
                row |= {"statistic": 0.0, "p": float(stats.binomtest(a, a + b).pvalue)}
                same = mcnemar([[0, a], [b, 0]], exact=True).pvalue
                assert abs(same - row["p"]) < 1e-12
            else:
                r = mcnemar([[0, a], [b, 0]], exact=False, correction=True)
                row |= {"statistic": float(r.statistic), "p": float(r.pvalue)}
            yield row


def holms(rng):
    for n in (1, 2, 3, 5, 12, 40):
        for _ in range(6):
            p = rng.beta(0.4, 3, n)
            if n > 2 and rng.random() < 0.5:
                p[1] = p[0]
            p = [float(x) for x in p]
            yield {"p": p, "holm": [float(x) for x in multipletests(p, method="holm")[1]]}


def students():
    for free in (0.5, 1, 1.7, 2, 3, 4.5, 8, 12.25, 30, 39.9, 41, 100, 999, 1e4, 1e6, 1e9):
        for t in (0, 0.01, 0.1, 0.3, 0.999, 1.5, 1.96, 2.7, 4, 8, 20, 60):
            yield {"freedom": free, "t": t, "p": float(2 * stats.t.sf(t, free))}


def wilsons():
    for n in (2, 3, 10, 60, 1821):
        for right in sorted({0, 1, n // 3, n // 2, n - 1, n}):
            for level in (0.9, 0.95):
                low, high = proportion_confint(right, n, 1 - level, method="wilson")
                yield {"right": right, "n": n, "level": level,
                       "low": float(low), "high": float(high)}


def main():
    rng = np.random.default_rng(15)
    for name, rows in (("mcnemar", mcnemars()), ("holm", holms(rng)),
                       ("student", students()), ("wilson", wilsons()),
                       ("resampled", resampled(rng))):
        with open(os.path.join(HERE, name + ".jsonl"), "w", encoding="ascii") as f:
            for row in rows:
                f.write(json.dumps(row) + "\n")


main()
