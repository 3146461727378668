"""The pod security standards, field by field. The whole was compared with Kubernetes' own evaluator over its test data."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from slipway.scanners.charts.pod_security import problems

GOOD: dict[str, Any] = {
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {"name": "app", "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}
        ],
    }
}
BASELINE: list[tuple[str, Any]] = [
    ("spec.hostNetwork", True),
    ("spec.hostPID", True),
    ("spec.hostIPC", True),
    ("spec.containers.0.ports", [{"hostPort": 80}]),
    ("spec.volumes", [{"name": "logs", "hostPath": {"path": "/var/log"}}]),
    ("spec.containers.0.livenessProbe", {"httpGet": {"host": "example.com"}}),
    ("spec.containers.0.lifecycle", {"preStop": {"httpGet": {"host": "example.com"}}}),
    ("spec.containers.0.securityContext.privileged", True),
    ("spec.containers.0.securityContext.capabilities.add", ["NET_RAW"]),
    ("spec.securityContext.seLinuxOptions", {"type": "spc_t"}),
    ("spec.containers.0.securityContext.seLinuxOptions", {"user": "root"}),
    ("spec.containers.0.securityContext.procMount", "Unmasked"),
    ("spec.containers.0.securityContext.seccompProfile", {"type": "Unconfined"}),
    ("spec.securityContext.appArmorProfile", {"type": "Unconfined"}),
    ("metadata", {"annotations": {"container.apparmor.security.beta.kubernetes.io/app": "unconfined"}}),
    ("spec.securityContext.sysctls", [{"name": "kernel.msgmax"}]),
    ("spec.securityContext.windowsOptions", {"hostProcess": True}),
    ("spec.initContainers", [{"name": "first", "securityContext": {"privileged": True}}]),
]
RESTRICTED: list[tuple[str, Any]] = [
    ("spec.volumes", [{"name": "share", "nfs": {}}]),
    ("spec.containers.0.securityContext.allowPrivilegeEscalation", None),
    ("spec.containers.0.securityContext.capabilities.drop", ["NET_RAW"]),
    ("spec.containers.0.securityContext.capabilities.add", ["CHOWN"]),
    ("spec.securityContext.runAsNonRoot", None),
    ("spec.containers.0.securityContext.runAsNonRoot", False),
    ("spec.containers.0.securityContext.runAsUser", 0),
    ("spec.securityContext.seccompProfile", None),
    ("spec.initContainers", [{"name": "first"}]),
]


def changed(path: str, value: Any) -> dict[str, Any]:
    pod = copy.deepcopy(GOOD)
    place: Any = pod
    *above, last = path.split(".")
    for key in above:
        place = place[int(key)] if key.isdigit() else place[key]
    place[last] = value
    return pod


def test_a_good_pod_is_admitted_everywhere() -> None:
    assert [problems(level, GOOD) for level in ("privileged", "baseline", "restricted")] == [[], [], []]


@pytest.mark.parametrize(("path", "value"), BASELINE)
def test_baseline(path: str, value: Any) -> None:
    assert problems("privileged", changed(path, value)) == []
    assert problems("baseline", changed(path, value))


@pytest.mark.parametrize(("path", "value"), RESTRICTED)
def test_restricted(path: str, value: Any) -> None:
    assert problems("baseline", changed(path, value)) == []
    assert problems("restricted", changed(path, value))


def test_a_level_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        problems("strict", GOOD)
