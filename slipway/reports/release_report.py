"""The report on one release, as Markdown and JSON: what it was, who decided what and when, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slipway.release import sequential_tests
from slipway.release.objects import ApprovalSpec, ReleaseSpec
from slipway.release.status import Entry, Past, Result, Status
from slipway.reports.escaping import prose
from slipway.reports.release_status import is_next, line, minute, target, weights


@dataclass(frozen=True, kw_only=True)
class Word:
    """Somebody's approval or attestation, and when the API server had it."""

    spec: ApprovalSpec
    at: datetime


def history(spec: ReleaseSpec, status: Status) -> list[str]:
    """Return the lines of this release and of those before, newest release first."""
    found = [f"{spec.system} {status.version or target(spec)}: {status.phase}"]
    found += [f"  {line(each)}" for each in status.history] or ["  nothing happened yet"]
    for past in status.previous:
        found += ["", *_past(spec.system, past)]
    return found


def history_as_json(spec: ReleaseSpec, status: Status) -> Mapping[str, Any]:
    """Return the same for programs."""
    whole = status.model_dump(mode="json", by_alias=True)
    picked = {key: whole[key] for key in ("id", "version", "phase", "history", "previous")}
    return {"system": spec.system, **picked}


def as_json(spec: ReleaseSpec, status: Status, words: Sequence[Word]) -> Mapping[str, Any]:
    """Return the report for programs."""
    whole = status.model_dump(mode="json", by_alias=True)
    return {
        "system": spec.system,
        "stack": spec.stack,
        "owner": spec.owner,
        "id": status.id,
        "version": status.version,
        "outcome": status.phase,
        "reason": status.reason,
        "hotfix": spec.hotfix.reason if spec.hotfix else None,
        "times": {key: whole[key] for key in ("started", "promoted", "watchUntil", "since")},
        "traffic": {key: whole[key] for key in ("active", "activeVersion", "weights", "closed")},
        "steps": [{"weight": each.weight, "holdSeconds": each.hold_seconds} for each in spec.steps],
        "migrations": [each.to_json() for each in spec.migrations],
        "approvals": [
            {**each.spec.model_dump(mode="json", by_alias=True), "at": each.at.isoformat()} for each in words
        ],
        "results": whole["results"],
        "figures": {key: whole["breaches"][key] for key in ("requests", "errors", "p95Seconds")},
        "history": whole["history"],
        "waiting": whole["waiting"],
        "asked": whole["asked"],
    }


def as_markdown(spec: ReleaseSpec, status: Status, words: Sequence[Word]) -> str:
    """Return the report for people."""
    return "\n".join(_blocks(spec, status, words)).rstrip() + "\n"


def _blocks(spec: ReleaseSpec, status: Status, words: Sequence[Word]) -> Iterator[str]:
    version = prose(status.version or spec.target.version)
    yield f"# Release of {prose(spec.system)} {version} on {prose(spec.stack)}"
    yield ""
    yield f"**{status.phase}**{f': {prose(status.reason)}' if status.reason else ''}"
    yield ""
    if is_next(spec, status):
        yield f"The stack wants {prose(target(spec))}, which `pulumi up` has not asked for yet."
        yield ""
    yield from _table(("", ""), _facts(spec, status))
    if spec.steps:
        yield from _section("Steps", ("visitors", "held for"), _steps(spec, status))
    if spec.migrations:
        yield from _section(
            "Migrations",
            ("migration", "backup before", "previous version works afterwards"),
            [
                (prose(each.name), prose(each.backup or "none"), "yes" if each.compatible else "no")
                for each in spec.migrations
            ],
        )
    decisions = [(minute(each.at), prose(each.what), prose(each.by)) for each in status.history if each.by]
    decisions += [(minute(each.at), _word(each.spec), prose(each.spec.by)) for each in words]
    yield from _section("Decisions", ("time", "what", "who"), sorted(decisions))
    yield from _section("Evidence", ("time", "what", "result"), [_result(each) for each in status.results])
    yield from _section("Timeline", ("time", "what"), [_entry(each) for each in status.history])
    for title, asked in (("Waiting for", status.waiting), ("Still asked for", status.asked)):
        if asked:
            yield from ("", f"## {title}", "", *(f"- {prose(each)}" for each in asked))


def _facts(spec: ReleaseSpec, status: Status) -> Iterator[tuple[str, str]]:
    yield "team", prose(spec.owner)
    yield "release", prose(status.id or spec.id)
    if spec.hotfix:
        yield "hotfix", prose(spec.hotfix.reason)
    for title, time in (
        ("started", status.started),
        ("promoted", status.promoted),
        ("watched until", status.watch_until),
    ):
        if time:
            yield title, minute(time)
    if status.started and status.promoted:
        yield "took", f"{(status.promoted - status.started).total_seconds() / 60:.0f} minutes"
    if status.active:
        yield "active", prose(f"{status.active}, {status.active_version or 'version unknown'}")
    if weights(status):
        yield "visitors", weights(status)
    if status.breaches.requests:
        since = "the watch" if status.phase == "Promoted" else "the last step"
        yield f"judged in {since}", prose(sequential_tests.figures(spec.analysis, status.breaches))


def _steps(spec: ReleaseSpec, status: Status) -> Iterator[tuple[str, str]]:
    for index, each in enumerate(spec.steps):
        at = " (now)" if status.phase == "Stepping" and index == status.step else ""
        yield f"{each.weight} %{at}", _duration(each.hold_seconds)


def _word(spec: ApprovalSpec) -> str:
    link = f": {prose(spec.link)}" if spec.link else ""
    comment = f" ({prose(spec.comment)})" if spec.comment else ""
    if spec.kind == "attestation":
        return f"attested as {prose(spec.role)}: {prose(spec.name or '')}{link}{comment}"
    return f"approved as {prose(spec.role)} ({prose(spec.when)}){link}{comment}"


def _result(each: Result) -> tuple[str, str, str]:
    outcome = "passed" if each.passed else "**failed**"
    return minute(each.at), prose(each.name), f"{outcome}{f': {prose(each.detail)}' if each.detail else ''}"


def _entry(each: Entry) -> tuple[str, str]:
    return minute(each.at), prose(each.what) + (f" ({prose(each.by)})" if each.by else "")


def _past(system: str, past: Past) -> Iterator[str]:
    yield f"{system} {past.version}: {past.outcome}, {minute(past.started)} to {minute(past.ended)}"
    if past.reason:
        yield f"  {past.reason}"


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]] | Iterator[Sequence[str]]) -> list[str]:
    found = list(rows)
    return ["", f"## {title}", "", *(_table(heads, found) if found else ["None."])]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]] | Iterator[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(each)} |" for each in (heads, ("---",) * len(heads), *rows)]


def _duration(seconds: int) -> str:
    return f"{seconds} seconds" if seconds % 60 else f"{seconds // 60} minutes"
