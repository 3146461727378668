"""`slipway rehearse`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from cli.placed import refused
from cli.progress import progress
from cli.selection import Selection, select
from cli.target import Target, cluster_of, reached
from live.cluster.applying import Change
from live.cluster.cluster import TIMEOUT, Came, Cluster, UnknownKinds, Wanted
from live.cluster.definitions import BadDefinitions
from live.cluster.marks import Mark
from live.cluster.objects import Parts, Unplaced, parts
from live.cluster.reach import OutOfReach, Reached
from settings.cluster_services import API_GROUPS

OK, BAD_INPUT, FAILED, INTERRUPTED = 0, 2, 3, 130


@dataclass(frozen=True)
class Request:
    """What the command line says beside the stack."""

    target: Target
    absent: frozenset[str] = frozenset()
    crds: Path | None = None
    timeout: float = TIMEOUT


def run(cwd: Path, name: str | None, file: Path | None, request: Request) -> int:
    """Applies the stack's objects and returns the exit status. Raises InvalidSettings, RehearsalError, CloudFailure."""
    selection = select(cwd, name, file)
    try:
        chosen = cluster_of(selection.stack, request.target)
        return _bring(selection, chosen, reached(selection.stack, chosen, request.target), request)
    except (OutOfReach, UnknownKinds, BadDefinitions, Unplaced) as error:
        print(f"slipway: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted; what was applied stays, and the next run goes on from there", file=sys.stderr)
        return INTERRUPTED


def _bring(selection: Selection, chosen: str, there: Reached, request: Request) -> int:
    cluster = Cluster(there.api, _say)
    seed = cluster.seed()
    with progress(selection.stack.name) as report:
        rehearsed = selection.rehearse(judged=False, on_progress=report, seed=seed)
    if rehearsed.failure:
        print(f"slipway: the program failed; nothing was applied\n{rehearsed.failure}", file=sys.stderr)
        return FAILED
    found = parts(rehearsed.plan, chosen, selection.stack.clusters)
    if not found.objects:
        raise refused(f"the plan has no objects for cluster {chosen}")
    if request.crds:
        cluster.define(request.crds, timeout=request.timeout)
    cluster.refuse_unknown_kinds(found.objects)
    wanted = Wanted(
        Mark(selection.stack.name, chosen), found.objects, request.absent | _absent(selection, chosen), request.timeout
    )
    came = cluster.bring(wanted, seed)
    _show(came, found)
    print(f"rehearsed {selection.stack.name} on {there.context}: {_summary(came)}")
    return OK if came.is_good else FAILED


def _absent(selection: Selection, chosen: str) -> frozenset[str]:
    """API groups whose controllers the stack declares absent."""
    declared = selection.stack.clusters[chosen].settings.controllers
    return frozenset(
        group for name, groups in API_GROUPS.items() if getattr(declared, name) == "absent" for group in groups
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _show(came: Came, found: Parts) -> None:
    """What is not as it should be, and what was left out."""
    titles = {each.urn: each.title for each in found.objects}
    outcome = came.outcome
    _list("failed", {titles[urn]: reason for urn, reason in outcome.failures.items()})
    _list("not applied", {titles[urn]: f"needs {other}" for urn, other in outcome.skipped.items()})
    if came.pruned is not None:
        _list("not pruned", came.pruned.failures)
        _list("no longer in the plan, kept", came.pruned.kept)
    _list(
        "with placeholders for what only a cloud knows", {name: ", ".join(paths) for name, paths in came.open.items()}
    )
    _list("charts, not applied", dict.fromkeys(found.charts, ""))
    _list("not awaited, as they have no controller", {each.title: each.kind.group for each in came.unawaited})


def _list(head: str, entries: dict[str, str]) -> None:
    if entries:
        print(f"{head}:")
    for title, words in sorted(entries.items()):
        print(f"  {title}: {words}" if words else f"  {title}")


def _summary(came: Came) -> str:
    changes = list(came.outcome.changes.values())
    counts = [f"{changes.count(change)} {change.value}" for change in Change]
    counts.append(f"{len(came.pruned.deleted)} pruned" if came.pruned is not None else "nothing pruned")
    if came.unawaited:
        counts.append(f"{len(came.unawaited)} not awaited (no controller)")
    if came.outcome.failures:
        counts.append(f"{len(came.outcome.failures)} failed")
    if came.outcome.skipped:
        counts.append(f"{len(came.outcome.skipped)} not applied")
    return ", ".join(counts)
