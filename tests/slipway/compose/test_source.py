"""Files of Compose as they are read: with lines, aliases and merge keys, and without what Compose would refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.compose.source import FORM, read
from slipway.compose.variables import Variables
from slipway.settings.document import LocatedDict, mark_at
from slipway.settings.problems import InvalidSettings

SECRET = "canary-c0ffee-do-not-show"


def load(folder: Path, text: str) -> LocatedDict:
    (folder / "compose.yaml").write_text(text, encoding="utf-8")
    return read(folder / "compose.yaml", "compose.yaml", Variables({}))


def test_aliases_and_merge_keys_are_resolved(tmp_path: Path) -> None:
    """A value keeps the line where it is written; what a mapping says itself wins."""
    document = load(
        tmp_path,
        "x-base: &base\n  image: a:1\n  restart: always\nservices:\n  web:\n    <<: *base\n    image: b:2\n",
    )
    web = document["services"]["web"]
    assert dict(web) == {"image": "b:2", "restart": "always"}
    assert (mark_at(web, ("image",)).line, web.marks["restart"].line) == (7, 3)


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        (
            f"services:\n  a:\n    image: x\n    password_: {SECRET}\n",
            4,
            "password_: is not a key that Compose has here",
        ),
        (f"services:\n  a:\n    image: [{SECRET}]\n", 3, FORM),
        (f"services:\n  a:\n    image: x\n    ports: [[{SECRET}]]\n", 4, "is not of the form"),
        (f"services:\n  a:\n    image: x\n    image: {SECRET}\n", 4, "is set twice"),
        (f"services:\n  a: {{image: '{SECRET}\n", 3, "is not valid YAML"),
        (f"services:\n  a:\n    image: !env {SECRET}\n", 3, "has a YAML tag that is not one of Compose"),
        (f"services:\n  a:\n    command: echo ${{ {SECRET}\n", 3, "has '${' without a name"),
        ("services: &a\n  b: *a\n", 1, "contains itself"),
        ("- a\n", 1, "is not a mapping with 'services'"),
        ("", 1, "is not a mapping with 'services'"),
    ],
)
def test_what_compose_would_refuse_is_refused_with_its_line(tmp_path: Path, text: str, line: int, rule: str) -> None:
    """And without a value: any of them may be a secret."""
    with pytest.raises(InvalidSettings) as raised:
        load(tmp_path, text)
    (problem,) = [each for each in raised.value.problems if rule in str(each)]
    assert problem.place.line == line
    assert SECRET not in str(raised.value)


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    """Before it is expanded."""
    lines = ["x-a0: &a0 [lol, lol, lol]"] + [f"x-a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    with pytest.raises(InvalidSettings, match="too large once its YAML aliases are resolved"):
        load(tmp_path, "\n".join(lines))
    with pytest.raises(InvalidSettings, match="nested too deeply"):
        load(tmp_path, "[" * 5000)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("ports: '8080:80'", ["services.web.ports: is not of the form that the Compose Specification gives it"]),
        ("environment:", ["services.web.environment: is not of the form that the Compose Specification gives it"]),
        (
            "ports: 80\n    pasword: x",
            ["services.web.pasword: is not a key that Compose has here", f"services.web.ports: {FORM}"],
        ),
        ("labels: [a=b, c=d, a=b]", ["services.web.labels: has the same item twice, which Compose refuses"]),
    ],
)
def test_a_fault_of_one_key_is_none_of_the_others(tmp_path: Path, lines: str, wanted: list[str]) -> None:
    """Keys that Compose has are not reported as unknown because another one of the service is wrong."""
    with pytest.raises(InvalidSettings) as raised:
        load(tmp_path, f"services:\n  web:\n    image: x\n    {lines}\n")
    assert sorted(str(each).partition(": ")[2] for each in raised.value.problems) == wanted
