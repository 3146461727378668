"""One policy pack at work: what is sent to it, what it answers, and who is to blame when it does not."""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
from pulumi.runtime.proto import analyzer_pb2

from rehearsal.errors import PolicyPackError
from rehearsal.findings import PolicyPack
from rehearsal.pack_config import PolicyConfig, reconciled
from rehearsal.packs import PackSession, StackContext

STACK_PATIENCE = 0.05
"""Seconds more, for each resource, when a pack judges the stack."""

_KINDS = {
    "Analyze": analyzer_pb2.POLICY_TYPE_RESOURCE,
    "Remediate": analyzer_pb2.POLICY_TYPE_RESOURCE,
    "AnalyzeStack": analyzer_pb2.POLICY_TYPE_STACK,
}


WINDOW = 64
"""Requests under way at once: a pack has four threads, and of thousands at once gRPC cancels some."""


class Unanswered(Exception):
    """A call failed; the text says how, the cause is gRPC's error."""


@dataclass(frozen=True, eq=False)
class Call:
    """A request and, in time, its answer."""

    method: str
    request: Any
    answer: Future[Any] = field(default_factory=Future)

    def settle(self, rpc: Any) -> None:
        """Take over what became of the request."""
        error = rpc.exception()
        if error is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(rpc.result())


class PackRunner:
    """A pack that starts at once and is sent requests without waiting; they are kept until it is ready for them."""

    def __init__(self, pack: PolicyPack, context: StackContext, patience: float) -> None:
        """`patience` is the seconds that the pack may take for an answer."""
        self._pack, self._context, self._patience = pack, context, patience
        self._calls: list[Call] = []
        self._queue: deque[Call] = deque()
        self._under_way = 0
        self._lock = threading.RLock()
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
            self._ready.set_result(None)
            self._pump()

    @property
    def remediates(self) -> bool:
        """Whether a policy may alter resources. Raises `PolicyPackError` if the pack did not start."""
        self._ready.result()
        return any(config.level == "remediate" for config in self._config.values())

    def send(self, method: str, request: Any) -> None:
        """Send a request and do not wait."""
        call = Call(method, request)
        self._calls.append(call)
        with self._lock:
            self._queue.append(call)
        self._pump()

    def ask(self, method: str, request: Any) -> Any:
        """Send a request and wait. Raises `PolicyPackError`."""
        self._ready.result()
        call = Call(method, request)
        getattr(self.session.stub, method).future(request).add_done_callback(call.settle)
        return self._answer(call)

    def answers(self) -> Iterator[tuple[Call, Any]]:
        """Each request sent and its answer, in order. Raises `PolicyPackError` for the first that failed."""
        self._ready.result()
        calls, self._calls = self._calls, []
        for call in calls:
            yield call, self._answer(call)

    def close(self) -> None:
        """End the pack; what still waits is never sent."""
        with self._lock:
            self._queue.clear()
        self.session.close()

    def _pump(self) -> None:
        """Send what waits as far as the window is open; the stack after every resource was answered, as the engine does."""
        if not self._ready.done() or self._ready.exception():
            return
        with self._lock:
            while self._queue and self._under_way < WINDOW:
                if self._queue[0].method == "AnalyzeStack" and self._under_way:
                    return
                call = self._queue.popleft()
                if not self._policies_for(call.method):
                    call.answer.set_result(analyzer_pb2.AnalyzeResponse())
                    continue
                self._under_way += 1
                rpc = getattr(self.session.stub, call.method).future(call.request)
                rpc.add_done_callback(partial(self._done, call))

    def _done(self, call: Call, rpc: Any) -> None:
        call.settle(rpc)
        with self._lock:
            self._under_way -= 1
        self._pump()

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
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE and session.process.ended():
                raise Unanswered(f"its process ended, {session.process.obituary()}") from error
            raise Unanswered(_reason(error)) from error

    def _culprit(self, call: Call) -> str:
        """The policy that fails alone too, asked in a fresh process; empty if none does."""
        session = PackSession(self._pack.path, self._context)
        disabled = {name: dataclasses.replace(config, level="disabled") for name, config in self._config.items()}
        try:
            session.greet(self._patience)
            for policy in self._policies_for(call.method):
                session.configure({**disabled, policy: self._config[policy]}, self._patience)
                again = Call(call.method, call.request)
                getattr(session.stub, call.method).future(call.request).add_done_callback(again.settle)
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
