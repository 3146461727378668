"""One policy pack at work: what is sent to it, what it answers, and who is to blame when it does not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from functools import cached_property
from typing import Any

import grpc
from pulumi.runtime.proto import analyzer_pb2

from rehearsal.errors import PolicyPackError
from rehearsal.findings import PolicyPack
from rehearsal.pack_config import PolicyConfig, reconciled
from rehearsal.pack_pipe import Call, PackEnded, PackRaised
from rehearsal.packs import PackSession, StackContext

STACK_PATIENCE = 0.05
"""Seconds more, for each resource, when a pack judges the stack."""

_KINDS = {
    "Analyze": analyzer_pb2.POLICY_TYPE_RESOURCE,
    "Remediate": analyzer_pb2.POLICY_TYPE_RESOURCE,
    "AnalyzeStack": analyzer_pb2.POLICY_TYPE_STACK,
}


class Unanswered(Exception):
    """A call failed; the text says how."""


class PackRunner:
    """A pack that starts at once and is sent requests without waiting; they are kept until it is ready for them."""

    def __init__(self, pack: PolicyPack, context: StackContext, patience: float) -> None:
        """`patience` is the seconds that the pack may take for an answer."""
        self._pack, self._context, self._patience = pack, context, patience
        self._calls: list[Call] = []
        self._ready: Future[None] = Future()
        self._config: Mapping[str, PolicyConfig] = {}
        self.session = PackSession(pack.path, context)

    def start(self) -> None:
        """Greet and configure the pack. Errors are kept for whoever first needs an answer."""
        try:
            self.session.greet(self._patience)
            self._config = reconciled(self.session.info, self._pack.config)
            self.session.configure(self._config, self._patience)
        except grpc.RpcError as error:
            self._ready.set_exception(PolicyPackError(f"{self._pack.path.name} did not start: {_reason(error)}"))
        except Exception as error:
            self._ready.set_exception(error)
        else:
            self.session.open()
            self._ready.set_result(None)

    @property
    def remediates(self) -> bool:
        """Whether a policy may alter resources. Raises `PolicyPackError` if the pack did not start."""
        self._ready.result()
        return any(config.level == "remediate" for config in self._config.values())

    @cached_property
    def severities(self) -> Mapping[str, int]:
        """By policy, once the pack has answered."""
        return {policy.name: policy.severity for policy in self.session.info.policies}

    def send(self, method: str, request: Any) -> None:
        """Send a request and do not wait."""
        call = Call(method, request)
        self._calls.append(call)
        self.session.put(call)

    def ask(self, method: str, request: Any) -> Any:
        """Send a request and wait. Raises `PolicyPackError`."""
        self._ready.result()
        call = Call(method, request)
        self.session.put(call)
        return self._answer(call)

    def answers(self) -> Iterator[tuple[Call, Any]]:
        """Each request sent and its answer, in order. Raises `PolicyPackError` for the first that failed."""
        self._ready.result()
        calls, self._calls = self._calls, []
        for call in calls:
            yield call, self._answer(call)

    def close(self) -> None:
        """End the pack; what still waits is never sent."""
        self.session.close()

    def _policies_for(self, method: str) -> list[str]:
        """The policies in force that the call would run; packs of old SDKs do not tell their kinds."""
        kinds = (_KINDS[method], analyzer_pb2.POLICY_TYPE_UNKNOWN)
        policies = [policy.name for policy in self.session.info.policies if policy.policy_type in kinds]
        return [name for name in policies if self._config[name].level != "disabled"]

    def _answer(self, call: Call) -> Any:
        try:
            return self._wait(self.session, call)
        except Unanswered as failure:
            culprit = self._culprit(call)
            policy = f"policy {culprit}" if culprit else f"one of {', '.join(self._policies_for(call.method))}"
            pack = f"policy pack {self.session.info.name} {self.session.version}"
            raise PolicyPackError(f"{pack}: {policy} failed on {_subject(call)}: {failure}") from failure.__cause__

    def _wait(self, session: PackSession, call: Call) -> Any:
        patience = self._patience + STACK_PATIENCE * len(getattr(call.request, "resources", ()))
        try:
            return call.answer.result(timeout=patience)
        except TimeoutError as error:
            raise Unanswered(f"no answer within {patience:g} s") from error
        except PackEnded as error:
            raise Unanswered(f"its process ended, {session.process.obituary()}") from error
        except PackRaised as error:
            raise Unanswered(str(error)) from error

    def _culprit(self, call: Call) -> str:
        """The policy that fails alone too, asked in a fresh process; empty if none does."""
        session = PackSession(self._pack.path, self._context)
        disabled = {name: dataclasses.replace(config, level="disabled") for name, config in self._config.items()}
        try:
            session.greet(self._patience)
            session.open()
            for policy in self._policies_for(call.method):
                session.configure({**disabled, policy: self._config[policy]}, self._patience)
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
