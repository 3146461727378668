"""Routes at each position, and what of a live route is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from slipway.release.controller import desired_routes
from slipway.release.controller.desired_routes import CLOSED, Position
from slipway.release.status import Status
from tests.slipway.release.controller.system import CLOSED as CLOSED_STATUS
from tests.slipway.release.controller.system import HOST, OPEN, SPLIT, route


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (OPEN, Position(False, (100, 0))),
        (SPLIT, Position(False, (90, 10))),
        (CLOSED_STATUS, CLOSED),
        (Status(closed=False), CLOSED),
    ],
)
def test_a_status_says_where_visitors_go(status: Status, expected: Position) -> None:
    assert desired_routes.position(status) == expected


@given(green=some.integers(min_value=0, max_value=100))
def test_every_split_is_read_back(green: int) -> None:
    """Each position has a spec of its own, which covers itself and no other."""
    at, other = Position(False, (100 - green, green)), Position(False, (green, 100 - green))
    spec = desired_routes.spec(route(), at)
    assert desired_routes.covers(spec, spec)
    assert desired_routes.covers(spec, desired_routes.spec(route(), other)) == (at == other)
    assert not desired_routes.covers(spec, desired_routes.spec(route(), CLOSED))
    if 0 < green < 100:
        assert desired_routes.split_of(spec) == at


def test_only_rules_by_weight_are_changed() -> None:
    """The rule of a visitor's cookie keeps its weight."""
    sticky, shared = desired_routes.spec(route(), Position(False, (90, 10)))["rules"]
    assert [each["weight"] for each in sticky["backendRefs"]] == [1]
    assert [each["weight"] for each in shared["backendRefs"]] == [90, 10]
    assert route().split["rules"][1]["backendRefs"][0]["weight"] == 50


def test_defaults_of_the_api_server_are_no_difference() -> None:
    assert desired_routes.covers({"a": [{"b": 1, "kind": "Service"}], "c": 2}, {"a": [{"b": 1}]})
    assert not desired_routes.covers({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}]})
    assert not desired_routes.covers({"a": "bc"}, {"a": ["b", "c"]})


def test_a_visitor_s_path_of_each_host() -> None:
    """With the method and the headers that the route asks for. One whose rules all need a header that matches a pattern
    has none: no visitor gets there."""
    assert list(desired_routes.questions(route().closed)) == [(HOST, "/", "GET", ())]
    pattern = {"type": "RegularExpression", "name": "x", "value": ".+"}
    hidden = {"hostnames": [HOST], "rules": [{"matches": [{"headers": [pattern]}]}]}
    assert list(desired_routes.questions(hidden)) == []
    exact = {"path": {"value": "/a"}, "method": "POST", "headers": [{"type": "Exact", "name": "x", "value": "y"}]}
    conditional = {"hostnames": [HOST], "rules": [{"matches": [{"headers": [pattern]}]}, {"matches": [exact]}]}
    assert list(desired_routes.questions(conditional)) == [(HOST, "/a", "POST", (("x", "y"),))]
    unused = {"matches": [{"path": {"value": "/"}, "headers": [{"type": "Exact", "name": "x-unused", "value": "1"}]}]}
    closed = route().closed
    assert list(desired_routes.questions({**closed, "rules": [unused, *closed["rules"]]})) == [(HOST, "/", "GET", ())]
