"""Options that no policy pack receives are findings too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from slipway.rehearsal import Plan, Step
from slipway.reports import unseen

REPOSITORY = "aws:ecr/repository:Repository"


def findings(
    type_: str = "aws:sqs/queue:Queue", environment: str = "production", **options: Any
) -> list[tuple[str, str]]:
    """Level and message of each finding on a resource with these options."""
    urn = f"urn:pulumi:trial::slipway::{type_}::it"
    state: Mapping[str, Any] = {"urn": urn, "type": type_, "custom": True, "inputs": {}, **options}
    plan = Plan("slipway", "trial", "organization", (Step("create", urn, state),))
    found = list(unseen.options(plan, environment))
    assert {(each.policy, each.urn) for each in found} <= {("resource-options", urn)}
    return [(each.level, each.message.splitlines()[0]) for each in found]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("retainOnDelete", True),
        ("importID", "queue-of-others"),
        ("deletedWith", "urn:pulumi:trial::slipway::aws:ec2/vpc:Vpc::net"),
        ("replaceOnChanges", ["name"]),
        ("replaceWith", ["urn:pulumi:trial::slipway::aws:ec2/vpc:Vpc::net"]),
        ("resourceHooks", {"beforeCreate": ["hook"]}),
    ],
)
def test_an_option_is_reported_with_its_resource(option: str, value: Any) -> None:
    """By its name as programs write it; its value is not shown."""
    ((level, message),) = findings(**{option: value})
    name = {"importID": "import", "resourceHooks": "hooks"}.get(option, option)
    assert level == "mandatory"
    assert message.startswith("it (aws:sqs/queue:Queue) ")
    assert name in message
    assert "queue-of-others" not in message


def test_several_options_are_distinguished() -> None:
    """Each is a finding of its own."""
    assert len(findings(retainOnDelete=True, importID="x")) == 2


@pytest.mark.parametrize(
    ("type_", "options"),
    [
        ("aws:sqs/queue:Queue", {}),
        ("aws:sqs/queue:Queue", {"retainOnDelete": False, "importID": "", "replaceOnChanges": []}),
        (REPOSITORY, {"retainOnDelete": True}),
        ("slipway:aws:Network", {"retainOnDelete": True, "custom": False}),
    ],
)
def test_nothing_is_reported_that_is_as_it_should_be(type_: str, options: Mapping[str, Any]) -> None:
    """Images that other stacks run stay when a stack goes; a component has no resource of its own to leave behind."""
    assert findings(type_, **options) == []


def test_on_a_laptop_it_is_advice() -> None:
    """Levels follow the environment."""
    assert [level for level, _ in findings(environment="local", importID="x")] == ["advisory"]
