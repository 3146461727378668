"""Who is told what, and who is asked."""

from __future__ import annotations

from collections.abc import Iterator
from sys import maxsize

from slipway.reports import clocks
from slipway.reports.runbook.blocks import (
    Block,
    Code,
    Inline,
    Items,
    Line,
    Message,
    Paragraph,
    Section,
    Table,
    joined,
    line,
)
from slipway.reports.runbook.release_facts import Facts
from slipway.reports.runbook.wording import moment
from slipway.settings.fields import seconds
from slipway.settings.releases import Announcement


def communication(facts: Facts) -> Section:
    """Return the announcements with their texts, and the channels."""
    said = [each for each in facts.release.announcements if each.text]
    parts = [
        Section(
            "Messages",
            [Message(_filled(facts, _subject(facts, each)), _filled(facts, each.text or "")) for each in said],
        )
    ]
    return Section("Communication", list(_announcements(facts)), parts)


def contacts(facts: Facts) -> Section:
    """Return the roles to call, by level of escalation."""
    rows: list[list[Line]] = []
    for each in sorted(facts.definition.contacts, key=lambda each: each.level or maxsize):
        reached: list[Inline] = [Code(value) for value in (each.email, each.phone) if value]
        after = each.after or ("at once" if each.level == 1 else "")
        groups = joined([Code(group) for group in facts.release.roles.get(each.role, each.groups)])
        rows.append([str(each.level or ""), each.role, joined(reached), after, each.handles or "", groups])
    owner = facts.definition.owner
    team: list[Inline] = [f"Team {owner.team}", *(Code(value) for value in (owner.email, owner.chat) if value)]
    table = [Table(("level", "role", "reached by", "after", "for", "groups that approve"), rows)] if rows else []
    known = {each.role for each in facts.definition.contacts}
    others: list[Line] = [
        line(f"{role}: ", joined([Code(group) for group in groups]))
        for role, groups in facts.release.roles.items()
        if role not in known
    ]
    table += [Paragraph("Groups that approve in other roles:"), Items(others)] if others else []
    return Section("Contacts and escalation", [Paragraph(joined(team)), *table])


def _announcements(facts: Facts) -> Iterator[Block]:
    rows: list[list[Line]] = []
    for each in facts.release.announcements:
        when = f"{each.ahead} before the start" if each.when == "before" and each.ahead else each.when
        address = facts.release.audiences.get(each.audience)
        audience = line(f"{each.audience} ", Code(address) if address else None)
        rows.append(
            [when, audience, ", ".join(each.channels), each.subject or "", "below" if each.text else "generated"]
        )
    if rows:
        yield Paragraph("Sent by the controller, each once:")
        yield Table(("when", "to", "by", "subject", "text"), rows)
    others = [(name, address) for name, address in facts.release.audiences.items() if name not in _audiences(facts)]
    channels: list[Line] = [(f"{name}: ", Code(address)) for name, address in others]
    if facts.release.status_page:
        channels.append(("Status page: ", Code(facts.release.status_page)))
    if channels:
        yield Items(channels)


def _audiences(facts: Facts) -> set[str]:
    return {each.audience for each in facts.release.announcements}


def _subject(facts: Facts, each: Announcement) -> str:
    return each.subject or f"{facts.definition.title}: {facts.version}"


def _filled(facts: Facts, text: str) -> str:
    """Return a message with the times and the version of the release."""
    duration = facts.definition.maintenance_page.duration
    lasts = max(facts.promoted, seconds(duration) if facts.is_closed and duration else 0.0)
    values = {
        "{start}": moment(facts.start),
        "{end}": moment(clocks.at_offset(facts.start, lasts)),
        "{version}": facts.version,
    }
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text
