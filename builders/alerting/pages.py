"""The pages that alerts link to: `python -m builders.alerting.pages --update | --verify`.

All of their text stands in the systems' definitions and in the rules themselves, so that a page cannot say other than its
alert. They are those of the stack `local`, where every system stands as it is defined.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from builders import names
from builders.alerting import catalogue, labels, routing
from builders.alerting.rule import Rule
from settings.cluster_services import Alerting
from settings.load import load_stack, load_systems
from settings.operations import Alert, Contact, Trouble
from settings.problems import InvalidSettings
from settings.project import Project, find_project
from settings.stacks import PlacedSystem, Placement

STACK = "local"
FOLDER = Path("docs", "alerts")
UPDATE = "python -m builders.alerting.pages --update"
THRESHOLDS = {
    "objectives.errorPercent": ("ErrorBudgetBurn",),
    "objectives.p95": ("LatencyBudgetBurn",),
    "objectives.average": ("AverageLatencyHigh",),
    "objectives.pageLoad": ("PageLoadSlow",),
    "objectives.cpuPercent": ("CpuSaturated",),
    "objectives.memoryPercent": ("MemorySaturated",),
    "objectives.databaseP95": ("DatabaseLatencyHigh",),
    "databases.<name>.slowQueryMs": ("DatabaseSlowQueries",),
    "databases.<name>.restoreTest": ("RestoreTestOverdue",),
    "logs.forbidden": ("ForbiddenLinesInLogs",),
}
"""Keys of a system's definition, and the alerts that follow them."""

_MADE = "<!-- Made by `make alerts` from systems/ and builders/alerting/. What is changed here is lost. -->"
_CODE = re.compile(
    r"(`[^`]+`|\b(?:kubectl|curl|npm run|node --)\S* ?.+?(?=, |\. |[.;]?$)|\b(?:SELECT|CREATE) .+)",
)
"""Commands and statements in a sentence: up to its next part, or for SQL up to the end."""


def placed_systems(project: Project) -> dict[str, PlacedSystem]:
    """Every system of the project; one that the stack lacks stands as its definition alone says."""
    stack = load_stack(project, STACK)
    placed = {name: each for cluster in stack.clusters.values() for name, each in cluster.systems.items()}
    systems = load_systems(project, str(project.defaults.get(f"{project.name}:systemsPath", "systems")))
    return {name: placed.get(name) or PlacedSystem(name, system, Placement()) for name, system in systems.items()}


def pages(systems: Mapping[str, PlacedSystem]) -> dict[str, str]:
    """The text of every page by the name of its file."""
    found = {f"{name}.md": system_page(placed) for name, placed in sorted(systems.items())}
    return {"README.md": index(systems), "cluster.md": cluster_page(), **found}


def system_page(placed: PlacedSystem) -> str:
    """Who answers for the system, each of its alerts by name, and what its owner has seen before."""
    definition, alerts = placed.definition, by_name(placed)
    own = {alert.name: alert for alert in definition.alerts}
    parts = [
        _MADE,
        f"# Alerts: {_prose(definition.title, placed)}",
        f"Dashboard `{labels.dashboard(placed.name)}`, namespace `{placed.namespace}`. Series `slipway:…` are recorded "
        "from the gateway's counts: [monitoring](../monitoring.md); those of restore tests from what Kubernetes tells of "
        "their CronJobs: [backups](../backups.md).",
        *_people(placed),
        "## Alerts",
        _contents(alerts),
        *(part for name, rules in alerts.items() for part in _alert(name, rules, placed, own.get(name))),
    ]
    if definition.troubles:
        parts += ["## Troubles seen before", *(p for each in definition.troubles for p in _trouble(each, placed))]
    return "\n\n".join(parts) + "\n"


def by_name(placed: PlacedSystem) -> dict[str, list[Rule]]:
    """Alerts of one name differ in their window or in their database: the page has one heading for all of them."""
    found: dict[str, list[Rule]] = {}
    for rules in catalogue.of_system(placed).values():
        for rule in rules:
            found.setdefault(rule.name, []).append(rule)
    return found


def _people(placed: PlacedSystem) -> list[str]:
    owner, contacts = placed.definition.owner, placed.definition.contacts
    reached = [owner.email, f"`{owner.chat}`" if owner.chat else None]
    found = ["## Who answers", f"Team {', '.join([f'`{owner.team}`', *filter(None, reached)])}."]
    if contacts:
        waits = dict(routing.audience(placed, Alerting()).escalation)
        ordered = sorted(contacts, key=lambda each: each.level or sys.maxsize)
        rows = [_contact(each, waits, placed) for each in ordered]
        found.append(_table(("level", "role", "reached by", "after", "for"), rows))
    return found


def _contact(contact: Contact, waits: Mapping[str, str], placed: PlacedSystem) -> list[str]:
    """A level is reached when nobody answered at the one before for so long."""
    reached = ", ".join(each for each in (contact.email, contact.phone) if each)
    after = (
        "at once" if contact.level == 1 else (contact.after or waits.get(contact.email or "")) if contact.level else ""
    )
    level = str(contact.level or "")
    return [level, _prose(contact.role, placed), reached, after or "", _prose(contact.handles or "", placed)]


def _contents(alerts: Mapping[str, Sequence[Rule]]) -> str:
    def severities(rules: Sequence[Rule]) -> str:
        return ", ".join(dict.fromkeys(rule.severity for rule in rules))

    rows = [[f"[{name}](#{name.lower()})", severities(rules)] for name, rules in alerts.items()]
    return _table(("alert", "severity"), rows)


def _alert(name: str, rules: Sequence[Rule], placed: PlacedSystem, own: Alert | None) -> list[str]:
    if len(rules) == 1:
        (rule,) = rules
        lasting = "at once" if rule.lasting.startswith("0") else f"after {rule.lasting}"
        said = [
            _prose(rule.meaning, placed),
            f"{rule.severity.capitalize()} {lasting}, told as {_message(rule.summary)}.",
        ]
        queries, steps = [rule.expr], [_numbered(rule.steps, placed)]
    else:
        said = _variants(rules, placed)
        queries = [line for rule in rules for line in (f"# {_which(rule)}", rule.expr)]
        steps = _steps(rules, placed)
    promql = "\n".join(["```promql", *queries, "```"])
    return [f"## {name}", *said, promql, "First steps:", *steps, *([_reckoned(own)] if own else [])]


def _variants(rules: Sequence[Rule], placed: PlacedSystem) -> list[str]:
    """What they share in words, the rest in a table."""
    keys = list(dict.fromkeys(key for rule in rules for key in rule.labels))
    summary, meaning = _shared([[rule.summary] for rule in rules], rules), _shared([[r.meaning] for r in rules], rules)
    columns = [*keys, "severity", "for", *([] if meaning else ["meaning"])]
    rows = [
        [*(rule.labels.get(key, "") for key in keys), rule.severity, rule.lasting]
        + ([] if meaning else [_prose(rule.meaning, placed)])
        for rule in rules
    ]
    said = [_prose(meaning[0], placed)] if meaning else []
    told = f"Told as {_message((summary or [rules[0].summary])[0])}."
    return [*said, told, _table(columns, rows)]


def _steps(rules: Sequence[Rule], placed: PlacedSystem) -> list[str]:
    shared = _shared([rule.steps for rule in rules], rules)
    if shared:
        return [_numbered(shared, placed)]
    return [part for rule in rules for part in (f"{_which(rule)}:", _numbered(rule.steps, placed))]


def _shared(texts: Sequence[Sequence[str]], rules: Sequence[Rule]) -> Sequence[str]:
    """The texts when all rules say the same, but for the values of their labels; nothing otherwise."""
    if all(each == texts[0] for each in texts):
        return texts[0]
    general = [[_general(text, rule) for text in each] for each, rule in zip(texts, rules, strict=True)]
    return general[0] if all(each == general[0] for each in general) else ()


def _general(text: str, rule: Rule) -> str:
    for label, value in rule.labels.items():
        written = "|".join(re.escape(each) for each in (value, names.kubernetes_name(value)))
        text = re.sub(rf"\b(?:{written})\b", f"<{label}>", text)
    return text


def _which(rule: Rule) -> str:
    return ", ".join(f"{label} {value}" for label, value in rule.labels.items())


def _reckoned(alert: Alert) -> str:
    """How the owner's alert is computed, where a runbook's would mean something else."""
    if alert.kind == "logs":
        return "The agents count the lines as they send them on: [logs](../logs.md)."
    if alert.metric is None:
        return "It reads the gateway's counts by service, which know no path."
    above = f"{alert.above:g}"
    return {
        "error-ratio": f"**Unlike the runbook's rule**, which compares a rate of errors with {above} ({above} errors a "
        f"second, however busy the service is), this divides it by the rate of all requests: {above} is a share of them.",
        "latency": "**Unlike the runbook's rule**, which takes a percentile of each pod's buckets by themselves, this sums "
        "the buckets of all pods by `le` first: it is the percentile of all users.",
        "rate": "The rates of all pods are summed: one alert for the system, and not one for each pod.",
    }[alert.kind]


def _trouble(trouble: Trouble, placed: PlacedSystem) -> list[str]:
    cause = _prose(trouble.cause, placed).removesuffix(".")
    return [f"### {_prose(trouble.symptom, placed)}", f"Cause: {cause}.", _numbered(trouble.steps, placed)]


def _numbered(steps: Sequence[str], placed: PlacedSystem) -> str:
    return "\n".join(f"{number}. {_prose(step, placed)}" for number, step in enumerate(steps, 1))


def _message(summary: str) -> str:
    """The sentence that people get, with `<service>` and the like where Prometheus puts values."""
    named = re.sub(r"\{\{ \$labels\.(\w+)[^}]*\}\}", r"<\1>", summary)
    return f"`{re.sub(r'{{[^}]*}}', '<value>', named)}`"


def _prose(text: str, placed: PlacedSystem) -> str:
    """Plain text as Markdown: what is to be typed stands in code, and nothing else is taken for markup."""
    parts = _CODE.split(" ".join(text.replace("<namespace>", placed.namespace).split()))
    return "".join(
        _code(part) if number % 2 else re.sub(r"([\\*<~])", r"\\\1", part) for number, part in enumerate(parts)
    )


def _code(text: str) -> str:
    return text if text.startswith("`") else f"`{text}`"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("|" + "|".join(f" {cell} " if cell else " " for cell in line) + "|" for line in lines)


def cluster_page() -> str:
    """Of alerts that belong to no system."""
    return f"""{_MADE}

# Alerts: the cluster

Alerts of nodes, volumes, Kubernetes and Prometheus itself are the default rules of kube-prometheus-stack. They carry the
address of their own upstream runbook (<https://runbooks.prometheus-operator.dev>) in `runbook_url`, so they have no paragraph
here. Slipway adds the labels `team: {labels.CLUSTER_TEAM}` and `system: cluster`, by which they reach `alerting.slackChannel`,
`alerting.email` and, when critical, PagerDuty. Where `controllers.metrics` is not `installed`, the cluster's owner chooses
these rules.

## {routing.DEAD_MAN}

The dead-man's switch: it always fires. Alertmanager passes it on every minute to the address in `DEAD_MAN_URL`, a service
outside of the cluster that raises the alarm when it hears nothing. It needs `alerting.deadManSwitch: true`; otherwise it
reaches nobody.

```promql
vector(1)
```

When the service outside raises the alarm, no other alert can be trusted to arrive:

1. Does Prometheus run: `kubectl -n monitoring get pods`
2. Does it evaluate rules: `kubectl -n monitoring port-forward service/prometheus-operated 9090`, then look for
   `{routing.DEAD_MAN}` at <http://localhost:9090/alerts>.
3. Does Alertmanager get out: `kubectl -n monitoring logs -l app.kubernetes.io/name=alertmanager`
4. Is `DEAD_MAN_URL` set and young: `slipway secrets list --stack <stack>`
"""


def index(systems: Mapping[str, PlacedSystem]) -> str:
    """How alerts come and go, and where the page of each system is."""
    listed = [
        [f"[{each.definition.title}]({name}.md)", each.definition.owner.team] for name, each in sorted(systems.items())
    ]
    thresholds = [[f"`{key}`", ", ".join(alerts)] for key, alerts in THRESHOLDS.items()]
    severities = [
        ["critical", "users or data are hurt", "at once the owner's channel, mailbox and PagerDuty", "every hour"],
        [
            "warning",
            "it can wait for the morning",
            "the owner's channel and mailbox",
            "after `repeat`, 4 hours by default",
        ],
        ["info", "worth keeping", "nobody; Prometheus and the dashboards show it", ""],
    ]
    return f"""{_MADE}

# Alerts

Each alert links to its paragraph here: `<runbooks>/<system>.md#<alert in lower case>`, where `<runbooks>` is the stack's
`monitoring.alerting.runbooks`, the address that this folder is published at.

{_table(("system", "team"), [*listed, ["[The cluster](cluster.md)", labels.CLUSTER_TEAM]])}

Expressions and thresholds are those of the stack `{STACK}`, where systems stand as they are defined.

## Who hears of it

Alertmanager sends by the labels `system` and `severity`; alerts of one name and system come together.

{_table(("severity", "means", "reaches", "told again"), severities)}

Contacts of level 2 and above get mail when a critical alert still fires after their `after`, 30 minutes by default, which
is added to that of the level before. Level 1 is paged. What is not switched on in `monitoring.alerting` reaches nobody:
[monitoring](../monitoring.md).

What follows from something worse is left out: a warning beside the critical alert of its name and service; connections,
slow queries, latency and lag of a database that is down; crash loops and latency of a service that is down.

## Silence in maintenance

While a stack says `maintenance: true` of a system, its users see a page and its alerts reach nobody, but for
`MigrationFailed`, `Backup…`, `RestoreTest…` and `DatabaseDown`: the data is at stake all the same. Nothing has to be
silenced by hand, nor to be switched on again.

For other work, silence in Alertmanager by the label `system`, with an end and a reason:
`kubectl -n monitoring port-forward service/alertmanager-operated 9093`, then <http://localhost:9093>.

## Change a threshold

Thresholds follow from what `systems/<system>/system.yaml` promises. Change the promise, run `make alerts`, and commit both.

{_table(("key", "alerts"), [*thresholds, ["`alerts[].above`, `lasting`, `window`", "the owner's own"]])}

The others are the same for every system and stand in `builders/alerting/`. `make alerts-verify` fails when a page does not
say what its alerts do.
"""


def _stale(folder: Path, wanted: Mapping[str, str]) -> dict[Path, tuple[str, str]]:
    """Pages that are not as wanted: their text, and the one that they should have, which is empty for one too many."""
    written = {path.name: path.read_text("utf-8") for path in folder.glob("*.md")}
    every = sorted({*written, *wanted})
    texts = {folder / name: (written.get(name, ""), wanted.get(name, "")) for name in every}
    return {path: pair for path, pair in texts.items() if pair[0] != pair[1]}


def _write(path: Path, text: str) -> str:
    if not text:
        path.unlink()
        return "removed"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return "wrote"


def main(arguments: list[str] | None = None) -> int:
    """Writes or compares the pages of the project around the current folder; 1 when one is out of date."""
    parser = argparse.ArgumentParser(prog="python -m builders.alerting.pages", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--update", action="store_true", help="write the pages anew")
    action.add_argument("--verify", action="store_true", help="exit 1 when a page is out of date")
    options = parser.parse_args(arguments)
    try:
        project = find_project(Path.cwd())
        wanted = pages(placed_systems(project))
    except InvalidSettings as error:
        print(error, file=sys.stderr)
        return 2
    stale = _stale(project.root / FOLDER, wanted)
    for path, (written, text) in stale.items():
        name = path.relative_to(project.root).as_posix()
        if options.update:
            print(f"{_write(path, text)} {name}")
        else:
            diff = difflib.unified_diff(
                written.splitlines(), text.splitlines(), name, f"{name} (wanted)", lineterm="", n=1
            )
            print(*list(diff)[:40], f"run: {UPDATE}", sep="\n")
    return 1 if stale and options.verify else 0


if __name__ == "__main__":
    sys.exit(main())
