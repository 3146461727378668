"""Many settings changed in few runs, and told apart by what follows each.

Every field has a code: the runs in which it has its second value, half of all runs. What a run comes to is split into
facts: a word at a place of a resource, or of a page. A fact that differs from the example's in exactly the runs of a
field's code follows that field alone: facts that follow two fields differ in more runs, since all codes have the same
weight. So an inert field has no such fact, whatever else is changed beside it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import comb
from typing import Any, TypeVar

Named = TypeVar("Named")
Texts = Counter[tuple[str, str]]
"""How often each text stands at each place of an owner."""
SPACED, WORD = re.compile(r"[^\s\"'(){}\[\],;=<>|]+"), re.compile(r"[\w.%-]+")


def codes(names: Sequence[Named]) -> dict[Named, frozenset[int]]:
    """Return the runs in which each name is changed, from 0; half of the runs, and not the same for two names."""
    runs = next(count for count in itertools.count(2) if comb(count, count // 2) >= len(names))
    chosen = itertools.combinations(range(runs), runs // 2)
    return {name: frozenset(code) for name, code in zip(names, chosen, strict=False)}


def codes_by_place(places: Mapping[str, Iterable[str]]) -> dict[str, frozenset[int]]:
    """Return codes of which two names have one only if no place is of both."""
    taken: defaultdict[str, set[int]] = defaultdict(set)
    numbers = dict[str, int]()
    for name, own in places.items():
        used = set[int]().union(*(taken[place] for place in own))
        numbers[name] = next(number for number in itertools.count() if number not in used)
        for place in own:
            taken[place].add(numbers[name])
    coded = codes(range(1 + max(numbers.values())))
    return {name: coded[number] for name, number in numbers.items()}


def mixed(name: str) -> bytes:
    """Return a key that sorts names in an order of no meaning, so that fields side by side have codes far apart."""
    return hashlib.sha256(name.encode()).digest()


def followers(base: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> set[frozenset[int]]:
    """Return the sets of runs in which some fact differs from `base`. Each run is JSON values by their owner."""
    found: set[frozenset[int]] = set()
    for owner in {*base, *itertools.chain(*runs)}:
        if all(run.get(owner) == base.get(owner) for run in runs):
            continue
        differs: defaultdict[Any, set[int]] = defaultdict(set)
        for index, run in enumerate(runs):
            for fact in _changed(base.get(owner), run.get(owner)):
                differs[fact].add(index)
        found |= {frozenset(each) for each in differs.values()}
    return found


def _changed(before: Any, after: Any) -> set[tuple[str, str]]:
    """Return the facts that are there more often or less often: of texts, then lines, that are in both as often, no
    word can be among them, so none is split."""
    texts = Texts()
    _compare(before, after, "", texts)
    lines = Counter[tuple[str, str]]()
    for (place, text), times in texts.items():
        for line in text.splitlines():
            lines[place, line] += times
    facts = Counter(texts)
    for (place, line), times in lines.items():
        if times:
            for word in _words(line):
                facts[place, word] += times
    return {fact for fact, times in facts.items() if times}


def _compare(before: Any, after: Any, place: str, texts: Texts) -> None:
    """Count the texts of `after`, and those of `before` as often less. What is the same in both adds nothing, so it is not
    walked."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {*before, *after}:
            if key in before and key in after:
                _compare(before[key], after[key], f"{place}.{key}", texts)
            elif key in after:
                _count({key: after[key]}, place, texts, 1)
            else:
                _count({key: before[key]}, place, texts, -1)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        shared = min(len(before), len(after))
        for one, other in zip(before[:shared], after[:shared], strict=True):
            _compare(one, other, place, texts)
        _count(after[shared:], place, texts, 1)
        _count(before[shared:], place, texts, -1)
    else:
        _count(before, place, texts, -1)
        _count(after, place, texts, 1)


def _count(value: Any, place: str, texts: Texts, times: int) -> None:
    for leaf in _leaves(value, place):
        texts[leaf] += times


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield every value of a JSON value with its place, in which entries of a list are not told apart."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield f"{place}.{key}", ""
            yield from _leaves(entry, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _leaves(entry, place)
    else:
        yield place, value if isinstance(value, str) else json.dumps(value)


def _words(line: str) -> Iterable[str]:
    """Yield the line and its words."""
    yield line
    for word in SPACED.findall(line):
        yield word
        yield from WORD.findall(word)
