"""One run of a program inside the worker: the SDK connected to a monitor and an engine of the same process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import runpy
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi.runtime import Settings, configure, run_in_stack, set_all_config

from slipway.rehearsal import failure, tuning
from slipway.rehearsal.answers import Answers
from slipway.rehearsal.deployment import Deployment
from slipway.rehearsal.engine import Engine
from slipway.rehearsal.findings import PolicyFailure, PolicyPack
from slipway.rehearsal.imports import ImportClock, remaining
from slipway.rehearsal.loop import RehearsalLoop, Requests
from slipway.rehearsal.marks import Marks
from slipway.rehearsal.monitor import Monitor
from slipway.rehearsal.plan import in_dependency_order
from slipway.rehearsal.policy_evaluator import PolicyEvaluator
from slipway.rehearsal.providers import Providers
from slipway.rehearsal.redaction import Redactor

if TYPE_CHECKING:
    from slipway.rehearsal.analyzers import PackHost
    from slipway.rehearsal.channel import Channel

DRAIN_SECONDS = 5.0
"""Seconds for requests in progress after a failure, which belong in the plan. Chosen: a request takes milliseconds."""


class Session:
    """One run of a program, from its request to its result."""

    def __init__(self, request: Mapping[str, Any], channel: Channel, redactor: Redactor, imports: ImportClock) -> None:
        self._request, self._channel, self._redactor, self._imports = request, channel, redactor, imports
        self._program, self._root = Path(request["program"]), Path(request["root"])
        self._config = {key: item["value"] for key, item in request["config"].items()}
        self._secret_keys = [key for key, item in request["config"].items() if item["secret"]]
        for key in self._secret_keys:
            redactor.add(self._config[key])
        self._marks = Marks(request["marksKey"]) if request["marksKey"] else None
        self._evaluated_later: bool = request["evaluatedLater"]

    def execute(self, is_evaluated: Callable[[], bool]) -> None:
        """Run the program and send its plan, or the error that prevented one. `is_evaluated` waits for the parent's order
        about a plan that is evaluated later."""
        started, imported = time.perf_counter(), self._imports.seconds
        with self._pack_host() as host:
            monitor, deployment, evaluator, loop = self._assemble(host)
            failed = self._run_program(loop)
            if evaluator.failure is not None:
                raise PolicyFailure from evaluator.failure
            evaluated: dict[str, Any] = {"findings": [], "evaluated_by": []}
            if not self._evaluated_later:
                self._channel.send("progress", phase="policies", registered=len(deployment.registry))
                evaluated = _evaluated(host, evaluator, deployment, is_whole=failed is None)
            imports = self._imports.seconds
            program = remaining(time.perf_counter() - started, imports - imported, evaluator.seconds)
            self._send_result(
                deployment,
                outputs=monitor.outputs,
                failure=failed,
                timings={"imports": imports, "program": program, "policies": evaluator.seconds},
                **evaluated,
            )
            if self._evaluated_later and is_evaluated():
                self._channel.send("findings", **_evaluated(host, evaluator, deployment, is_whole=failed is None))

    @contextlib.contextmanager
    def _pack_host(self) -> Iterator[PackHost | None]:
        """Yield the policy packs, started before the program so that both start up at the same time."""
        if not self._request["packs"]:
            yield None
            return
        from slipway.rehearsal.analyzers import PackHost

        try:
            host = PackHost(
                [
                    PolicyPack(Path(pack["path"]), pack["config"], pack["data"] and Path(pack["data"]))
                    for pack in self._request["packs"]
                ],
                project=self._request["project"],
                stack=self._request["stack"],
                organization=self._request["organization"],
                config=self._config,
                secret_keys=self._secret_keys,
                dry_run=True,
                held=self._evaluated_later,
            )
        except Exception as error:
            raise PolicyFailure from error
        with contextlib.closing(host):
            yield host

    def _assemble(self, host: PackHost | None) -> tuple[Monitor, Deployment, PolicyEvaluator, RehearsalLoop]:
        """Connect the SDK to a monitor and an engine of this process."""
        project, stack = self._request["project"], self._request["stack"]
        loop = RehearsalLoop()
        asyncio.set_event_loop(loop)
        engine = Engine(self._redactor)
        providers = Providers(stack, project, self._config)
        evaluator = PolicyEvaluator(host, providers)
        deployment = Deployment(
            project=project,
            stack=stack,
            root=self._root,
            engine=engine,
            providers=providers,
            evaluator=evaluator,
            redactor=self._redactor,
            on_registered=self._channel.registered,
            seed=self._request["seed"],
            existing=self._request["existing"],
            marks=self._marks,
            answers=Answers.from_json(self._request["answers"]),
        )
        monitor = Monitor(deployment, Requests(loop))
        settings: dict[str, Any] = {
            "project": project,
            "stack": stack,
            "monitor": monitor,
            "engine": engine,
            "dry_run": True,
            "organization": self._request["organization"],
            "root_directory": str(self._root),
        }
        configure(Settings(**settings))
        set_all_config(self._config, self._secret_keys)
        tuning.tune(self._program)
        return monitor, deployment, evaluator, loop

    def _run_program(self, loop: RehearsalLoop) -> str | None:
        """Run the program's directory as Pulumi does; return None, or the text of its failure."""
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        os.chdir(self._program)
        sys.argv = ["."]
        try:
            loop.run_until_complete(run_in_stack(_run_directory))
        except BaseException as error:
            _drain(loop)
            return failure.describe(error, self._program, loop)
        return None

    def _send_result(self, deployment: Deployment, failure: str | None, **content: Any) -> None:
        failure = deployment.failure or (failure and deployment.missing_answer) or failure
        if failure is None:
            _report_answers(deployment)
        steps = in_dependency_order(resource.step for resource in deployment.registry)
        self._channel.send(
            "result",
            steps=[[step.op, step.urn, step.state] for step in steps],
            old_urns=deployment.old_urns,
            marks=self._marks.to_json() if self._marks else {},
            asked=[vars(each) for each in deployment.answering.asked],
            diagnostics=[vars(item) for item in deployment.engine.diagnostics],
            failure=failure and self._redactor.masked(failure),
            **content,
        )


def _evaluated(
    host: PackHost | None, evaluator: PolicyEvaluator, deployment: Deployment, *, is_whole: bool
) -> dict[str, Any]:
    """Let the packs evaluate the whole stack, if there is one, and return all findings."""
    if is_whole and deployment.failure is None:
        evaluator.evaluate_stack(deployment.registry)
    findings = [each.to_json() for each in evaluator.findings()]
    return {"findings": findings, "evaluated_by": [vars(each) for each in host.evaluated_by()] if host else []}


def _report_answers(deployment: Deployment) -> None:
    """Report answers that were not used, and a call without one that the program did without."""
    for line in (*deployment.answering.unused(), *filter(None, [deployment.missing_answer])):
        deployment.engine.report("warning", line)


def _run_directory() -> None:
    runpy.run_path(".", run_name="__main__")


def _drain(loop: asyncio.AbstractEventLoop) -> None:
    """Wait for the requests that were in progress when the program failed."""
    pending = asyncio.all_tasks(loop)
    if pending:
        loop.run_until_complete(asyncio.wait(pending, timeout=DRAIN_SECONDS))
