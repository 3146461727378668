"""Secrets that are other ones are told, and none is shown."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from slipway.rehearsal import SECRET, Rehearsal, rehearse
from slipway.rehearsal.difference import compare
from slipway.rehearsal.difference.before import of_plan
from tests.forking import forked_workers
from tests.shared import shared

PROGRAM = """
import pulumi
from tests.forking import forked_workers

class Res(pulumi.CustomResource):
    def __init__(self, name, **props):
        super().__init__("kubernetes:core/v1:Secret", name, props)

Res("login", data={{"password": pulumi.Output.secret("{password}"), "user": pulumi.Output.secret("canary-user")}}, kind="a")
Res("other", data={{"key": pulumi.Output.secret("canary-key")}})
"""


@shared
def run(password: str, key: str | None = "shared") -> Rehearsal:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "__main__.py").write_text(PROGRAM.format(password=password))
        with forked_workers():
            return rehearse(Path(folder), project="shop", stack="dev", config={}, marks_key=key)


def test_another_secret_is_a_change_of_its_property_only() -> None:
    """Neither the old value nor the new one stands anywhere."""
    old, new = run("canary-old"), run("canary-new")
    found = compare(of_plan("main", old.plan, old.marks), new.plan, marks=new.marks)
    changed = {each.name: [(change.path, change.old, change.new) for change in each.changes] for each in found.touched}
    assert changed == {"login": [(("data",), SECRET, SECRET)]}
    assert "canary" not in json.dumps([new.plan.to_dict(), new.marks, old.marks])


def test_the_same_secrets_are_no_change() -> None:
    """Under the same key their marks are the same; without one there are none."""
    old, new = run("canary-old"), run("canary-old")
    assert not compare(of_plan("main", old.plan, old.marks), new.plan, marks=new.marks).touched
    assert run("canary-old", None).marks == {}
