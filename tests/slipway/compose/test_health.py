"""Health checks, and what a probe does not ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.compose.health import MORE
from tests.slipway.compose.translating import service


@pytest.mark.parametrize(
    ("test", "more"),
    [
        ("curl -X POST http://localhost:80/x", True),
        ("curl -fsXPUT http://localhost:80/x", True),
        ("curl -f -H 'Host: a' http://localhost:80/x", True),
        ("curl --header=A:b http://localhost:80/x", True),
        ("curl -sd a=b http://localhost:80/x", True),
        ("curl http://localhost:80/x?full=1", True),
        ("curl -s http://localhost:80/x | grep -q ok", True),
        ("curl -f http://localhost:80/x && bin/ok", True),
        ("wget --header=A:b -O- http://localhost:80/x", True),
        ("wget -q --spider -T 5 http://localhost:80/x || exit 1", False),
        ("curl -fsSL -m 5 -o /dev/null -X GET http://localhost:80/x || exit 1", False),
        ("curl --fail --silent --request GET http://localhost:80/x", False),
    ],
)
def test_a_check_that_does_more_than_a_probe_is_named(tmp_path: Path, test: str, more: bool) -> None:
    """With another method, headers, data or a query, and where it reads the answer or asks twice."""
    found = service(tmp_path, f'    expose: [80]\n    healthcheck: {{test: "{test}"}}\n')
    assert found.definition["services"]["app"]["health"] == {"path": "/x"}
    assert [each.text for each in found.translation.remarks if "healthcheck" in each.path] == ([MORE] if more else [])


def test_the_interval_of_the_start_is_that_of_the_startup_probe(tmp_path: Path) -> None:
    found = service(tmp_path, "    expose: [80]\n    healthcheck: {test: curl localhost/x, start_interval: 2s}\n")
    assert found.definition["services"]["app"]["health"] == {"path": "/x", "startup": {"periodSeconds": 2}}
    assert found.problems == []
