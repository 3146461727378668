"""A provider plugin as the engine starts one: `pulumi-resource-NAME ENGINE`, which prints its port and serves calls.

Its functions count what it was asked, so that a test sees what the cloud was asked for. It insists on the protocol: it is
introduced, then its configuration is checked, then it is configured.
"""

from __future__ import annotations

import json
import sys
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

SECRET_SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
SCHEMA = {
    "functions": {
        "cloud:index:getLogin": {"outputs": {"properties": {"login": {"$ref": "#/types/cloud:index:Login"}}}},
    },
    "types": {"cloud:index:Login": {"properties": {"phrase": {"type": "string", "secret": True}}}},
}


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, engine: str) -> None:
        self._engine, self._steps = engine, []
        self._region, self._asked = "", 0

    def Handshake(self, request: Any, context: Any) -> Any:
        assert request.engine_address == self._engine
        self._steps.append("introduced")
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        assert request.urn.endswith(f"::{request.name}")
        self._steps.append("checked")
        if "region" not in request.news.fields:
            failure = provider_pb2.CheckFailure(property="region", reason="is missing")
            return provider_pb2.CheckResponse(failures=[failure])
        return provider_pb2.CheckResponse(inputs=request.news)

    def Configure(self, request: Any, context: Any) -> Any:
        assert self._steps == ["introduced", "checked"]
        self._region = request.variables["cloud:config:region"]
        with grpc.insecure_channel(self._engine) as channel:
            log = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=f"region {self._region}")
            engine_pb2_grpc.EngineStub(channel).Log(log)
        return provider_pb2.ConfigureResponse(acceptSecrets=True)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.2.0")

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps(SCHEMA))

    def Invoke(self, request: Any, context: Any) -> Any:
        self._asked += 1
        given = MessageToDict(request.args)
        results: dict[str, Any] = {
            "cloud:index:getZones": {"names": [f"{self._region}{letter}" for letter in "ab"], "asked": self._asked},
            "cloud:index:getImage": {"id": f"image-{given.get('name')}", "size": 2.5, "given": sorted(given)},
            "cloud:index:getLogin": {"login": {"phrase": "open sesame", "user": "shop"}},
            "cloud:index:getKey": {"value": {**SECRET_SIGNATURE, "value": "zebra"}},
            "cloud:index:getSettings": {"password": "correct-horse-9"},
        }
        if request.tok not in results:
            failure = provider_pb2.CheckFailure(property="name", reason="no such thing")
            return provider_pb2.InvokeResponse(failures=[failure])
        response = provider_pb2.InvokeResponse()
        found = Struct()
        found.update(results[request.tok])
        getattr(response, "return").CopyFrom(found)
        return response

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


def main() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(sys.argv[1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    print("what a plugin prints after its port is nobody's concern", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
