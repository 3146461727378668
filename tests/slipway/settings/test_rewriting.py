from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slipway.settings.rewriting import with_value, without

PATH = ("systems", "shop", "green", "version")
CASES = {
    "bare": ("green: {version: 1.0.0, weight: 10} # kept", "green: {version: 2.0.0, weight: 10} # kept"),
    "single quotes": ("green: {version: '1.0.0'}", "green: {version: '2.0.0'}"),
    "double quotes": ('green: {version: "1.0.0"}', 'green: {version: "2.0.0"}'),
    "a block": ("green:\n      version: 1.0.0  # kept\n      weight: 10", "green:\n      version: 2.0.0  # kept\n      weight: 10"),
    "a folded text": ("green:\n      version: >-\n        1.0.0\n\n      # kept\n", 'green:\n      version: "2.0.0"\n\n      # kept\n'),
    "no value": ("green: {version:}", "green: {version: 2.0.0}"),
    "a slot without one": ("green: {weight: 0}", "green: {weight: 0, version: 2.0.0}"),
    "a slot's block without one": ("green:\n      weight: 0 # kept", "green:\n      weight: 0 # kept\n      version: 2.0.0"),
    "an empty slot": ("green: {} # kept", "green: {version: 2.0.0} # kept"),
    "the other slot": ("blue: {version: 1.0.0} # kept", "blue: {version: 1.0.0} # kept\n    green: {version: 2.0.0}"),
    "the other slot's block": (
        "blue:\n      version: 1.0.0\n    # of the domain\n    domains: {}",
        "blue:\n      version: 1.0.0\n    green: {version: 2.0.0}\n    # of the domain\n    domains: {}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["# Top\n", "\ufeff"])
@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_only_the_value_changes(before: str, after: str, start: str, newline: str) -> None:
    """Comments, quotes, order, ends of lines and a byte-order mark stay, wherever the value stands or is missing."""
    frame = start + "systems:\n  shop:\n    {}\n  other: {{}}\n"
    old, new = (frame.format(text).replace("\n", newline) for text in (before, after))
    assert with_value(old, PATH, "2.0.0") == new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{blue: {version: 1}}", "{blue: {version: 1}, green: {version: 2.0.0}}"),
        ("{}", "{green: {version: 2.0.0}}"),
        ("", " {green: {version: 2.0.0}}"),
        (" # kept", " {green: {version: 2.0.0}} # kept"),
        ("~", "{green: {version: 2.0.0}}"),
        ("\n    blue: {version: 1}", "\n    blue: {version: 1}\n    green: {version: 2.0.0}"),
    ],
)
def test_a_system_without_the_slot_gets_it(before: str, after: str) -> None:
    """In the style of what stands there, also at the end of a file without a newline."""
    frame = "systems:\n  shop:" + (" " if before[:1] not in ("", " ", "\n") else "")
    assert with_value(frame + before, PATH, "2.0.0") == frame + after


@pytest.mark.parametrize("version", ["2.10", "1e3", "007", "0x1F", "2026-01-01", "on", "null", "12_3", "1234567"])
def test_what_yaml_would_read_otherwise_is_quoted(version: str) -> None:
    """Numbers, dates and words of either YAML."""
    text = with_value("systems: {shop: {green: {version: v1}}}", PATH, version)
    assert text == f'systems: {{shop: {{green: {{version: "{version}"}}}}}}'


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,40}", fullmatch=True), st.sampled_from(sorted(CASES)))
def test_every_version_is_read_back(version: str, case: str) -> None:
    """As the text that was given, whatever it looks like."""
    text = with_value(f"systems:\n  shop:\n    {CASES[case][0]}\n", PATH, version)
    assert yaml.safe_load(text)["systems"]["shop"]["green"]["version"] == version


TAKEN = {
    "the first of a block": ("blue: 1 # gone\n    green: 2 # kept", "green: 2 # kept"),
    "the last of a block": ("green: 2\n    # kept\n    blue: {version: 1}", "green: 2\n    # kept"),
    "a block in a block": (
        "green: 2\n    blue:\n      version: 1\n      weight: 10\n    red: 3",
        "green: 2\n    red: 3",
    ),
    "a folded text": ("green: 2\n    blue: >-\n      1\n\n    red: 3", "green: 2\n\n    red: 3"),
    "no value": ("green: 2\n    blue:", "green: 2"),
    "the only one": ("blue: {version: 1} # kept", "{} # kept"),
    "another one": ("green: {blue: 1}", "green: {blue: 1}"),
}
IN_BRACES = {
    "the first": ("{blue: {version: 1}, green: 2}", "{green: 2}"),
    "the last": ("{green: 2, blue: 1}", "{green: 2}"),
    "the middle": ("{red: 3, blue: 1, green: 2}", "{red: 3, green: 2}"),
    "the only one": ("{blue: 1}", "{}"),
    "another one": ("{green: 2}", "{green: 2}"),
    "none": ("{}", "{}"),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "after"), TAKEN.values(), ids=TAKEN)
def test_an_entry_is_taken_out(before: str, after: str, newline: str) -> None:
    """With its line; everything else stays, and the document can be read."""
    frame = "# Top\nsystems:\n  shop:\n    {}\n  other: {{}}\n"
    old, new = (frame.format(text).replace("\n", newline) for text in (before, after))
    assert without(old, ("systems", "shop", "blue")) == new
    assert yaml.safe_load(new)["systems"]["other"] == {}


@pytest.mark.parametrize(("before", "after"), IN_BRACES.values(), ids=IN_BRACES)
def test_an_entry_in_braces_is_taken_out(before: str, after: str) -> None:
    """With one comma."""
    assert without(f"shop: {before} # kept", ("shop", "blue")) == f"shop: {after} # kept"


@pytest.mark.parametrize("text", ["shop:", "shop: 1", "other: {blue: 1}", "shop: {green: {}}"])
def test_what_is_not_there_cannot_be_taken_out(text: str) -> None:
    assert without(text, ("shop", "green", "weight")) == text


def test_the_last_line_of_a_file_without_a_newline() -> None:
    assert without("shop:\n  green: 2\n  blue: 1", ("shop", "blue")) == "shop:\n  green: 2"
