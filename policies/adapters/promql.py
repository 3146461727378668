"""A parser for the series and comparisons of a PromQL expression, limited to what the rules need."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)
    |(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
    |(?P<window>\[[^\]]*\])
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*\b)?)
    |(?P<word>[A-Za-z_:][\w:]*)
    |(?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>@])""",
    re.VERBOSE,
)
_LABELS_FOLLOW = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_OPERATORS = {"and", "or", "unless", "bool", "offset", "inf", "nan", "atan2"}
_COMPARISONS = {">", "<", ">=", "<=", "==", "!="}
_VARIABLE = re.compile(r"\$\{?\w")

Token = tuple[str, str]
"""Kind and text."""


class NotPromQL(ValueError):
    """The text is not an expression."""


@dataclass(frozen=True)
class Matcher:
    """A selector's condition on one label."""

    label: str
    operator: str
    value: str

    def accepts(self, text: str) -> bool:
        """Return whether a series with label value `text` matches. A dashboard's variable matches any text."""
        if _VARIABLE.search(self.value):
            return True
        equal = text == self.value if self.operator in ("=", "!=") else _matches(self.value, text)
        return equal is (self.operator in ("=", "=~"))


@dataclass(frozen=True)
class Selector:
    """The selected series: `metric{label="value"}[window]`."""

    metric: str
    matchers: tuple[Matcher, ...]
    window: str = ""

    def of(self, label: str) -> list[Matcher]:
        """Return the matchers of one label."""
        return [each for each in self.matchers if each.label == label]


@dataclass(frozen=True)
class Comparison:
    """One side of an `and`: its selectors, and the bound of the comparison if it is a number."""

    selectors: tuple[Selector, ...]
    operator: str
    bound: float | None


@dataclass(frozen=True)
class Expression:
    """For each operand of `or`, the comparisons between its `and`."""

    alternatives: tuple[tuple[Comparison, ...], ...]

    @property
    def selectors(self) -> list[Selector]:
        """All selectors."""
        return [found for part in self.alternatives for each in part for found in each.selectors]


@cache
def parsed(text: str) -> Expression:
    """Parse an expression. Raises NotPromQL."""
    parts = [split(bare(part), "and") for part in split(bare(tokens(text)), "or")]
    return Expression(tuple(tuple(_comparison(bare(each)) for each in part) for part in parts))


@cache
def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except (re.error, OverflowError, RecursionError):
        return False


def tokens(text: str) -> list[Token]:
    found, place = [], 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None or token.lastgroup is None:
            raise NotPromQL
        if token.lastgroup != "blank":
            found.append((token.lastgroup, token[0]))
        place = token.end()
    if not found:
        raise NotPromQL
    return found


def _selectors(tokens: Sequence[Token]) -> list[Selector]:
    found, at = [], 0
    while at < len(tokens):
        kind, text = tokens[at]
        after = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        if kind == "word" and text in _LABELS_FOLLOW and after == "(":
            at = _end(tokens, at + 1)
        elif text == "{" or (kind == "word" and text.lower() not in _OPERATORS and not _calls(tokens, at)):
            selector, at = _selector(tokens, at)
            found.append(selector)
        else:
            at += 1
    return found


def _calls(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a word is a function or an aggregation, such as `sum(…)` or `sum by (…) (…)`."""
    after = tokens[at + 1][1] if at + 1 < len(tokens) else ""
    return after == "(" or after in ("by", "without")


def _selector(tokens: Sequence[Token], at: int) -> tuple[Selector, int]:
    metric, matchers, window = "", [], ""
    if tokens[at][1] != "{":
        metric, at = tokens[at][1], at + 1
    if at < len(tokens) and tokens[at][1] == "{":
        end = _end(tokens, at)
        matchers, at = _matchers(tokens[at + 1 : end - 1]), end
    if at < len(tokens) and tokens[at][0] == "window":
        window, at = tokens[at][1][1:-1].partition(":")[0], at + 1
    named = [each.value for each in matchers if (each.label, each.operator) == ("__name__", "=")]
    return Selector(metric or "".join(named[:1]), tuple(matchers), window), at


def _matchers(tokens: Sequence[Token]) -> list[Matcher]:
    written = [each for each in tokens if each[1] != ","]
    triples = [written[start : start + 3] for start in range(0, len(written), 3)]
    if any([kind for kind, _ in each] not in (["word", "sign", "text"], ["text", "sign", "text"]) for each in triples):
        raise NotPromQL
    return [Matcher(_plain(label), operator, _plain(value)) for (_, label), (_, operator), (_, value) in triples]


def _plain(text: str) -> str:
    if text[0] not in "\"'`":
        return text
    return text[1:-1] if text[0] == "`" else re.sub(r"\\(.)", r"\1", text[1:-1])


def _end(tokens: Sequence[Token], at: int) -> int:
    """Return the position after the bracket that closes the one at `at`."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += _depth(tokens[place])
        if depth == 0:
            return place + 1
    raise NotPromQL


def _depth(token: Token) -> int:
    return (token[1] in ("(", "{")) - (token[1] in (")", "}")) if token[0] == "sign" else 0


def bare(tokens: Sequence[Token]) -> Sequence[Token]:
    """Remove brackets around the whole expression."""
    while tokens and tokens[0][1] == "(" and _end(tokens, 0) == len(tokens):
        tokens = tokens[1:-1]
    return tokens


def split(tokens: Sequence[Token], word: str) -> list[Sequence[Token]]:
    """Split at an operator outside brackets."""
    depth, start, parts = 0, 0, []
    for place, token in enumerate(tokens):
        depth += _depth(token)
        if depth == 0 and token == ("word", word):
            parts.append(tokens[start:place])
            start = place + 1
    return [*parts, tokens[start:]]


def _comparison(tokens: Sequence[Token]) -> Comparison:
    depth, compared = 0, -1
    for place, token in enumerate(tokens):
        depth += _depth(token)
        if depth == 0 and token[0] == "sign" and token[1] in _COMPARISONS:
            compared = place
    if compared < 0:
        return Comparison(tuple(_selectors(tokens)), "", None)
    return Comparison(tuple(_selectors(tokens)), tokens[compared][1], number(bare(tokens[compared + 1 :])))


def number(tokens: Sequence[Token]) -> float | None:
    """Return a number, or the product of numbers as in `14.4 * 0.001`."""
    factors = [text for kind, text in tokens[::2] if kind == "number" and not text[-1].isalpha()]
    if len(factors) != len(tokens[::2]) or any(text != "*" for _, text in tokens[1::2]):
        return None
    return math.prod(float(each) for each in factors) if factors else None
