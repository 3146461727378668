"""Inputs of Kubernetes objects as a state has them: Pulumi's provider reads those of built-in kinds into Kubernetes' own
types and writes them again, so that an engine keeps other inputs than the program gave. Source:
https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/clients/unstructured.go"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from slipway.rehearsal.plan import SECRET, UNKNOWN

SECRET_TYPE = "kubernetes:core/v1:Secret"
BUILT_IN = tuple(f"kubernetes:{group}/" for group in ("apps", "batch", "core", "policy", "scheduling.k8s.io"))
"""Kinds with fields of `DROPPED`."""
DROPPED = frozenset(
    {
        "description",
        "globalDefault",
        "hostIPC",
        "hostNetwork",
        "hostPID",
        "medium",
        "minReadySeconds",
        "paused",
        "publishNotReadyAddresses",
        "readOnly",
        "stdin",
        "stdinOnce",
        "subPath",
        "subPathExpr",
        "tty",
        "value",
        "workingDir",
    }
)
"""Fields that are left out if they are empty, false or 0: they are no pointers in Go and have `omitempty`. Source:
https://github.com/kubernetes/api/blob/v0.36.3/core/v1/types.go"""


def comparable(type_: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return inputs of a resource before and after, of which one may come from an engine and one from a rehearsal."""
    if type_ == SECRET_TYPE and "stringData" not in old and "data" in old and "data" not in new:
        new = {("data" if key == "stringData" else key): _encoded(key, value) for key, value in new.items()}
    return (_without_dropped(old), _without_dropped(new)) if type_.startswith(BUILT_IN) else (old, new)


def _encoded(key: str, value: Any) -> Any:
    if key != "stringData" or not isinstance(value, Mapping):
        return value
    known = {name: text for name, text in value.items() if text not in (SECRET, UNKNOWN)}
    return {**value, **{name: base64.b64encode(str(text).encode()).decode() for name, text in known.items()}}


def _without_dropped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_dropped(each) for key, each in value.items() if each or key not in DROPPED}
    return [_without_dropped(each) for each in value] if isinstance(value, list) else value
