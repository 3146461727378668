"""What policy packs are asked, and when, with packs that are mere objects."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import resource_pb2

from slipway.rehearsal import UNKNOWN
from slipway.rehearsal.deployment import Deployment
from slipway.rehearsal.engine import Engine
from slipway.rehearsal.findings import PolicyFailure
from slipway.rehearsal.loop import RehearsalLoop, Requests
from slipway.rehearsal.monitor import Monitor
from slipway.rehearsal.policy_evaluator import PolicyEvaluator
from slipway.rehearsal.providers import Providers
from slipway.rehearsal.redaction import Redactor
from slipway.rehearsal.wire import Cancelled, RegisterRequest

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
LEAF = "urn:pulumi:dev::shop::test:i:Res::leaf"


class Packs:
    """A host that notes what it is asked."""

    def __init__(self, remedy: Struct | None = None, crash: str = "") -> None:
        self.asked: list[str] = []
        self.requests: dict = {}
        self.stack: list = []
        self._remedy, self._crash = remedy, crash

    def remediate(self, request):
        self.asked.append(f"remediate {request.urn}")
        return self._remedy if request.type == "test:i:Res" else None

    def analyze(self, request):
        if request.type == self._crash:
            raise ValueError("policy fell over")
        self.asked.append(f"analyze {request.urn}")
        self.requests[request.urn] = request

    def analyze_stack(self, resources):
        self.stack = list(resources)

    def findings(self):
        return ()

    def close(self):
        pass


@pytest.fixture
def loop():
    made = RehearsalLoop()
    yield made
    made.close()


def rehearsed(packs: Packs, loop: RehearsalLoop) -> tuple[Monitor, Deployment, PolicyEvaluator]:
    """A deployment with the stack and one custom resource registered."""
    providers, redactor = Providers("dev", "shop", {}), Redactor()
    evaluator = PolicyEvaluator(packs, providers)
    deployment = Deployment(
        project="shop",
        stack="dev",
        root=Path("/program"),
        engine=Engine(redactor),
        providers=providers,
        evaluator=evaluator,
        redactor=redactor,
        on_registered=lambda count: None,
    )
    monitor = Monitor(deployment, Requests(loop))
    monitor.RegisterResource(RegisterRequest(type="pulumi:pulumi:Stack", name="shop-dev"))
    leaf = RegisterRequest(type="test:i:Res", name="leaf", custom=True, parent=STACK, protect=True)
    leaf.object.update({"size": 1, "later": UNKNOWN})
    leaf.dependencies.append(STACK)
    leaf.propertyDependencies["size"].urns.append(STACK)
    monitor.RegisterResource(leaf)
    return monitor, deployment, evaluator


def test_each_resource_is_remediated_then_analysed_and_a_default_provider_once(loop):
    packs = Packs()
    rehearsed(packs, loop)
    provider = "urn:pulumi:dev::shop::pulumi:providers:test::default"
    assert packs.asked == [
        f"remediate {STACK}",
        f"analyze {STACK}",
        f"analyze {provider}",
        f"remediate {LEAF}",
        f"analyze {LEAF}",
    ]
    request = packs.requests[LEAF]
    assert (request.name, request.options.protect, request.options.parent) == ("leaf", True, STACK)
    assert (request.provider.urn, request.properties["later"]) == (provider, UNKNOWN)


def test_remedied_inputs_are_what_is_analysed_planned_and_read_back(loop):
    remedy = Struct()
    remedy["size"] = 9
    packs = Packs(remedy)
    _, deployment, _ = rehearsed(packs, loop)
    found = deployment.registry.get(LEAF)
    assert found is not None
    assert packs.requests[LEAF].properties["size"] == 9
    assert found.step.inputs == {"size": 9}
    assert found.outputs["size"] == 9


def test_the_stack_is_judged_on_outputs_with_dependencies(loop):
    packs = Packs()
    monitor, deployment, evaluator = rehearsed(packs, loop)
    outputs = Struct()
    outputs["url"] = "https://example.com"
    monitor.RegisterResourceOutputs(resource_pb2.RegisterResourceOutputsRequest(urn=STACK, outputs=outputs))
    evaluator.evaluate_stack(deployment.registry)
    provider, stack, leaf = packs.stack
    assert (provider.type, provider.name, provider.parent) == ("pulumi:providers:test", "default", "")
    assert (stack.properties["url"], leaf.properties["size"]) == ("https://example.com", 1)
    assert (list(leaf.dependencies), list(leaf.propertyDependencies["size"].urns)) == ([STACK], [STACK])
    assert set(leaf.propertyDependencies) == {"size"}


def test_a_pack_that_falls_over_ends_the_run(loop):
    with pytest.raises(Cancelled):
        rehearsed(Packs(crash="test:i:Res"), loop)


def test_the_reason_of_a_fallen_pack_is_kept():
    evaluator = PolicyEvaluator(Packs(crash="test:i:Res"), Providers("dev", "shop", {}))
    with pytest.raises(PolicyFailure):
        evaluator.evaluate(LEAF, Struct(), resource_pb2.TransformResourceOptions(), STACK, "")
    assert str(evaluator.failure) == "policy fell over"
