"""Variables of Compose that have no value, in all places where nothing else says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slipway.compose.application import Application
from slipway.compose.remarks import Remarks
from slipway.compose.service_facts import Facts
from slipway.compose.variables import missing_in
from slipway.settings.document import LocatedDict, LocatedList, Mark

_ELSEWHERE = ("environment", "command", "entrypoint", "test", "args")
"""Keys whose translation names them itself."""
_UNUSED = ("labels", "annotations", "container_name", "hostname", "logging", "networks")
"""Keys of which nothing is translated."""


def remark_unset(application: Application, everyone: dict[str, Facts], remarks: Remarks) -> None:
    """Remark each value that has a variable without one, and so an empty text in its place."""
    for facts in everyone.values():
        if facts.role != "omitted":
            _remark(facts.declared, ("services", facts.original), facts.mark, remarks)
    for key in ("configs", "secrets", "volumes"):
        declared = application.document.get(key)
        if isinstance(declared, LocatedDict):
            _remark(declared, (key,), declared.mark, remarks)


def _remark(value: Any, path: tuple[str | int, ...], mark: Mark, remarks: Remarks) -> None:
    for key, each in _entries(value):
        _remark(each, (*path, key), value.marks[key], remarks)
    if isinstance(value, str) and (names := missing_in(value)):
        remarks.add(mark, path, f"comes from {', '.join(names)}, which has no value here: write it by hand")


def _entries(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, LocatedDict):
        yield from ((key, each) for key, each in value.items() if key not in (*_ELSEWHERE, *_UNUSED))
    elif isinstance(value, LocatedList):
        yield from enumerate(value)
