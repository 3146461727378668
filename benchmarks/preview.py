"""A rehearsal against the SDK's own mocks: time, memory and growth, measured in turns in one run.

`python -m benchmarks.preview [--sizes 100,1000,5000] [--json] [--no-stacks]`; the exit status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.programs import write_program
from slipway.cli.selection import select

SIZES = (100, 1_000, 5_000)
STACKS = ("staging", "prod")
TIME_TARGETS: Mapping[int, float] = {1_000: 0.8, 5_000: 0.6}
"""The most of the mocks' time that a rehearsal may take, by number of resources."""

MEMORY_TARGET = 1.5
"""The most of the mocks' peak memory that a rehearsal may take, at the same sizes."""

GROWTH_TARGET = 1.5
"""How much dearer a resource may be in the largest program than in the one before it."""

SMALL, ROUNDS, ROUNDS_OF_LARGE = 1_000, 3, 2
"""How often programs up to a size, and larger ones, are measured; the best time counts."""


@dataclass(frozen=True)
class Usage:
    """Wall time in seconds from the start of a process to its end, and peak memory in MiB."""

    seconds: float
    peak: float


@dataclass(frozen=True)
class Comparison:
    """One program both ways."""

    size: int
    mocks: Usage
    rehearsal: Usage

    @property
    def time_ratio(self) -> float:
        return self.rehearsal.seconds / self.mocks.seconds

    @property
    def memory_ratio(self) -> float:
        return self.rehearsal.peak / self.mocks.peak


@dataclass(frozen=True)
class StackTiming:
    """A stack of this repository, with its policies; seconds."""

    stack: str
    resources: int
    imports: float
    program: float
    policies: float


def measure(module: str, directory: Path) -> Usage:
    """Run one of this package's modules on a program in a fresh process."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", module, str(directory)], stdout=subprocess.PIPE, check=True)
    return Usage(time.perf_counter() - started, json.loads(done.stdout)["peak"])


def compare(size: int, directory: Path) -> Comparison:
    """Measure a program of that size both ways, in turns, so that a busy moment of the machine strikes both."""
    write_program(directory, size)
    rounds = ROUNDS if size <= SMALL else ROUNDS_OF_LARGE
    pairs = [
        (measure("benchmarks.mocked", directory), measure("benchmarks.rehearsed", directory)) for _ in range(rounds)
    ]
    mocks, rehearsals = zip(*pairs, strict=True)
    return Comparison(size, _best(mocks), _best(rehearsals))


def _best(usages: Sequence[Usage]) -> Usage:
    return Usage(min(usage.seconds for usage in usages), max(usage.peak for usage in usages))


def growth(comparisons: Sequence[Comparison]) -> list[float]:
    """Seconds that 1,000 more resources cost a rehearsal, between each size and the one before it."""
    pairs = pairwise(comparisons)
    return [
        (large.rehearsal.seconds - small.rehearsal.seconds) / (large.size - small.size) * 1_000
        for small, large in pairs
    ]


def missed(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """A sentence for each target that was missed."""
    for item in comparisons:
        target = TIME_TARGETS.get(item.size)
        if target is None:
            continue
        if item.time_ratio > target:
            yield f"{item.size:,} resources took {item.time_ratio:.2f} x the mocks' time; the target is {target}"
        if item.memory_ratio > MEMORY_TARGET:
            yield f"{item.size:,} resources took {item.memory_ratio:.2f} x the mocks' memory; the target is {MEMORY_TARGET}"
    costs = growth(comparisons)
    for before, after in pairwise(costs):
        if after > GROWTH_TARGET * before:
            yield f"1,000 more resources cost {after:.2f} s after {before:.2f} s: growth is not linear"


def time_stack(name: str) -> StackTiming | None:
    """Preview a stack of the repository in the working directory, None if it has no such stack."""
    if not Path(f"Pulumi.{name}.yaml").is_file():
        return None
    rehearsal = select(Path.cwd(), name, None).rehearse(policies=True)
    if rehearsal.failure:
        raise SystemExit(f"{name}: {rehearsal.failure}")
    return StackTiming(name, len(rehearsal.plan.steps), **asdict(rehearsal.timings))


def show(comparisons: Sequence[Comparison], timings: Sequence[StackTiming]) -> None:
    """Print both tables."""
    print(
        f"{'resources':>10} {'mocks s':>9} {'slipway s':>10} {'ratio':>6} {'mocks MiB':>10} {'slipway MiB':>12} {'ratio':>6}"
    )
    for item in comparisons:
        mocks, own = item.mocks, item.rehearsal
        times = f"{mocks.seconds:>9.2f} {own.seconds:>10.2f} {item.time_ratio:>6.2f}"
        print(f"{item.size:>10,} {times} {mocks.peak:>10.0f} {own.peak:>12.0f} {item.memory_ratio:>6.2f}")
    for item, cost in zip(comparisons[1:], growth(comparisons), strict=True):
        print(f"up to {item.size:,} resources, 1,000 more take {cost:.2f} s")
    for timing in timings:
        parts = f"imports {timing.imports:.2f} s, program {timing.program:.2f} s, policies {timing.policies:.2f} s"
        print(f"{timing.stack}: {timing.resources:,} resources, {parts}")


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="resources of each program, comma-separated")
    parser.add_argument("--json", action="store_true", help="print JSON in place of tables")
    parser.add_argument("--no-stacks", action="store_true", help="leave out this repository's own stacks")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        comparisons = [compare(int(size), Path(directory)) for size in options.sizes.split(",")]
    names = () if options.no_stacks else STACKS
    timings = [timing for timing in map(time_stack, names) if timing]
    if options.json:
        print(json.dumps({"programs": list(map(asdict, comparisons)), "stacks": list(map(asdict, timings))}, indent=2))
    else:
        show(comparisons, timings)
    failures = list(missed(comparisons))
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
