"""The program's event loop, on which the monitor answers instead of a server.

The SDK sends each request from a worker thread and waits for it. With the monitor in the same process that costs a
thread switch per request and makes the order of requests random. So the loop calls the SDK's request functions inline.
A request that must first call back into the program is suspended: its work runs as a task, then the request function is
called again and finds its answer ready.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")
Work = Coroutine[Any, Any, Any]


class Suspended(Exception):
    """Raised by a request on the loop's thread: run `work`, then send the request again."""

    def __init__(self, work: Work) -> None:
        super().__init__("the request waits for the program")
        self.work = work


class RehearsalLoop(asyncio.SelectorEventLoop):
    """An event loop that runs functions of the SDK inline, and all other functions in threads as usual.

    It stores the traceback with which each exception first left a task: asyncio drops it from the exception when a
    second task awaits the first one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._first_tracebacks: dict[int, tuple[BaseException, TracebackType | None]] = {}

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task = super().create_task(coro, **options)
        task.add_done_callback(self._keep_traceback)
        return task

    def _keep_traceback(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._first_tracebacks.setdefault(id(error), (error, error.__traceback__))

    def first_traceback(self, error: BaseException) -> TracebackType | None:
        """Return the traceback with which an exception first left a task, or its current one."""
        return self._first_tracebacks.get(id(error), (error, error.__traceback__))[1]

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        if executor is not None or not (getattr(func, "__module__", None) or "").startswith("pulumi."):
            return super().run_in_executor(executor, func, *args)
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Suspended as suspended:
            return self.create_task(_resume(suspended.work, func, args))
        except Exception as error:
            future.set_exception(error)
        return future


async def _resume(work: Work, func: Callable[..., T], args: tuple[Any, ...]) -> T:
    await work
    return func(*args)


class Requests:
    """Runs the coroutine that answers a request, from whichever thread the SDK sends it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.get_ident()
        self._settled: dict[int, asyncio.Future[Any]] = {}

    def answer(self, request: object, work: Callable[[], Work], waits: bool) -> Any:
        """Return the result of `work()`, which may await something only if `waits`.

        Requests that an SDK sends from its own threads are answered too, only more slowly.
        """
        if threading.get_ident() != self._thread:
            return asyncio.run_coroutine_threadsafe(work(), self._loop).result()
        if settled := self._settled.pop(id(request), None):
            return settled.result()
        if waits:
            raise Suspended(self._settle(request, work()))
        return _finish(work())

    async def _settle(self, request: object, work: Work) -> None:
        future = self._loop.create_future()
        try:
            future.set_result(await work)
        except Exception as error:
            future.set_exception(error)
        self._settled[id(request)] = future


def _finish(work: Work) -> Any:
    """Return the result of a coroutine that awaits nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("a request waited for the program without being marked so")
