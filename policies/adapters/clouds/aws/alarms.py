"""Alarms of CloudWatch: whether they are sent to anybody."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clouds.contract import Evaluation
from framework import Resource, Settings, Verdict

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def _evaluate(alarm: Resource, _settings: Settings, verdict: Verdict) -> None:
    actions, enabled = alarm["alarmActions"], alarm["actionsEnabled"]
    if enabled.unknown or (enabled.present and enabled.value is not True):
        if enabled.unknown:
            verdict.undecided(alarm, enabled)
        else:
            verdict.violated(alarm, f"is sent to nobody: {enabled.path} is not true")
    elif actions.unknown:
        verdict.undecided(alarm, actions)
    elif not any(each.unknown or each.text for each in actions.elements()):
        verdict.violated(alarm, f"is sent to nobody: {actions.path} is empty")


RECEIVERS: Mapping[str, Evaluation] = {ALARM: _evaluate}
