"""Texts of messages: the declared ones with their values, or generated ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slipway.release.controller.release import Release
from slipway.release.decision import Announce
from slipway.release.objects import Announcement, ReleaseSpec
from slipway.release.status import Status

TEAM = ("email", "chat")
"""Channels of messages that are not declared: to the team."""


@dataclass(frozen=True)
class Message:
    """One message and its receivers."""

    subject: str
    text: str
    channels: Sequence[str]
    email: str | None
    """Receiver of the email."""
    chat: str | None
    """The channel."""
    calendar: bool = False
    """Whether the reviews are attached as calendar entries."""


def message(release: Release, status: Status, action: Announce, now: datetime) -> Message:
    """Return the message of an action."""
    spec = release.spec
    declared = spec.announcements[action.index] if 0 <= action.index < len(spec.announcements) else None
    subject, text = _generated(spec, status, action, now)
    if declared is not None:
        subject = declared.subject or subject
        text = _filled(declared.text, spec, status, now) if declared.text else text
    return Message(
        subject=subject,
        text=text,
        channels=_channels(spec, declared),
        email=(declared.email if declared else None) or spec.channels.email,
        chat=spec.channels.chat,
        calendar=action.when == "reviews",
    )


def _channels(spec: ReleaseSpec, declared: Announcement | None) -> Sequence[str]:
    if declared is not None:
        return declared.channels
    return [channel for channel in TEAM if getattr(spec.channels, channel)]


def _generated(spec: ReleaseSpec, status: Status, action: Announce, now: datetime) -> tuple[str, str]:
    """Return subject and text."""
    what = f"{spec.system} {spec.target.version} on {spec.stack}"
    start, end = times(spec, status, now)
    lines = {
        "before": (f"{what}: release planned", f"The release of {what} begins at {start} and ends by {end}."),
        "hotfix": (f"{what}: hotfix", f"A hotfix begins at {start}: {spec.hotfix.reason if spec.hotfix else ''}"),
        "start": (f"{what}: release begins", f"The release of {what} has begun. Expected end: {end}."),
        "step": (f"{what}: {_share(spec, status)} % of visitors", f"{_share(spec, status)} % of visitors have {what}."),
        "done": (f"{what}: released", f"All visitors have {what}."),
        "rolled-back": (f"{what}: not released", f"{what} was not released. Reason: {status.reason or 'unknown'}."),
        "asked": (f"{what}: your word is needed", _missing(status)),
        "reviews": (f"{what}: reviews", "\n".join(each.name for each in spec.reviews)),
    }
    subject, text = lines[action.when]
    more = [f"Status: {spec.channels.status_page}"] if spec.channels.status_page else []
    more += [f"What this means: {spec.channels.release}"] if spec.channels.release else []
    closed = ["Visitors see the maintenance page until then."] if action.when == "start" and spec.maintenance else []
    return subject, "\n".join([text, *closed, *more])


def times(spec: ReleaseSpec, status: Status, now: datetime) -> tuple[str, str]:
    """Return start and expected end in the window's time zone."""
    zone = ZoneInfo(spec.window.time_zone if spec.window else "UTC")
    start = status.expected_start or status.started or now
    end = start + timedelta(seconds=spec.expected_seconds)
    return _written(start, zone), _written(end, zone)


def _written(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def _filled(text: str, spec: ReleaseSpec, status: Status, now: datetime) -> str:
    """Return the declared text. Other braces stay: a text is no template of a program."""
    start, end = times(spec, status, now)
    for name, value in {"start": start, "end": end, "version": spec.target.version}.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _missing(status: Status) -> str:
    return "\n".join([*status.waiting, *status.asked]) or "Nothing is missing any more."


def _share(spec: ReleaseSpec, status: Status) -> int:
    return status.weights.get(spec.target.slot, 0)
