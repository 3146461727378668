from __future__ import annotations

from typing import Any

import pytest

from slipway.settings.problems import InvalidSettings, Place, Problem, nearest, nearest_word

PLACE = Place("a.yaml", 3, ("services", "api", "port"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        (True, "true"),
        (0.5, "0.5"),
        ("x", "x"),
        ("", "''"),
        ("5", "'5'"),
        ("true", "'true'"),
        (" x", "' x'"),
        ("a\nb", "'a\\nb'"),
        ([], "[]"),
        (["a", 1], "[a, 1]"),
        ([["a"]], "a list"),
        ({"a": 1}, "a mapping"),
        ("ab " * 60, "'" + "ab " * 25 + "a…"),
    ],
)
def test_values_are_shown_as_yaml_writes_them(value: Any, shown: str) -> None:
    """Text that YAML would take for something else is quoted; long and nested values are cut short."""
    assert str(Problem(PLACE, "is wrong", value)) == f"a.yaml:3: services.api.port: {shown} is wrong"


def test_an_example_may_be_a_mapping() -> None:
    """An example is shown whole, so that it can be copied."""
    problem = Problem(PLACE, "is wrong", example={"every": "week", "at": ["1", 2], "on": None})
    assert str(problem).endswith("is wrong, for example {every: week, at: ['1', 2], on: null}")


def test_paths_of_a_stack_begin_at_its_keys() -> None:
    """What every value of a stack file shares is left out of its path."""
    place = Place("Pulumi.prod.yaml", 9, ("config", "slipway:clusters", "main", "region"))
    assert str(Problem(place, "is wrong")) == "Pulumi.prod.yaml:9: clusters.main.region: is wrong"


def test_a_private_value_is_not_kept() -> None:
    """A value that may be a secret is gone from the problem itself, not only from its text."""
    private = Problem(Place("a.yaml", 1, ("environment", "X")), "is wrong", "hunter2")
    by_form = Problem(PLACE, "is wrong", ["sk_live_abcdef"])
    assert "hunter2" not in repr(private)
    assert "sk_live" not in repr(by_form)


def test_problems_are_ordered_and_told_once() -> None:
    """Problems come by file and line; the same one found twice is one."""
    second, first = Problem(Place("b", 10), "x"), Problem(Place("b", 9), "x")
    other = Problem(Place("a", 99), "x")
    assert InvalidSettings([second, first, other, second]).problems == [other, first, second]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("prot", "; did you mean 'port'?"),
        ("max_size", "; did you mean 'maxSize'?"),
        ("PORT", "; did you mean 'port'?"),
        ("zzz", "; allowed: maxSize, port"),
        (7, "; allowed: maxSize, port"),
    ],
)
def test_nearest(word: object, hint: str) -> None:
    """A misspelling gets its word, in any case or with any hyphens; else the few known words are told."""
    assert nearest(word, ["port", "maxSize"]) == hint


KEYS = [
    "databases",
    "documents",
    "domains",
    "environment",
    "fleet_db",
    "minimum",
    "production",
    "retentionDays",
    "services",
]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("volumes", None), ("dockerfile", None), ("configs", None), ("ports", None), ("rotateEvery", None),
        ("enviroment", "environment"), ("domian", "domains"), ("datbases", "databases"), ("service", "services"),
        ("retention_days", "retentionDays"), ("min", "minimum"), ("prod", "production"), ("flet", "fleet_db"),
    ],
)  # fmt: skip
def test_only_a_slip_has_a_suggestion(word: str, meant: str | None) -> None:
    """A letter in four may be wrong, or a longer word is only begun; another word is no misspelling."""
    assert nearest_word(word, KEYS) == meant


def test_nearest_of_many() -> None:
    """A long list of words helps nobody."""
    assert nearest("zzz", [f"{n}abc" for n in range(13)]) == ""
    assert nearest("zzz", []) == ""
