"""Starts a policy pack as Pulumi does, and lets it answer over two pipes in addition to gRPC.

The text of this module is run by `python -c` in the pack's folder, with two file descriptors and then the arguments of
`pulumi.policy`. A gRPC call costs most of a millisecond of Python in the pack and as much in the process that runs the
program, which delays the program; over a pipe it costs only the time of the rules. Both ways call the same methods of
the SDK's server.
"""

from __future__ import annotations

import gc
import os
import runpy
import struct
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any

HEAD = struct.Struct("!BI")
"""Header of each message: the number of its method or of its outcome, and its length."""

METHODS = ("Analyze", "Remediate", "AnalyzeStack")
COLLECT_AFTER = (5_000_000, 50, 1_000)
"""Allocations before garbage collections, as in `tuning.py`: a pack only adds objects until its run ends."""

ANSWERED, RAISED = 0, 1
"""Outcomes in a message's header: an answer, or an exception."""


def _serve(servicer: Any, requests: int, answers: int) -> None:
    """Answer requests one by one, in the order in which the engine sends them."""
    from pulumi.runtime.proto import analyzer_pb2

    kinds = (analyzer_pb2.AnalyzeRequest, analyzer_pb2.AnalyzeRequest, analyzer_pb2.AnalyzeStackRequest)
    with os.fdopen(requests, "rb") as source:
        while head := source.read(HEAD.size):
            method, size = HEAD.unpack(head)
            request = kinds[method].FromString(source.read(size))
            try:
                outcome, body = ANSWERED, getattr(servicer, METHODS[method])(request, None).SerializeToString()
            except BaseException as error:
                reported = "".join(traceback.format_exception(error)).rstrip()
                outcome, body = RAISED, f"Exception calling application: {error}\n{reported}".encode(errors="replace")
            _write(answers, HEAD.pack(outcome, len(body)) + body)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _end_with_parent() -> None:
    while os.read(0, 64):
        pass
    os._exit(0)


def main(arguments: Sequence[str]) -> None:
    """Run the pack in the current folder; the first two of `arguments` are descriptors, the others `pulumi.policy`'s."""
    requests, answers = map(int, arguments[:2])
    sys.argv[1:] = arguments[2:]
    from pulumi.runtime.proto import analyzer_pb2_grpc

    add = analyzer_pb2_grpc.add_AnalyzerServicer_to_server

    def add_and_serve(servicer: Any, server: Any) -> None:
        add(servicer, server)
        threading.Thread(target=_serve, args=[servicer, requests, answers], daemon=True).start()

    analyzer_pb2_grpc.add_AnalyzerServicer_to_server = add_and_serve
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.set_threshold(*COLLECT_AFTER)
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
