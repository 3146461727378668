"""Keys that change nothing where a system runs, in the reports of a preview."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from rich.console import Console

from slipway.reports import machine, markdown, text, without_effect
from slipway.settings.inert import Inert, InertKey, Words
from slipway.settings.load import load_stack
from slipway.settings.problems import Place
from slipway.settings.project import find_project
from slipway.settings.stacks import Stack
from tests.rehearsed import ROOT, rehearsed

REASON = "there is no bill"


def key(file: str, line: int, pattern: str = "budget", when: dict[str, Words] | None = None) -> InertKey:
    return InertKey(Place(file, line, ("budget",)), Inert(pattern, REASON, when or {}))


def stack() -> Stack:
    """The local stack, in which two systems set one key, one of them twice."""
    found = load_stack(find_project(ROOT), "local")
    cluster = found.clusters["main"]
    inert = {"fleet": [key("fleet.yaml", 4), key("fleet.yaml", 9), key("fleet.yaml", 2, "nodes")]}
    inert["kingstons"] = [key("kingstons.yaml", 7), key("kingstons.yaml", 8, when={"clusters.NAME.postgres": "pod"})]
    systems = {name: replace(each, inert=inert.get(name, [])) for name, each in cluster.systems.items()}
    return replace(found, clusters={"main": replace(cluster, systems=systems)})


LINES = [
    f"budget on main (fleet.yaml:4, kingstons.yaml:7): {REASON}",
    f"budget on main with 'postgres: pod' (kingstons.yaml:8): {REASON}",
    f"nodes on main (fleet.yaml:2): {REASON}",
]


def test_a_key_is_one_line() -> None:
    """Whatever number of systems and entries sets it, with the first place of each file, and another line for another condition."""
    assert list(without_effect.lines(stack())) == LINES


def test_every_form_of_a_preview_says_it() -> None:
    """The terminal, the comment and the JSON."""
    screen = io.StringIO()
    text.outside(Console(file=screen, width=200), stack())
    comment = markdown.as_markdown(stack(), rehearsed("local").rehearsal, [], every=False)
    assert "Without effect here:" in screen.getvalue()
    assert all(line in screen.getvalue() for line in LINES)
    assert "Without effect here: 3" in comment
    assert "fleet.yaml:4, kingstons.yaml:7" in comment
    assert json.loads(machine.as_json(stack(), rehearsed("local").rehearsal, []))["withoutEffect"] == LINES


def test_a_stack_that_acts_on_every_key_says_nothing() -> None:
    """On a cloud that has a row for none of them."""
    assert list(without_effect.lines(load_stack(find_project(ROOT), "staging"))) == []
