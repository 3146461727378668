"""The resources that the program has registered and read so far, by URN.

Engine: pkg/resource/deploy/step_generator.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal.options import Inheritance
from slipway.rehearsal.plan import Step
from slipway.rehearsal.wire import Callback, Options


@dataclass(slots=True)
class Registered:
    """One resource; `outputs` are those that the program sees, empty for a component until it registers its own."""

    step: Step
    parent: str
    custom: bool
    inputs: Struct
    outputs: Struct
    options: Options
    inheritance: Inheritance = field(default_factory=Inheritance)
    transforms: tuple[Callback, ...] = ()
    source: str = ""

    @property
    def urn(self) -> str:
        return self.step.urn

    @property
    def provider(self) -> str:
        return self.step.provider

    @property
    def id(self) -> str:
        """Return the id; empty while it is unknown, as the engine writes it."""
        return ""


class Registry:
    """The resources of one run in order of registration."""

    def __init__(self) -> None:
        self._by_urn: dict[str, Registered] = {}

    def __len__(self) -> int:
        return len(self._by_urn)

    def __iter__(self) -> Iterator[Registered]:
        return iter(self._by_urn.values())

    def add(self, resource: Registered) -> None:
        self._by_urn[resource.urn] = resource

    def get(self, urn: str) -> Registered | None:
        return self._by_urn.get(urn)

    def ancestors(self, urn: str) -> Iterator[Registered]:
        """Yield the resource at `urn` and its ancestors, nearest first."""
        while (found := self._by_urn.get(urn)) is not None:
            yield found
            urn = found.parent

    def pending(self, urns: Iterable[str]) -> bool:
        """Return whether one of these, or of the custom resources below a component among them, is not created yet.

        Below a component the search follows components and stops at the first custom resource.
        """
        wanted = set(urns)
        return any(
            resource.custom and resource.step.op != "read" and self._below(resource, wanted) for resource in self
        )

    def _below(self, resource: Registered, wanted: set[str]) -> bool:
        if resource.urn in wanted:
            return True
        for ancestor in self.ancestors(resource.parent):
            if ancestor.custom:
                return False
            if ancestor.urn in wanted:
                return True
        return False
