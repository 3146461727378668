"""Resources as a reviewer can read them: each as what it has besides one that it is like.

Hundreds of resources of a plan differ by names only. Here the first of a kind is written whole, others by what sets them
apart; names that a resource has because it belongs to a system, a service or a slot are no difference.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slipway.rehearsal import UNKNOWN

WIDTH = 140
KEYS = ("name", "alert", "record", "title", "Sid", "ruleName", "id", "key", "port")
"""By which of these an item of a list is known, where each item has it; else by its place."""
MANY = 4
"""From so many items on, what most of them have is written once."""
FEW = 3
"""Up to so many lines an entry is written as it is, whatever it is like."""
MOST = "(most)"
ORDER = "(order)"
ALIKE = 0.5
"""The least share of equal values of two resources that are alike."""

Tree = Any
"""Mappings and scalars; an item of a list is a value in a mapping, under its name in brackets."""
Path = tuple[str, ...]

_FOLDERS = re.compile(r"/\S*/(?=Pulumi\.\w+\.yaml)")
_GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_DIGEST = r"q?(?=[a-f]*[0-9])(?=[0-9]*[a-f])(?:[0-9a-f]{6}|[0-9a-f]{8}|[0-9a-f]{16}|[0-9a-f]{64})"
_DIGESTS = re.compile(rf"(?<![0-9a-zA-Z:])(?:({_GUID})|{_DIGEST})(?![0-9a-zA-Z])")
_MADE = 14
"""Where a GUID says its version; one of version 5 is a digest of names."""


def readable(value: Any) -> Any:
    """JSON in a text as what it says, digests and what is not known as words."""
    if isinstance(value, Mapping):
        return {_worded(key): readable(each) for key, each in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [readable(each) for each in value]
    if not isinstance(value, str):
        return value
    if value[:1] in ("{", "[") and len(value) > 2:
        try:
            return {"(JSON)": readable(json.loads(value))}
        except ValueError:
            pass
    return _worded(value)


def _worded(text: str) -> str:
    """A digest tells that what it is of has changed, which is written beside it. Those of images, after a colon, stay.
    A test's own file of a stack is in another folder each time."""
    known = _FOLDERS.sub("", text.replace(UNKNOWN, "(unknown)"))
    return _DIGESTS.sub(lambda found: found[1] if found[1] and found[1][_MADE] != "5" else "(digest)", known)


class Words:
    """Names that a resource shares with others in their place: `fleet` of Fleet's is as `expenses` of Expenses'."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = {word: f"‹{what}›" for what, word in reversed(list(words.items()))}
        each = "|".join(map(re.escape, sorted(self._words, key=len, reverse=True)))
        self._pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{each})(?![A-Za-z0-9])") if words else None

    def taken_from(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._taken(key): self.taken_from(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.taken_from(each) for each in value]
        return self._taken(value) if isinstance(value, str) else value

    def put_into(self, text: str) -> str:
        for word, place in self._words.items():
            text = text.replace(place, word)
        return text

    def _taken(self, text: str) -> str:
        return self._pattern.sub(lambda found: self._words[found[0]], text) if self._pattern else text


def tree(value: Any) -> Tree:
    """Lists of mappings as mappings, so that an item is compared with the item of its name."""
    if isinstance(value, Mapping):
        return {key: tree(each) for key, each in value.items()}
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        return dict(_named(value))
    return value


def _named(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Tree]]:
    key = next((key for key in KEYS if all(isinstance(each.get(key), str | int) for each in items)), None)
    seen: Counter[str] = Counter()
    for place, each in enumerate(items):
        name = f"{key}={each[key]}" if key else str(place)
        seen[name] += 1
        times = f" {seen[name]}" if seen[name] > 1 else ""
        yield f"[{name}{times}]", {inner: tree(value) for inner, value in each.items() if inner != key}


def leaves(value: Tree, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each value that has no others in it, by its path."""
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    else:
        yield path, value


def differences(old: Tree, new: Tree, path: Path = ()) -> Iterator[tuple[str, Path, Tree, Tree]]:
    """How one becomes the other: sign, path, what was there and what is."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        if old != new or type(old) is not type(new):
            yield "=", path, old, new
        return
    for key in sorted(old.keys() | new.keys()):
        below = (*path, key)
        if key not in old:
            yield "+", below, None, new[key]
        elif key not in new:
            yield "-", below, old[key], None
        else:
            yield from differences(old[key], new[key], below)
    both = [key for key in new if key in old]
    if both and both[0].startswith("[") and both != [key for key in old if key in new]:
        yield "=", (*path, ORDER), None, [key[1:-1] for key in new]


def dotted(path: Path) -> str:
    """`spec.containers[api].image`."""
    return "".join(each if each[0] in "[(" else f".{each}" for each in path).removeprefix(".")


def flow(value: Any) -> str:
    """On one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and value and "\n" not in value and value == value.strip():
        # A text that reads as a number or a truth is told from one.
        return value if re.fullmatch(r"true|false|null|[-\d.]+", value) is None else f"'{value}'"
    return json.dumps(value, ensure_ascii=False)


def block(value: Tree, indent: str = "", lead: str = "") -> Iterator[str]:
    """On one line where that is short, else on several."""
    while isinstance(value, Mapping) and len(value) == 1 and lead:
        key, value = next(iter(value.items()))
        lead = f"{_joined(lead, key)}: "
    line = f"{indent}{lead}{flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, Mapping | list) or not value:
        yield line
        return
    if lead:
        yield f"{indent}{lead}".rstrip()
        indent += "  "
    if isinstance(value, Mapping):
        yield from _entries(_without_what_most_have(value), indent)
    elif any(isinstance(each, Mapping | list) for each in value):
        for each in value:
            first, *others = block(tree(each))
            yield f"{indent}- {first}"
            yield from (f"{indent}  {line}" for line in others)
    else:
        yield from textwrap.wrap(
            flow(value),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _entries(items: Mapping[str, Tree], indent: str) -> Iterator[str]:
    """The entries of a mapping; one that is like an earlier one by what sets it apart."""
    before: dict[str, Tree] = {}
    for key, each in items.items():
        yield from entry(key, each, before, indent)
        before[key] = each


def entry(key: str, value: Tree, before: Mapping[str, Tree], indent: str = "", lead: str = "") -> Iterator[str]:
    """An entry of a mapping, which has others before it; it may be written with a longer name."""
    plain = list(block(value, indent, f"{lead or key}: "))
    other = alike(value, before) if len(plain) > FEW else None
    if other is not None:
        lines = [line for change in differences(before[other], value) for line in _change(*change, f"{indent}  ")]
        if len(lines) + 1 < len(plain):
            yield f"{indent}{lead or key} like {other}" + (":" if lines else "")
            yield from lines
            return
    yield from plain


def alike(value: Tree, others: Mapping[str, Tree]) -> str | None:
    """Which of others has most in common with it, if that is enough."""
    if not isinstance(value, Mapping):
        return None
    own = _hashed(value)
    shared = {key: len(own & _hashed(each)) for key, each in others.items() if isinstance(each, Mapping)}
    best = max(shared, key=shared.__getitem__, default=None)
    return best if best is not None and shared[best] >= ALIKE * len(own) else None


def _hashed(value: Tree) -> set[tuple[Path, str]]:
    return {(path, repr(each)) for path, each in leaves(value)}


def _change(sign: str, path: Path, _: Tree, value: Tree, indent: str) -> Iterator[str]:
    if sign == "-":
        yield f"{indent}- {dotted(path)}"
    else:
        yield from block(value, indent, f"{sign} {dotted(path)}: ")


def _joined(lead: str, key: str) -> str:
    return f"{lead.removesuffix(': ')}{key if key[0] in '[(' else f'.{key}'}"


def _without_what_most_have(items: Tree) -> Tree:
    """Items of a list by their names; a long list first says what most of them have."""
    if len(items) < MANY or not all(key.startswith("[") and isinstance(each, Mapping) for key, each in items.items()):
        return items
    counted = Counter((path, json.dumps(value)) for each in items.values() for path, value in leaves(each))
    most = _nested(
        {path: json.loads(value) for (path, value), count in sorted(counted.items()) if count * 2 > len(items)}
    )
    return {MOST: most, **{key: _besides(each, most) for key, each in items.items()}} if most else items


def _besides(item: Tree, most: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    lacking: list[str] = []
    for sign, path, _, value in differences(most, item):
        if sign == "-":
            lacking.append(dotted(path))
        elif path[-1] != ORDER:
            _put(found, path, value)
    return {**found, **({"(without)": lacking} if lacking else {})}


def _nested(flat: Mapping[Path, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for path, value in flat.items():
        _put(made, path, value)
    return made


def _put(made: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        made = made.setdefault(key, {})
    made[path[-1]] = value
