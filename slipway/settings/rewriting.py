"""Writes a value into the text of a YAML file, or takes an entry out; everything else, such as comments, order, quotes and
line ends, remains unchanged."""

from __future__ import annotations

import json

import yaml

from slipway.settings.engine_yaml import misread
from slipway.settings.pointers import Path
from slipway.settings.scalars import plain


def with_value(text: str, path: Path, value: str) -> str:
    """Return `text` with `value` at `path`: instead of the scalar there, or as a new entry, with the mapping around it
    if that is missing too. `slipway.settings.document` must be able to read the document."""
    *above, parent, key = path
    outer = yaml.compose(text, Loader=yaml.SafeLoader)
    for segment in above:
        outer = _entries(outer)[segment]
    holder = _entries(outer).get(parent)
    if holder is None:
        return _inserted(text, outer, f"{parent}: {{{key}: {_written(value)}}}")
    old = _entries(holder).get(key)
    return _inserted(text, holder, f"{key}: {_written(value)}") if old is None else _replaced(text, old, value)


def _entries(node: yaml.Node | None) -> dict[str | int, yaml.Node]:
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _written(value: str, style: str | None = None) -> str:
    """Return `value` in its previous quotes; without quotes only if readers of YAML 1.1 and 1.2, and Pulumi, read it as
    text."""
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    bare = style is None and yaml.safe_load(value) == value == plain(value) and misread(value) is None
    return value if bare else json.dumps(value)


def _replaced(text: str, old: yaml.Node, value: str) -> str:
    start, end = old.start_mark.index, end_of(text, old)
    style = old.style if isinstance(old, yaml.ScalarNode) else None
    return f"{text[:start]}{' ' if start == end else ''}{_written(value, style)}{text[end:]}"


def _inserted(text: str, mapping: yaml.Node | None, entry: str) -> str:
    """Return `text` with `entry` after the first one of `mapping`."""
    assert mapping is not None
    if not isinstance(mapping, yaml.MappingNode) or not mapping.value:
        start, end = mapping.start_mark.index, mapping.end_mark.index
        return f"{text[:start]}{' ' if start == end else ''}{{{entry}}}{text[end:]}"
    key, value = mapping.value[0]
    end = end_of(text, value)
    if mapping.flow_style:
        return f"{text[:end]}, {entry}{text[end:]}"
    end = end_of_line(text, end)
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{text[:end]}{newline}{' ' * key.start_mark.column}{entry}{text[end:]}"


def end_of(text: str, node: yaml.Node) -> int:
    """Return the end of `node`. The end mark of a block is at the next token, which may be lines further down."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end = node.end_mark.index
    block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return len(text[:end].rstrip()) if block else end


def end_of_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    return end - 1 if text[position:end].endswith("\r") else end


def without(text: str, path: Path) -> str:
    """Return `text` without the entry at `path`, or unchanged if there is none; a mapping that becomes empty stays as
    `{}`. A comment on a line of the entry goes with it."""
    *above, last = path
    holder: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    for segment in above:
        holder = _entries(holder).get(segment)
    keys = [key.value for key, _ in holder.value] if isinstance(holder, yaml.MappingNode) else []
    if not isinstance(holder, yaml.MappingNode) or last not in keys:
        return text
    index = keys.index(last)
    key, value = holder.value[index]
    start, end = key.start_mark.index, end_of(text, value)
    if holder.flow_style:
        return _without_item(text, holder, index, start, end)
    if len(keys) == 1:
        return f"{text[:start]}{{}}{text[end:]}"
    line, after = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    return text[:line] + text[after + 1 :] if after >= 0 else text[:line].rstrip("\r\n")


def _without_item(text: str, holder: yaml.MappingNode, index: int, start: int, end: int) -> str:
    """Return `text` without an entry in braces and the comma beside it."""
    if index + 1 < len(holder.value):
        end = holder.value[index + 1][0].start_mark.index
    elif index:
        start = end_of(text, holder.value[index - 1][1])
    return text[:start] + text[end:]
