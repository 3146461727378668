"""The SDK's protobuf messages in one place, and the errors that its stubs raise."""

from __future__ import annotations

import grpc
from pulumi.runtime.proto import alias_pb2, analyzer_pb2, callback_pb2, engine_pb2, resource_pb2

Alias = alias_pb2.Alias
AnalyzeRequest = analyzer_pb2.AnalyzeRequest
AnalyzerResource = analyzer_pb2.AnalyzerResource
AnalyzerResourceOptions = analyzer_pb2.AnalyzerResourceOptions
AnalyzerProviderResource = analyzer_pb2.AnalyzerProviderResource
AnalyzerPropertyDependencies = analyzer_pb2.AnalyzerPropertyDependencies
Callback = callback_pb2.Callback
RegisterRequest = resource_pb2.RegisterResourceRequest
RegisterResponse = resource_pb2.RegisterResourceResponse
ReadRequest = resource_pb2.ReadResourceRequest
ReadResponse = resource_pb2.ReadResourceResponse
InvokeRequest = resource_pb2.ResourceInvokeRequest
InvokeResponse = resource_pb2.ResourceInvokeResponse
Options = resource_pb2.TransformResourceOptions

__all__ = ["callback_pb2", "engine_pb2", "resource_pb2"]


class MonitorError(grpc.RpcError):
    """An answer that the SDK turns into an exception of the program."""

    def __init__(self, details: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> None:
        super().__init__(details)
        self._details = details
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details


class Cancelled(MonitorError):
    """The deployment was cancelled; the SDK stops the program at its next request."""

    def __init__(self) -> None:
        super().__init__("the deployment was cancelled", grpc.StatusCode.UNAVAILABLE)
