"""Messages of the program and of the rehearsal."""

from __future__ import annotations

from slipway.rehearsal import Diagnostic
from slipway.rehearsal.engine import Engine
from slipway.rehearsal.redaction import Redactor
from slipway.rehearsal.wire import engine_pb2


def test_debug_and_ephemeral_messages_are_dropped():
    engine = Engine(Redactor())
    engine.Log(engine_pb2.LogRequest(severity=engine_pb2.DEBUG, message="noise"))
    engine.Log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message="passing", ephemeral=True))
    engine.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message="kept", urn="urn:a"))
    assert engine.diagnostics == (Diagnostic("warning", "kept", "urn:a"),)


def test_the_rehearsal_reports_a_thing_once_a_resource():
    engine = Engine(Redactor())
    for urn in ("urn:a", "urn:a", "urn:b"):
        engine.report("info", "not modelled", urn)
    assert [item.urn for item in engine.diagnostics] == ["urn:a", "urn:b"]


def test_a_secret_that_becomes_known_later_is_masked_in_earlier_messages():
    redactor = Redactor()
    engine = Engine(redactor)
    engine.report("info", "it is canary-3030")
    redactor.add("canary-3030")
    assert engine.diagnostics[0].message == "it is [secret]"
