"""Alerts of Azure Monitor on figures: whether they are sent to anybody."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clouds.contract import Evaluation
from framework import Property, Resource, Settings, Verdict

ALERT, GROUP = "azure-native:monitor:MetricAlert", "azure-native:monitor:ActionGroup"


def _evaluate_alert(alert: Resource, _settings: Settings, verdict: Verdict) -> None:
    actions, enabled = alert["actions"], alert["enabled"]
    if enabled.unknown:
        verdict.undecided(alert, enabled)
    elif enabled.value is not True:
        verdict.violated(alert, f"is sent to nobody: {enabled.path} is not true")
    elif actions.unknown:
        verdict.undecided(alert, actions)
    elif not any(each.unknown or _named(each["actionGroupId"]) for each in actions.elements()):
        verdict.violated(alert, f"is sent to nobody: {actions.path} is empty")


def _named(group: Property) -> bool:
    return group.unknown or bool(group.text)


def _evaluate_group(group: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that a group is on, and has a receiver of any kind."""
    enabled = group["enabled"]
    receivers = [group[key] for key in group.properties.keys if key.endswith("Receivers")]
    unknown = next((each for each in (enabled, *receivers) if each.unknown), None)
    if unknown is not None:
        verdict.undecided(group, unknown)
    elif enabled.value is not True:
        verdict.violated(group, f"sends nothing: {enabled.path} is not true")
    elif not any(list(each.elements()) for each in receivers):
        verdict.violated(group, "sends to nobody: it has no receivers")


RECEIVERS: Mapping[str, Evaluation] = {ALERT: _evaluate_alert, GROUP: _evaluate_group}
