#!/usr/bin/env python3
"""Tutti beside PyTorch on the same cores: make bench-torch

    tests/bench/torch_speed.py [--rounds 5] [--seconds 3] [--only TEXT]... [--json FILE]

Same shapes, same texts, the same real tokens per update, two threads; padding is
nobody's work. In every round each case runs ours (the case of the benchmark program)
and then PyTorch's ways of doing it, each in a process of its own. The table has
medians; a ratio above 1 means ours is better. Exit status 1 when something failed, 2
when PyTorch is not installed.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WAYS = {
    "padded-dense": "padded to the longest, dense",
    "bucketed-dense": "bucketed, dense",
    "bucketed-sparse": "bucketed, sparse",
    "bucketed-sparse-bf16": "bucketed, sparse, bfloat16",
    "even-dense": "no padding, dense",
    "even-sparse": "no padding, sparse",
}
REAL = ["padded-dense", "bucketed-dense", "bucketed-sparse"]
# Where the output layer is the embedding its gradient is dense: no sparse way.
TRAINING = {
    "classify-tiny": REAL + ["bucketed-sparse-bf16"],
    "classify-small": REAL + ["bucketed-sparse-bf16"],
    "classify-mini": REAL,
    "classify-even": ["even-dense", "even-sparse"],
    "summarize-even": ["even-dense"],
    "summarize-real": ["padded-dense", "bucketed-dense"],
}
DECODING = {"decode greedy": "1", "decode beam 4": "4"}
MEMORY = ["classify-small", "classify-mini", "summarize-even", "summarize-real"]


class Figures:
    """Samples by name: [(ours, torch)] and the unit; less is better for some."""

    def __init__(self):
        self.rows = {}

    def add(self, name, unit, ours, torch, less=False):
        row = self.rows.setdefault(name, {"unit": unit, "less": less, "pairs": []})
        row["pairs"].append((ours, torch))

    def table(self):
        for name, row in self.rows.items():
            ours, torch = (statistics.median(v) for v in zip(*row["pairs"]))
            ratios = sorted(self.ratio(row, *pair) for pair in row["pairs"])
            yield {"name": name, "ours": ours, "torch": torch, "unit": row["unit"],
                   "ratio": self.ratio(row, ours, torch)}, ratios

    @staticmethod
    def ratio(row, ours, torch):
        return torch / ours if row["less"] else ours / torch

    def print(self):
        print(f"{'':54} {'ours':>9} {'torch':>9}  {'unit':9} "
              f"{'ratio':>6}  {'rounds':>12}")
        for r, ratios in self.table():
            digits = 0 if r["ours"] >= 100 else 2
            print(f"{r['name']:54} {r['ours']:9.{digits}f} {r['torch']:9.{digits}f}  "
                  f"{r['unit']:9} {r['ratio']:6.2f}  "
                  f"{ratios[0]:5.2f}..{ratios[-1]:.2f}")

    def write(self, path):
        with open(path, "w") as f:
            rows = ",\n".join(json.dumps(r) for r, _ in self.table())
            f.write(f"[\n{rows}\n]\n")


class Runner:
    def __init__(self, a):
        self.a = a
        self.head = ""
        self.is_good = True

    def run(self, argv):
        r = subprocess.run(argv, capture_output=True, text=True, check=False,
                           env=dict(os.environ, PYTHONWARNINGS="ignore"))
        if r.returncode:
            self.is_good = False
            print(f"torch_speed: {' '.join(argv)}:", r.stderr.strip()[-400:],
                  file=sys.stderr)
        return r.stdout if not r.returncode else ""

    def ours(self, case):
        """The figures of one case of the benchmark program, by name."""
        with tempfile.NamedTemporaryFile("r", suffix=".json") as f:
            out = self.run([self.a.bench, "--program", self.a.program, "--folder",
                            self.a.folder, "--rounds", "1", "--seconds",
                            str(self.a.seconds), "--only", case, "--json", f.name])
            if not out:
                return {}
            self.head = self.head or out.split("; median")[0]
            return {r["name"]: r["value"] for r in json.load(f)}

    def torch(self, plan, mode):
        model = os.path.join(HERE, "torch_model.py")
        out = self.run([sys.executable, model, "--folder", self.a.folder,
                        "--plan", plan, "--mode", mode,
                        "--seconds", str(self.a.seconds)])
        return json.loads(out) if out else None


def has_bf16():
    """Without instructions for it PyTorch's bfloat16 takes many times longer."""
    try:
        with open("/proc/cpuinfo") as f:
            text = f.read()
    except OSError:
        return False
    return "avx512_bf16" in text or "amx_bf16" in text


def train(runner, figures, plan, peaks):
    case = f"train {plan}, workers 2"
    ours = runner.ours(case).get(f"train {plan}, 2 workers")
    for mode in TRAINING[plan]:
        if mode.endswith("bf16") and not has_bf16():
            continue
        t = runner.torch(plan, mode.replace("even", "padded"))
        if not ours or not t:
            continue
        figures.add(f"{plan}: {WAYS[mode]}", "tokens/s", ours, t["speed"])
        peaks.setdefault((plan, mode), t["peak_mb"])


def decode(runner, figures, is_wanted):
    wanted = [c for c in DECODING if is_wanted(c)]
    t = runner.torch("summarize-even", "decode") if wanted else None
    for case in wanted if t else []:
        ours = runner.ours(case).get(case)
        if ours:
            figures.add(case, "ms/token", ours, t[DECODING[case]], less=True)


def memory(runner, figures, peaks):
    for plan in MEMORY:
        of_plan = {mode: mb for (p, mode), mb in peaks.items() if p == plan}
        if not of_plan:
            continue
        ours = runner.ours(f"memory {plan}").get(f"memory {plan}, peak")
        for mode, mb in of_plan.items() if ours else []:
            figures.add(f"memory {plan}: {WAYS[mode]}", "MB", ours, mb, less=True)


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--only", action="append", default=[])
    p.add_argument("--bench", default="build/release/tests/bench/bench")
    p.add_argument("--program", default="build/tutti")
    p.add_argument("--folder", default="build/bench")
    p.add_argument("--json", default="build/bench-torch.json")
    return p.parse_args()


def torch_version():
    say = "import torch; print(torch.__version__)"
    r = subprocess.run([sys.executable, "-W", "ignore", "-c", say],
                       capture_output=True, text=True, check=False)
    return r.stdout.strip()


def main():
    a = arguments()
    version = torch_version()
    if not version:
        print("torch_speed: PyTorch is not installed: pip install torch",
              file=sys.stderr)
        return 2

    def is_wanted(name):
        return not a.only or any(word in name for word in a.only)

    runner, figures, peaks = Runner(a), Figures(), {}
    load = os.getloadavg()[0]
    for n in range(a.rounds):
        for plan in filter(is_wanted, TRAINING):
            print(f"round {n + 1} of {a.rounds}: {plan}", file=sys.stderr)
            train(runner, figures, plan, peaks)
        decode(runner, figures, is_wanted)
    memory(runner, figures, peaks)
    print(f"{runner.head}; PyTorch {version}, 2 threads; "
          f"{a.rounds} rounds, {a.seconds:g} s each, load {load:.1f} before")
    if not has_bf16():
        print("bfloat16 is skipped: this CPU has no instructions for it")
    print()
    figures.print()
    figures.write(a.json)
    return 0 if runner.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
