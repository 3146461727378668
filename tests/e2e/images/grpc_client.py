"""What a client of gRPC does through the gateway: asks for the health of a service, told its address, its host and the file
with its certificate. Prints the pod that answered."""

import sys
from pathlib import Path

import grpc

address, host, certificate = sys.argv[1:]
credentials = grpc.ssl_channel_credentials(Path(certificate).read_bytes())
with grpc.secure_channel(f"{address}:443", credentials, (("grpc.ssl_target_name_override", host),)) as channel:
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    answer, call = check.with_call(b"", timeout=60, wait_for_ready=True)
    assert answer == b"\x08\x01"
    print(dict(call.initial_metadata())["pod"])
