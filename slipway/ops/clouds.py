"""The packages of clouds, and what the controller of releases asks of them: stores at their edge, and their registries of images."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from slipway.ops.site_weights import EdgeState

PACKAGES = {"aws": "slipway.ops.aws", "azure": "slipway.ops.azure", "local": "slipway.ops.kubernetes"}
"""The package of each cloud; its SDK is imported only if a stack uses it."""
QUOTAS = {"aws": "slipway.ops.aws.quotas", "azure": "slipway.ops.azure.quotas"}
"""Modules that compare quotas with a plan, by cloud."""
REGISTRATIONS = {"azure": "slipway.ops.azure.registrations"}
"""Modules that list what accounts register before their first resources, by cloud."""
REPOSITORIES = {"aws": "slipway.ops.aws.image_repositories"}
"""Modules that find image repositories of a plan that others have, by cloud: where an account has each name once."""
EDGE = "slipway.ops.aws.key_value_store"
"""The one cloud whose edge has a store that moves visitors within seconds."""
REGISTRIES = {r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?": "slipway.ops.aws.ecr_images"}
"""Modules by the registries that they ask with the process's own identity."""
ImageProblem = Callable[[str, str, str, str | None], str | None]
"""Returns what is wrong with an image, by registry, repository, digest or tag, and the lowest severity that is refused."""


class EdgeStores(Protocol):
    """Stores with the states of sites."""

    def read(self, store: str) -> EdgeState | None:
        """Return the state in force, or None before the first. Raises CloudFailure."""
        ...

    def write(self, store: str, revise: Callable[[EdgeState | None], EdgeState]) -> EdgeState:
        """Apply `revise` to the state in force, store the result and return it. Raises CloudFailure."""
        ...


def edge_stores() -> EdgeStores:
    """Return the stores; the cloud's SDK is imported by the first request."""
    return import_module(EDGE).KeyValueStores()


def image_problem(registry: str) -> ImageProblem | None:
    """Return what asks this registry; None if it is no cloud's own."""
    module = next((module for pattern, module in REGISTRIES.items() if re.fullmatch(pattern, registry)), None)
    return None if module is None else import_module(module).problem
