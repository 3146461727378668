"""During the release: migrations, the candidate, its tests, its visitors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slipway.reports.runbook import command_lines
from slipway.reports.runbook.before import given
from slipway.reports.runbook.blocks import (
    Block,
    Code,
    Commands,
    Inline,
    Items,
    Line,
    Paragraph,
    Section,
    Table,
    joined,
    line,
)
from slipway.reports.runbook.release_facts import Facts
from slipway.reports.runbook.wording import BY_ITSELF, BY_PEOPLE, expected
from slipway.reports.words import many
from slipway.settings.operations import Check
from slipway.settings.releases import Migration, Query


def during(facts: Facts) -> Section:
    """Return what happens between admission and promotion."""
    parts = [
        Section("Maintenance", list(_maintenance(facts))),
        Section("Migrations", list(_migrations(facts))),
        Section("Deployment", [Items(list(_deployment(facts)))]),
        Section("Smoke tests", list(_checks(facts))),
        Section("Load test", list(_load(facts))),
        Section("Validations", list(_validations(facts))),
        Section("Traffic", list(_traffic(facts))),
    ]
    return Section("During", [], [Section(BY_ITSELF, [], parts), Section(BY_PEOPLE, list(_people(facts)))])


def _maintenance(facts: Facts) -> Iterator[Block]:
    page = facts.definition.maintenance_page
    if facts.is_closed:
        first = (
            "Before the first backup the gateway and the edges show the page with status 503, and a request from inside "
            "the cluster must see it. Promotion, or the end of a rollback, takes it away."
        )
    else:
        first = "The system stays open. Should it have to be closed, visitors see the page with status 503."
    announced = page.duration or facts.release.expected_duration or "no duration"
    shown = line("The page: ", Code(page.page)) if page.page else page.message
    yield Items([first, f"Announced: {announced}. Retry-After: {page.retry_after}.", *([shown] if shown else [])])


def _migrations(facts: Facts) -> Iterator[Block]:
    if facts.migrations:
        yield Paragraph(
            "Each is a Job that takes the database's lock, and changes everything or nothing. A failure that blocks "
            "ends the release before any visitor sees it."
        )
        yield migrations_table(facts.migrations)
        for each in facts.migrations:
            yield from _queries(each)


def migrations_table(migrations: Sequence[Migration]) -> Table:
    """Return what each migration does, how long it takes, and its way back."""
    return Table(("migration", "what", "takes", "checks", "way back"), [list(_migration(each)) for each in migrations])


def _migration(each: Migration) -> Iterator[Line]:
    program = (" by ", Code(" ".join(each.command.arguments)), f" of {each.command.service}") if each.command else None
    journal = (
        (" and in the journal of ", f"{each.applied_as.tool} as ", Code(each.applied_as.name))
        if each.applied_as
        else None
    )
    yield line(
        Code(each.name), f" in {each.database}", program, (" from ", Code(each.sql)) if each.sql else None, journal
    )
    yield "; ".join(_described(each))
    yield "; ".join(_taken(each))
    counted = [
        (each.preconditions, "precondition"),
        ([each.condition] if each.condition else [], "condition"),
        (each.baseline, "comparison"),
        (each.verification, "verification"),
        (each.triggers, "trigger"),
    ]
    yield ", ".join(many(len(found), one) for found, one in counted if found)
    back = (Code(each.rollback), f", {many(len(each.rollback_verification), 'check')}") if each.rollback else None
    yield line(back or "none: restore a backup")


def _described(each: Migration) -> Iterator[str]:
    if each.description:
        yield each.description.rstrip(".")
    if each.risk:
        yield f"risk {each.risk}"
    if each.version:
        yield f"for {each.version} and later"
    if each.backed_up_by:
        yield f"backed up by: {each.backed_up_by.rstrip('.')}"
    if each.phase == "contract":
        yield f"contract: no slot may run a version below {each.after}"
    if not each.compatible:
        yield "incompatible: the version before does not work afterwards"
    if not each.blocking:
        yield "its failure does not end the release"


def _taken(each: Migration) -> Iterator[str]:
    yield f"expected {each.expected_duration}" if each.expected_duration else "not measured"
    yield f"ends after {each.timeout}"
    if each.command is None:
        yield "one transaction" if each.transactional else "statement by statement"
        yield f"waits {each.lock_timeout} for a lock, then retries"


def _queries(each: Migration) -> Iterator[Block]:
    condition = [each.condition] if each.condition else []
    groups: list[tuple[str, Sequence[Query]]] = [
        ("before", each.preconditions),
        ("applied only if", condition),
        ("after", each.verification),
        ("after a rollback", each.rollback_verification),
    ]
    rows: list[Sequence[Line]] = [[when, query.name, expected(query)] for when, group in groups for query in group]
    for compared in each.baseline:
        allowed = f"differ by {compared.tolerance:g} at most" if compared.tolerance else "are equal"
        rows.append(["before and after", compared.name, allowed])
    rows += [("after, and undone", trigger.name, "fires") for trigger in each.triggers]
    if rows:
        yield Paragraph(line("Checks of ", Code(each.name), ":"))
        yield Table(("when", "check", "result"), rows)


def _deployment(facts: Facts) -> Iterator[Line]:
    services = facts.definition.services
    waits = {name: each.needs for name, each in services.items() if each.needs}
    yield line(
        f"{many(len(services), 'service')} of ",
        Code(facts.version),
        f" in slot {facts.candidate}, which has no visitor yet.",
    )
    for name, needs in waits.items():
        yield line(Code(name), " starts after ", joined([Code(each) for each in needs]), ".")
    for name in facts.definition.sites:
        yield line("The files of ", Code(name), f" are published to slot {facts.candidate}.")
    yield "A pod that never becomes ready, or crashes again and again, ends the release."


def _checks(facts: Facts) -> Iterator[Block]:
    if facts.definition.checks:
        yield Paragraph("In this order, through the gateway with the bypass token; the first failure ends the release.")
        rows = [[each.name, _request(facts, each), _answer(each)] for each in facts.definition.checks]
        yield Table(("check", "request", "expected"), rows)


def _request(facts: Facts, each: Check) -> Line:
    query = "&".join(f"{key}={value}" for key, value in each.query.items())
    address = f"{facts.definition.domains.get(each.domain, each.domain)}{each.path}{f'?{query}' if query else ''}"
    sent = [
        *([Code(each.token)] if each.token else []),
        *(Code(f"{cookie}: {secret}") for cookie, secret in each.cookie.items()),
        *(Code(f"{header}: {text}") for header, text in each.headers.items()),
        *(Code(f"{header}: {secret}") for header, secret in each.secret_headers.items()),
    ]
    body = ", ".join(f"{key}: {value}" for key, value in each.body.items())
    return line(
        Code(f"{each.method} {address}"),
        line(" with ", joined(sent)) if sent else None,
        (" and ", Code(body)) if body else None,
    )


def _answer(each: Check) -> Line:
    parts: list[Inline] = [str(each.status)]
    parts += [Code(f"{path} = {value}") for path, value in each.json_equals.items()]
    parts += [Code(f"{path} is there") for path in each.present]
    parts += [Code(f"{path} is not there") for path in each.absent]
    parts += [Code(f"{header}: {text}") for header, text in each.response_headers.items()]
    parts += [f"within {each.within}"] if each.within else []
    parts += [Code(f"{path} is kept as {name}") for name, path in each.capture.items()]
    return line(joined(parts), "; during maintenance too" if each.during_maintenance else None)


def _load(facts: Facts) -> Iterator[Block]:
    rows: list[list[Line]] = []
    for each in facts.release.load:
        errors = facts.definition.objectives.error_percent if each.error_percent is None else each.error_percent
        address = f"{facts.definition.domains.get(each.domain, each.domain)}{each.path}"
        sent = (" with ", Code(each.token)) if each.token else None
        size = f"{each.requests}, {each.concurrency} at once"
        rows.append([line(Code(address), sent), size, f"p95 {each.p95}, {errors:g} % errors at most"])
    if rows:
        yield Table(("request", "number", "limit"), rows)


def _validations(facts: Facts) -> Iterator[Block]:
    rows: list[list[Line]] = [
        [
            each.name,
            line(Code(" ".join(each.command)), f" in the image of {each.service}"),
            ", ".join(each.when),
            line("exit status 0", (" and ", Code(each.expect)) if each.expect else None),
        ]
        for each in facts.definition.validations
    ]
    if rows:
        yield Table(("validation", "program", "when", "expected"), rows)


def _traffic(facts: Facts) -> Iterator[Block]:
    steps = facts.release.steps
    if facts.is_closed:
        yield Items(["All visitors get the new version at once, when the maintenance page is taken away."])
    elif facts.is_first or not steps:
        why = "there is no version before it to share them with" if facts.is_first else "no steps are declared"
        later = " The next release moves them in these steps:" if facts.is_first and steps else ""
        yield Paragraph(f"All visitors get it at once, after its tests: {why}.{later}")
    if steps and not facts.is_closed:
        rows: list[list[Line]] = [[f"{each.weight} %", each.hold] for each in steps]
        yield Table(("visitors", "held for"), rows)
        yield Items(
            [
                "A cookie keeps a visitor in a slot. Pages, services and queue consumers of a slot move together.",
                "During each step the candidate is judged; figures and thresholds are below, in Rollback.",
            ]
        )


def _people(facts: Facts) -> Iterator[Block]:
    yield from given(facts, ("go-live",), ())
    yield Commands(
        [
            (command_lines.release(facts, "status") + " --follow", "the live timeline: what is waited for, and why"),
            (command_lines.release(facts, "pause", reason="WHY"), "hold the current step; it is still judged"),
            (command_lines.release(facts, "resume"), "go on"),
            (command_lines.release(facts, "promote", reason="WHY"), "skip the rest of the holds"),
            (command_lines.release(facts, "abort", reason="WHY"), "back to the version before, at once"),
            (command_lines.kubectl(facts, "get jobs"), "backups, migrations and gates"),
            (command_lines.kubectl(facts, "get pods"), "the pods of both slots"),
        ]
    )
