#!/usr/bin/env python3
"""What torch_speed.py makes of figures, with measurements of our own invention.

    tests/bench/torch_speed_test.py         one line a check; exit status 1: one failed

No PyTorch is needed: the processes that would measure are replaced.
"""
import contextlib
import io
import json
import os
import sys
import tempfile
import types

import torch_readme
import torch_speed
from torch_figures import DROPPED, Figures
from torch_load import Load
from torch_ways import DRY, TRAINING, WAYS

bad = 0


def check(name, is_true):
    global bad
    bad += not is_true
    print(("ok " if is_true else "not ok ") + name)


# --- figures ---


def test_figures():
    f = Figures()
    for n, (ours, slow, fast) in enumerate([(10, 40, 12), (11, 44, 16), (30, 60, 30)]):
        f.add("cpu", "us", n, ours, "slow", slow, True)
        f.add("cpu", "us", n, ours, "fast", fast, True)
    f.add("cpu", "us", 0, 10, "once", 1, True)
    row = f.rows["cpu"]
    check("the best has a sample in every round", row.best() == "fast")
    x = row.figures("fast")
    check("medians", (x["ours"], x["torch"], x["rounds"]) == (11, 16, 3))
    check("the spread is of the rounds' ratios", (x["least"], x["most"]) == (1.0, 16 / 11))
    f.add("wall", "tokens/s", 0, 200, "a", 100)
    f.add("wall", "tokens/s", 0, 200, "b", 150)
    check("more tokens a second are better", f.rows["wall"].best() == "b")
    check("twice as fast is 2", f.rows["wall"].figures("a")["ratio"] == 2)


def test_hopeless():
    f = Figures()
    for way, us in (("lazy", 10), ("dense", 10 * DROPPED - 0.1), ("plain", 30),
                    ("lazy-bf16", 5)):
        f.add("cpu", "us", 0, 5, way, us, True)
    row = f.rows["cpu"]

    def is_hopeless(way):
        return row.is_hopeless(way, torch_speed.rivals_of(way))

    check("the best of float32 goes on beside a faster bfloat16", not is_hopeless("lazy"))
    check("so does one that is near", not is_hopeless("dense"))
    check("one that is far does not", is_hopeless("plain"))
    check("bfloat16 competes with itself", not is_hopeless("lazy-bf16"))
    check("what was not measured is not judged", not is_hopeless("sparse"))


def test_table():
    for case, ways in TRAINING.items():
        is_lazy = any(WAYS[w].table != "dense" for w in ways)
        check(f"{case}: known ways", all(w in WAYS for w in ways))
        check(f"{case}: rows are lazy where the output layer is not the embedding",
              is_lazy == (case.startswith("classify") and "gpt" not in case))
        if DRY not in case:
            check(f"{case}: the plain one, a compiled one and bfloat16 are there",
                  "plain" in ways and any(WAYS[w].is_compiled for w in ways)
                  and any(WAYS[w].is_bf16 for w in ways))
    check("no two ways are the same", len(set(WAYS.values())) == len(WAYS))


def test_load():
    load = Load()
    load.averages, load.spins = [0.1, 0.2], [(0.10, 0.099), (0.10, 0.098)]
    check("a machine of our own", "NOT OURS ALONE" not in str(load))
    load.spins.append((0.2, 0.1))
    check("others are told", "NOT OURS ALONE" in str(load))


# --- the whole, the measurements invented ---

US = {"plain": 90, "dense": 30, "lazy": 20, "lazy-bf16": 12, "nested": 60}


def process(argv, env, asked, parameters):
    """Stands for Runner.run."""
    def value(name):
        return argv[argv.index(name) + 1]

    if "--json" in argv:
        case = value("--only")
        plan = case.split()[1].rstrip(",")
        rows = {case: 100e3, f"{case}, CPU": 10, f"{case}, of a core": 99,
                f"{case}, peak": 300, f"parity {plan}, parameters": 1000,
                f"parity {plan}, first loss": 1.4,
                f"parity {plan}, loss of steps 9 to 12": 1.3}
        with open(value("--json"), "w") as f:
            json.dump([{"name": n, "value": v} for n, v in rows.items()], f)
        return "CPU of the test\nTutti of the test", None
    way = value("--way")
    asked.append((way, env.get("MALLOC_MMAP_MAX_"), value("--threads")))
    if way == "parity":
        return json.dumps({"parameters": parameters, "first": 1.42, "last": 1.31}), None
    if way not in US:
        return None, "no compiler to be had"
    return json.dumps({"cpu": US[way], "speed": 1e6 / US[way], "got": 0.99,
                       "peak_mb": 500}), None


def run_all(folder, parameters=1000, **changes):
    """(exit status as is_good, text, what was asked for, JSON)."""
    a = types.SimpleNamespace(rounds=3, seconds=1, only=["classify-tiny"], way=[],
                              one=False, bench="", program="", folder=folder,
                              json=os.path.join(folder, "out.json"))
    a.__dict__.update(changes)
    asked, text = [], io.StringIO()
    runner = torch_speed.Runner(a)
    runner.run = lambda argv, env=None: process(argv, env or {}, asked, parameters)
    bench = torch_speed.Bench(runner)
    bench.has_bf16 = True
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        bench.run()
        bench.print("0")
    bench.figures.write(a.json)
    with open(a.json) as f:
        return runner.is_good, text.getvalue(), asked, json.load(f)


def test_whole(folder):
    is_good, text, asked, rows = run_all(folder)
    cpu = {r["way"]: r for r in rows if r["name"] == "classify-tiny: CPU, one thread"}
    head = text[:text.index("Every way")]
    check("all is well", is_good)
    check("ours beside the best of float32", cpu["lazy"]["ratio"] == 2
          and f"2.00 2.00..2.00 (3)  {WAYS['lazy'].says}" in head)
    check("and of bfloat16", f"(3)  {WAYS['lazy-bf16'].says}" in head)
    check("and the plain one", f"(3)  {WAYS['plain'].says}" in head)
    check("a slow way runs once", cpu["nested"]["rounds"] == 1)
    check("one that fails is told", "not measured: classify-tiny, lazy-compiled: no "
          "compiler to be had" in text)
    check("and not tried again", [w for w, *_ in asked].count("lazy-compiled") == 1)
    check("wall time is on all cores", ("lazy", "0", str(torch_speed.CORES)) in asked)
    check("CPU time is on one", ("lazy", "0", "1") in asked)
    check("the plain one is not tuned", ("plain", None, "1") in asked)


def test_readme(folder):
    *_, rows = run_all(folder)
    lines = list(torch_readme.table("CPU, one thread", rows))
    check("a line of the README's table", lines[1:] == [
        "| classifier, 128 wide, 2 layers, news lengths | 10.0 | "
        "20.0: **2.00x** (2.00-2.00) | 90.0: **9.00x** (9.00-9.00) | "
        "12.0: **1.20x** (1.20-1.20) |"])
    check("the README names every case",
          set(torch_readme.CASES) == {*TRAINING, *torch_speed.DECODING})


def test_unlike(folder):
    is_good, text, *_ = run_all(folder, parameters=999, way=["lazy"])
    check("another model is a failure", not is_good and "NOT THE SAME MODEL" in text)
    is_good, text, *_ = run_all(folder, way=["lazy-compiled"])
    check("a case without a way is a failure", not is_good)
    *_, asked, rows = run_all(folder, way=["lazy"], one=True)
    check("one thread alone", all("CPU" in r["name"] for r in rows) and rows
          and {t for w, _, t in asked if w == "lazy"} == {"1"})


def main():
    test_figures()
    test_hopeless()
    test_table()
    test_load()
    with tempfile.TemporaryDirectory() as folder:
        test_whole(folder)
        test_unlike(folder)
        test_readme(folder)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
