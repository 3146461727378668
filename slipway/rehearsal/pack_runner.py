"""Runs one policy pack: sends requests, reads answers, and identifies the policy that fails.

Engine: pkg/resource/plugin/analyzer_plugin.go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import cached_property
from typing import Any

import grpc
from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal.errors import PolicyPackError
from slipway.rehearsal.findings import EvaluatedPack, PolicyPack
from slipway.rehearsal.pack_config import PolicyConfig, reconciled
from slipway.rehearsal.pack_pipe import Call, PackEnded, PackRaised
from slipway.rehearsal.packs import PackSession, StackContext

STACK_TIMEOUT = 0.05
"""Additional seconds per resource when a pack evaluates a stack. Chosen: ten times what the pack takes."""

_KINDS = {
    "Analyze": analyzer_pb2.POLICY_TYPE_RESOURCE,
    "Remediate": analyzer_pb2.POLICY_TYPE_RESOURCE,
    "AnalyzeStack": analyzer_pb2.POLICY_TYPE_STACK,
}


POINTERS, DATA = "SLIPWAY_POINTERS", "SLIPWAY_POLICY_DATA"
"""Variables of a pack's process; a program never has them."""


class Unanswered(Exception):
    """A call failed; the text has the reason."""


class PackRunner:
    """A pack that starts at once and takes requests without waiting; they are queued until the pack is ready."""

    def __init__(
        self, pack: PolicyPack, context: StackContext, timeout: float, start_timeout: float, *, held: bool = False
    ) -> None:
        """Create a runner; the timeouts are seconds for each answer, and until the pack is ready for requests. If `held`,
        requests are queued until the first call that needs an answer."""
        self._pack, self._context = pack, context
        self._timeout, self._start_timeout = timeout, start_timeout
        self._held = held
        self._calls: list[Call] = []
        self._ready: Future[None] = Future()
        self._config: Mapping[str, PolicyConfig] = {}
        self.session = self._session()

    def _session(self) -> PackSession:
        """Start a process of the pack. Slipway resolves the pointers in its findings, so the pack leaves them
        unchanged."""
        data = {DATA: str(self._pack.data)} if self._pack.data else {}
        return PackSession(self._pack.path, self._context, {POINTERS: "as they are", **data})

    def start(self) -> None:
        """Connect to the pack and configure it. The first call that needs an answer raises its errors."""
        try:
            self.session.handshake(self._start_timeout)
            self._config = reconciled(self.session.info, self._pack.config)
            self.session.configure(self._config, self._start_timeout)
        except grpc.RpcError as error:
            self._ready.set_exception(PolicyPackError(f"{self._pack.path.name} did not start: {_reason(error)}"))
        except Exception as error:
            self._ready.set_exception(error)
        else:
            if not self._held:
                self.session.open()
            self._ready.set_result(None)

    @property
    def remediates(self) -> bool:
        """Return whether a policy may change resources. Raises `PolicyPackError` if the pack did not start."""
        self._ready.result()
        return any(config.level == "remediate" for config in self._config.values())

    @property
    def evaluated_by(self) -> EvaluatedPack:
        """Return the pack, once it has answered."""
        levels = [config.level for config in self._config.values()]
        in_force = sum(level != "disabled" for level in levels)
        return EvaluatedPack(self.session.info.name, self.session.version, len(levels), in_force)

    @cached_property
    def severities(self) -> Mapping[str, int]:
        """Return severities by policy, once the pack has answered."""
        return {policy.name: policy.severity for policy in self.session.info.policies}

    def send(self, method: str, request: Any) -> None:
        """Send a request without waiting."""
        call = Call(method, request)
        self._calls.append(call)
        self.session.put(call)

    def ask(self, method: str, request: Any) -> Any:
        """Send a request and wait for the answer. Raises `PolicyPackError`."""
        self._let_through()
        call = Call(method, request)
        self.session.put(call)
        return self._answer(call)

    def answers(self) -> Iterator[tuple[Call, Any]]:
        """Yield each request and its answer, in order. Raises `PolicyPackError` for the first that failed."""
        self._let_through()
        calls, self._calls = self._calls, []
        for call in calls:
            yield call, self._answer(call)

    def _let_through(self) -> None:
        """Wait until the pack is ready, and send what was held back. Raises `PolicyPackError` if it did not start."""
        self._ready.result()
        if self._held:
            self._held = False
            self.session.open()

    def close(self) -> None:
        """End the pack; queued requests are never sent."""
        self.session.close()

    def _policies_for(self, method: str) -> list[str]:
        """Return the enabled policies that the call would run; packs of old SDKs do not report their kinds."""
        kinds = (_KINDS[method], analyzer_pb2.POLICY_TYPE_UNKNOWN)
        policies = [policy.name for policy in self.session.info.policies if policy.policy_type in kinds]
        return [name for name in policies if self._config[name].level != "disabled"]

    def _answer(self, call: Call) -> Any:
        try:
            return self._wait(self.session, call)
        except Unanswered as failure:
            failing_policy = self._failing_policy(call)
            policy = (
                f"policy {failing_policy}" if failing_policy else f"one of {', '.join(self._policies_for(call.method))}"
            )
            pack = f"policy pack {self.session.info.name} {self.session.version}"
            raise PolicyPackError(f"{pack}: {policy} failed on {_subject(call)}: {failure}") from failure.__cause__

    def _wait(self, session: PackSession, call: Call) -> Any:
        timeout = self._timeout + STACK_TIMEOUT * len(getattr(call.request, "resources", ()))
        try:
            return call.answer.result(timeout=timeout)
        except TimeoutError as error:
            raise Unanswered(f"no answer within {timeout:g} s") from error
        except PackEnded as error:
            raise Unanswered(f"its process ended, {session.process.exit_report()}") from error
        except PackRaised as error:
            raise Unanswered(str(error)) from error

    def _failing_policy(self, call: Call) -> str:
        """Return the policy that also fails alone, in a fresh process; empty if none does."""
        session = self._session()
        disabled = {name: dataclasses.replace(config, level="disabled") for name, config in self._config.items()}
        try:
            session.handshake(self._start_timeout)
            session.open()
            for policy in self._policies_for(call.method):
                session.configure({**disabled, policy: self._config[policy]}, self._start_timeout)
                again = Call(call.method, call.request)
                session.put(again)
                try:
                    self._wait(session, again)
                except Unanswered:
                    return policy
        except (grpc.RpcError, PolicyPackError):
            return ""
        finally:
            session.close()
        return ""


def _subject(call: Call) -> str:
    return "the stack" if call.method == "AnalyzeStack" else call.request.urn


def _reason(error: grpc.RpcError) -> str:
    return error.details() or error.code().name if isinstance(error, grpc.Call) else str(error)
