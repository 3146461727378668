"""Pulumi's annotations that control how an object is awaited."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from jsonpath import JSONPathEnvironment, JSONPathError

from slipway.ops.cluster.marks import FIELD_MANAGER
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.verdict import READY, Verdict, conditions, failed, is_stale, waiting

SKIP, WAIT_FOR = "pulumi.com/skipAwait", "pulumi.com/waitFor"
TIMEOUT, MANAGER = "pulumi.com/timeoutSeconds", "pulumi.com/patchFieldManager"
REPLACE_UNREADY, FORCE = "pulumi.com/replaceUnready", "pulumi.com/patchForce"
FORM = re.compile(r"\{\s*(?P<path>[^{}]+?)\s*\}(?:=(?P<value>.+))?")


def skips(target: Object) -> bool:
    return target.annotations.get(SKIP) == "true"


def replaces_unready(target: Object) -> bool:
    return target.annotations.get(REPLACE_UNREADY) == "true"


def forces(target: Object) -> bool:
    return target.annotations.get(FORCE) == "true"


def manager(target: Object) -> str:
    return target.annotations.get(MANAGER, FIELD_MANAGER)


def timeout(target: Object, operation: str, default: float) -> float:
    """Return the seconds to wait: the resource option's, else the annotation's, else the default."""
    if stated := target.timeouts.get(operation):
        return stated
    text = target.annotations.get(TIMEOUT, "")
    return float(text) if text.isdecimal() and int(text) else default


def waits_for(target: Object) -> tuple[str, ...]:
    """Return the conditions that replace Pulumi's own rules, in the forms `jsonpath=` and `condition=`."""
    text = target.annotations.get(WAIT_FOR, "")
    return tuple(json.loads(text)) if text.startswith("[") else (text,) if text else ()


def check(wanted: tuple[str, ...], live: Mapping[str, Any]) -> Verdict:
    """Return whether all conditions of `waits_for` hold for the object's own generation, as Pulumi's provider reads
    them."""
    try:
        missing = [each for each in wanted if not _is_met(each, live)]
    except JSONPathError as error:
        return failed(f"{WAIT_FOR} cannot be read: {error}")
    return waiting(f"waits for {', '.join(missing)}") if missing else READY


def _is_met(wanted: str, live: Mapping[str, Any]) -> bool:
    if wanted.startswith("jsonpath="):
        return _selects(wanted.removeprefix("jsonpath="), live)
    if not wanted.startswith("condition="):
        raise JSONPathError(f"{wanted} starts with neither condition= nor jsonpath=", token=None)
    name, _, status = wanted.removeprefix("condition=").partition("=")
    found = next((each for type_, each in conditions(live).items() if type_.lower() == name.lower()), {})
    seen = found.get("observedGeneration", live.get("status", {}).get("observedGeneration"))
    return not is_stale(seen, live) and found.get("status", "").lower() == (status or "true").lower()


def _selects(text: str, live: Mapping[str, Any]) -> bool:
    """Evaluate `{.path}` or `{.path}=value`, where the path is one of RFC 9535 and its first value counts. As in the
    provider, a single `=` ends the path, also that of `>=`."""
    match = FORM.fullmatch(text)
    if match is None or "=" in match["path"].replace("==", ""):
        raise JSONPathError(f"{text} does not have the form {{.path}} or {{.path}}=value", token=None)
    if is_stale(live.get("status", {}).get("observedGeneration"), live):
        return False
    path = match["path"] if match["path"].startswith("$") else f"${match['path']}"
    found = JSONPathEnvironment(strict=True).findall(path, live)
    return bool(found) and (match["value"] is None or _text(found[0]) == match["value"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
