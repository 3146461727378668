"""Previews of a hundred systems and more, in stacks of systems on one foundation: time and memory by number of systems.

`python -m benchmarks.stacks [--systems 75,150,300] [--json]`; the exit status is 1 if a target is missed. Stacks are
previewed in parallel, each in processes of its own, as a pipeline does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.usage import report
from slipway.cli.selection import select

ROOT = Path(__file__).parents[1]
SYSTEMS = (75, 150, 300)
OF_A_STACK = 25
"""Systems of a stack. Chosen: what several teams release together."""
GROWTH_TARGET = 1.5
"""How much dearer a system may be among the most systems than among fewer."""
MEMORY_TARGET = 1.5
"""How much more memory the largest preview may take with the most systems than with half of them, by the growth of
systems alone: each preview reads all definitions that share its clusters."""
DEFINITION = """
title: System {number}
owner: {{team: team-{number}}}
services: {{api: {{image: "system-{number}/api", port: 3000}}}}
"""


@dataclass(frozen=True)
class Measured:
    """All previews of a project; wall time in seconds, peak memory of the largest one in MiB."""

    systems: int
    stacks: int
    resources: int
    seconds: float
    peak: float


def write_project(folder: Path, systems: int) -> list[str]:
    """Write a foundation and its stacks of systems, and return their names."""
    for room in ("components", "slipway", "__main__.py", "Pulumi.yaml"):
        (folder / room).symlink_to(ROOT / room)
    names = [f"system-{number}" for number in range(systems)]
    for number, name in enumerate(names):
        (folder / "systems" / name).mkdir(parents=True)
        (folder / "systems" / name / "system.yaml").write_text(DEFINITION.format(number=number), encoding="utf-8")
    stacks = {"base": _stack([], foundation=False)}
    for start in range(0, systems, OF_A_STACK):
        stacks[f"systems-{start}"] = _stack(names[start : start + OF_A_STACK], foundation=True)
    for name, text in stacks.items():
        (folder / f"Pulumi.{name}.yaml").write_text(text, encoding="utf-8")
    return list(stacks)


def _stack(systems: Sequence[str], *, foundation: bool) -> str:
    named = {"slipway:foundation": "organization/slipway/base"} if foundation else {}
    deployed = {name: {"blue": {"version": "1.0.0"}} for name in systems}
    cluster = {"cloud": "local", **({"systems": deployed} if deployed else {})}
    return json.dumps({"config": {"slipway:environment": "local", **named, "slipway:clusters": {"main": cluster}}})


def measure(systems: int) -> Measured:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        stacks = write_project(folder, systems)
        started = time.perf_counter()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(lambda stack: _previewed(folder, stack), stacks))
        seconds = time.perf_counter() - started
    return Measured(systems, len(stacks), sum(each[0] for each in found), seconds, max(each[1] for each in found))


def _previewed(folder: Path, stack: str) -> tuple[int, float]:
    """Preview a stack in a process of its own; return its resources and the peak memory."""
    command = [sys.executable, "-m", "benchmarks.stacks", "--preview", stack, "--in", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    resources, usage = done.stdout.splitlines()
    return int(resources), json.loads(usage)["peak"]


def preview(folder: Path, stack: str) -> None:
    rehearsal = select(folder, stack, None).rehearse(policies=False)
    if rehearsal.failure:
        raise SystemExit(f"{stack}: {rehearsal.failure}")
    print(len(rehearsal.plan.steps))
    report()


def missed(measured: Sequence[Measured]) -> Iterator[str]:
    """A sentence for each target that was missed."""
    for fewer, more in pairwise(measured):
        costs = [each.seconds / each.systems for each in (fewer, more)]
        if costs[1] > GROWTH_TARGET * costs[0]:
            yield f"a system takes {costs[1]:.2f} s among {more.systems}, and {costs[0]:.2f} s among {fewer.systems}"
        if more.peak > MEMORY_TARGET * fewer.peak:
            yield f"a preview takes {more.peak:.0f} MiB among {more.systems} systems, and {fewer.peak:.0f} among {fewer.systems}"


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", default=",".join(map(str, SYSTEMS)), help="numbers of systems, comma-separated")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument("--preview", help=argparse.SUPPRESS)
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.preview:
        preview(options.folder, options.preview)
        return 0
    measured = [measure(int(each)) for each in options.systems.split(",")]
    if options.json:
        print(json.dumps(list(map(asdict, measured)), indent=2))
    else:
        print(f"{'systems':>8} {'stacks':>7} {'resources':>10} {'seconds':>8} {'MiB a preview':>14}")
        for each in measured:
            print(f"{each.systems:>8} {each.stacks:>7} {each.resources:>10,} {each.seconds:>8.1f} {each.peak:>14.0f}")
    failures = list(missed(measured))
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
