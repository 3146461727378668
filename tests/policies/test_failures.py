"""A rule of the pack that raises, hangs or ends its process fails the run, which names the pack and the rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal import PolicyPack, PolicyPackError, rehearse
from slipway.rehearsal.analyzers import PackHost
from tests.forking import forked_workers
from tests.policies.pack_under_test import CANARY, Fact, copied, secret

RULE = '''"""What nobody should write."""

import os
import threading

from framework import Declaration, {kind}


@{kind}(Declaration(name="faulty", description="Fails.", why="It is broken", clauses=("none",)))
def faulty(subject, _settings, _verdict):
    {failure}
'''
PROGRAM = """
import pulumi
pulumi.CustomResource("aws:ec2/vpc:Vpc", "net", {"tags": {"password": pulumi.Output.secret("%s")}})
""".replace("%s", CANARY)
Broken = Callable[..., Path]


@pytest.fixture
def broken(tmp_path: Path) -> Broken:
    """A maker of copies of the pack with one more file of rules, whose rule does what it is told."""

    def make(failure: str, kind: str = "resource_rule") -> Path:
        pack = copied(tmp_path / "policies")
        (pack / "rules" / "culprits.py").write_text(RULE.format(kind=kind, failure=failure))
        return pack

    return make


@pytest.mark.parametrize(
    ("kind", "failure", "message"),
    [
        ("resource_rule", "raise ValueError(subject['tags']['password'].text)", "ValueError"),
        ("stack_rule", "raise ValueError(subject[0].urn)", "failed on the stack: ValueError"),
        ("resource_rule", "os._exit(7)", "its process ended, exit status 7"),
        ("stack_rule", "os._exit(7)", "its process ended, exit status 7"),
    ],
    ids=["raises", "raises on the stack", "dies", "dies on the stack"],
)
def test_rehearsal_names_the_pack_and_its_rule(
    broken: Broken, tmp_path: Path, kind: str, failure: str, message: str
) -> None:
    """No plan comes of it, and the error shows nothing of what the rule was given."""
    program = tmp_path / "program"
    program.mkdir()
    (program / "__main__.py").write_text(PROGRAM)
    packs = [PolicyPack(broken(failure, kind), {})]
    with forked_workers(), pytest.raises(PolicyPackError) as failed:
        rehearse(program, project="slipway", stack="trial", config={}, packs=packs)
    assert "policy pack slipway " in str(failed.value)
    assert "policy faulty failed on " in str(failed.value)
    assert message in str(failed.value)
    assert CANARY not in str(failed.value)


def test_pack_refuses_to_judge_under_another_sdk(broken: Broken, tmp_path: Path) -> None:
    """It extends a private class of the SDK that is pinned; under any other it would judge in a way that nobody has tried."""
    pack = broken("pass")
    serving = pack / "framework" / "serving.py"
    written = re.sub(r'^KNOWN_SDK = "[\d.]+"$', 'KNOWN_SDK = "1.2.3"', serving.read_text(), flags=re.MULTILINE)
    assert written != serving.read_text()
    serving.write_text(written)
    program = tmp_path / "program"
    program.mkdir()
    (program / "__main__.py").write_text(PROGRAM)
    reason = r"pulumi-policy [\d.]+ is installed, but the pack needs 1\.2\.3"
    with forked_workers(), pytest.raises(PolicyPackError, match=reason):
        rehearse(program, project="slipway", stack="trial", config={}, packs=[PolicyPack(pack, {})])


def test_rule_that_hangs_is_named(broken: Broken) -> None:
    """A run waits for an answer no longer than it has patience."""
    pack = PolicyPack(broken("threading.Event().wait()"), {"all": "disabled", "faulty": "mandatory"})
    fact = Fact("aws:ec2/vpc:Vpc", {"tags": {"password": secret(CANARY)}})
    host = PackHost(
        [pack], project="slipway", stack="trial", organization="organization", config={}, secret_keys=(), timeout=0.5
    )
    with closing(host):
        host.analyze(analyzer_pb2.AnalyzeRequest(**fact.parts()))
        with pytest.raises(PolicyPackError) as failed:
            host.findings()
    assert "policy pack slipway " in str(failed.value)
    assert f"policy faulty failed on {fact.urn}: no answer within 0.5 s" in str(failed.value)
    assert CANARY not in str(failed.value)
