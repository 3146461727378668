"""Policy packs in their own processes: what they find, and what happens when one fails."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal.analyzers import PackHost
from slipway.rehearsal.errors import PolicyPackError
from slipway.rehearsal.findings import Finding, PolicyPack
from slipway.rehearsal.pack_config import PackConfigError
from tests.processes import TIMEOUT

CANARY = "canary-91c2-never-shown"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": CANARY}
TYPE = "test:index:Thing"
MakePack = Callable[..., Path]


@pytest.fixture
def make_pack(tmp_path: Path) -> MakePack:
    """A maker of packs from the text of their policies."""

    def make(policies: str, name: str = "pack", manifest: str = "runtime: python\nversion: 1.2.3\n") -> Path:
        directory = tmp_path / name
        directory.mkdir()
        (directory / "PulumiPolicy.yaml").write_text(manifest)
        head = "import os, threading\nfrom pulumi_policy import *\n"
        (directory / "__main__.py").write_text(f"{head}{policies}\nPolicyPack({name!r}, POLICIES)\n")
        return directory

    return make


def struct(properties: dict[str, Any]) -> Struct:
    result = Struct()
    result.update(properties)
    return result


def request(name: str, **properties: Any) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(type=TYPE, urn=urn(name), name=name, properties=struct(properties))


def resource(name: str, **properties: Any) -> analyzer_pb2.AnalyzerResource:
    return analyzer_pb2.AnalyzerResource(type=TYPE, urn=urn(name), name=name, properties=struct(properties))


def urn(name: str) -> str:
    return f"urn:pulumi:staging::slipway::{TYPE}::{name}"


def host(*packs: Path, policies: dict[str, Any] | None = None, **options: Any) -> closing[PackHost]:
    options = {"config": {}, "secret_keys": [], "timeout": TIMEOUT, "start_timeout": TIMEOUT, **options}
    chosen = [PolicyPack(path, policies or {}) for path in packs]
    return closing(PackHost(chosen, project="slipway", stack="staging", organization="organization", **options))


NOISY = """
def size(args, report):
    print("a policy may print")
    if args.props.get("size", 0) > args.get_config().get("limit", 0):
        report(f"size {args.props['size']}")
def count(args, report):
    for each in args.resources:
        if "size" in each.props:
            report(f"saw {each.name}", each.urn)
    report(f"{len(args.resources)} in all")
POLICIES = [
    ResourceValidationPolicy("size", "Sizes are small.", size, EnforcementLevel.MANDATORY, severity=Severity.LOW,
                             config_schema=PolicyConfigSchema({"limit": {"type": "number", "default": 10}})),
    StackValidationPolicy("count", "Few things exist.", count),
]
"""


def test_findings_carry_what_the_pack_says(make_pack: MakePack) -> None:
    """Policy, level, resource, message without the description, severity, and the version of PulumiPolicy.yaml."""
    with host(make_pack(NOISY)) as packs:
        packs.analyze(request("big", size=11))
        packs.analyze(request("small", size=10))
        packs.analyze_stack([resource("big", size=11), resource("other")])
        found = packs.findings()
    mine = {"pack": "pack", "pack_version": "1.2.3"}
    stack = {**mine, "policy": "count", "level": "advisory", "description": "Few things exist.", "severity": ""}
    assert set(found) == {
        Finding(
            **mine, policy="size", level="mandatory", urn=urn("big"), message="size 11.0",
            description="Sizes are small.", severity="low",
        ),
        Finding(**stack, urn=urn("big"), message="saw big"),
        Finding(**stack, urn="", message="2 in all"),
    }  # fmt: skip


def test_order_does_not_depend_on_who_answers_first(make_pack: MakePack) -> None:
    """Findings of many resources and packs come in one order."""
    first, second = make_pack(NOISY, "first"), make_pack(NOISY, "second")
    names = [f"thing-{index}" for index in range(40)]
    orders = []
    for order in (names, names[::-1]):
        with host(first, second) as packs:
            for name in order:
                packs.analyze(request(name, size=20))
            orders.append(packs.findings())
    assert orders[0] == orders[1]
    assert len(orders[0]) == 2 * len(names)


@pytest.mark.parametrize(
    ("config", "levels"),
    [
        ({"all": "mandatory"}, {"mandatory"}),
        ({"all": "advisory", "size": "mandatory"}, {"advisory", "mandatory"}),
        ({"size": {"limit": 99}, "count": "disabled"}, set()),
        ({"count": "disabled"}, {"mandatory"}),
    ],
)
def test_configuration_reaches_the_pack(make_pack: MakePack, config: dict[str, Any], levels: set[str]) -> None:
    """Levels, `all`, schema defaults and properties are laid over each other as the engine does it."""
    with host(make_pack(NOISY), policies=config) as packs:
        packs.analyze(request("big", size=11))
        packs.analyze_stack([resource("big", size=11)])
        assert {each.level for each in packs.findings()} == levels


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"sizes": "advisory"}, "sizes is not a policy of the pack; did you mean size"),
        ({"size": {"limit": "ten"}}, r"size\.limit: 'ten' is not of type 'number'"),
        ({"size": "strict"}, "'strict' is not a level; levels are advisory, mandatory, disabled, remediate"),
        ({"size": 3}, "size is neither a level nor a mapping"),
    ],
)
def test_wrong_configuration_is_refused(make_pack: MakePack, config: dict[str, Any], message: str) -> None:
    """A name that the pack lacks or a value of the wrong type is an error, with the right word."""
    with host(make_pack(NOISY), policies=config) as packs:
        packs.analyze(request("big", size=11))
        with pytest.raises(PackConfigError, match=message):
            packs.findings()


BROKEN = """
def fine(args, report):
    report("well")
def broken(args, report):
    {failure}
POLICIES = [
    ResourceValidationPolicy("before", "Is well.", fine),
    ResourceValidationPolicy("faulty", "Is not.", broken),
    ResourceValidationPolicy("after", "Is well too.", fine),
]
"""


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ('raise ValueError("bad " + args.props["password"])', "bad "),
        ("os._exit(7)", "its process ended, exit status 7"),
    ],
    ids=["raises", "dies"],
)
def test_failing_policy_fails_the_run_by_name(make_pack: MakePack, failure: str, message: str) -> None:
    """The error names pack, policy, resource and manner, and shows no secret that the policy was handed."""
    with host(make_pack(BROKEN.format(failure=failure))) as packs:
        packs.analyze(request("thing", password=SECRET))
        with pytest.raises(PolicyPackError) as failed:
            packs.findings()
    assert f"policy pack pack 1.2.3: policy faulty failed on {urn('thing')}: " in str(failed.value)
    assert message in str(failed.value)
    assert CANARY not in "".join(traceback.format_exception(failed.value))


def test_hanging_policy_is_named(make_pack: MakePack) -> None:
    """An answer is waited for no longer than the timeout. The other policies may be slow."""
    alone = {"all": "disabled", "faulty": "mandatory"}
    with host(make_pack(BROKEN.format(failure="threading.Event().wait()")), policies=alone, timeout=0.5) as packs:
        packs.analyze(request("thing"))
        with pytest.raises(PolicyPackError, match=r"policy faulty failed on .*: no answer within 0\.5 s"):
            packs.findings()


def test_failing_stack_policy_is_named(make_pack: MakePack) -> None:
    """The same holds for a policy on the stack."""
    policies = 'def broken(args, report):\n    raise KeyError("gone")\n'
    policies += 'POLICIES = [StackValidationPolicy("faulty", "Is not well.", broken)]'
    with host(make_pack(policies)) as packs:
        packs.analyze_stack([resource("thing")])
        with pytest.raises(PolicyPackError, match=r"policy faulty failed on the stack: .*gone"):
            packs.findings()


def test_closing_with_requests_under_way_is_quiet(make_pack: MakePack, caplog: pytest.LogCaptureFixture) -> None:
    """A rehearsal that ends early drops what it asked."""
    with host(make_pack(NOISY)) as packs:
        packs.findings()
        for index in range(500):
            packs.analyze(request(f"thing-{index}", size=20))
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("policies", "timeout", "message"),
    [
        ('raise RuntimeError("not today")', TIMEOUT, "pack did not start: exit status 1\n.*RuntimeError: not today"),
        ("import no_such_module", TIMEOUT, "No module named 'no_such_module'"),
        ("threading.Event().wait()", 0.5, "pack did not start within 0.5 s"),
    ],
)
def test_pack_that_does_not_start_is_reported(make_pack: MakePack, policies: str, timeout: float, message: str) -> None:
    """The error has what the pack said last, and comes when an answer is needed."""
    with host(make_pack(policies), start_timeout=timeout) as packs:
        packs.analyze(request("thing"))
        with pytest.raises(PolicyPackError, match=f"(?s){message}"):
            packs.findings()


@pytest.mark.parametrize("manifest", ["runtime: nodejs\n", "", "runtime: [python\n"])
def test_folder_that_is_no_python_pack_is_refused(make_pack: MakePack, manifest: str) -> None:
    """Only packs in Python can be run; the error names the file."""
    with pytest.raises(PackConfigError, match=r"PulumiPolicy\.yaml"):
        host(make_pack("POLICIES = []", manifest=manifest))


REMEDY = """
def tag(args):
    if "owner" not in args.props:
        args.props["owner"] = args.get_config()["owner"]
        return args.props
def check(args, report):
    report("saw " + args.props.get("owner", "nobody"))
schema = PolicyConfigSchema({"owner": {"type": "string", "default": "team"}})
POLICIES = [
    ResourceValidationPolicy("tagged", "Things have owners.", check, EnforcementLevel.REMEDIATE,
                             config_schema=schema, remediate=tag),
]
"""


def test_remediation_alters_and_is_reported(make_pack: MakePack) -> None:
    """Altered properties come back, secrets as secrets; a later pack sees what an earlier one altered."""
    first, second = make_pack(REMEDY, "first"), make_pack(REMEDY, "second")
    with host(first, second) as packs:
        altered = packs.remediate(request("thing", password=SECRET))
        assert altered == struct({"password": SECRET, "owner": "team"})
        assert packs.remediate(request("owned", owner="me")) is None
        found = packs.findings()
    assert [(each.pack, each.level, each.urn, each.message) for each in found] == [
        ("first", "remediate", urn("thing"), "alters owner")
    ]


def test_no_remediation_without_a_policy_of_that_level(make_pack: MakePack) -> None:
    """A pack is not even asked when nothing in it may alter."""
    with host(make_pack(REMEDY), policies={"tagged": "mandatory"}) as packs:
        assert packs.remediate(request("thing")) is None
        packs.analyze(request("thing"))
        assert [(each.level, each.message) for each in packs.findings()] == [("mandatory", "saw nobody")]


TELLTALE = """
import pulumi
def tell(args, report):
    report("password " + args.props["login"]["password"])
    report("token " + str(pulumi.Config("slipway").get("token")))
    report(" ".join(os.environ[key] for key in ("PULUMI_PROJECT", "PULUMI_STACK", "PULUMI_DRY_RUN")))
POLICIES = [ResourceValidationPolicy("telltale", "Tells all.", tell)]
"""


def test_secrets_are_masked_in_findings(make_pack: MakePack) -> None:
    """A pack is handed secrets of resources and configuration; what it prints of them is masked."""
    options = {"config": {"slipway:token": f"{CANARY}-2"}, "secret_keys": ["slipway:token"]}
    with host(make_pack(TELLTALE), **options) as packs:
        packs.analyze(request("thing", login={"password": SECRET}))
        findings = {each.message for each in packs.findings()}
    assert findings == {"password [secret]", "token [secret]", "slipway staging true"}


def test_values_are_sent_as_the_engine_sends_them(make_pack: MakePack) -> None:
    """References to resources become ids, internal keys go, unknowns and secrets stay."""
    signature = "4dabf18193072939515e22adb298388d"
    reference = {signature: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:a", "id": "i-1"}
    component = {signature: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:b"}
    policies = """
def tell(args, report):
    report(" ".join(f"{key}={args.props[key]}" for key in sorted(args.props)))
POLICIES = [ResourceValidationPolicy("tell", "Tells all.", tell)]
"""
    with host(make_pack(policies)) as packs:
        packs.analyze(request("thing", one=reference, two=component, __defaults=["one"]))
        assert [each.message for each in packs.findings()] == ["one=i-1 two=urn:b"]


WORKER = """
import sys
from pathlib import Path
from slipway.rehearsal.analyzers import PackHost
from slipway.rehearsal.findings import PolicyPack
packs = PackHost([PolicyPack(Path(sys.argv[1]))], project="p", stack="s", organization="o", config={}, secret_keys=[])
packs.findings()
print(packs._runners[0].session.process._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def worker(make_pack: MakePack) -> Iterator[subprocess.Popen[str]]:
    """A process that has a pack running."""
    command = [sys.executable, "-c", WORKER, str(make_pack(NOISY))]
    root = Path(__file__).parents[3]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="another process can be watched on Linux only")
def test_pack_ends_with_its_worker(worker: subprocess.Popen[str]) -> None:
    """A worker that is killed outright leaves no pack behind."""
    assert worker.stdout
    pack = int(worker.stdout.readline())
    watch = os.pidfd_open(pack)
    worker.kill()
    worker.wait()
    ended, _, _ = select.select([watch], [], [], TIMEOUT)
    os.close(watch)
    assert ended
