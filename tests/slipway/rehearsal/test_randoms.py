"""Plans with a seed: random values are known, and secrets stand as they are."""

from __future__ import annotations

import base64
import tempfile
import uuid
from functools import cache
from pathlib import Path

import pytest

from slipway.rehearsal import SECRET, UNKNOWN, ConfigValue, Rehearsal, rehearse
from slipway.rehearsal.randoms import SYMBOLS
from tests.forking import forked_workers

PROGRAM = """
import pulumi, pulumi_random as random
from pulumi import Output
from tests.forking import forked_workers

class Res(pulumi.CustomResource):
    def __init__(self, name, **props):
        super().__init__("test:index:Res", name, {"out": None, **props})

one = random.RandomPassword("one", length=32, special=False)
two = random.RandomPassword("two", length=32, special=False)
full = random.RandomPassword("full", length=8, min_numeric=3, min_special=2, min_upper=3)
key = random.RandomBytes("key", length=16, keepers={"rotated": pulumi.Config().get("rotated") or "never"})
name = random.RandomId("name", byte_length=4, prefix="shop-")
Res("login", password=one.result, url=Output.format("db://{0}@host", one.result))
Res("admin", owner=one.result, other=two.result, full=full.result)
Res("rest", key=key.base64, hex=key.hex, id=name.hex, uuid=random.RandomUuid("uuid").result)
Res("open", unknown=Res("source").out, pet=random.RandomPet("pet").id)
Res("sealed", value=pulumi.Config().require_secret("sealed"), known=pulumi.Config().require_secret("known"))
pulumi.log.info(f"the secret is {pulumi.Config().require('known')}")
one.result.apply(lambda text: pulumi.log.info(f"the password is {text}"))
"""


@cache
def run(seed: str | None, rotated: str = "never") -> Rehearsal:
    config = {
        "shop:sealed": ConfigValue.sealed(),
        "shop:known": ConfigValue("canary-7001", secret=True),
        "shop:rotated": ConfigValue(rotated),
    }
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "__main__.py").write_text(PROGRAM)
        with forked_workers():
            rehearsal = rehearse(Path(directory), project="shop", stack="dev", config=config, seed=seed)
    assert rehearsal.failure is None, rehearsal.failure
    return rehearsal


def inputs(name: str, seed: str | None = "a seed", rotated: str = "never") -> dict:
    plan = run(seed, rotated).plan
    return dict(next(step.inputs for step in plan.steps if step.name == name and step.type == "test:index:Res"))


def test_one_value_is_the_same_wherever_it_is_used():
    login, admin = inputs("login"), inputs("admin")
    assert login["password"] == admin["owner"]
    assert login["url"] == f"db://{login['password']}@host"
    assert admin["other"] != admin["owner"]
    assert login["password"].isalnum()
    assert len(login["password"]) == 32


def test_values_depend_on_the_seed_and_on_the_inputs_alone():
    run.cache_clear()
    before = inputs("rest")
    run.cache_clear()
    assert inputs("rest") == before
    assert inputs("rest", "another seed")["key"] != before["key"]
    rotated = inputs("rest", rotated="today")
    assert rotated["key"] != before["key"]
    assert rotated["id"] == before["id"]


def test_values_have_the_provider_s_form():
    rest, full = inputs("rest"), inputs("admin")["full"]
    assert base64.b64decode(rest["key"]).hex() == rest["hex"]
    assert len(rest["hex"]) == 32
    assert rest["id"].startswith("shop-")
    assert uuid.UUID(rest["uuid"]).version == 4
    counts = [sum(map(kind, full)) for kind in (str.isdigit, str.isupper, SYMBOLS.__contains__)]
    assert (len(full), counts) == (8, [3, 3, 2])


def test_what_no_seed_gives_stays_unknown():
    assert inputs("open") == {"unknown": UNKNOWN, "pet": UNKNOWN}
    assert inputs("sealed") == {"value": UNKNOWN, "known": "canary-7001"}


def test_messages_are_masked_with_a_seed_as_well():
    messages = [item.message for item in run("a seed").diagnostics]
    assert "the secret is [secret]" in messages
    assert "the password is [secret]" in messages


@pytest.mark.parametrize("name", ["login", "admin", "rest"])
def test_without_a_seed_nothing_is_known_or_shown(name: str):
    assert set(inputs(name, None).values()) <= {SECRET, UNKNOWN}
    assert inputs("sealed", None) == {"value": SECRET, "known": SECRET}
