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
Facts = Counter[tuple[str, str, str]]
"""How often each word stands at each place: owner, keys, word."""
SPACED, WORD = re.compile(r"[^\s\"'(){}\[\],;=<>|]+"), re.compile(r"[\w.%-]+")


def codes(names: Sequence[Named]) -> dict[Named, frozenset[int]]:
    """Return the runs in which each name is changed, from 0; half of the runs, and not the same for two names."""
    runs = next(count for count in itertools.count(2) if comb(count, count // 2) >= len(names))
    chosen = itertools.combinations(range(runs), runs // 2)
    return {name: frozenset(code) for name, code in zip(names, chosen, strict=False)}


def mixed(name: str) -> bytes:
    """Return a key that sorts names in an order of no meaning, so that fields side by side have codes far apart."""
    return hashlib.sha256(name.encode()).digest()


def followers(base: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> set[frozenset[int]]:
    """Return the sets of runs in which some fact differs from `base`. Each run is JSON values by their owner."""
    found: set[frozenset[int]] = set()
    for owner in {*base, *itertools.chain(*runs)}:
        if all(run.get(owner) == base.get(owner) for run in runs):
            continue
        usual = _facts(base.get(owner))
        differs: defaultdict[Any, set[int]] = defaultdict(set)
        for index, run in enumerate(runs):
            facts = usual if run.get(owner) == base.get(owner) else _facts(run.get(owner))
            for fact in facts.keys() | usual.keys():
                if facts[fact] != usual[fact]:
                    differs[fact].add(index)
        found |= {frozenset(each) for each in differs.values()}
    return found


def _facts(value: Any) -> Counter[tuple[str, str]]:
    return Counter(
        itertools.chain.from_iterable(((place, word) for word in _words(text)) for place, text in _leaves(value, ""))
    )


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


def _words(text: str) -> Iterable[str]:
    """Yield the text, its lines and their words."""
    yield text
    yield from text.splitlines()
    for word in SPACED.findall(text):
        yield word
        yield from WORD.findall(word)
