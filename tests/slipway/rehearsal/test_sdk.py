"""The private parts of Pulumi's SDK are as the rehearsal knows them, or it says so and stops."""

from __future__ import annotations

import ast
import asyncio
import random
from importlib import import_module, metadata
from pathlib import Path

import pytest

from slipway.rehearsal import sdk

ROOT = Path(__file__).parents[3]


def test_the_installed_sdk_is_the_one_that_was_tried() -> None:
    """Its version is the pinned one, and no part differs."""
    assert metadata.version("pulumi") == sdk.TRIED
    sdk.verify()


@pytest.mark.parametrize("part", sdk.FUNCTIONS)
def test_a_function_with_other_parameters_is_named_with_both_versions(
    part: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that changes one is found before it makes a plan wrong."""
    monkeypatch.setattr(import_module(part[0]), part[1], lambda something, new: None)
    monkeypatch.setattr(sdk.metadata, "version", lambda package: "4.0.0")
    with pytest.raises(sdk.SdkError, match=r"pulumi 4\.0\.0 differs from the supported pulumi 3\.272\.0") as reported:
        sdk.verify()
    assert f"{'.'.join(part)} takes (something, new)" in str(reported.value)


@pytest.mark.parametrize("part", sdk.VALUES)
def test_a_value_that_is_gone_is_named(part: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that is of another kind."""
    monkeypatch.delattr(".".join(part))
    with pytest.raises(sdk.SdkError, match=part[1]):
        sdk.verify()


def test_nobody_else_touches_a_private_part_of_the_sdk() -> None:
    """No other module imports one by name, or reaches through a public one: `resource._get_stack_trace`."""
    for path in (ROOT / "slipway").rglob("*.py"):
        if path.name == "sdk.py":
            continue
        tree = ast.parse(path.read_text())
        imported = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pulumi"
            for alias in node.names
        }
        assert not any(name.startswith("_") for name in imported), path
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
                owner = ast.unparse(node.value)
                foreign = owner.partition(".")[0] == "pulumi" or owner in imported
                assert not foreign, f"{path}: {owner}.{node.attr}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "pulumi.runtime._" not in node.value, path


def test_outputs_are_awaited_together_until_one_fails() -> None:
    """All of them are done, or one has failed, however little the SDK asks to wait for."""
    sdk_asyncio = sdk._PatientAsyncio("asyncio")

    async def awaited(last: BaseException | None) -> tuple[int, int]:
        first, second, never = (asyncio.get_running_loop().create_future() for _ in range(3))
        first.set_result(None)
        if last is None:
            asyncio.get_running_loop().call_soon(second.set_result, None)
        else:
            asyncio.get_running_loop().call_soon(second.set_exception, last)
        waited = [first, second] if last is None else [first, second, never]
        done, pending = await sdk_asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        assert [each.exception() for each in done if each is second] == [last]
        return len(done), len(pending)

    assert asyncio.run(awaited(None)) == (2, 0)
    assert asyncio.run(awaited(ValueError("no"))) == (2, 1)


def test_the_failure_of_a_resource_comes_before_its_cause() -> None:
    """In whatever order the set of tasks has them."""
    sdk_asyncio, cause, named = sdk._PatientAsyncio("asyncio"), ValueError("no"), ValueError("while processing b")
    named.__cause__ = cause

    async def first_of(failures: list[ValueError]) -> BaseException | None:
        tasks = [asyncio.get_running_loop().create_future() for _ in failures]
        for task, failure in zip(tasks, failures, strict=True):
            task.set_exception(failure)
        done, _ = await sdk_asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done[0].exception()

    for causes in range(4):
        assert asyncio.run(first_of([cause] * causes + [named] + [cause] * (3 - causes))) is named


@pytest.mark.parametrize("seed", range(20))
def test_a_dependency_is_refused_where_the_sdk_refuses_it(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was declared before, in whatever order."""
    rpc, drawn = import_module("pulumi.runtime.rpc"), random.Random(seed)
    theirs = rpc.declare_dependency
    monkeypatch.setattr(rpc, "declare_dependency", theirs)
    sdk.look_for_cycles_upwards()
    first, second = ([Node() for _ in range(12)] for _ in range(2))
    pairs = [(drawn.randrange(12), drawn.randrange(12)) for _ in range(80)]
    answers = [(theirs(first[a], first[b]), rpc.declare_dependency(second[a], second[b])) for a, b in pairs]
    assert all(expected == found for expected, found in answers)
    assert {expected for expected, _ in answers} == {True, False}


class Node:
    """What a dependency joins."""
