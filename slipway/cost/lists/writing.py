"""Writes prices into the text of a price file; comments, order and everything else remain unchanged."""

from __future__ import annotations

from collections.abc import Mapping

import yaml


def with_prices(text: str, found: Mapping[tuple[str, str], float], day: str) -> str:
    """Return `text` with the prices of rows, by item and region, fetched on `day`."""
    items = _entries(_entries(yaml.compose(text, Loader=yaml.SafeLoader))["items"])
    spans = []
    for (name, region), usd in found.items():
        row = _entries(_entries(items[name])["regions"])[region]
        spans.append((row.start_mark.index, _end(row), f'{{usd: {usd:.10g}, day: "{day}"}}'))
    for start, end, written in sorted(spans, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _entries(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {str(key.value): value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _end(row: yaml.Node) -> int:
    """Return the end of a row: the end mark of a block in YAML is at the start of the next token."""
    if isinstance(row, yaml.MappingNode) and not row.flow_style:
        return row.value[-1][1].end_mark.index
    return row.end_mark.index
