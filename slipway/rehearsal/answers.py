"""Answers that the project gives in place of providers and of other stacks. Plain data: the parent process imports this
module too, so it must not import pulumi."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

FILE = "rehearsal.yaml"


@dataclass(frozen=True)
class Answer:
    """The result of a function, or of a resource's method, if the call has these arguments among others."""

    token: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any]
    place: str
    """File and line, for messages."""
    exact: bool = False
    """Whether the call has no other arguments."""

    def matches(self, token: str, arguments: Mapping[str, Any]) -> bool:
        if self.token != token:
            return False
        return given(arguments) == given(self.arguments) if self.exact else _within(self.arguments, arguments)


@dataclass(frozen=True)
class Asked:
    """A call of a function that no answer matched, and the provider to ask: its package, version and server of plugins,
    its URN and what it is configured with."""

    token: str
    arguments: Mapping[str, Any]
    package: str
    version: str = ""
    server: str = ""
    urn: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    obstacle: str = ""
    """Why a provider cannot be asked; arguments and inputs are left out then."""


@dataclass(frozen=True)
class StackOutputs:
    """The outputs of another stack, by the name with which the program refers to it."""

    stack: str
    outputs: Mapping[str, Any]
    place: str


@dataclass(frozen=True)
class Answers:
    """All answers of a project, the first that matches a call first."""

    functions: tuple[Answer, ...] = ()
    stacks: tuple[StackOutputs, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `from_json` restores the answers."""
        return {"functions": [vars(each) for each in self.functions], "stacks": [vars(each) for each in self.stacks]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Answers:
        functions = tuple(Answer(**each) for each in document["functions"])
        return cls(functions, tuple(StackOutputs(**each) for each in document["stacks"]))


NO_ANSWERS = Answers()


class Answering:
    """Answers of one run, which remembers those that were used."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._used: set[str] = set()
        self.asked: list[Asked] = []
        """Calls that no answer matched, each once."""

    def result(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the result of a call, or None if no answer matches it."""
        found = self.answer(token, arguments)
        return None if found is None else found.result

    def answer(self, token: str, arguments: Mapping[str, Any]) -> Answer | None:
        """Return the first answer that matches a call."""
        found = next((each for each in self._answers.functions if each.matches(token, arguments)), None)
        if found is not None:
            self._used.add(found.place)
        return found

    def note(self, call: Asked) -> None:
        """Remember a call that no answer matches."""
        if call not in self.asked:
            self.asked.append(call)

    def outputs(self, stack: str) -> Mapping[str, Any] | None:
        """Return the outputs of another stack, or None if there is no answer."""
        found = next((each for each in self._answers.stacks if each.stack == stack), None)
        if found is None:
            return None
        self._used.add(found.place)
        return found.outputs

    def unused(self) -> Iterator[str]:
        """Yield a line for each answer that the program never needed."""
        for each in (*self._answers.functions, *self._answers.stacks):
            if each.place not in self._used:
                name = each.token if isinstance(each, Answer) else each.stack
                yield f"{each.place}: the answer for {name} was not used: remove it, or correct its arguments"


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments without those that are null, which a provider takes as not given."""
    return {key: value for key, value in arguments.items() if value is not None}


def _within(wanted: Any, given: Any) -> bool:
    """Return whether mappings have what is wanted among other keys, at any depth, and other values are equal."""
    if isinstance(wanted, Mapping) and isinstance(given, Mapping):
        return all(key in given and _within(value, given[key]) for key, value in wanted.items())
    return wanted == given
