"""The stack that is checked, from the variables that Pulumi sets before it starts a pack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

STACK, PROJECT = os.environ.get("PULUMI_STACK", ""), os.environ.get("PULUMI_PROJECT", "")


def _configuration() -> Mapping[str, str]:
    try:
        found = json.loads(os.environ.get("PULUMI_CONFIG") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def setting(key: str) -> str:
    """Return the stack's setting in the project's namespace, or an empty text if it is not set."""
    return str(_configuration().get(f"{PROJECT}:{key}") or "")


SYSTEMS = setting("systemsPath") or "systems"
"""Directory of the systems, relative to the project."""


@cache
def clusters() -> Mapping[str, Any]:
    """Return the clusters in the stack's configuration; none if the pack does not receive the configuration."""
    try:
        found = json.loads(setting("clusters") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _followed(environment: str) -> str:
    """Return the environment that one of another name follows; empty if it follows none."""
    if not environment.startswith("{"):
        return environment
    try:
        found = json.loads(environment).get("follows")
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""


def _environment() -> str:
    """Return the declared environment, or the one that it follows; a stack in a cloud is never treated as local."""
    said = _followed(setting("environment"))
    clouds = {each.get("cloud") if isinstance(each, dict) else None for each in clusters().values()}
    return "" if said == "local" and clouds - {"local"} else said


ENVIRONMENT = _environment()
"""The stack's environment: `production`, `staging` or `local`, or empty if it is unknown."""

IS_PRODUCTION = ENVIRONMENT not in ("staging", "local")
"""Whether the stack is checked as production, which it is unless it says otherwise."""
