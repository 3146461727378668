"""Values on the wire and in the plan."""

from __future__ import annotations

import pytest
from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal import SECRET, UNKNOWN, ConfigValue, values

SHAPES = """
Res("it",
    negative_zero=-0.0, whole=1.0, fraction=1.5, big=2**53 + 1, flag=True, text="x", nothing=None,
    nested={"null": None, "items": [1, None, "y"]},
    secret=Output.secret("canary-1001"),
    deep={"plain": "p", "hidden": Output.secret("canary-1002"), "list": ["q", Output.secret("canary-1003")]},
    secret_unknown=Output.secret(Res("source").id),
)
pulumi.export("hidden", {"a": Output.secret("canary-1004"), "b": 1})
"""

CONFIG = """
config = pulumi.Config()
Res("it",
    number=config.require_int("number"), flag=config.require_bool("flag"),
    thing=config.require_object("thing")["a"], sealed=config.require_secret("sealed"),
    derived=config.require_secret("sealed").apply(lambda text: "prefix-" + text),
    plain=config.require("sealed"),
    mixed=config.require_secret_object("mixed"),
)
"""


class Notes:
    reveals = False

    def __init__(self) -> None:
        self.secrets: list[str] = []

    def within(self, name: str) -> None:
        pass

    def secret(self, text: str) -> None:
        self.secrets.append(text)

    def unhashed(self) -> None:
        raise AssertionError("no asset here")


def marked(signature: str, **fields) -> dict:
    return {values.SIGNATURE: signature, **fields}


def struct(content: dict) -> Struct:
    made = Struct()
    made.update(content)
    return made


def plain(content: Struct) -> dict:
    return values.to_json(content, Notes())


def test_numbers_nulls_and_nesting_are_as_the_engine_displays_them(step):
    inputs = step(SHAPES, "it").inputs
    assert {key: inputs[key] for key in ("negative_zero", "whole", "fraction", "big", "flag", "text")} == {
        "negative_zero": 0,
        "whole": 1,
        "fraction": 1.5,
        "big": 2**53,
        "flag": True,
        "text": "x",
    }
    assert str(inputs["negative_zero"]) == "0"
    assert "nothing" not in inputs
    assert inputs["nested"] == {"null": None, "items": [1, None, "y"]}


def test_a_secret_hides_itself_and_not_what_stands_around_it(step):
    inputs = step(SHAPES, "it").inputs
    assert inputs["secret"] == SECRET
    assert inputs["deep"] == {"plain": "p", "hidden": SECRET, "list": ["q", SECRET]}


def test_a_secret_unknown_shows_as_secret(step):
    assert step(SHAPES, "it").inputs["secret_unknown"] == SECRET


def test_secrets_stay_hidden_in_stack_outputs(run):
    rehearsal = run(SHAPES)
    assert rehearsal.plan.outputs == {"hidden": {"a": SECRET, "b": 1}}
    assert "canary-" not in rehearsal.plan.to_json()


def test_configuration_arrives_as_text_and_a_sealed_value_is_secret_and_unknown(run):
    config = {
        "shop:number": ConfigValue.of(3),
        "shop:flag": ConfigValue.of(True),
        "shop:thing": ConfigValue.of({"a": [1, 2]}),
        "shop:sealed": ConfigValue.sealed(),
        "shop:mixed": ConfigValue.of({"open": 1, "shut": UNKNOWN}, secret=True),
    }
    rehearsal = run(CONFIG, config)
    (it,) = [step for step in rehearsal.plan.steps if step.name == "it"]
    assert it.inputs == {
        "number": 3,
        "flag": True,
        "thing": [1, 2],
        "sealed": SECRET,
        "derived": SECRET,
        "plain": UNKNOWN,
        "mixed": SECRET,
    }
    assert rehearsal.plan.config["shop:thing"] == '{"a":[1,2]}'
    assert rehearsal.plan.config["shop:sealed"] == SECRET


def test_every_string_below_a_secret_is_reported():
    notes = Notes()
    values.to_json(struct({"a": marked(values.SECRET_SIGNATURE, value={"x": "one", "y": ["two", UNKNOWN]})}), notes)
    assert sorted(notes.secrets) == ["one", "two"]


@pytest.mark.parametrize("unknown", sorted(values.UNKNOWNS))
def test_every_placeholder_of_an_unknown_shows_as_the_same(unknown):
    assert plain(struct({"a": unknown})) == {"a": UNKNOWN}


def test_infinity_is_written_as_its_bits():
    assert plain(struct({"a": float("inf")}))["a"]["value"] == "7ff0000000000000"


def test_output_values_show_their_value_their_secrecy_or_that_they_are_unknown():
    content = struct(
        {
            "known": marked(values.OUTPUT_SIGNATURE, value="v"),
            "unknown": marked(values.OUTPUT_SIGNATURE),
            "secret": marked(values.OUTPUT_SIGNATURE, value="canary", secret=True),
        }
    )
    assert plain(content) == {"known": "v", "unknown": UNKNOWN, "secret": SECRET}


def test_unknowns_are_found_inside_secrets_and_lists():
    assert values.contains_unknowns(struct({"a": [{"b": marked(values.SECRET_SIGNATURE, value=UNKNOWN)}]}))
    assert not values.contains_unknowns(struct({"a": [{"b": "c"}]}))


def test_marking_secrets_keeps_those_that_are_secret_already():
    content = struct({"a": marked(values.SECRET_SIGNATURE, value="x"), "b": "y", "c": "z"})
    made = values.with_secrets(content, ["a", "b", "missing"])
    assert plain(made) == {"a": SECRET, "b": SECRET, "c": "z", "missing": SECRET}
    assert made.fields["a"].struct_value["value"] == "x"


def test_output_values_carry_dependencies_there_and_back():
    content = struct(
        {
            "free": "x",
            "bound": "y",
            "unknown": UNKNOWN,
            "secret": {"deep": marked(values.SECRET_SIGNATURE, value="z")},
        }
    )
    upgraded = values.as_outputs(content, {"bound": {"urn:b"}, "unknown": {"urn:u"}, "free": set()})
    assert values.output_dependencies(upgraded.fields["bound"]) == {"urn:b"}
    assert values.output_dependencies(upgraded.fields["unknown"]) == {"urn:u"}
    assert values.output_dependencies(upgraded.fields["free"]) == set()
    assert upgraded.fields["secret"].struct_value.fields["deep"].struct_value["secret"] is True
    assert values.without_outputs(upgraded) == content
