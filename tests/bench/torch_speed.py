#!/usr/bin/env python3
"""Tutti beside PyTorch on the same cores: make bench-torch

    tests/bench/torch_speed.py [--rounds 5] [--seconds 3] [--only TEXT]...
                               [--way NAME]... [--one] [--json FILE]

Same model, same texts, the same real tokens per update; padding is nobody's work. In
every round each case runs ours (the case of the benchmark program) and then PyTorch's
ways of doing it (torch_ways.py), each in a process of its own: on one thread for CPU
time a token, on all cores for wall time. A way that is a quarter slower than the best
of its kind in round one is not run again. A ratio above 1 means ours is better; it
stands with the least and the most of the rounds. That the models are the same is looked
at first: as many parameters, the same losses.

A tuned process of PyTorch keeps the pages that it frees, and its MKL takes the AVX-512
path also on a CPU that is not Intel's. Exit status 1 when something of ours failed, a
case has no way left or the models differ, 2 when PyTorch is not installed.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

from torch_figures import HEAD, Figures, line
from torch_load import Load
from torch_ways import DRY, TRAINING, WAYS

HERE = os.path.dirname(os.path.abspath(__file__))
DECODING = {"decode greedy": "1", "decode beam 4": "4"}
DECODERS = {"decode": "eager, one at a time", "decode-compiled": "compiled"}
MEMORY = ["classify-small", "classify-mini", "summarize-even", "summarize-real"]
CPU, WALL = "CPU, one thread", "wall, all cores"
TUNED = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(8 << 30),
         "MALLOC_TOP_PAD_": str(256 << 20)}
MKL = "int mkl_serv_intel_cpu_true(void) { return 1; }\n"
PATIENCE = 1200  # seconds for one measurement, compiling included
CORES = len(os.sched_getaffinity(0))


def says(way):
    return DECODERS.get(way) or WAYS[way].says


def is_bf16(way):
    return way in WAYS and WAYS[way].is_bf16


def rivals_of(way):
    """Whom a way competes with: those of its own precision."""
    return lambda other: is_bf16(other) == is_bf16(way)


def cpu_info():
    try:
        with open("/proc/cpuinfo") as f:
            return f.read()
    except OSError:
        return ""


def mkl_library(folder):
    """To be loaded before MKL on AMD's CPUs; None where there is no need or no way."""
    if "AuthenticAMD" not in cpu_info():
        return None
    path = os.path.abspath(os.path.join(folder, "mkl_as_on_intel.so"))
    r = subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-o", path, "-"],
                       input=MKL, text=True, capture_output=True, check=False)
    return None if r.returncode else path


class Runner:
    """Starts the processes, knows what failed."""

    def __init__(self, a):
        self.a, self.is_good = a, True
        self.machine, self.load = [], Load()
        self.failed = {}                 # (plan, way): why
        self.mkl = None

    def environment(self, threads, is_tuned):
        e = dict(os.environ, PYTHONWARNINGS="ignore", OMP_NUM_THREADS=str(threads))
        cache = os.path.join(self.a.folder, "inductor")
        e.setdefault("TORCHINDUCTOR_CACHE_DIR", os.path.abspath(cache))
        if is_tuned:
            e.update(TUNED)
            if self.mkl:
                e["LD_PRELOAD"] = self.mkl
        return e

    @staticmethod
    def run(argv, env=None):
        """(standard output, None) or (None, why not)."""
        try:
            r = subprocess.run(argv, capture_output=True, text=True, check=False,
                               env=env, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return None, f"not done after {PATIENCE} s"
        if not r.returncode:
            return r.stdout, None
        last = r.stderr.strip().splitlines()[-1:] or [f"status {r.returncode}"]
        return None, last[0][:200]

    def ours(self, case):
        """The figures of one case of the benchmark program, by name."""
        with tempfile.NamedTemporaryFile("r", suffix=".json") as f:
            out, why = self.run([
                self.a.bench, "--program", self.a.program, "--folder", self.a.folder,
                "--rounds", "1", "--seconds", str(self.a.seconds), "--only", case,
                "--json", f.name])
            if why:
                print(f"torch_speed: our '{case}': {why}", file=sys.stderr)
                self.is_good = False
                return {}
            self.machine = self.machine or out.splitlines()[:2]
            return {r["name"]: r["value"] for r in json.load(f)}

    def torch(self, case, way, threads):
        """One measurement; None when the way does not work here."""
        plan, _, is_dry = case.partition(DRY)
        if (case, way) in self.failed:
            return None
        argv = [sys.executable, os.path.join(HERE, "torch_measure.py"), "--folder",
                self.a.folder, "--plan", plan, "--way", way, "--threads", str(threads),
                "--seconds", str(self.a.seconds)] + (["--dry"] if is_dry else [])
        is_tuned = way not in WAYS or WAYS[way].is_tuned
        out, why = self.run(argv, self.environment(threads, is_tuned))
        if why:
            self.failed[case, way] = why
            print(f"torch_speed: {case}, {way}: {why}", file=sys.stderr)
        return json.loads(out) if out else None


class Bench:
    def __init__(self, runner):
        self.runner, self.a = runner, runner.a
        self.figures, self.parities = Figures(), []
        self.has_bf16 = "avx512_bf16" in cpu_info() or "amx_bf16" in cpu_info()

    def threads(self):
        """One thread for CPU time, then all for wall time."""
        return (True,) if self.a.one else (True, False)

    def is_wanted(self, name):
        return not self.a.only or any(word in name for word in self.a.only)

    def ways(self, case):
        """Of this round. CPU time decides, also about wall time: it is steadier."""
        row = self.figures.row(f"{case}: {CPU}", "us/token", True)
        for way in TRAINING[case]:
            if self.a.way and way not in self.a.way:
                continue
            if is_bf16(way) and not self.has_bf16:
                continue
            if way != "plain" and row.is_hopeless(way, rivals_of(way)):
                continue
            yield way

    def train(self, n, case, is_one, ways):
        cores = "1 core" if is_one else "all cores"
        unit, what = ("us/token", CPU) if is_one else ("tokens/s", WALL)
        row = self.figures.row(f"{case}: {what}", unit, is_one)
        self.runner.load.take()
        ours = self.runner.ours(f"train {case}, {cores}")
        ours_value = ours.get(f"train {case}, {cores}" + (", CPU" if is_one else ""))
        if is_one and ours:
            part = ours[f"train {case}, {cores}, of a core"] / 100
            self.runner.load.share("ours", part)
        for way in ways if ours_value else []:
            t = self.runner.torch(case, way, 1 if is_one else CORES)
            if not t:
                continue
            self.figures.add(row.name, unit, n, ours_value, way,
                             t["cpu" if is_one else "speed"], is_one)
            if is_one:
                self.runner.load.share("PyTorch", t["got"])
            elif case in MEMORY:
                self.figures.add(f"memory {case}", "MB", n, 0, way, t["peak_mb"], True)

    def decode(self, n):
        cases = [c for c in DECODING if self.is_wanted(c)]
        ours = {c: self.runner.ours(c) for c in cases}
        for way in DECODERS if cases else []:
            for is_one in self.threads():
                t = self.runner.torch("summarize-even", way, 1 if is_one else CORES)
                what, key = (CPU, "cpu") if is_one else (WALL, "wall")
                for c in cases if t else []:
                    mine = ours[c].get(c + (", CPU" if is_one else ""))
                    if mine:
                        self.figures.add(f"{c}: {what}", "ms/token", n, mine, way,
                                         t[DECODING[c]][key], True)

    def memory(self):
        """Ours is the same in every round: measured once, after them."""
        for plan in MEMORY:
            row = self.figures.rows.get(f"memory {plan}")
            if row:
                ours = self.runner.ours(row.name).get(f"{row.name}, peak")
                row.ours = {n: ours for n in row.ours} if ours else {}

    def parity(self, plan):
        """The same model? As many parameters, and losses within a tenth."""
        ours = self.runner.ours(f"parity {plan}")
        t = self.runner.torch(plan, "parity", 1)
        if not ours or not t:
            self.runner.is_good = False
            return
        mine = [ours[f"parity {plan}, {what}"] for what in
                ("parameters", "first loss", "loss of steps 9 to 12")]
        theirs = [t["parameters"], t["first"], t["last"]]
        is_same = mine[0] == theirs[0] and all(
            abs(a - b) < 0.1 * b for a, b in zip(mine[1:], theirs[1:]))
        self.runner.is_good &= is_same
        self.parities.append(
            f"{plan}: {mine[0]:,.0f} and {theirs[0]:,.0f} parameters, loss "
            f"{mine[1]:.2f} and {theirs[1]:.2f}, after 12 updates {mine[2]:.2f} and "
            f"{theirs[2]:.2f}{'' if is_same else ': NOT THE SAME MODEL'}")

    def run(self):
        cases = list(filter(self.is_wanted, TRAINING))
        for plan in dict.fromkeys(c.partition(DRY)[0] for c in cases):
            self.parity(plan)
        for n in range(self.a.rounds):
            for case in cases:
                print(f"round {n + 1} of {self.a.rounds}: {case}", file=sys.stderr)
                ways = list(self.ways(case))
                for is_one in self.threads():
                    self.train(n, case, is_one, ways)
            self.decode(n)
            self.figures.write(self.a.json)
        self.memory()
        for row in self.figures.rows.values():
            if not row.best():
                print(f"torch_speed: {row.name}: no way worked", file=sys.stderr)
                self.runner.is_good = False

    # --- what is printed ---

    def print_row(self, row):
        def is_float32(way):
            return not is_bf16(way)

        shown = [row.best(is_float32), row.best(is_bf16)]
        if "plain" in row.ways and "plain" != shown[0]:
            shown.append("plain")
        name = row.name
        for way in filter(None, shown):
            f = row.figures(way)
            if f:
                print(line(f, name, says(way)))
                name = ""

    def print_all(self):
        print("\nEvery way; those with fewer rounds were a quarter slower than the best")
        for row in self.figures.rows.values():
            print(f"{row.name}")
            found = [f for way in row.ways if (f := row.figures(way))]
            for f in sorted(found, key=lambda f: f["ratio"]):
                print(line(f, "  " + f["way"], says(f["way"])))

    def print(self, version):
        a = self.a
        print("\n".join(self.runner.machine))
        print(f"PyTorch {version}; {a.rounds} rounds, {a.seconds:g} s each; all cores: "
              f"{CORES}; MKL {'as on Intel' if self.runner.mkl else 'as it comes'}")
        print(self.runner.load)
        print("The models, ours and PyTorch's", *self.parities, sep="\n  ")
        if not self.has_bf16:
            print("bfloat16 is skipped: this CPU has no instructions for it")
        for (case, way), why in self.runner.failed.items():
            print(f"not measured: {case}, {way}: {why}")
        print("\nThe best of float32, the best of bfloat16 (ours is float32), and plain")
        print(HEAD)
        for row in self.figures.rows.values():
            self.print_row(row)
        self.print_all()


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--only", action="append", default=[])
    p.add_argument("--way", action="append", default=[], choices=list(WAYS))
    p.add_argument("--one", action="store_true", help="CPU time on one thread alone")
    p.add_argument("--bench", default="build/release/tests/bench/bench")
    p.add_argument("--program", default="build/tutti")
    p.add_argument("--folder", default="build/bench")
    p.add_argument("--json", default="build/bench-torch.json")
    return p.parse_args()


def torch_version():
    r = subprocess.run([sys.executable, "-W", "ignore", "-c",
                        "import torch; print(torch.__version__)"],
                       capture_output=True, text=True, check=False)
    return r.stdout.strip()


def main():
    a = arguments()
    version = torch_version()
    if not version:
        print("torch_speed: PyTorch is not installed: pip install torch numpy",
              file=sys.stderr)
        return 2
    os.makedirs(a.folder, exist_ok=True)
    runner = Runner(a)
    runner.mkl = mkl_library(a.folder)
    bench = Bench(runner)
    bench.run()
    bench.print(version)
    bench.figures.write(a.json)
    return 0 if runner.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
