"""What happens when a difference is applied."""

from __future__ import annotations

from typing import Any, cast

import pytest

from slipway.rehearsal import Finding, Plan, Step
from slipway.rehearsal.difference import Changed, compare
from slipway.rehearsal.difference.before import of_plan
from slipway.reports.applied import Applied, applied
from slipway.reports.grouped_findings import LocatedFinding
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster, SystemDeployment
from slipway.settings.system import System

DEPLOYMENT, JOB = "kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:Job"
INSTANCE, NETWORK = "aws:rds/instance:Instance", "aws:ec2/vpc:Vpc"
SHOP: dict[str, Any] = {
    "title": "Shop",
    "owner": {"team": "shop"},
    "services": {"api": {"image": "api", "port": 3000}},
    "databases": {"orders": {}},
    "migrations": [
        {
            "name": "001-first",
            "database": "orders",
            "sql": "m.sql",
            "expectedDuration": "5m",
            "risk": "low",
            "lockTimeout": "2s",
            "compatible": False,
        }
    ],
    "release": {
        "steps": [{"weight": 5, "hold": "15m"}, {"weight": 25, "hold": "1h"}, {"weight": 100, "hold": "30m"}],
        "window": {"days": ["tuesday"], "start": "02:00", "duration": "3h"},
        "approvals": [{"role": "Product owner"}],
        "timetable": [
            {"at": "-4h", "name": "Freeze", "role": "Lead"},
            {"at": "+15m", "name": "Look", "duration": "5m"},
        ],
        "announcements": [{"when": "before", "ahead": "24h", "audience": "users", "channels": ["email"]}],
        "expectedDuration": "45m",
    },
}


def step(type_: str, name: str, inputs: dict[str, Any] | None = None, **state: Any) -> Step:
    above = "slipway:system:System$" if name.startswith("shop/") else ""
    urn = f"urn:pulumi:test::slipway::{above}{type_}::{name}"
    return Step("create", urn, {"urn": urn, "type": type_, "custom": True, "inputs": inputs or {}, **state})


def deployment(image: str, *, strategy: str = "RollingUpdate", replicas: int = 1) -> Step:
    spec = {
        "replicas": replicas,
        "strategy": {"type": strategy},
        "template": {"spec": {"containers": [{"name": "api", "image": image}]}},
    }
    return step(DEPLOYMENT, "shop/api-blue", {"metadata": {"labels": {"slipway.dev/slot": "blue"}}, "spec": spec})


def migration() -> Step:
    metadata = {
        "labels": {"slipway.dev/migration": "001-first"},
        "annotations": {"slipway.dev/migration-backup": "true"},
    }
    return step(JOB, "shop/migrate-001-first", {"metadata": metadata})


def apply(old: list[Step], new: list[Step], *found: LocatedFinding, maintenance: bool = False) -> Applied:
    settings = SystemDeployment.model_validate({"blue": {"version": "1.1.0"}, "maintenance": maintenance})
    shop = DeployedSystem("shop", System.model_validate(SHOP), settings)
    stack = Stack("test", "staging", {"main": StackCluster("main", cast(Any, None), {"shop": shop})})
    before, after = (Plan("slipway", "test", "organization", tuple(each)) for each in (old, new))
    return applied(stack, after, compare(of_plan("main", before), after), found)


def test_nothing_is_applied_where_nothing_changes() -> None:
    """No stage, nothing down, no release."""
    assert apply([deployment("a:1")], [deployment("a:1")]) == Applied()


def test_the_order() -> None:
    """Clouds, then the system: its data store, its migration, its pods; what is gone comes last."""
    old = [step(NETWORK, "main", {"tags": {"a": "1"}}), step(INSTANCE, "shop/orders", {"instanceClass": "large"})]
    new = [step(NETWORK, "main", {"tags": {"a": "2"}}), step(INSTANCE, "shop/orders", {"instanceClass": "small"})]
    effects = apply([*old, deployment("a:1"), step(JOB, "shop/old")], [*new, deployment("a:2"), migration()])
    assert [stage.title for stage in effects.stages] == ["Clouds and clusters", "shop", "Last"]
    changes, migrates, rolls, count = effects.stages[1].lines
    assert changes == "changes Instance shop/orders"
    assert migrates.startswith(
        "migrates orders: 001-first, after a verified backup, in one transaction, waits 2s for a lock"
    )
    assert migrates.endswith("; pods wait for it; lint: nothing found")
    assert "expected: 5m, risk: low, the previous version does not work afterwards" in migrates
    assert rolls == "rolls the pods of Deployment shop/api-blue: rolling update, none unavailable"
    assert count == "3 resources in all"
    assert effects.stages[2].lines == ("deletes 1 resource, after their replacements exist",)


def test_what_squawk_says_of_a_migration() -> None:
    """Stands with it, and that of another does not."""
    name = "urn:pulumi:test::slipway::slipway:system:System$kubernetes:core/v1:ConfigMap::shop/migrate-001-first"
    found = [
        LocatedFinding(Finding("slipway", "1", rule, "advisory", urn, "", "", ""), "Locks `t` for writes.\nWhy.", None)
        for rule, urn in (("migration-online", name), ("migration-lint", f"{name}-other"), ("open-ingress", name))
    ]
    config = step("kubernetes:core/v1:ConfigMap", "shop/migrate-001-first")
    effects = apply([], [config, migration()], *found)
    assert effects.stages[0].lines[0].endswith("; lint: migration-online: Locks `t` for writes.")


def test_only_what_is_in_the_template_rolls_pods() -> None:
    """Another number of replicas restarts none."""
    effects = apply([deployment("a:1")], [deployment("a:1", replicas=3)])
    assert effects.stages[0].lines == ("1 resource, and no pod restarts",)
    assert effects.releases == ()


def test_what_is_down() -> None:
    """Pods that are recreated, a database that restarts or goes, a system that is closed."""
    recreated = apply([deployment("a:1", strategy="Recreate")], [deployment("a:2", strategy="Recreate")])
    assert recreated.down == ("Deployment shop/api-blue, while its pods are recreated",)
    assert apply([], [deployment("a:2", strategy="Recreate")]).down == ()
    old = [step(INSTANCE, "shop/orders", {"instanceClass": "large", "engine": "a"})]
    smaller = apply(old, [step(INSTANCE, "shop/orders", {"instanceClass": "small", "engine": "a"})])
    assert smaller.down[0].startswith("Instance shop/orders, while instanceClass is changed")
    assert apply(old, [step(INSTANCE, "shop/orders", {"engine": "b"})]).down == (
        "Instance shop/orders, until it is replaced",
    )
    assert apply(old, []).down == ("Instance shop/orders, for good",)
    closed = apply([deployment("a:1")], [deployment("a:2")], maintenance=True)
    assert closed.down == ("shop, closed until `maintenance` is taken out, expected: 45m",)
    assert closed.stages[0].lines[0].startswith("closed first: visitors see the maintenance page")


def test_a_release_has_a_clock() -> None:
    """Announcements and the timetable by their times, the steps one after another, and what it waits for."""
    (release,) = apply([deployment("a:1")], [deployment("a:2")]).releases
    assert (release.system, release.version) == ("shop", "1.1.0 in blue")
    assert release.gates == ("begins tuesday from 02:00 UTC, within 3h", "Product owner approves (before)")
    assert [(each.at, each.text) for each in release.moments] == [
        ("T-24:00", "tells users by email"),
        ("T-04:00", "Freeze (Lead)"),
        ("T+00:00", "5 % of visitors, held for 15m"),
        ("T+00:15", "Look, 5m"),
        ("T+00:15", "25 % of visitors, held for 1h"),
        ("T+01:15", "100 % of visitors, held for 30m"),
        ("T+01:45", "done; the old version stays ready for 24h"),
        ("T+25:45", "end of the watch: the old version can be retired"),
    ]


def test_a_release_in_maintenance_has_no_steps() -> None:
    """Nobody visits."""
    (release,) = apply([deployment("a:1")], [deployment("a:2")], maintenance=True).releases
    assert not [each for each in release.moments if "visitors" in each.text]


def released(identifier: str, **spec: Any) -> Step:
    return step("kubernetes:slipway.dev/v1:Release", "shop/shop", {"spec": {"id": identifier, **spec}})


def test_where_a_controller_releases_its_release_is_shown() -> None:
    """For the slot that visitors shall have, when it is another release than before; not for a slot that is warmed up."""
    (release,) = apply([released("aaaa")], [released("bbbb")]).releases
    assert release.version == "1.1.0 in blue"
    assert len(apply([], [released("aaaa")]).releases) == 1
    assert apply([released("aaaa", owner="a")], [released("aaaa", owner="b")]).releases == ()
    assert apply([deployment("a:1"), released("aaaa")], [deployment("a:2"), released("aaaa")]).releases == ()


def test_what_a_release_waits_for_comes_first() -> None:
    """Where a controller releases, nothing of the change begins before it is admitted."""
    gate = step(JOB, "shop/admit", {"metadata": {"labels": {"slipway.dev/gate": "admit"}}})
    (shop,) = apply([], [migration(), gate]).stages
    assert shop.lines[0].startswith("waits for the release's window, approvals and evidence; backups")
    assert not any("waits for the release" in line for line in apply([], [migration()]).stages[0].lines)


def test_a_release_that_closes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHOP, "release", {**SHOP["release"], "maintenance": True})
    effects = apply([released("aaaa")], [released("bbbb")])
    assert effects.down == ("shop, closed from its admission until its promotion, expected: 45m",)


def test_programs_read_it() -> None:
    """As plain values."""
    effects = apply([deployment("a:1")], [deployment("a:2")]).to_json()
    assert effects["releases"][0]["moments"][0] == {"at": "T-24:00", "text": "tells users by email"}
    assert {type(each) for each in (effects["stages"], effects["down"])} <= {tuple, list}


def test_a_change_says_what_holds_data() -> None:
    """By its type."""
    assert Changed("update", "urn:pulumi:t::s::aws:rds/instance:Instance::x", INSTANCE).holds_data == "the database"
    assert Changed("update", "urn:pulumi:t::s::kubernetes:apps/v1:Deployment::x", DEPLOYMENT).holds_data == ""
