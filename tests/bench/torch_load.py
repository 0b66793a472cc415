"""Who else was at the machine while something was measured. Knows nothing of PyTorch."""
import os
import time

SPIN = 400_000
ALONE = 0.9  # of a core for the spins, below which others were there


def stat():
    """CPU time of the machine so far, and what was stolen of it."""
    try:
        with open("/proc/stat") as f:
            t = [int(x) for x in f.readline().split()[1:9]]
        return sum(t), t[7]
    except (OSError, ValueError, IndexError):
        return 0, 0


def spin():
    """(wall, CPU) seconds of a fixed piece of work."""
    wall, cpu, x = time.perf_counter(), time.process_time(), 1
    for _ in range(SPIN):
        x = (x * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
    return time.perf_counter() - wall, time.process_time() - cpu


class Load:
    """Looked at before every measurement."""

    def __init__(self):
        self.averages, self.spins, self.begin = [], [], stat()
        self.shares = {"ours": [], "PyTorch": []}

    def take(self):
        self.averages.append(os.getloadavg()[0])
        self.spins.append(spin())

    def share(self, whose, part):
        """What part of a core a timing on one thread had."""
        self.shares[whose].append(part)

    def __str__(self):
        if not self.spins:
            return "nothing was measured"
        all_, stolen = (b - a for a, b in zip(self.begin, stat()))
        got = sorted(cpu / wall for wall, cpu in self.spins)
        cpu = sorted(c * 1e3 for _, c in self.spins)
        text = (f"load {min(self.averages):.1f} to {max(self.averages):.1f}; "
                f"{100 * stolen / max(all_, 1):.1f}% stolen; a spin had "
                f"{100 * got[0]:.0f} to {100 * got[-1]:.0f}% of a core and took "
                f"{cpu[0]:.0f} to {cpu[-1]:.0f} ms of CPU")
        if got[0] < ALONE:
            text += "; THE MACHINE WAS NOT OURS ALONE: wall times are of no use"
        for whose, parts in self.shares.items():
            if parts:
                text += (f"\none thread of {whose} had {100 * min(parts):.0f} to "
                         f"{100 * max(parts):.0f}% of a core")
        return text
