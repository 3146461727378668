"""The base of a preview: the plan of a git reference or of another checkout, from its own tree, or a file.

The program of the base runs concurrently with that of the change, in a separate process, unless its plan is cached.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from slipway.cli import plan_cache, reference
from slipway.cli.base_branch import base_branch
from slipway.cli.foundation_outputs import answers_for
from slipway.cli.lookup import refused
from slipway.cli.selection import Selection, own_packs, written
from slipway.rehearsal import UNKNOWN, ConfigValue, Finding, Plan, PolicyPack, Rehearsal, Step, rehearse
from slipway.rehearsal.difference import Before, read_file
from slipway.rehearsal.difference.before import of_plan
from slipway.rehearsal.marks import Marked
from slipway.reports import ledger
from slipway.settings.document import LocatedDict
from slipway.settings.project import PROJECT_FILE, configuration, find_project


@dataclass(frozen=True)
class Origin:
    """The location of the base. `option` is its name in messages, `name` its name in reports."""

    option: str
    name: str
    root: Callable[[], Path]
    """Returns its tree; git extracts it at the first call."""
    content: str | None = None
    """An identifier of the tree's content; None if there is none."""
    file: Path | None = None
    """A plan or an exported state, instead of a tree."""
    commit: str | None = None
    """Its commit; None for a folder or a file."""
    chosen: bool = False
    """True if the command line does not name it."""
    of_pipeline: bool = False


@contextmanager
def opened(selection: Selection, against: str | None, *, alone: bool) -> Iterator[Origin | None]:
    """Yield the file, folder or reference that the command line names, or the base branch; None if `alone`. Raises
    InvalidSettings."""
    root = selection.project.root
    with ExitStack() as stack:
        found: dict[str, Path] = {}

        def handed_out(option: str, of: str) -> Path:
            if of not in found:
                found[of] = stack.enter_context(reference.tree(option, of, root))
            return found[of]

        if against is not None:
            yield _named(against, root, handed_out)
            return
        base = None if alone else base_branch(root)
        yield base and Origin(
            f"the base {base.name}",
            base.name,
            lambda: handed_out("--against", base.commit),
            reference.content(root, base.commit),
            commit=base.commit,
            chosen=True,
            of_pipeline=base.of_pipeline,
        )


def _named(against: str, root: Path, handed_out: Callable[[str, str], Path]) -> Origin:
    path, option = Path(against), f"--against {against}"
    if path.is_file():
        return Origin(option, path.name, lambda: path, file=path)
    if path.is_dir():
        other = path.resolve()
        content = reference.content(other) if reference.is_clean(other) else None
        return Origin(option, against, lambda: other, content)
    commit = reference.commit("--against", against, root)
    return Origin(
        option, against, lambda: handed_out("--against", commit), reference.content(root, commit), commit=commit
    )


@dataclass(frozen=True)
class Base:
    """The earlier resources, and the findings of the change's pack for them on `day`: None if it did not
    evaluate them."""

    before: Before
    plan: Plan | None = None
    findings: tuple[Finding, ...] | None = None
    ledger: frozenset[str] = frozenset()
    sealed: Mapping[str, str] | None = None
    """Digests of encrypted configuration values, by key; None if there is no stack file."""
    day: str = ""


class Running:
    """The base, computed while the change is rehearsed, and evaluated once its findings are asked for: most changes have
    none to compare with. `marks_key` is for the secrets of both."""

    def __init__(
        self,
        origin: Origin,
        selection: Selection,
        packs: Sequence[PolicyPack] | None = None,
        *,
        policies: bool = True,
        cached: bool = True,
    ) -> None:
        self._origin, self._selection = origin, selection
        if packs is None and policies:
            packs = own_packs(selection.project)
        self._packs = tuple(packs or ()) if policies else ()
        self._key = self._kept_by() if cached and origin.content and not origin.file else None
        kept = plan_cache.read(self._key) if self._key else None
        self._base: Base | None = None
        self.marks_key = secrets.token_hex(32)
        if kept is not None:
            with suppress(KeyError, TypeError, ValueError):  # a damaged entry is ignored
                self._base, self.marks_key = _read(origin.name, kept), str(kept["marksKey"])
        self._error: BaseException | None = None
        self._planned = threading.Event()
        self._wanted: SimpleQueue[bool] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        if self._base is None:
            self._thread.start()

    def result(self) -> Base:
        """Wait for the base and return it. Raises InvalidSettings and RehearsalError."""
        if self._thread.ident is not None:
            self._planned.wait()
        return self._found()

    def _found(self) -> Base:
        if self._error is not None:
            raise self._error
        assert self._base is not None
        return self._base

    def findings(self) -> tuple[Finding, ...]:
        """Return the findings of today: exemptions may have expired since the plan was cached."""
        base = self.result()
        if base.plan is None:
            return ()
        if self._thread.is_alive():
            self._wanted.put(True)
            self._thread.join()
            base = self._found()
        if base.findings is None or base.day != _today():
            base = self._base = self._compute()
        assert base.findings is not None
        return base.findings

    def close(self) -> None:
        """End the process of a base whose findings nobody asked for."""
        self._wanted.put(False)

    def _run(self) -> None:
        try:
            self._base = self._compute(self._wait)
        except BaseException as error:
            self._error = error
        finally:
            self._planned.set()

    def _wait(self, base: Base) -> bool:
        """Publish the base, and wait until its findings are asked for or nobody will."""
        self._base = base
        self._planned.set()
        return self._wanted.get()

    def _compute(self, is_evaluated: Callable[[Base], bool] | None = None) -> Base:
        """Rehearse the base; without a file of the stack in it there are no earlier resources. It is evaluated if
        `is_evaluated` says so, by default always."""
        if self._origin.file:
            return Base(read_file(self._origin.file))
        origin, stack = self._origin, self._selection.stack.name
        root = origin.root()
        file = root / self._file()
        if not file.is_file() and (self._selection.file.is_file() or not (root / PROJECT_FILE).is_file()):
            return Base(Before(origin.name, {}))
        project = find_project(root)
        config = written(project, file)
        entries = configuration(project, config, sealed=UNKNOWN)
        named = ledger.urns(root / ledger.FOLDER / f"{stack}.yaml")

        def found(rehearsal: Rehearsal) -> Base:
            if rehearsal.failure:
                what = "its program fails, so nothing can be compared (--no-against shows the plan alone)"
                raise refused(f"{origin.option}: {what}:\n{rehearsal.failure}")
            kept = self._entry(rehearsal, named, sealed(config))
            if self._key:
                plan_cache.write(self._key, kept)
            return _read(origin.name, kept)

        evaluating = is_evaluated if self._packs else None
        rehearsal = rehearse(
            project.program,
            root=root,
            project=project.name,
            stack=stack,
            config={key: ConfigValue(entry.text, secret=entry.secret) for key, entry in entries.items()},
            packs=self._packs,
            existing=named,
            marks_key=self.marks_key,
            answers=answers_for(project, config),
            is_evaluated=evaluating and (lambda planned: evaluating(found(planned))),
        )
        if evaluating and self._base and not rehearsal.evaluated_by:
            return self._base
        return found(rehearsal)

    def _entry(self, rehearsal: Rehearsal, named: frozenset[str], sealed: Mapping[str, str]) -> dict[str, Any]:
        """Return what is cached; findings that the packs were not asked for are null, not none."""
        plan = rehearsal.plan
        is_evaluated = rehearsal.evaluated_by or not self._packs
        return {
            "project": plan.project,
            "stack": plan.stack,
            "steps": [[step.op, step.urn, step.state] for step in plan.steps],
            "config": dict(plan.config),
            "findings": [each.to_json() for each in rehearsal.findings] if is_evaluated else None,
            "ledger": sorted(named),
            "sealed": sealed,
            "marks": rehearsal.marks,
            "marksKey": self.marks_key,
            "day": _today(),
        }

    def _file(self) -> Path:
        """Return the path of the stack's file in the tree of the base."""
        file, root = self._selection.file, self._selection.project.root
        return file.relative_to(root) if file.is_relative_to(root) else Path(file.name)

    def _kept_by(self) -> str:
        """Return the cache key: the tree of the plan, and everything that checks it."""
        places = []
        for pack in self._packs:
            data = pack.data or pack.path
            places += [pack.path, data, data.parent / ledger.FOLDER / f"{self._selection.stack.name}.yaml"]
        stack = self._selection.stack.name
        evaluate = [plan_cache.digest(places), *(dict(pack.config) for pack in self._packs)]
        return plan_cache.key(tree=self._origin.content, file=str(self._file()), stack=stack, evaluate=evaluate)


def sealed(config: LocatedDict) -> dict[str, str]:
    """Return digests of the encrypted values of a stack's file, by key."""
    return {key: hashlib.sha256(text.encode()).hexdigest() for key, text in _sealed("", config)}


def _sealed(at: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _sealed(f"{at}[{index}]", each)
    elif isinstance(value, dict):
        text = value.get("secure")
        if set(value) == {"secure"} and isinstance(text, str):
            yield at, text
            return
        for key, each in value.items():
            yield from _sealed(f"{at}.{key}" if at else str(key), each)


def _read(name: str, kept: Mapping[str, Any]) -> Base:
    steps = tuple(Step(op, urn, state) for op, urn, state in kept["steps"])
    plan = Plan(kept["project"], kept["stack"], "organization", steps, config=kept["config"])
    marks: Marked = kept["marks"]
    return Base(
        of_plan(name, plan, marks),
        plan,
        None if kept["findings"] is None else tuple(Finding(**each) for each in kept["findings"]),
        frozenset(kept["ledger"]),
        kept["sealed"],
        kept["day"],
    )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
