"""Writes a definition as people do: one line for what is short, quotes where a reader of YAML would take text for another
value."""

from __future__ import annotations

from typing import Any

import yaml

from slipway.settings.scalars import plain

WIDTH = 100
"""Characters of a mapping or list on one line. Chosen: a line of an editor."""
OPEN = ("services", "databases", "caches", "secrets", "environment")
"""Mappings whose entries have lines of their own."""


class _Dumper(yaml.SafeDumper):
    """Writes text that YAML 1.2 would take for a number or a switch in quotes."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    quoted = '"' if plain(value) != value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style=quoted)


_Dumper.add_representer(str, _text)


def written(definition: dict[str, Any], heading: str) -> str:
    """Return a definition as YAML, below a line of comment."""
    dumper = _Dumper("", sort_keys=False)  # type: ignore[arg-type]
    node = dumper.represent_data(definition)
    _lay_out(node, ())
    text = yaml.serialize(node, Dumper=_Dumper, width=WIDTH + 20, allow_unicode=True)
    return f"{heading}\n{text}"


def _lay_out(node: yaml.Node, path: tuple[str, ...]) -> None:
    """Choose block or flow for each collection; what is in one in flow is in flow too."""
    if not isinstance(node, yaml.CollectionNode):
        return
    opened = path and path[-1] in OPEN and len(path) in (1, 3) and isinstance(node, yaml.MappingNode)
    is_service = len(path) == 2 and path[0] == "services"
    node.flow_style = (
        bool(path) and not opened and not is_service and _length(node) + 2 * len(path) + len(path[-1]) <= WIDTH
    )
    for key, value in node.value if isinstance(node, yaml.MappingNode) else [(None, each) for each in node.value]:
        name = key.value if key is not None else "-"
        if node.flow_style:
            _flatten(value)
        else:
            _lay_out(value, (*path, name))


def _flatten(node: yaml.Node) -> None:
    if isinstance(node, yaml.CollectionNode):
        node.flow_style = True
        for each in node.value:
            for inner in each if isinstance(each, tuple) else (each,):
                _flatten(inner)


def _length(node: yaml.Node) -> int:
    if isinstance(node, yaml.ScalarNode):
        return len(node.value) + 2
    if isinstance(node, yaml.MappingNode):
        return sum(_length(key) + _length(value) + 2 for key, value in node.value) + 2
    return sum(_length(each) + 2 for each in node.value) + 2 if isinstance(node, yaml.SequenceNode) else 0
