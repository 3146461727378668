from __future__ import annotations

import pytest

from slipway.settings.problems import InvalidSettings
from slipway.settings.project import configuration, read_stack_file
from tests.slipway.settings.conftest import STACK, Workshop

TEST = "Pulumi.test.yaml"

KEPT = {
    "yes": '"yes"', "on": '"on"', "y": '"y"', "1:30": '"1:30"', "190:20:30": '"190:20:30"', "=": '"="', "v1.0": '"v1.0"',
    "1.2.3": '"1.2.3"', "2026-11": '"2026-11"', "20261101": "20261101", "~": "null", "null": "null", "Null": "null",
    "": "null", "TRUE": "true", "tRue": '"tRue"', "111122223333": "111122223333", "0888": "888", "007": "7",
    "0o17": "15", "0x1F": "31", "0x": '"0x"', "0b": '"0b"', "1_000": "1000", "_1": '"_1"', "+1": "1", "-0": "0",
    "-0.0": "0", "1.10": "1.1", "1.0": "1", "5.": "5", ".5": "0.5", ".5_0": "0.5", "1_0.5": "10.5", "1e3": "1000",
    "1e21": "1e+21", "1e-7": "1e-7", "0.00001": "0.00001", "5e": '"5e"', "1e400": '"1e400"',
    "9223372036854775807": "9223372036854775807", "18446744073709551616": "18446744073709552000",
    "-9223372036854775809": "-9223372036854776000", "0x1FFFFFFFFFFFFFFFFF": '"0x1FFFFFFFFFFFFFFFFF"',
    "'2026-11-01'": '"2026-11-01"', '"0777"': '"0777"', "'yes'": '"yes"', "a<b>&c": r'"a\u003cb\u003e\u0026c"',
    "plain\n      text": '"plain text"', "{z: 1, é: 2, B: {y: 1, x: []}, a: {}}": '{"B":{"x":[],"y":1},"a":{},"z":1,"é":2}',
    "{3: {true: 1}}": '{"3":{"true":1}}', "{secure: 5}": '{"secure":5}', "{secure: v1, more: 1}": '{"more":1,"secure":"v1"}',
    "&anchor {b: 1}": '{"b":1}', "|\n      one\n       two\n": r'"one\n two\n"', ">-\n      one\n      two\n": '"one two"',
}  # fmt: skip
"""Values in YAML and what Pulumi 3.260 passes to a program for them, inside a mapping."""

REWRITTEN = {
    "a date": ["2026-11-01", "2026-1-5", "2026-11-01T00:00:00Z", "2026-11-01 10:00:00", "2026-11-01t1:2:3.5+02:00",
               "2026-11-01\n      10:00:00"],
    "an octal number": ["0777", "-0_17", "011122223333"],
    "a number to Pulumi: ": ["0b11", "0X1f", "-0x1f"],
    "too large": ["9223372036854775808", "0xFFFFFFFFFFFFFFFF", "0o1777777777777777777777"],
    "that Pulumi cannot store": [".inf", "-.INF", ".nan"],
    "merge key": ["<<", "'<<'"],
    "a key that Pulumi rewrites": ["{2026-11-01: 1}", "{0777: 1}", "{1.10: 1}", "{~: 1}", "{True: 1}", "{<<: {a: 1}}"],
    "indented lines": [">\n      one\n        two\n      three\n"],
}  # fmt: skip
"""Values that Pulumi passes on, or writes into the stack's file, as something else."""


@pytest.mark.parametrize("written", KEPT)
def test_values_reach_the_program_as_pulumi_passes_them(workshop: Workshop, written: str) -> None:
    """A rehearsal's configuration is the engine's to the letter."""
    workshop.write(TEST, f"config:\n  slipway:a:\n    v: {written}\n")
    entries = configuration(workshop.project, read_stack_file(workshop.stack_file, TEST), sealed="?")
    assert entries["slipway:a"].text == f'{{"v":{KEPT[written]}}}'


@pytest.mark.parametrize(("rule", "written"), [(rule, each) for rule, all_ in REWRITTEN.items() for each in all_])
@pytest.mark.parametrize("file", [TEST, "Pulumi.yaml"])
def test_what_pulumi_rewrites_is_refused(workshop: Workshop, rule: str, written: str, file: str) -> None:
    """It would be another value in the program, or after the next `pulumi stack init`."""
    head = "" if file == TEST else "name: slipway\n"
    workshop.write(file, f"{head}config:\n  slipway:a:\n    default: {written}\n")
    with pytest.raises(InvalidSettings) as caught:
        read_stack_file(workshop.stack_file, TEST) if file == TEST else workshop.project
    (problem,) = caught.value.problems
    assert rule in problem.rule
    assert str(problem).startswith(f"{file}:{3 if file == TEST else 4}: ")


def test_systems_are_not_read_by_pulumi(workshop: Workshop) -> None:
    """In a system's own file a date needs no quotes."""
    workshop.edit("systems/fleet/system.yaml", "{generated: 32}", "{generated: 32, rotated: 2026-06-01}")
    assert getattr(workshop.system().secrets["SIGNING_KEY"], "rotated", None) == "2026-06-01"


def test_a_refused_value_that_may_be_secret_is_not_shown(workshop: Workshop) -> None:
    """Whoever wrote a number where secrets stand does not find it in a log."""
    workshop.edit(TEST, "          databases:", "          environment: {PIN: 0777}\n          databases:")
    (problems,) = workshop.problems()
    assert "PIN" in problems
    assert "777" not in problems


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("a:b:c", f"{TEST}:13: c: is not a configuration key, for example slipway:clusters"),
        ("clusters", f"{TEST}:13: clusters: is set twice, first on line 3"),
        ("slipway:config:environment", f"{TEST}:13: environment: is set twice, first on line 2"),
    ],
)
def test_keys_are_the_engine_s(workshop: Workshop, key: str, message: str) -> None:
    """A key is the namespace and the name; the namespace is the project's where none is given."""
    workshop.write(TEST, STACK + f"  {key}: x\n")
    problems = workshop.problems()
    assert [each.split(":", 2)[2] for each in problems] == [message.split(":", 2)[2]]


def test_order_of_keys_does_not_matter(workshop: Workshop) -> None:
    """The engine sorts them, so a stack read from its file is sorted too."""
    workshop.write("systems/apples/system.yaml", (workshop.root / "systems/fleet/system.yaml").read_text().replace(
        "fleet.example.com", "apples.example.com"))  # fmt: skip
    workshop.write(TEST, STACK + "        apples: {blue: {version: 1.0.0}}\n")
    stack = workshop.stack()
    assert list(stack.clusters["main"].systems) == ["apples", "fleet"]
