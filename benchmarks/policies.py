"""What the policy pack adds to a preview: `python -m benchmarks.policies [--sizes 100,1000,5000]`.

The same program with and without the pack, in turns; the exit status is 1 if a target is missed. Half of the program's
resources are Deployments that break several rules each, so the pack is busier than with a good plan.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.programs import write_program
from slipway.rehearsal import PolicyPack, rehearse

SIZES = (100, 1_000, 5_000)
ROUNDS = 3
TARGETS = {1_000: 0.5}
"""The most of the program's own time that the pack may add, by number of resources."""

GROWTH_TARGET = 1.5
"""How much dearer a resource may be to judge in the largest program than in the one before it."""


@dataclass(frozen=True)
class Cost:
    """Wall time in seconds of a preview without the pack, and of one with it; the best of several."""

    size: int
    without: float
    evaluated: float

    @property
    def added(self) -> float:
        return self.evaluated - self.without

    @property
    def ratio(self) -> float:
        return self.added / self.without


def cost(size: int, directory: Path, pack: Path) -> Cost:
    """Measure a program of that size."""
    write_program(directory, size)
    turns = [(preview(directory, []), preview(directory, [PolicyPack(pack)])) for _ in range(ROUNDS)]
    without, evaluated = zip(*turns, strict=True)
    return Cost(size, min(without), min(evaluated))


def preview(directory: Path, packs: Sequence[PolicyPack]) -> float:
    """Seconds of one, from the start of its process to its end."""
    started = time.perf_counter()
    rehearsal = rehearse(directory, project="bench", stack="bench", config={}, packs=packs)
    if rehearsal.failure:
        raise SystemExit(rehearsal.failure)
    return time.perf_counter() - started


def missed(costs: Sequence[Cost]) -> Iterator[str]:
    """A sentence for each target that was missed."""
    for each in costs:
        target = TARGETS.get(each.size)
        if target and each.ratio > target:
            yield f"at {each.size:,} resources the pack adds {each.ratio:.2f} x the program's time; the target is {target}"
    growth = [(large.added - small.added) / (large.size - small.size) for small, large in pairwise(costs)]
    for before, after in pairwise(growth):
        if after > GROWTH_TARGET * before:
            yield f"judging 1,000 more takes {1_000 * after:.2f} s after {1_000 * before:.2f} s: growth is not linear"


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="resources of each program, comma-separated")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        costs = [cost(int(size), Path(directory), Path("policies")) for size in options.sizes.split(",")]
    print(f"{'resources':>10} {'program s':>10} {'with pack s':>12} {'added s':>8} {'ratio':>6}")
    for each in costs:
        print(f"{each.size:>10,} {each.without:>10.2f} {each.evaluated:>12.2f} {each.added:>8.2f} {each.ratio:>6.2f}")
    failures = list(missed(costs))
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
