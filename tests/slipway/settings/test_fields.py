from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from slipway.settings import fields

GOOD_AND_BAD: dict[str, tuple[list[Any], list[Any]]] = {
    "Name": (["a", "fleet-api", "a" * 40], ["", "A", "-a", "a-", "a_b", "1a", "a" * 41, 7, None, "a\n"]),
    "DatabaseName": (["fleet_db", "a1"], ["Fleet", "fleet-db", "_a", ""]),
    "Variable": (["PORT", "_x", "a1"], ["1A", "A-B", "A B", ""]),
    "Port": ([1, 65535], [0, 65536, -1, 80.0, "80", True, None]),
    "Count": ([0, 1000], [-1, 1001, 1.5]),
    "Percent": ([0, 100], [101, -1, 50.5]),
    "ErrorPercent": ([0, 0.1, 100], [100.1, -0.1, "1", True, float("nan")]),
    "Duration": (["15m", "200ms", "7d", "1s", "2h"], ["0m", "m", "15", 15, "1.5h", "15 m"]),
    "Cpu": (["250m", "2", 2], ["0", "0.5", 0.5, "250M", -1]),
    "Memory": (["512Mi", "1Gi"], ["512", "1G", "1gi", 512, "0Mi"]),
    "UrlPath": (["/", "/api/health"], ["api", "", "/a b", "/a?b", "/a#b"]),
    "Domain": (["example.com", "a-b.example.co"], ["example", "Example.com", "-a.com", "a..com", "http://a.com"]),
    "Email": (["ops@example.com"], ["ops", "a b@example.com", "ops@example"]),
    "Url": (["https://a.b/c", "http://a"], ["ftp://a", "a.b", "https://a b"]),
    "Version": (["2.4.0", "v1", 7, 2.5, "latest-1"], ["latest", "", "a/b", "-1", "a:b", "x" * 129]),
    "Repository": (["fleet-api", "rent-to-own/api"], ["Fleet", "a:1", "a@sha256:0", "/a", "a//b"]),
    "Cidr": (["10.0.0.0/16", "1.2.3.4/32"], ["10.0.0.1/16", "10.0.0.0/33", "a", 7, "::/0"]),
    "TimeZone": (["UTC", "America/New_York"], ["Mars/Base", "", "../etc/passwd", "/etc", "A\0"]),
    "TimeOfDay": (["00:00", "23:59"], ["24:00", "2:00", "02:60", 120]),
    "Date": (["2026-11-01", "2026-11-01T00:00:00Z"], ["2026-13-01", "2026-11-32", "1.11.2026", 2026]),
    "RelativeFile": (["pages/a.html"], ["/etc/passwd", "../a", "a/../../b", "", "a b"]),
    "KubernetesVersion": (["1.36", 1.36, "1.35"], ["1.3", "2.36", "1.36.1", 1, "1.34"]),
    "AwsAccount": (["111122223333", 111122223333], ["1", 1, "a" * 12]),
    "Identifier": (["00000000-0000-4000-8000-000000000001"], ["0", "00000000-0000-4000-8000-00000000000G"]),
}
CASES = [
    (name, value, good)
    for name, both in GOOD_AND_BAD.items()
    for good, values in zip((True, False), both, strict=True)
    for value in values
]


@pytest.mark.parametrize(("name", "value", "good"), CASES)
def test_leaves(name: str, value: Any, good: bool) -> None:
    """A leaf takes what it says it is, and nothing else."""
    adapter = TypeAdapter(getattr(fields, name))
    if good:
        adapter.validate_python(value)
    else:
        with pytest.raises(ValidationError, match=r"is not |is what"):
            adapter.validate_python(value)


@pytest.mark.parametrize(
    "name", [*GOOD_AND_BAD, "RoleName", "Positive", "Gibibytes", "Days", "Zones", "Digest", "AwsRole"]
)
def test_examples_fit(name: str) -> None:
    """The example that an error gives is one that would be taken."""
    adapter = TypeAdapter(getattr(fields, name))
    for example in adapter.json_schema()["examples"]:
        assert adapter.validate_python(example) == example


@given(st.from_regex(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True))
def test_names_are_labels(name: str) -> None:
    """Every name is a DNS label with room for a suffix, so that Kubernetes takes names made from it."""
    assert TypeAdapter(fields.Name).validate_python(name) == name
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", f"{name}-blue-0123456789")
    assert len(f"{name}-blue-0123456789") <= 63


@given(st.text(max_size=60))
def test_other_names_are_refused(name: str) -> None:
    """What is no lower-case label is no name."""
    good = bool(re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", name, re.ASCII)) and len(name) <= 40
    try:
        accepted = TypeAdapter(fields.Name).validate_python(name) == name
    except ValidationError:
        accepted = False
    assert accepted == good


@pytest.mark.parametrize(("value", "text"), [(5, "5"), (0.5, "0.5"), (True, "true"), (False, "false"), ("x", "x")])
def test_variables_are_text(value: Any, text: str) -> None:
    """What YAML reads as a number or a boolean is text again where text is wanted."""
    assert TypeAdapter(fields.Literal).validate_python(value) == text


@pytest.mark.parametrize(
    ("duration", "seconds"), [("200ms", 0.2), ("1s", 1), ("15m", 900), ("2h", 7200), ("7d", 604800)]
)
def test_seconds(duration: str, seconds: float) -> None:
    """Durations of every unit in seconds."""
    assert fields.seconds(duration) == seconds
