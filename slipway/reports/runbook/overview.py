"""What is released, where, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slipway.reports import clocks, openings
from slipway.reports.runbook.blocks import Code, Items, Line, Paragraph, Section, Table, joined, line
from slipway.reports.runbook.release_facts import Facts
from slipway.reports.runbook.wording import moment, one_of
from slipway.settings.calls import calls
from slipway.settings.databases import Database
from slipway.settings.images import ForeignImage, Image
from slipway.settings.operations import Flag
from slipway.settings.schedules import Schedule
from slipway.settings.services import supplied_by
from slipway.settings.system import System


def overview(facts: Facts) -> Section:
    """Return the facts at the top of the page."""
    introduction = (
        Code(f"pulumi up --stack {facts.stack.name}"),
        " is the release. Two Jobs are its gates: ",
        Code("admit-…"),
        " ends when the release may begin, ",
        Code("promote-…"),
        " when all visitors have the new version. Between them a controller in the cluster does what is listed here "
        "as done by itself, whatever becomes of the terminal or the pipeline that began it. The rest is for people.",
    )
    about = [Table(("", ""), list(_rows(facts))), Paragraph(introduction if facts.is_automatic else _by_hand(facts))]
    return Section("Overview", about)


def parts(facts: Facts) -> Section:
    """Return what the system consists of."""
    return Section("What it consists of", [], list(_parts(facts)))


def _by_hand(facts: Facts) -> Line:
    return (
        Code(f"pulumi up --stack {facts.stack.name}"),
        f" releases. Cluster {facts.cluster.name} has no controller of releases (",
        Code("controllers.releases: absent"),
        "): backups, migrations and pods are done by itself, in this order; what is listed as done by the controller, "
        "people do with ",
        Code("weight"),
        " and ",
        Code("maintenance"),
        " in the stack's file.",
    )


def _rows(facts: Facts) -> Iterator[tuple[Line, Line]]:
    definition, release, settings = facts.definition, facts.release, facts.cluster.settings
    yield "purpose", definition.description or definition.title
    region = getattr(settings, "region", None)
    where = (f"cluster {facts.cluster.name}, {settings.cloud}{f', {region}' if region else ''}; namespace ",)
    yield "where", (*where, Code(facts.namespace))
    if definition.domains:
        yield "addresses", joined([Code(f"https://{each}") for each in definition.domains.values()])
    yield "version", line(Code(facts.version), f" in slot {facts.candidate}", _before(facts))
    owner = definition.owner
    reached = [Code(each) for each in (owner.email, owner.chat) if each]
    yield "owner", joined([f"team {owner.team}", *reached])
    window = release.window
    if window:
        yield (
            "window",
            f"{one_of([day.capitalize() for day in window.days])} from {window.start} {window.time_zone}, for {window.duration}",
        )
        yield "opens next", moment(facts.start)
    else:
        yield "window", "none: at any time"
    hotfix = facts.deployed.deployment.hotfix
    if hotfix is not None:
        yield "hotfix", f"outside the window: {hotfix.reason}"
    if facts.is_closed:
        yield "visitors", "see the maintenance page from admission until promotion"
    elif facts.is_first:
        yield "visitors", "get it at once, after its tests: there is no version before it"
    elif release.steps:
        yield "visitors", f"move in steps: {', '.join(f'{each.weight} %' for each in release.steps)}"
    else:
        yield "visitors", "move at once"
    if release.expected_duration:
        yield "expected", release.expected_duration
    elif facts.promoted:
        yield "expected", f"{clocks.clock(facts.promoted)} at the earliest"
    for each in release.promotions:
        what = [("merges to the branch ", each.branch), ("tags ", each.tag)]
        named = [line(words, Code(value)) for words, value in what if value]
        yield f"versions for {each.stack}", line(*named, " open a pull request that sets the version")


def _before(facts: Facts) -> Line:
    if facts.former_version is None:
        return "; no version before it in the other slot"
    return ("; before: ", Code(facts.former_version), f" in {facts.former}")


def _parts(facts: Facts) -> Iterator[Section]:
    definition = facts.definition
    yield Section("Services", [_services(definition)])
    if definition.sites:
        rows = [[Code(name), Code(each.artefact), each.domain] for name, each in definition.sites.items()]
        yield Section("Static sites", [Table(("site", "artefact", "domain"), rows)])
    if definition.schedules:
        reported = Paragraph("They run in the live slot only, and not while the system is closed.")
        yield Section("Schedules", [reported, _schedules(definition.schedules)])
    yield Section("Databases, buckets, queue", list(_stores(facts)))
    issued = {name: who for name, each in definition.secrets.items() if (who := supplied_by(each))}
    if issued:
        reported = Paragraph("Others issue these; the program generates all others.")
        yield Section("Secrets", [reported, Table(("secret", "issued by"), [[Code(n), w] for n, w in issued.items()])])
    if definition.flags:
        rows = [[Code(name), _state(each), each.description or ""] for name, each in definition.flags.items()]
        yield Section("Feature flags", [Table(("flag", "state", "feature"), rows)])


def _services(definition: System) -> Table:
    rows: list[list[Line]] = []
    called = calls(definition)
    for name, each in definition.services.items():
        least, most = (1, 1) if each.singleton or each.volumes else (each.replicas.fewest, each.replicas.most)
        copies = str(least) if least == most else f"{least} to {most}"
        copies = f"{least}, in the live slot" if each.live_only else copies
        needs = joined([Code(need) for need in each.needs])
        rights = [openings.right(key, grant) for key, grant in each.grants.items()]
        reached = joined([*(Code(other) for other in called[name]), *map(openings.called, each.egress), *rights])
        rows.append(
            [
                Code(name),
                Code(_image(each.image)),
                ", ".join(map(str, each.exposed.values())) or "none",
                copies,
                needs,
                reached,
            ]
        )
    return Table(("service", "image", "port", "replicas", "starts after", "calls"), rows)


def _state(flag: Flag) -> str:
    """Return whether a flag is on, for how many, and from which version."""
    since = f", from {flag.since}" if flag.since else ""
    return f"{'on' if flag.enabled else 'off'}, {flag.percent} %{since}"


def _image(image: Image) -> str:
    if not isinstance(image, ForeignImage):
        return image
    return f"{image.repository}:{image.tag}" if image.tag else f"{image.repository}@{image.digest}"


def _schedules(schedules: Mapping[str, Schedule]) -> Table:
    rows: list[list[Line]] = [
        [Code(name), Code(each.service), Code(each.schedule), each.time_zone, each.deadline]
        for name, each in schedules.items()
    ]
    return Table(("schedule", "service", "runs at", "time zone", "ends within"), rows)


def _stores(facts: Facts) -> Iterator[Table | Items]:
    definition = facts.definition
    if definition.databases:
        rows = [[Code(name), *_database(each)] for name, each in definition.databases.items()]
        yield Table(("database", "engine", "data", "backup", "restore test"), rows)
    others: list[Line] = [
        (Code(name), f": bucket, {each.data_class} data") for name, each in definition.buckets.items()
    ]
    if definition.queue:
        others.append((Code(definition.queue.vhost), f": RabbitMQ {definition.queue.version}"))
    if others:
        yield Items(others)


def _database(database: Database) -> list[Line]:
    engine = f"{database.engine}{f' {database.version}' if database.engine == 'postgres' else ''}, {database.hosting}"
    backup, test = database.backup, database.restore_test
    if database.hosting == "external":
        return [engine, database.data_class, "where it is run", "where it is run"]
    kept = "none" if backup == "none" else f"{backup.retention_days} days"
    tested = "none" if test == "none" else f"every {test.every}"
    if backup != "none" and backup.copy_to_second_region:
        kept += ", copied to the second region"
    return [engine, database.data_class, kept, tested]
