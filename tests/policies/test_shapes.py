"""No shape of a resource makes a rule fail, or tell a value: a rule judges what stands where, or says that it cannot."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal import exported
from slipway.rehearsal.exported import Exported, Requests
from slipway.rehearsal.pack_pipe import PackEnded, PackRaised
from slipway.reports import catalogue
from tests.policies.pack_under_test import CANARY, PACK, UNKNOWN, Fact, Pack, secret
from tests.policies.plan_under_test import SYSTEMS, owner, recorded, requests_for

BOUNDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
REMEDIES = {"cost-tags": "remediate", "object-labels": "remediate"}
DOCUMENT = object()
"""In a path: on into the document that a text holds."""
Path = tuple[Any, ...]

TEXTS = (
    "", " ", "*", ":", "/", "-1", "0", "٣", "1e999", "9" * 400, "true", "none", "a=b=c", "a@sha256:", "10.0.0.0/99",
    "0-99999", "99999d", "arn:aws:rds:::db:[!", "://:@", "a" * 20_000, "[" * 5_000, "(" * 500, "sum by (",
    'x{y=~"a{99999999999999999999}"} > 1', "{}", "[]", "[[1]]", "null", '{"Statement": [1]}', '{"weights": [1]}',
    '{"Statement": {"Effect": {}, "Principal": [], "Condition": 1}}', '{"panels":[' * 800 + "]}" * 800,
    '{"panels": [1, {"panels": {}, "targets": [1, {"expr": 1}]}]}', "1: {2: 3}", "&a [*a]", "2024-13-45",
    "{route: {routes: &r [{routes: *r}]}, receivers: [{1: [2]}]}",
)  # fmt: skip
"""What the pack parses, in forms that it does not expect."""
LEAVES = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from([UNKNOWN, None, True, False, 0, 1, -1, 0.5, 7, 1e308, -1e308]),
    st.text(max_size=8),
)


@cache
def state(stack: str) -> Exported:
    """A plan that is recorded once for all tests."""
    return recorded(stack)


@cache
def words() -> Sequence[str]:
    """Every key of the recorded plans."""
    return sorted({key for stack in ("local", "prod") for each in state(stack).resources for key in _keys(each)})


@cache
def first_words() -> Mapping[str, Sequence[str]]:
    """The first keys of properties, by type and by package."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in (each for stack in ("local", "prod") for each in state(stack).resources):
        for kind in (each["type"], each["type"].partition(":")[0]):
            found[kind] |= each.get("inputs", {}).keys()
    return {kind: sorted(keys) for kind, keys in found.items()}


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value
    for key in _places(value):
        yield from _keys(value[key])


def _places(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value
    elif isinstance(value, list):
        yield from range(len(value))


@cache
def values() -> st.SearchStrategy[Any]:
    """Values as they may travel, secrets among them."""
    return st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(words()), inner, max_size=3),
            inner.map(secret),
        ),
        max_leaves=6,
    )


@cache
def covered() -> Sequence[str]:
    """Every type that a rule names."""
    return sorted({each for concern in catalogue.read(PACK, {}) for rule in concern.rules for each in rule.types})


@st.composite
def collections(draw: st.DrawFn) -> list[Fact]:
    """Resources of types that rules name, with any values under the keys of their kind, made from each other."""
    types = draw(st.lists(st.sampled_from(covered()), min_size=5, max_size=15))
    urns = [Fact(kind, {}, name=str(number)).urn for number, kind in enumerate(types)]
    return [
        Fact(
            kind,
            draw(st.dictionaries(st.sampled_from(_first_words(kind)), values(), max_size=6)),
            name=str(number),
            provider=draw(st.sampled_from(["", "cluster", *urns])),
            dependencies=tuple(draw(st.lists(st.sampled_from(urns), max_size=3))),
        )
        for number, kind in enumerate(types)
    ]


def _first_words(kind: str) -> Sequence[str]:
    return first_words().get(kind) or first_words().get(kind.partition(":")[0]) or words()


@pytest.fixture(scope="module")
def updating_prod() -> Iterator[Pack]:
    """The pack in an update of `prod`, with the thresholds and the ledger of that stack."""
    pack = Pack(stack="prod", preview=False)
    yield pack
    pack.close()


@pytest.fixture(scope="module")
def remedying_prod() -> Iterator[Pack]:
    """The pack in a preview of `prod`, which adds what is missing."""
    pack = Pack(stack="prod", config=REMEDIES)
    yield pack
    pack.close()


@settings(BOUNDED, max_examples=100)
@given(facts=st.deferred(collections))
def test_arbitrary_properties(updating_prod: Pack, facts: list[Fact]) -> None:
    """Any values of any type under any key."""
    alone = [analyzer_pb2.AnalyzeRequest(**each.parts()) for each in facts]
    together = [analyzer_pb2.AnalyzerResource(**each.parts(), dependencies=each.dependencies) for each in facts]
    ask(updating_prod, alone, together)


Neighbours = tuple[Exported, Requests]
"""A system with its clusters, and what a pack is asked about it."""


@cache
def neighbours(stack: str, system: str) -> Neighbours:
    """The resources of a stack but for those of its other systems."""
    others = SYSTEMS - {system}
    kept = [each for each in state(stack).resources if owner(each["urn"]) not in others]
    found = Exported("slipway", stack, kept)
    return found, exported.requests(found)


@cache
def places(stack: str, system: str) -> Mapping[str, Sequence[Path]]:
    """Where the values in the inputs of each neighbour are, by URN."""
    found, _ = neighbours(stack, system)
    return {each["urn"]: [path for path in _paths(each.get("inputs")) if path] for each in found.resources}


@settings(BOUNDED, max_examples=30)
@given(
    which=st.sampled_from([("prod", "fleet"), ("prod", "kingstons"), ("local", "fleet"), ("local", "marketplace")]),
    others=st.deferred(lambda: st.lists(values(), min_size=10, max_size=20)),
    share=st.sampled_from([0.02, 0.2, 1.0]),
    seed=st.integers(0, 2**32),
)
def test_true_shapes_with_other_values(
    remedying_prod: Pack, which: tuple[str, str], others: list[Any], share: float, seed: int
) -> None:
    """A true plan in which some resources, or all, have another value somewhere."""
    found, asked = neighbours(*which)
    chance = Random(seed)
    paths = places(*which)
    chosen = [each for each in found.resources if paths[each["urn"]] and chance.random() < share]
    changed = [_altered(each, paths[each["urn"]], others, chance) for each in chosen]
    requests = requests_for(found, changed)
    urns = {each.urn for each in requests.together}
    unchanged = [each for each in asked.together if each.urn not in urns]
    ask(remedying_prod, requests.alone, [*unchanged, *requests.together])


def _altered(
    resource: Mapping[str, Any], paths: Sequence[Path], others: Sequence[Any], chance: Random
) -> Mapping[str, Any]:
    """The resource with another value somewhere, be it in a document that a text of it holds."""
    path = chance.choice(paths)
    old = _at(resource["inputs"], path)
    torn = [old[: chance.randrange(len(old))]] if isinstance(old, str) and old else []
    new = chance.choice([chance.choice(others), chance.choice(TEXTS), *torn])
    return {**resource, "inputs": _replaced(resource["inputs"], path, new)}


def _paths(value: Any) -> Iterator[Path]:
    yield ()
    for key in _places(value):
        yield from ((key, *rest) for rest in _paths(value[key]))
    if isinstance(value, str):
        yield from ((DOCUMENT, *rest) for rest in _paths(_document(value)) if rest)


def _document(text: str) -> Any:
    """What a text holds if it is a document in JSON, or one in YAML that begins as Alertmanager's does."""
    with suppress(ValueError):
        return json.loads(text) if text.startswith(("{", "[")) else None
    return yaml.safe_load(text) if text.startswith("global:") else None


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = _document(value) if key is DOCUMENT else value[key]
    return value


def _replaced(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    key, *rest = path
    if key is DOCUMENT:
        return json.dumps(_replaced(_document(value), tuple(rest), new))
    copied = dict(value) if isinstance(value, Mapping) else list(value)
    copied[key] = _replaced(value[key], tuple(rest), new)
    return copied


def ask(pack: Pack, alone: Sequence[analyzer_pb2.AnalyzeRequest], together: Sequence[Any]) -> None:
    """Have resources remedied and judged; a call that fails is a rule that raised."""
    asked: list[tuple[str, Any]] = [(method, each) for each in alone for method in ("Remediate", "Analyze")]
    asked.append(("AnalyzeStack", analyzer_pb2.AnalyzeStackRequest(resources=together)))
    answers = pack.answers(*asked)
    for _, request in asked:
        try:
            next(answers)
        except (PackRaised, PackEnded) as error:
            note(str(request)[:5_000])
            pytest.fail(repr(error))


PRIVATE = {
    "data",
    "stringData",
    "values",
    "value",
    "expr",
    "policy",
    "password",
    "secretString",
    "administratorLoginPassword",
}
"""Keys of what may hold secrets: of Secrets, ConfigMaps, charts, variables, entries of stores, rules and logins."""


@pytest.mark.parametrize("stack", ["local", "prod"])
def test_no_message_holds_a_value(stack: str) -> None:
    """With a canary in every text that may hold a secret much is wrong, and no message shows the canary."""
    found = state(stack)
    asked = requests_for(found, [{**each, "inputs": _marked(each.get("inputs") or {})} for each in found.resources])
    pack = Pack(stack=stack)
    try:
        together = analyzer_pb2.AnalyzeStackRequest(resources=asked.together)
        answers = [*pack.answers(*(("Analyze", each) for each in asked.alone), ("AnalyzeStack", together))]
    finally:
        pack.close()
    messages = [each.message for answer in answers for each in answer.diagnostics]
    assert messages
    assert [each for each in messages if CANARY in each] == []


def _marked(value: Any, *, private: bool = False) -> Any:
    """The value with the canary at the end of every text below a private key."""
    if isinstance(value, Mapping):
        return {key: _marked(each, private=private or key in PRIVATE) for key, each in value.items()}
    if isinstance(value, list):
        return [_marked(each, private=private) for each in value]
    return f"{value}{CANARY}" if private and isinstance(value, str) else value
