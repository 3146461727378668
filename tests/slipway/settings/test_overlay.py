from __future__ import annotations

import pytest

from tests.slipway.settings.conftest import Workshop

FLEET = "systems/fleet/system.yaml"
TEST = "Pulumi.test.yaml"


def test_a_value_is_default_then_system_then_stack(workshop: Workshop) -> None:
    """The stack wins over the system and the system over the default, key by key."""
    workshop.edit(TEST, "size: large", "size: large\n              backup: {copyToSecondRegion: true}")
    workshop.edit(TEST, "network: {", "secondRegion: us-west-2\n      network: {secondCidr: 10.61.0.0/16, ")
    database = workshop.system().databases["fleet_db"]
    assert database.storage == 32
    assert database.size == "large"
    assert database.backup != "none"
    assert (database.backup.retention_days, database.backup.copy_to_second_region) == (14, True)
    assert workshop.systems()["fleet"].databases["fleet_db"].size == "medium"


def test_a_word_takes_the_place_of_a_mapping(workshop: Workshop) -> None:
    """`backup: none` in a stack replaces the system's backup."""
    workshop.edit(TEST, "size: large", "backup: none")
    assert workshop.system().databases["fleet_db"].backup == "none"


def test_a_number_of_replicas_and_bounds_take_each_other_s_place(workshop: Workshop) -> None:
    """A stack's number has none of the system's bounds beside it; bounds beside a number are wrong in one mapping only."""
    found, last = [], "          databases:"
    for override in ("4", "{maximum: 9}"):
        before, last = last, f"          services: {{api: {{replicas: {override}}}}}\n          databases:"
        workshop.edit(TEST, before, last)
        replicas = workshop.system().services["api"].replicas
        found.append((replicas.fixed, replicas.fewest, replicas.most))
    assert found == [(4, 4, 4), (None, 3, 9)]
    workshop.edit(TEST, last, last.replace("maximum: 9", "fixed: 2"))
    (problem,) = workshop.problems()
    assert problem.startswith(
        f"{TEST}:14: clusters.main.systems.fleet.services.api.replicas.fixed: 2 is set beside 'minimum'"
    )


def test_a_mapping_takes_the_place_of_a_word(workshop: Workshop) -> None:
    """A stack may have the backups that the system goes without."""
    workshop.edit(FLEET, "backup: {retentionDays: 14}", "backup: none")
    workshop.edit(TEST, "size: large", "backup: {retentionDays: 30}")
    backup = workshop.system().databases["fleet_db"].backup
    assert backup != "none"
    assert (backup.retention_days, backup.source) == (
        30,
        f"{TEST}:config.slipway:clusters.main.systems.fleet.databases.fleet_db.backup",
    )


def test_variables_are_replaced_whole_and_may_be_added(workshop: Workshop) -> None:
    """A variable of the stack is that variable, whatever the system said; the others stay."""
    workshop.edit(
        TEST,
        "          databases:",
        "          services: {api: {environment: {LEVEL: {slot: name}, NEW: 5}}}\n          databases:",
    )
    environment = workshop.system().services["api"].environment
    assert sorted(environment) == ["DATABASE_URL", "KEY", "LEVEL", "NEW"]
    assert environment["NEW"] == "5"
    assert getattr(environment["LEVEL"], "slot", None) == "name"


def test_a_secret_is_rotated_by_a_stack(workshop: Workshop) -> None:
    """Of a generated secret a stack may give the date, and nothing else."""
    workshop.edit(
        TEST, "          databases:", '          secrets: {SIGNING_KEY: {rotated: "2026-06-01"}}\n          databases:'
    )
    secret = workshop.system().secrets["SIGNING_KEY"]
    assert (getattr(secret, "generated", None), getattr(secret, "rotated", None)) == (32, "2026-06-01")
    workshop.edit(TEST, 'rotated: "2026-06-01"', "generated: 64")
    assert workshop.problems() == [
        f"{TEST}:14: clusters.main.systems.fleet.secrets.SIGNING_KEY.generated: cannot be overridden by a stack; "
        "allowed: existing, from, previous, rotated"
    ]


def test_lists_are_replaced(workshop: Workshop) -> None:
    """A list of the stack stands in place of the system's."""
    workshop.edit(
        FLEET, "title: Fleet", "title: Fleet\nrelease: {steps: [{weight: 10, hold: 1h}, {weight: 100, hold: 1h}]}"
    )
    workshop.edit(
        TEST, "          databases:", "          release: {steps: [{weight: 100, hold: 5m}]}\n          databases:"
    )
    assert [step.hold for step in workshop.system().release.steps] == ["5m"]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("title: x", "title: cannot be overridden by a stack; allowed: active, attempt, blue,"),
        ("services: {api: {port: 1}}", "services.api.port: cannot be overridden by a stack; allowed: build, environment, "),
        ("services: {apy: {}}", "services.apy: is not in the system's definition; did you mean 'api'?"),
        ("services: {api: {replicas: {min: 1}}}", "services.api.replicas.min: is not a known key; did you mean 'minimum'?"),
        ("services: {api: {replicas: {minimum: 0}}}", "services.api.replicas.minimum: 0 leaves nobody to answer visitors and callers"),
        ("services: {api: {replicas: many}}", "services.api.replicas: many is not a number of copies (1–1000), for example 3"),
        ("services: {api: {replicas: {minimum: 7}}}", "services.api.replicas.minimum: 7 is above the maximum, 6"),
        ("services: {api: {environment: {A_TOKEN: x}}}", "services.api.environment.A_TOKEN: looks like a secret in plain text"),
        ("services: {api: }", "services.api: has no value"),
        ("services: 7", "services: 7 is not a mapping of keys"),
        ("buckets: {a: {expireDays: 1}}", "buckets.a: is not in the system's definition; it has none"),
        ("domains: {web: no}", "domains.web: no is not a domain name, or *. and a domain name, for example api.example.com"),
        ("budget: {monthly: lots}", "budget.monthly: lots is not an amount in US dollars (1–1000000000), for example 900"),
    ],
)  # fmt: skip
def test_wrong_overrides_are_told(workshop: Workshop, override: str, expected: str) -> None:
    """A wrong override is told at the stack's own line, and only once."""
    workshop.edit(TEST, "          databases:", f"          {override}\n          databases:")
    problems = workshop.problems()
    assert len(problems) == 1
    assert problems[0].startswith(f"{TEST}:14: clusters.main.systems.fleet.{expected}")


def test_a_problem_below_an_override_keeps_the_system_s_line(workshop: Workshop) -> None:
    """A value that the stack did not give is placed where the system gives it."""
    workshop.edit(
        TEST, "          databases:", "          services: {api: {replicas: {maximum: 2}}}\n          databases:"
    )
    assert workshop.problems() == [f"{FLEET}:8: services.api.replicas.minimum: 3 is above the maximum, 2"]
