"""Pulumi's annotations that say how an object is waited for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from live.cluster.marks import FIELD_MANAGER
from live.cluster.objects import Object
from live.cluster.verdict import READY, Verdict, conditions, waiting

SKIP, WAIT_FOR = "pulumi.com/skipAwait", "pulumi.com/waitFor"
TIMEOUT, MANAGER = "pulumi.com/timeoutSeconds", "pulumi.com/patchFieldManager"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
JSON_PATH = re.compile(r"\{?\s*\.?(?P<path>[^={}]+?)\s*\}?\s*(?:==?\s*(?P<value>.+))?$")
STEP = re.compile(r"""\[["']?([^"'\]]+)["']?\]|((?:\\.|[^.\[\]])+)""")


def skips(target: Object) -> bool:
    return target.annotations.get(SKIP) == "true"


def replaces_unready(target: Object) -> bool:
    return target.annotations.get(REPLACE_UNREADY) == "true"


def manager(target: Object) -> str:
    return target.annotations.get(MANAGER, FIELD_MANAGER)


def timeout(target: Object, operation: str, default: float) -> float:
    """Seconds to wait: the resource option's, else the annotation's, else the default."""
    if stated := target.timeouts.get(operation):
        return stated
    text = target.annotations.get(TIMEOUT, "")
    return float(text) if text.isdecimal() and int(text) else default


def waits_for(target: Object) -> tuple[str, ...]:
    """What must hold beside Pulumi's own rules, or in their place: `jsonpath=` and `condition=` forms."""
    text = target.annotations.get(WAIT_FOR, "")
    return tuple(json.loads(text)) if text.startswith("[") else (text,) if text else ()


def holds(wanted: tuple[str, ...], live: Mapping[str, Any]) -> Verdict:
    """Whether all that `waits_for` gave is so."""
    missing = [each for each in wanted if not _holds(each, live)]
    return waiting(f"waits for {', '.join(missing)}") if missing else READY


def _holds(wanted: str, live: Mapping[str, Any]) -> bool:
    form, _, rest = wanted.partition("=")
    if form == "condition":
        name, _, status = rest.partition("=")
        found = {key.lower(): entry for key, entry in conditions(live).items()}
        return found.get(name.lower(), {}).get("status", "").lower() == (status or "true").lower()
    match = JSON_PATH.match(rest)
    if form != "jsonpath" or match is None:
        return False
    found = _at(live, match["path"])
    return found is not None if match["value"] is None else _text(found) == match["value"].strip("'\"")


def _at(value: Any, path: str) -> Any:
    for bracketed, plain in STEP.findall(path):
        part = (bracketed or plain).replace("\\.", ".")
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
