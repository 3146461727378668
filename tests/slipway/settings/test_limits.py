"""What a target would refuse is refused at the line that says it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.settings import expressions, limits
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.store_names import (
    cluster_name,
    container,
    database_server,
    hyphenated,
    kubernetes_name,
    restoring,
)
from tests.slipway.settings.conftest import Workshop
from tests.slipway.settings.test_cross_checks import FLEET, write

ALERT = "alerts: [{name: a, summary: s, kind: rate, metric: m, above: 1"
REFUSED = {
    "pattern of paths": (f'{ALERT}, paths: ["/api/("]}}]', "alerts[0].paths[0]", "missing ): /api/("),
    "lookaround in a path": (f'{ALERT}, paths: ["(?=a)"]}}]', "alerts[0].paths[0]", "invalid perl operator"),
    "byte in a path": (f"{ALERT}, paths: ['\\C']}}]", "alerts[0].paths[0]", "\\C is not supported"),
    "quotation that swallows the next": (f"{ALERT}, paths: ['\\Qa', b]}}]", "alerts[0].paths", "when combined"),
    "template": (
        'alerts: [{name: a, summary: "{{ broken", kind: rate, metric: m, above: 1}]',
        "alerts[0].summary",
        "has braces that hold neither $value nor a label",
    ),
    "function in a template": (
        'alerts: [{name: a, summary: "{{ query 1 }}", kind: rate, metric: m, above: 1}]',
        "alerts[0].summary",
        "has braces",
    ),
    "pattern of lines": (
        'alerts: [{name: a, summary: s, kind: logs, pattern: "(", above: 1}]',
        "alerts[0].pattern",
        "unclosed group",
    ),
    "forbidden pattern": ('logs: {forbidden: ["("]}', "logs.forbidden[0]", "unclosed group"),
    "brace that Python takes": ("logs: {forbidden: ['{\"level\"']}", "logs.forbidden[0]", "repetition operator"),
    "counter of every system": (
        "alerts: [{name: forbidden, summary: s, kind: logs, pattern: p, above: 1}]",
        "alerts[0].name",
        "is a reserved name",
    ),
    "metric that is a number": (
        "alerts: [{name: a, summary: s, kind: rate, metric: NaN, above: 1}]",
        "alerts[0].metric",
        "is a number to Prometheus",
    ),
    "channel with a template": ('owner: {team: fleet, chat: "#{{"}', "owner.chat", "is not a channel"),
    "control character": ('title: "a\\0b"', "title", "contains a control character"),
    "copies": (
        "services: {worker: {image: w, port: 1, replicas: {minimum: 1, maximum: 0}}}",
        "services.worker.replicas.maximum",
        "is not a number of copies (1–1000)",
    ),
    "placeholder in a route": (
        'services: {worker: {image: w, port: 1, routes: [{domain: web, path: "/{tenant}"}]}}',
        "services.worker.routes[0].path",
        "is not the beginning of a path",
    ),
    "folder twice": (
        "services: {worker: {image: w, port: 1, writable: [/tmp, /tmp]}}",
        "services.worker.writable",
        "contains a duplicate",
    ),
    "name of another slot": (
        "services: {api-blue: {image: w, port: 1}}",
        "services.api-blue",
        "is a name that ends with 'blue'",
    ),
    "schedule of another slot": (
        "schedules: {report-blue: {service: worker, args: [a], schedule: 0 2 * * *}}",
        "schedules.report-blue",
        "is a name that ends with 'blue'",
    ),
    "schedule like a Job of Slipway": (
        "schedules: {migrate-all: {service: worker, args: [a], schedule: 0 2 * * *}}",
        "schedules.migrate-all",
        "is a name that begins with 'migrate'",
    ),
    "CronJob of a long name": (
        f"schedules: {{{'a' * 47}: {{service: worker, args: [a], schedule: 0 2 * * *}}}}",
        "schedules.…",
        "is a key that is not a name of a schedule (lower-case letters, digits, hyphens; 46 at most",
    ),
    "listener of another": (
        "domains: {web: a.example.com, web-http: b.example.com}",
        "domains.web-http",
        "is a name that ends with 'http'",
    ),
    "database of the server": ("databases: {fleet_db: {}, postgres: {}}", "databases.postgres", "is reserved by the server"),
    "role of the server": ("databases: {fleet_db: {owner: pg_x}}", "databases.fleet_db.owner", "is reserved by the server"),
    "too long for PostgreSQL": (
        "migrations: [{name: a, database: fleet_db, sql: a.sql, timeout: 30d}]",
        "migrations[0].timeout",
        "is longer than PostgreSQL's limit",
    ),
    "duration beyond Go's": ("objectives: {p95: 99999999999d}", "objectives.p95", "ten years at most"),
    "secret of a megabyte": ("secrets: {KEY: {generated: 1000000}}", "secrets.KEY.generated", "is not a number of random bytes"),
}  # fmt: skip


@pytest.mark.parametrize(("extra", "path", "rule"), REFUSED.values(), ids=REFUSED)
def test_what_a_target_refuses_is_refused_at_its_line(workshop: Workshop, extra: str, path: str, rule: str) -> None:
    """With file, line, path and rule, before anything is planned."""
    write(workshop, extra)
    problems = [problem for problem in workshop.problems() if f": {path}: " in problem]
    assert problems, workshop.problems()
    assert re.match(rf"{re.escape(FLEET)}:\d+: ", problems[0])
    assert any(rule in problem for problem in problems), problems


def test_routes_whose_names_meet_are_refused(workshop: Workshop) -> None:
    """`a-b` at `c` and `a` at `b-c` would both be `a-b-c`."""
    workshop.write(
        FLEET,
        "title: Fleet\nowner: {team: fleet}\ndomains: {c: c.example.com, b-c: b.example.com}\n"
        "services:\n  a: {image: w, port: 1, routes: [{domain: b-c}]}\n  a-b: {image: w, port: 1, routes: [{domain: c}]}\n",
    )
    assert any("makes a route 'a-b-c'" in problem for problem in workshop.problems())


@pytest.mark.parametrize(("size", "refused"), [(800 * 1024, False), (1024 * 1024, True)])
def test_a_migration_fits_into_its_config_map(workshop: Workshop, size: int, refused: bool) -> None:
    """One of 800 KiB is taken, one of a MiB is told at its line."""
    write(workshop, "migrations: [{name: a, database: fleet_db, sql: a.sql}]")
    workshop.write("systems/fleet/a.sql", "select 1; " + "-" * size)
    problems = [problem for problem in workshop.problems() if "migrations[0].sql" in problem]
    assert bool(problems) is refused
    assert all("fit into a ConfigMap" in problem for problem in problems)


def test_a_stack_has_a_name_that_clouds_take(workshop: Workshop) -> None:
    """It is part of the names of databases, which take no capitals and no underscores."""
    workshop.write("Pulumi.Prod_EU.yaml", workshop.stack_file.read_text())
    with pytest.raises(
        InvalidSettings, match=r"Pulumi\.Prod_EU\.yaml: is of a stack, 'Prod_EU', whose name is not a name"
    ):
        load_stack(workshop.project, "Prod_EU")


@pytest.mark.parametrize(
    "text", ["{{ $value }}", "{{ $labels.service }} fails: {{ $value | humanizePercentage }}", "{ }"]
)
def test_values_and_labels_may_be_in_a_summary(text: str) -> None:
    """Those are what Prometheus fills in without knowing more."""
    assert expressions.fault_in_template(text) is None


NAME = st.from_regex(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
DATABASE = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True)
TIDY = re.compile(r"[a-z]([a-z0-9]|-(?=[a-z0-9]))*")


@given(NAME, NAME, NAME, DATABASE)
def test_servers_are_named_as_rds_wants(stack: str, cluster: str, system: str, database: str) -> None:
    """63 letters, no two hyphens together and none at the end; a cluster's own name is what a vault takes."""
    name = cluster_name("slipway", stack, cluster)
    assert len(name) <= limits.most("cluster")
    server = database_server(name, system, database)
    assert len(server) <= limits.most("rds identifier")
    assert TIDY.fullmatch(server)


@given(DATABASE, DATABASE)
def test_databases_keep_names_of_their_own(one: str, other: str) -> None:
    """In a cluster too: each begins the names of Services and Secrets, and those of two never meet."""
    assert TIDY.fullmatch(kubernetes_name(one))
    assert len(restoring(one)) <= limits.most("kubernetes cron job")
    assert (kubernetes_name(one) == kubernetes_name(other)) is (one == other)


@given(NAME)
def test_a_container_is_named_as_azure_wants(bucket: str) -> None:
    """Three letters or more, single hyphens."""
    assert 3 <= len(container(bucket)) <= limits.most("azure container")
    assert TIDY.fullmatch(container(bucket))


def test_a_good_name_stays_what_it_is() -> None:
    """What exists already is not replaced."""
    assert hyphenated("slipway-prod-main-fleet_db", 63) == "slipway-prod-main-fleet-db"


def test_every_limit_names_its_page() -> None:
    """So that it can be looked up when a target changes."""
    assert all(limit.most > 0 and limit.said.startswith("https://") for limit in limits.TABLE.values())
