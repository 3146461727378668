"""`slipway rehearse`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway.cli.cluster_options import ClusterOptions, cluster_of, connected
from slipway.cli.lookup import refused
from slipway.cli.progress import progress
from slipway.cli.selection import Selection, select_slipway
from slipway.ops.cluster.apply_plan import TIMEOUT, ApplyResult, Cluster, DesiredState, UnknownKinds
from slipway.ops.cluster.applying import Change
from slipway.ops.cluster.connection import Connection, Unreachable
from slipway.ops.cluster.differing import CHANGED, CREATED, PRUNED, REFUSED, REPLACED, UNCHANGED
from slipway.ops.cluster.lease import Busy
from slipway.ops.cluster.marks import Mark
from slipway.ops.cluster.objects import Manifests, Unplaced, manifests
from slipway.ops.cluster.record import new_seed
from slipway.ops.cluster.served_kinds import BadDefinitions
from slipway.reports.applied import GATE
from slipway.reports.words import many
from slipway.settings.cluster_services import API_GROUPS
from slipway.settings.exit_statuses import BAD_INPUT, FAILED, INTERRUPTED, OK, VIOLATED

OUTAGE_TIMEOUT = 300.0
"""Seconds that the API server may be down during a run. Chosen: longer than an upgrade of a control plane."""
MOST_HELD = 12
"""Blocked objects listed per failure. Chosen: they fit on a screen."""


@dataclass(frozen=True)
class Request:
    """Options of the command line besides the stack. `sure` skips the confirmation, `first` means a cluster without
    earlier rehearsals, `dry` changes nothing."""

    target: ClusterOptions
    absent: frozenset[str] = frozenset()
    crds: Path | None = None
    timeout: float = TIMEOUT
    sure: bool = False
    first: bool = False
    take_over: bool = False
    dry: bool = False


def run(cwd: Path, name: str | None, file: Path | None, request: Request) -> int:
    """Apply the stack's objects and return the exit status. Raises InvalidSettings, RehearsalError and CloudFailure."""
    selection = select_slipway(cwd, name, file)
    try:
        with one_interrupt():
            chosen = cluster_of(selection.stack, request.target)
            connection = connected(
                selection.stack, chosen, request.target, outage_timeout=OUTAGE_TIMEOUT, report=_print_progress
            )
            return _apply(selection, chosen, connection, request)
    except (Unreachable, UnknownKinds, BadDefinitions, Unplaced, Busy) as error:
        print(f"slipway: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted; applied objects stay, and the next run continues from there", file=sys.stderr)
        return INTERRUPTED


def _apply(selection: Selection, chosen: str, connection: Connection, request: Request) -> int:
    cluster = Cluster(connection.api, _print_progress)
    seed = cluster.seed()
    place = f"context {connection.context} ({connection.server})"
    _print_progress(f"{selection.stack.name}/{chosen} goes to {place}")
    if not request.dry and not meant(request, connection.context, place, known=seed is not None):
        _print_progress("nothing was changed")
        return BAD_INPUT
    seed = seed or new_seed()
    with progress(selection.stack.name) as report:
        rehearsed = selection.rehearse(policies=False, on_progress=report, seed=seed)
    if rehearsed.failure:
        print(f"slipway: the program failed; nothing was applied\n{rehearsed.failure}", file=sys.stderr)
        return FAILED
    found = manifests(rehearsed.plan, chosen, selection.stack.clusters)
    if not found.objects:
        raise refused(f"the plan has no objects for cluster {chosen}")
    wanted = DesiredState(
        Mark(selection.stack.name, chosen),
        found.objects,
        request.absent | _absent(selection, chosen),
        request.timeout,
        request.take_over,
    )
    if request.dry:
        return _compared(cluster, wanted, selection.stack.name, connection.context)
    with cluster.alone():
        if request.crds:
            cluster.define(request.crds, timeout=request.timeout)
        cluster.refuse_unknown_kinds(found.objects)
        result = cluster.apply(wanted, seed)
    _show(result, found)
    print(f"rehearsed {selection.stack.name} on {connection.context}: {_summary(result)}")
    return _status(result, found)


def _status(result: ApplyResult, found: Manifests) -> int:
    """Return the exit status. A release that was refused or rolled back is no failure of the cluster."""
    if result.is_good:
        return OK
    failed = [each for each in found.objects if each.urn in result.outcome.failures]
    gates_alone = all(GATE in (each.body["metadata"].get("labels") or {}) for each in failed)
    return VIOLATED if failed and gates_alone and not result.outcome.away else FAILED


def meant(request: Request, context: str, place: str, *, known: bool) -> bool:
    """Return whether the user confirmed the cluster, on the command line or at the prompt. Raises InvalidSettings
    without a terminal."""
    asked = sys.stdin.isatty()
    if not asked and not request.sure:
        raise refused(f"there is no terminal to confirm {place}: pass --yes, or --dry-run to see what would change")
    if not known and not request.first:
        if not asked:
            raise refused(f"{place} has no earlier rehearsal: pass --first to use it")
        return _answered(f"It has no earlier rehearsal. Type {context} to continue: ") == context
    return request.sure or _answered("Apply? [y/N] ").lower() in ("y", "yes")


def _answered(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _compared(cluster: Cluster, wanted: DesiredState, stack: str, context: str) -> int:
    found = cluster.differences(wanted)
    for each in found:
        if each.sign != UNCHANGED:
            print(f"{each.sign} {each.title}")
            for line in each.lines:
                print(f"    {line}")
    signs = [each.sign for each in found]
    words = {CREATED: "to create", CHANGED: "to change", REPLACED: "to recreate", PRUNED: "to prune"}
    counts = [f"{signs.count(sign)} {word}" for sign, word in words.items()]
    refusals = signs.count(REFUSED)
    counts += [f"{signs.count(UNCHANGED)} unchanged", *([f"{refusals} refused"] if refusals else [])]
    print(f"{stack} on {context}: {', '.join(counts)}; nothing was changed")
    return FAILED if refusals else OK


@contextmanager
def one_interrupt() -> Iterator[None]:
    """Let requests in progress end at the first Ctrl-C, and leave at once at the second. A signal may arrive while a
    line is being printed: `print` would then fail (reentrant call), and the interruption with it."""

    def leave(*_: object) -> None:
        os.write(2, b"interrupted again; left at once\n")
        os._exit(INTERRUPTED)

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, leave)
        os.write(2, b"interrupted; requests under way are awaited, Ctrl-C again leaves at once\n")
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) == stop:
            signal.signal(signal.SIGINT, before)


def _absent(selection: Selection, chosen: str) -> frozenset[str]:
    """Return the API groups whose controllers the stack declares absent."""
    declared = selection.stack.clusters[chosen].settings.controllers
    return frozenset(
        group for name, groups in API_GROUPS.items() if getattr(declared, name) == "absent" for group in groups
    )


def _print_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _show(result: ApplyResult, found: Manifests) -> None:
    """Print what failed, with causes before the objects that they block, and what was left out."""
    titles = {each.urn: each.title for each in found.objects}
    outcome = result.outcome
    if outcome.failures:
        print("failed:")
    for urn, reason in sorted(outcome.failures.items(), key=lambda entry: titles[entry[0]]):
        print(f"  {titles[urn]}: {reason}")
        for line in outcome.evidence.get(urn, ()):
            print(f"      {line}")
    for cause, held in held_up(outcome.skipped, titles):
        print(f"not applied because of {cause}: {many(len(held), 'object')}")
        for title, need in held[:MOST_HELD]:
            print(f"  {title}: needs {need}")
        if len(held) > MOST_HELD:
            print(f"  … and {len(held) - MOST_HELD} more")
    if outcome.away:
        missing = sum(1 for urn in titles if urn not in outcome.changes)
        print(
            f"the API server became unreachable, and the run ended: {outcome.away}\n  {many(missing, 'object')} not applied"
        )
    if outcome.evidence:
        print("details are in ConfigMap slipway-rehearsal/slipway-rehearsal-failures")
    if result.pruned is not None:
        _list("not pruned", result.pruned.failures)
        _list("no longer in the plan, kept", result.pruned.kept)
    _list("with placeholders for values of a cloud", {name: ", ".join(paths) for name, paths in result.open.items()})
    _list("charts, not applied", dict.fromkeys(found.charts, ""))
    _list("not awaited because they have no controller", {each.title: each.kind.group for each in result.unawaited})


def held_up(skipped: Mapping[str, str], titles: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Group the objects that were not applied, with what each needs, by the object that failed first; the largest group
    is last."""
    needs = {titles[urn]: need for urn, need in skipped.items()}
    groups: dict[str, list[tuple[str, str]]] = {}
    for title, need in sorted(needs.items()):
        cause = need
        while cause in needs:
            cause = needs[cause]
        groups.setdefault(cause, []).append((title, need))
    return sorted(groups.items(), key=lambda group: (len(group[1]), group[0]))


def _list(head: str, entries: dict[str, str]) -> None:
    if entries:
        print(f"{head}:")
    for title, words in sorted(entries.items()):
        print(f"  {title}: {words}" if words else f"  {title}")


def _summary(result: ApplyResult) -> str:
    changes = list(result.outcome.changes.values())
    counts = [f"{changes.count(change)} {change.value}" for change in Change]
    counts.append(f"{len(result.pruned.deleted)} pruned" if result.pruned is not None else "nothing pruned")
    if result.unawaited:
        counts.append(f"{len(result.unawaited)} not awaited (no controller)")
    if result.outcome.failures:
        counts.append(f"{len(result.outcome.failures)} failed")
    if result.outcome.skipped:
        counts.append(f"{len(result.outcome.skipped)} not applied")
    return ", ".join(counts)
