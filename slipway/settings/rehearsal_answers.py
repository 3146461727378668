"""`rehearsal.yaml`: what a preview answers in place of providers and of other stacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from slipway.settings.document import LocatedDict, mark_at, read, text_of
from slipway.settings.fields import Text
from slipway.settings.problems import InvalidSettings, Problem
from slipway.settings.setting import Setting
from slipway.settings.validation import problem_at, validate

FILE = "rehearsal.yaml"
_TOKEN = re.compile(r"[^:\s]+:[^:\s]*:[^:\s]+")
EXAMPLE = "package:module/getThing:getThing"


class FunctionAnswer(Setting):
    """The result of a function for some arguments."""

    arguments: dict[Text, Any] = Field(default_factory=dict)
    """Arguments that a call must have, among others; by default it answers every call."""
    exact: bool = False
    """Whether a call must have these arguments and no others, as what `--record` writes; by default it may have more."""
    result: dict[Text, Any]
    """What the provider would return, with the provider's own names of properties."""


class AnswerFile(Setting):
    """The content of `rehearsal.yaml`."""

    functions: dict[Text, list[FunctionAnswer]] = Field(default_factory=dict)
    """Answers by token of the function or method; the first that matches counts."""
    stacks: dict[Text, dict[Text, Any]] = Field(default_factory=dict)
    """Outputs of other stacks, by the name in the program's StackReference."""


def read_answers(root: Path) -> tuple[AnswerFile, LocatedDict | None]:
    """Return the answers of the project in `root` and their document, which has the line of each; no answers and None
    without a file, or one of comments alone. Raises InvalidSettings."""
    if not (root / FILE).is_file() or not _has_content(text_of(root / FILE, FILE)):
        return AnswerFile(), None
    document = read(root / FILE, FILE)
    found, problems = validate(AnswerFile, document)
    problems += _wrong_tokens(document)
    if found is None or problems:
        raise InvalidSettings(problems)
    return found, document


def _has_content(text: str) -> bool:
    """Return whether a file has more than comments, such as answers that were all commented out."""
    return any(line.strip() not in ("", "---") and not line.lstrip().startswith("#") for line in text.splitlines())


def line_of(document: LocatedDict, *path: str | int) -> str:
    """Return the place of a value as `rehearsal.yaml:5`."""
    return f"{FILE}:{mark_at(document, path).line}"


def _wrong_tokens(document: LocatedDict) -> Iterator[Problem]:
    functions = document.get("functions")
    for token in functions if isinstance(functions, LocatedDict) else ():
        if not _TOKEN.fullmatch(token):
            yield problem_at(document, ("functions", token), f"is not the token of a function, for example {EXAMPLE}")
