"""What admission waits for, a sentence each with the command that supplies it. Unknown is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from slipway.release.draft import Draft, clock, duration
from slipway.release.objects import RequiredApproval, RequiredAttestation
from slipway.release.window import next_start

SKEW = timedelta(minutes=5)
"""How far in the future evidence may be. Chosen: clocks of clusters and clouds differ by less."""


def missing(draft: Draft) -> Iterator[str]:
    """Yield what is missing for admission: window, approvals, attestations, evidence."""
    yield from missing_window(draft)
    yield from missing_approvals(draft, *admission_approvals(draft))
    yield from missing_attestations(draft, "before")
    yield from _missing_backups(draft)
    yield from _missing_quiet(draft)
    yield from _missing_images(draft)
    yield from _missing_stack(draft)


def opening(draft: Draft) -> datetime | None:
    """Return when the release may start, now or later. None: never."""
    if draft.spec.window is None or draft.spec.hotfix is not None:
        return draft.now
    return next_start(draft.spec.window, draft.spec.expected_seconds, draft.now)


def missing_window(draft: Draft) -> Iterator[str]:
    """Yield when the window opens, unless it is open for long enough."""
    opens, window = opening(draft), draft.spec.window
    if window is None or opens == draft.now:
        return
    length = f"The release is expected to take {duration(draft.spec.expected_seconds)}"
    if opens is None:
        yield f"{length}, which does not fit in the window ({duration(window.duration_seconds)}): change `release.window`."
    else:
        yield f"{length} and must end in the window, which opens at {clock(opens)}. A hotfix need not wait: set `hotfix`."


def admission_approvals(draft: Draft) -> tuple[str, ...]:
    """Return the moments whose approvals admission needs. Those of a hotfix take the place of the ordinary ones, if any
    are declared."""
    declared = {each.when for each in draft.spec.approvals}
    first = "hotfix" if draft.spec.hotfix is not None and "hotfix" in declared else "before"
    return (first, "migration") if draft.migrations else (first,)


def missing_approvals(draft: Draft, *moments: str) -> Iterator[str]:
    """Yield the approvals for these moments that nobody gave."""
    for each in draft.spec.approvals:
        if each.when in moments and not _is_approved(draft, each):
            names = " or ".join(dict.fromkeys([each.role, *each.any_of]))
            when = "" if each.when == "before" else f" --when {each.when}"
            yield f"Approval by {names}: `{draft.command('approve')} --role {_quoted(each.role)}{when}`."


def missing_attestations(draft: Draft, when: str) -> Iterator[str]:
    """Yield the manual checks for a moment without evidence that is young enough."""
    for each in draft.spec.attestations:
        if each.when == when and not _is_attested(draft, each):
            limit = duration(each.maximum_age_seconds)
            yield (
                f"{each.name} by {each.role}, not older than {limit}: "
                f"`{draft.command('attest')} --name {_quoted(each.name)} --link URL`."
            )


def _is_approved(draft: Draft, approval: RequiredApproval) -> bool:
    return any(each.role in (approval.role, *approval.any_of) for each in draft.granted(approval.when))


def _is_attested(draft: Draft, attestation: RequiredAttestation) -> bool:
    return any(
        each.kind == "attestation"
        and (each.name, each.role) == (attestation.name, attestation.role)
        and bool(each.link)
        and _is_young(each.at, attestation.maximum_age_seconds, draft.now)
        for each in draft.seen.words
    )


def _missing_backups(draft: Draft) -> Iterator[str]:
    """Yield the databases without a copy that is young enough. A first release has no data yet: its databases are made by
    the same update, and no night has passed."""
    evidence, seen = draft.spec.evidence, draft.seen
    if draft.is_first:
        return
    for what, limit, known in (
        ("verified backup", evidence.backup_seconds, seen.backups),
        ("successful restore test", evidence.restore_seconds, seen.restores),
    ):
        if limit is not None:
            yield from _missing_copies(draft, what, limit, known)


def _missing_copies(draft: Draft, what: str, limit: int, known: Mapping[str, datetime] | None) -> Iterator[str]:
    show = f"`slipway backups --stack {draft.spec.stack}` shows them"
    for database in draft.spec.evidence.databases:
        newest = known.get(database) if known is not None else None
        if known is None:
            yield f"Whether {database} has a {what} is unknown: the store of its backups does not answer; {show}."
        elif newest is None:
            yield f"{database} has no {what}; {show}."
        elif not _is_young(newest, limit, draft.now):
            yield f"The newest {what} of {database} is of {clock(newest)}, older than {duration(limit)}; {show}."


def _missing_quiet(draft: Draft) -> Iterator[str]:
    """A system without a query for critical alerts has none that could fire."""
    if not draft.spec.evidence.quiet or draft.spec.queries.critical is None:
        return
    if draft.seen.critical_alerts is None:
        yield "Whether critical alerts fire is unknown: Prometheus does not answer."
    elif draft.seen.critical_alerts:
        yield f"Critical alerts fire: {', '.join(draft.seen.critical_alerts)}. Resolve or silence them."


def _missing_images(draft: Draft) -> Iterator[str]:
    if not draft.spec.evidence.images:
        return
    if draft.seen.images is None:
        yield "Whether the images exist is unknown: their registry does not answer."
    for image, problem in sorted((draft.seen.images or {}).items()):
        yield f"Image {image}: {problem}."


def _missing_stack(draft: Draft) -> Iterator[str]:
    stack = draft.spec.evidence.after
    if stack is None:
        return
    name = f"released on {stack}"
    if not any(each.kind == "attestation" and each.name == name for each in draft.seen.words):
        yield (
            f"Version {draft.spec.target.version} must be released on {stack} first: "
            f"`{draft.command('attest')} --name {_quoted(name)} --link URL`."
        )


def _is_young(at: datetime, limit: int, now: datetime) -> bool:
    return -SKEW <= now - at <= timedelta(seconds=limit)


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text
