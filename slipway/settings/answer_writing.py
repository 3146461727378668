"""Adds an answer to the text of `rehearsal.yaml`; comments, order and everything else remain unchanged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from textwrap import indent
from typing import Any

import yaml

from slipway.settings.rewriting import end_of, end_of_line

SECTION = "functions"


class _Dumper(yaml.SafeDumper):
    """Writes the items of a list further in than its key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def with_answer(text: str, token: str, entry: Mapping[str, Any]) -> str:
    """Return `text` with one more answer for a function, after those that it has. `slipway.settings.rehearsal_answers` must
    be able to read the text."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    functions = _entry(root, SECTION)
    if functions is None and isinstance(root, yaml.MappingNode) and root.flow_style:
        return _in_brackets(text, root, f"{SECTION}: {_inline({token: [entry]})}")
    if functions is None:
        return f"{_ended(text)}{_lines({SECTION: {token: [entry]}})}"
    answers = _entry(functions, token)
    if answers is None:
        return _added(text, functions, {token: [entry]}, _inline({token: [entry]})[1:-1])
    return _added(text, answers, [entry], _inline(entry))


def _entry(node: yaml.Node | None, key: str) -> yaml.Node | None:
    entries = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in entries if name.value == key), None)


def _added(text: str, holder: yaml.Node, content: Any, inline: str) -> str:
    """Return `text` with one more entry in a mapping or a list, in the way in which that is written."""
    assert isinstance(holder, yaml.CollectionNode)
    if holder.flow_style:
        return _in_brackets(text, holder, inline)
    newline = "\r\n" if "\r\n" in text else "\n"
    end = _after_comments(text, end_of_line(text, end_of(text, holder)), holder.start_mark.column)
    lines = indent(_lines(content), " " * holder.start_mark.column).rstrip("\n").replace("\n", newline)
    return f"{text[:end]}{newline}{lines}{text[end:]}"


def _after_comments(text: str, end: int, column: int) -> int:
    """Return the end of the last comment below the line that ends at `end`, as far to the right as its entries are."""
    while found := re.compile(rf"\r?\n {{{column},}}#[^\r\n]*").match(text, end):
        end = found.end()
    return end


def _in_brackets(text: str, holder: yaml.CollectionNode, inline: str) -> str:
    end = holder.end_mark.index - 1
    before = text[:end].rstrip()
    comma = "" if not holder.value else " " if before.endswith(",") else ", "
    return f"{before}{comma}{inline}{text[end:]}"


def _inline(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)


def _lines(content: Any) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=10**6)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
