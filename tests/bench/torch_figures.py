"""Samples of a benchmark, and the table they make. Knows nothing of PyTorch."""
import json
import statistics

DROPPED = 1.25  # a way this much worse than the best of round one is not run again


class Row:
    """One quantity of one case: a sample a round, ours and each way's."""

    def __init__(self, name, unit, less):
        self.name, self.unit, self.is_less = name, unit, less
        self.ours, self.ways = {}, {}

    def ratio(self, ours, other):
        """Above 1: ours is better."""
        return other / ours if self.is_less else ours / other

    def median(self, way):
        return statistics.median(self.ways[way].values())

    def full(self, keep=lambda way: True):
        """Ways that have a sample in as many rounds as any, and are to be kept."""
        kept = {w: s for w, s in self.ways.items() if keep(w)}
        most = max(map(len, kept.values()), default=0)
        return [w for w, s in kept.items() if len(s) == most]

    def best(self, keep=lambda way: True):
        pick = min if self.is_less else max
        return pick(self.full(keep), key=self.median, default=None)

    def is_hopeless(self, way, keep):
        """Against the best of those it competes with, by what is known."""
        best = self.best(keep)
        if way not in self.ways or best is None:
            return False
        a, b = self.median(way), self.median(best)
        return max(a, b) / min(a, b) > DROPPED and a != b

    def figures(self, way):
        """Medians and the ratios of the rounds that have both."""
        both = sorted(n for n in self.ways[way] if self.ours.get(n))
        ratios = [self.ratio(self.ours[n], self.ways[way][n]) for n in both]
        if not ratios:
            return None
        ours = statistics.median(self.ours[n] for n in both)
        torch = statistics.median(self.ways[way][n] for n in both)
        return {"name": self.name, "unit": self.unit, "way": way, "ours": ours,
                "torch": torch, "ratio": self.ratio(ours, torch),
                "least": min(ratios), "most": max(ratios), "rounds": len(both)}


class Figures:
    def __init__(self):
        self.rows = {}

    def row(self, name, unit, less=False):
        return self.rows.setdefault(name, Row(name, unit, less))

    def add(self, name, unit, n, ours, way, torch, less=False):
        row = self.row(name, unit, less)
        row.ours[n] = ours
        row.ways.setdefault(way, {})[n] = torch

    def all(self):
        return [f for row in self.rows.values() for way in row.ways
                if (f := row.figures(way))]

    def write(self, path):
        with open(path, "w") as f:
            rows = ",\n".join(map(json.dumps, self.all()))
            f.write(f"[\n{rows}\n]\n")


HEAD = (f"{'':38} {'ours':>8} {'PyTorch':>8} {'unit':9} {'ratio':>5} "
        f"{'rounds':>14}  way")


def line(f, name, says):
    """One line of the table."""
    def digits(x):
        return 0 if x >= 100 else 2
    spread = f"{f['least']:.2f}..{f['most']:.2f} ({f['rounds']})"
    return (f"{name:38} {f['ours']:8.{digits(f['ours'])}f} "
            f"{f['torch']:8.{digits(f['torch'])}f} {f['unit']:9} {f['ratio']:5.2f} "
            f"{spread:>14}  {says}")
