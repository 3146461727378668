"""Small programs, each run once by a real worker process and looked at by several tests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from slipway.rehearsal import ConfigValue, Rehearsal, Step, rehearse
from tests.forking import forked_workers
from tests.shared import shared

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"

KIT = '''
import pulumi
from pulumi import Output, ResourceOptions


class Res(pulumi.CustomResource):
    """A custom resource of the package `test` with an output that no input determines."""

    def __init__(self, name, opts=None, token="test:index:Res", **props):
        super().__init__(token, name, {"out": None, **props}, opts)


class Comp(pulumi.ComponentResource):
    def __init__(self, name, opts=None, token="my:index:Comp", **props):
        super().__init__(token, name, props, opts)


class Prov(pulumi.ProviderResource):
    def __init__(self, name, opts=None, package="test", **props):
        super().__init__(package, name, props, opts)
'''

Run = Callable[..., Rehearsal]


@shared
def _rehearsal(text: str, config: tuple[tuple[str, ConfigValue], ...], existing: tuple[str, ...]) -> Rehearsal:
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory)
        (program / "kit.py").write_text(KIT)
        (program / "__main__.py").write_text("from kit import *\n" + dedent(text))
        with forked_workers():
            return rehearse(program, project="shop", stack="dev", config=dict(config), existing=existing)


@pytest.fixture
def run() -> Run:
    """Runs the text of a program, below a line that imports the kit; equal programs run once."""

    def run_text(text: str, config: Mapping[str, ConfigValue] | None = None, existing: Iterable[str] = ()) -> Rehearsal:
        return _rehearsal(text, tuple((config or {}).items()), tuple(existing))

    return run_text


@pytest.fixture
def step(run: Run) -> Callable[..., Step]:
    """The step of the one resource with a name."""

    def named(text: str, name: str, existing: Iterable[str] = ()) -> Step:
        rehearsal = run(text, existing=existing)
        assert rehearsal.failure is None
        (found,) = [item for item in rehearsal.plan.steps if item.name == name]
        return found

    return named
