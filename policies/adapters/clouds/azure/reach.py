"""The subscriptions that role assignments reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from framework import Property, Resource

_SCOPE = re.compile(r"/subscriptions/([0-9a-f-]{36})(/.*)?", re.IGNORECASE)


def _of_assignment(assignment: Resource) -> Iterator[tuple[Property, str]]:
    """Return the subscription of its scope; a management group has many, and so no name here."""
    scope = assignment["scope"]
    if scope.present:
        found = _SCOPE.fullmatch(scope.text or "")
        yield scope, found[1].lower() if found else ""


REACHED: Mapping[str, Callable[[Resource], Iterator[tuple[Property, str]]]] = {
    "azure-native:authorization:RoleAssignment": _of_assignment,
}
