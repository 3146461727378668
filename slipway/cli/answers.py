"""The answers of `rehearsal.yaml`, for a rehearsal."""

from __future__ import annotations

from pathlib import Path

from slipway.rehearsal.answers import Answer, Answers, StackOutputs
from slipway.settings.rehearsal_answers import line_of, read_answers


def answers_of(root: Path) -> Answers:
    """Return the answers of the project in `root`. Raises InvalidSettings."""
    found, document = read_answers(root)
    if document is None:
        return Answers()
    functions = [
        Answer(token, each.arguments, each.result, line_of(document, "functions", token, index), each.exact)
        for token, entries in found.functions.items()
        for index, each in enumerate(entries)
    ]
    stacks = [StackOutputs(name, each, line_of(document, "stacks", name)) for name, each in found.stacks.items()]
    return Answers(tuple(functions), tuple(stacks))
