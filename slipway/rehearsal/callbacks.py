"""Calls back into the program: transforms and hooks, registered by token with the SDK's callback server.

A callback waits for outputs of the program, so it runs on the program's event loop while the request that needs it is
suspended (see `loop.Suspended`).

Engine: pkg/resource/deploy/source_eval.go (wrapTransformCallback, RegisterResourceHook).
"""

from __future__ import annotations

import traceback
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import callback_pb2_grpc

from slipway.rehearsal import sdk
from slipway.rehearsal.wire import Callback, MonitorError, callback_pb2

Response = TypeVar("Response", bound=Message)


async def call(callback: Callback, request: Message, response: type[Response]) -> Response:
    """Call the program. An exception in its callback becomes the `MonitorError` that the engine would return."""
    function = sdk.callback(callback.token)
    if function is None:
        return await _over_grpc(callback, request, response)
    try:
        answer = await function(request.SerializeToString())
    except MonitorError:
        raise
    except Exception as error:
        raise MonitorError(f"Invoke callback {callback.token} error: {_details(error)}") from error
    return response.FromString(answer.SerializeToString())


async def _over_grpc(callback: Callback, request: Message, response: type[Response]) -> Response:
    """Call through the SDK's own server, which is the public way."""
    message = callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString())
    async with grpc.aio.insecure_channel(callback.target) as channel:
        try:
            answer = await callback_pb2_grpc.CallbacksStub(channel).Invoke(message)
        except grpc.RpcError as error:
            raise MonitorError(error.details() or str(error)) from error
    return response.FromString(answer.response)


def _details(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "pulumi/runtime" not in frame.filename and frame.filename != __file__]
    return f"{error}:\n" + "".join(traceback.format_list(own))
