"""What comparing adds to a preview: `python -m benchmarks.difference [--stack prod] [--size 5000] [--rounds 3]`.

The stack is previewed alone, against the newest commit without a kept plan, and with one, in turns. A large program's plan is
compared with one of which every tenth resource differs, and reported. The exit status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.programs import write_program
from slipway.rehearsal import Plan, Step, rehearse
from slipway.rehearsal.difference import compare
from slipway.rehearsal.difference.before import of_plan
from slipway.reports.applied import applied
from slipway.reports.markdown import as_markdown
from slipway.settings.stacks import Stack

ALONE_TARGET, KEPT_TARGET = 1.3, 1.1
"""The most of one preview's time that a difference may take, without a kept plan of the base and with one, on two cores."""
REPORT_TARGET = 0.1
"""The most of a preview's time that comparing and reporting may add."""
EVERY = 10
"""One of so many resources differs. Chosen: a large change."""


@dataclass(frozen=True)
class Timing:
    """Seconds, the best of all rounds."""

    alone: float
    against: float
    kept: float


def time_stack(stack: str, rounds: int) -> Timing:
    """The command, as it is run in a pipeline, in turns."""
    with tempfile.TemporaryDirectory() as cache:
        found = [
            (
                _seconds(stack, cache, "--no-against"),
                _seconds(stack, cache, "--against", "HEAD", "--no-cache"),
                _seconds(stack, cache, "--against", "HEAD"),
            )
            for _ in range(rounds + 1)
        ]
    # The first round fills the cache.
    return Timing(*map(min, zip(*found[1:], strict=True)))


def _seconds(stack: str, cache: str, *options: str) -> float:
    command = [
        sys.executable,
        "-c",
        "from slipway.cli.main import main; main()",
        "preview",
        "--stack",
        stack,
        "--format",
        "markdown",
        *options,
    ]
    started = time.perf_counter()
    done = subprocess.run(
        command,
        env={**os.environ, "XDG_CACHE_HOME": cache},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode > 1:
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - started


def time_report(size: int, folder: Path) -> tuple[float, float]:
    """Seconds that a rehearsal of so many resources takes, and that comparing and reporting it takes."""
    write_program(folder, size)
    started = time.perf_counter()
    rehearsal = rehearse(folder, project="bench", stack="bench", config={})
    rehearsed = time.perf_counter() - started
    if rehearsal.failure:
        raise SystemExit(rehearsal.failure)
    before, stack = of_plan("before", _other(rehearsal.plan)), Stack("bench", "local", {})
    started = time.perf_counter()
    difference = compare(before, rehearsal.plan)
    effects = applied(stack, rehearsal.plan, difference)
    comment = as_markdown(stack, rehearsal, [], every=False, difference=difference, applied=effects)
    seconds = time.perf_counter() - started
    assert f"{len(difference.touched):,} to update" in comment
    return rehearsed, seconds


def _other(plan: Plan) -> Plan:
    """With another label on every tenth resource."""
    return replace(plan, steps=tuple(_labelled(step) if n % EVERY == 0 else step for n, step in enumerate(plan.steps)))


def _labelled(step: Step) -> Step:
    state = deepcopy(dict(step.state))
    state.get("inputs", {}).setdefault("metadata", {}).setdefault("labels", {})["benchmark"] = "other"
    return replace(step, state=state)


def missed(timing: Timing, rehearsed: float, reported: float) -> Iterator[str]:
    """A sentence for each target that was missed."""
    for what, seconds, target in (("no", timing.against, ALONE_TARGET), ("a", timing.kept, KEPT_TARGET)):
        if seconds > target * timing.alone:
            yield f"with {what} kept plan a difference took {seconds / timing.alone:.2f} x a preview; the target is {target}"
    if reported > REPORT_TARGET * rehearsed:
        yield f"comparing and reporting added {reported / rehearsed:.0%}; the target is {REPORT_TARGET:.0%}"


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--stack", default="prod", help="stack of this repository that is compared with its newest commit"
    )
    parser.add_argument(
        "--size", type=int, default=5_000, help="resources of the program that is compared and reported"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the best counts")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rehearsed, reported = time_report(options.size, Path(folder))
    print(f"{options.size:,} resources: {rehearsed:.2f} s, compared and reported in {reported:.2f} s")
    timing = time_stack(options.stack, options.rounds)
    times = f"alone {timing.alone:.2f} s, against HEAD {timing.against:.2f} s, with a kept plan {timing.kept:.2f} s"
    print(f"{options.stack}: {times}")
    failures = list(missed(timing, rehearsed, reported))
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
