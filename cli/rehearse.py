"""`slipway rehearse`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from cli.progress import progress
from cli.selection import Selection, select
from live.cluster.applying import Change
from live.cluster.cluster import TIMEOUT, Came, Cluster, UnknownKinds, Wanted
from live.cluster.definitions import BadDefinitions
from live.cluster.marks import Mark
from live.cluster.objects import Parts, Unplaced, parts
from live.cluster.reach import OutOfReach, Reached, reach
from settings.cluster_services import API_GROUPS
from settings.stacks import LocalCluster

OK, BAD_INPUT, FAILED, INTERRUPTED = 0, 2, 3, 130


@dataclass(frozen=True)
class Request:
    """What the command line says beside the stack."""

    context: str | None = None
    kubeconfig: Path | None = None
    cluster: str | None = None
    absent: frozenset[str] = frozenset()
    crds: Path | None = None
    timeout: float = TIMEOUT


class BadRequest(Exception):
    """The command line does not fit the stack."""


def run(cwd: Path, name: str | None, file: Path | None, request: Request) -> int:
    """Applies the stack's objects and returns the exit status. Raises InvalidSettings, RehearsalError, CloudFailure."""
    selection = select(cwd, name, file)
    try:
        chosen = _cluster(selection, request)
        reached = reach(request.kubeconfig, _context(selection, chosen, request))
        return _bring(selection, chosen, reached, request)
    except (BadRequest, OutOfReach, UnknownKinds, BadDefinitions, Unplaced) as error:
        print(f"slipway: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted; what was applied stays, and the next run goes on from there", file=sys.stderr)
        return INTERRUPTED


def _bring(selection: Selection, chosen: str, reached: Reached, request: Request) -> int:
    cluster = Cluster(reached.api, _say)
    seed = cluster.seed()
    with progress(selection.stack.name) as report:
        rehearsed = selection.rehearse(judged=False, on_progress=report, seed=seed)
    if rehearsed.failure:
        print(f"slipway: the program failed; nothing was applied\n{rehearsed.failure}", file=sys.stderr)
        return FAILED
    found = parts(rehearsed.plan, chosen, selection.stack.clusters)
    if not found.objects:
        raise BadRequest(f"the plan has no objects for cluster {chosen}")
    if request.crds:
        cluster.define(request.crds, timeout=request.timeout)
    cluster.refuse_unknown_kinds(found.objects)
    wanted = Wanted(
        Mark(selection.stack.name, chosen), found.objects, request.absent | _absent(selection, chosen), request.timeout
    )
    came = cluster.bring(wanted, seed)
    _show(came, found)
    print(f"rehearsed {selection.stack.name} on {reached.context}: {_summary(came)}")
    return OK if came.is_good else FAILED


def _absent(selection: Selection, chosen: str) -> frozenset[str]:
    """API groups whose controllers the stack declares absent."""
    declared = selection.stack.clusters[chosen].settings.controllers
    return frozenset(
        group for name, groups in API_GROUPS.items() if getattr(declared, name) == "absent" for group in groups
    )


def _cluster(selection: Selection, request: Request) -> str:
    known = sorted(selection.stack.clusters)
    if request.cluster is None and len(known) == 1:
        return known[0]
    if request.cluster not in known:
        wrong = f"'{request.cluster}' is no cluster of stack" if request.cluster else "several clusters are in stack"
        raise BadRequest(f"{wrong} {selection.stack.name}; name one with --cluster ({', '.join(known)})")
    return request.cluster


def _context(selection: Selection, chosen: str, request: Request) -> str | None:
    """The one asked for, or the stack's own. What stands for a cloud's cluster is never guessed."""
    if request.context:
        return request.context
    settings = selection.stack.clusters[chosen].settings
    if isinstance(settings, LocalCluster):
        return settings.context
    if request.kubeconfig is None:
        raise BadRequest(f"cluster {chosen} is in a cloud; name the cluster that stands for it with --context")
    return None


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
