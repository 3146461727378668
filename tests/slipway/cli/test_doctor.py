"""`slipway doctor`: what is missing before `pulumi up`, in order. The canary stands for a token that nobody may see."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import boto3
import pytest

from slipway.cli import doctor
from slipway.cli.doctor_plan import images, zones
from slipway.cli.selection import Selection
from slipway.ops.aws import quotas
from slipway.ops.azure import access as azure
from slipway.ops.azure import quotas as azure_quotas
from slipway.ops.azure import registrations
from slipway.ops.failure import CloudFailure
from slipway.ops.kubernetes import access as kubernetes
from slipway.ops.quota_status import QuotaStatus
from slipway.ops.registration import Registration
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from slipway.settings.services import supplied_by
from slipway.settings.stacks import DeployedSystem
from tests.rehearsed import rehearsed
from tests.slipway.cli.conftest import CANARY, Copy, Run
from tests.slipway.cli.inside import Inside, on_moto
from tests.slipway.ops.conftest import aws

__all__ = ["aws"]

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)


def rows(run: Run) -> dict[str, str]:
    """The sign of each check, by its title."""
    lines = [line for line in run.out.partition("\n\n")[0].splitlines() if line]
    return {line[13:].partition("  ")[0]: line[:11].strip() for line in lines}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All programs, and a login to a backend with a token."""
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    home = tmp_path / "pulumi-home"
    home.mkdir()
    (home / "credentials.json").write_text(
        f'{{"current": "s3://states?{CANARY}", "accessTokens": {{"a": "{CANARY}"}}}}'
    )
    monkeypatch.setenv("PULUMI_HOME", str(home))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return home


@pytest.fixture
def slipway(
    project: Copy, tools: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Run]:
    made = rehearsed("prod").rehearsal
    monkeypatch.setattr(registrations, "registrations", lambda *_: iter(()))
    monkeypatch.setattr(Selection, "rehearse", lambda *_, **__: made)
    return Inside(project.root, monkeypatch, capfd)


class Full(dict[str, str]):
    """Every secret is set."""

    def get(self, key: str, default: Any = None) -> str:
        return "2026-11-01"


def answering(groups: list[str]) -> Callable[..., Any]:
    listed = {"groups": [{"name": each} for each in groups]}
    return lambda *_: SimpleNamespace(api=SimpleNamespace(get=lambda path: listed), context="lab")


def test_the_only_stack_needs_no_name(
    slipway: Callable[..., Run], project: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several stacks one has to be named."""
    monkeypatch.setattr(kubernetes, "verified", lambda cluster: "context lab")
    monkeypatch.setattr(doctor, "store_of", lambda *_: SimpleNamespace(filled=dict))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    several = slipway("doctor")
    assert (several.status, several.out) == (2, "")
    assert "pass one stack with --stack" in several.err
    for other in ("prod", "staging"):
        (project.root / f"Pulumi.{other}.yaml").unlink()
    assert rows(slipway("doctor"))["files of local"] == "ok"


def test_tools_come_first(slipway: Callable[..., Run], tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the backend: the first thing that is missing is what to do next, and no token is shown."""
    monkeypatch.setattr(kubernetes, "verified", lambda cluster: "context lab")
    monkeypatch.setattr(doctor, "store_of", lambda *_: SimpleNamespace(filled=dict))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    (tools / "credentials.json").unlink()
    run = slipway("doctor", "--stack", "local")
    assert run.status == 1
    assert list(rows(run))[:4] == ["files of local", "git", "pulumi", "backend of states"]
    assert [*rows(run).values()][:4] == ["ok", "missing", "missing", "missing"]
    assert "Next: install git" in run.out
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"s3://user:{CANARY}@states?key={CANARY}")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", CANARY)
    run = slipway("doctor", "--stack", "local")
    assert rows(run)["backend of states"] == "ok"
    assert CANARY not in run.everything


def test_without_a_login_secrets_are_not_checked(slipway: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """The kubeconfig has no such context: that is the next thing to do."""
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    run = slipway("doctor", "--stack", "local")
    assert run.status == 1
    assert rows(run)["login of main"] == "missing"
    assert rows(run)["secrets of main"] == "not checked"
    assert "Next: kubernetes: " in run.out
    assert CANARY not in run.everything


def test_controllers_of_the_owner(project: Copy, slipway: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that the cluster lacks is missing; what Slipway installs is not asked for."""
    project.edit(
        "Pulumi.local.yaml", "releases: installed", "releases: installed, gateway: present, certificates: present"
    )
    present = "present: {gateway: {namespace: entrance}, certificates: {namespace: certificates}}"
    project.edit("Pulumi.local.yaml", "      controllers:", f"      {present}\n      controllers:")
    monkeypatch.setattr(kubernetes, "verified", lambda cluster: "context lab")
    monkeypatch.setattr(doctor, "store_of", lambda *_: SimpleNamespace(filled=dict))
    monkeypatch.setattr(doctor, "connect", answering(["cert-manager.io", "gateway.networking.k8s.io"]))
    run = slipway("doctor", "--stack", "local")
    assert rows(run)["controller certificates of main"] == "ok"
    assert rows(run)["controller gateway of main"] == "missing"
    assert "Next: install gateway in main (gateway.envoyproxy.io)" in run.out


def test_supplied_secrets(
    project: Copy, aws: None, slipway: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty one is named; a cloud without a login does not hide what is wrong in the other."""
    on_moto(project)

    def no_login(cluster: object) -> str:
        raise CloudFailure("azure: no login")

    monkeypatch.setattr(azure, "verified", no_login)
    client = boto3.client("secretsmanager", region_name="us-east-1")
    main = load_stack(find_project(project.root), "prod").clusters["main"]
    for system in [*main.systems.values(), *main.services]:
        for name in (name for name, secret in system.definition.secrets.items() if supplied_by(secret)):
            value = {"SecretString": CANARY} if (system.name, name) != ("smartwallet", "CLERK_SECRET_KEY") else {}
            client.create_secret(Name=f"slipway-prod-main/{system.name}/{name}", **value)
    run = slipway("doctor", "--stack", "prod")
    assert run.status == 1
    found = rows(run)
    assert (found["login of main"], found["login of fleet"]) == ("ok", "missing")
    assert (found["secrets of smartwallet"], found["secrets of expenses"]) == ("missing", "ok")
    assert found["quotas of fleet"] == "not checked"
    assert re.search(r"^missing +secrets of smartwallet +CLERK_SECRET_KEY$", run.out, re.MULTILINE)
    assert CANARY not in run.everything


def test_a_value_in_use_is_imported(
    project: Copy, aws: None, slipway: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command that copies it, where the stack says where it is."""
    on_moto(project)
    existing = "SESSION_SECRET: {existing: true}"
    project.edit("Pulumi.prod.yaml", existing, "SESSION_SECRET: {existing: true, from: {secret: legacy/shop-env}}")
    monkeypatch.setattr(azure, "verified", lambda cluster: "tenant")

    def store_of(stack: object, cluster: object, system: DeployedSystem) -> SimpleNamespace:
        names = system.definition.secrets
        return SimpleNamespace(filled=lambda: {name: None if name == "SESSION_SECRET" else NOON for name in names})

    monkeypatch.setattr(doctor, "store_of", store_of)
    run = slipway("doctor", "--stack", "prod")
    assert rows(run)["secrets of smartwallet"] == "missing"
    (step,) = {line for line in run.out.splitlines() if "secrets import" in line}
    assert step == "Next: slipway secrets import --stack prod --system smartwallet"


def test_nothing_is_missing(slipway: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes, "verified", lambda cluster: "context lab")

    monkeypatch.setattr(doctor, "store_of", lambda *_: SimpleNamespace(filled=Full))
    run = slipway("doctor", "--stack", "local")
    assert run.status == 0, run.everything
    found = rows(run)
    assert {title for title, sign in found.items() if sign != "ok"} == {"images of main", "DNS of main"}
    assert "missing" not in found.values()
    assert "Next: `pulumi preview`" in run.out


NARROW = [
    QuotaStatus("VPCs per Region in us-east-1", 1, 3, 5.0),
    QuotaStatus("EC2-VPC Elastic IPs in us-east-1", 3, 4, 5.0, remedy="aws service-quotas raise --desired-value 7"),
    QuotaStatus("Clusters in us-east-1", 1, problem="aws: the login may not call GetServiceQuota"),
]


def test_a_quota_that_the_plan_exceeds(
    project: Copy, aws: None, slipway: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Has a line with its value, the need and the command; one that nobody may read is not called good."""
    on_moto(project)
    monkeypatch.setattr(azure, "verified", lambda cluster: "tenant")
    monkeypatch.setattr(doctor, "store_of", lambda *_: SimpleNamespace(filled=Full))
    monkeypatch.setattr(quotas, "statuses", lambda *_: iter(NARROW))
    addresses = QuotaStatus("PublicIPAddresses in eastus2", 1, 3, 10.0)
    monkeypatch.setattr(azure_quotas, "statuses", lambda *_: iter([addresses]))
    run = slipway("doctor", "--stack", "prod")
    assert run.status == 1
    found = {title: sign for title, sign in rows(run).items() if title.startswith("quota")}
    assert found == {
        "quotas of fleet": "ok",
        "quota EC2-VPC Elastic IPs in us-east-1": "missing",
        "quota Clusters in us-east-1": "not checked",
        "quotas of main": "ok",
    }
    need = "5, needed 7 (3 of the plan, 4 of others): aws service-quotas raise --desired-value 7"
    assert need in run.out
    assert "1 needed; aws: the login may not call GetServiceQuota" in run.out
    assert "1 of 3 allow what the plan has" in run.out
    assert "Next: aws service-quotas raise --desired-value 7" in run.out


def test_an_image_repository_of_another_project(
    project: Copy, aws: None, slipway: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is named with the cluster that has it, and what to set; `pulumi up` would stop at it."""
    on_moto(project)
    monkeypatch.setattr(azure, "verified", lambda cluster: "tenant")
    monkeypatch.setattr(doctor, "store_of", lambda *_: SimpleNamespace(filled=Full))
    monkeypatch.setattr(quotas, "statuses", lambda *_: iter(()))
    monkeypatch.setattr(azure_quotas, "statuses", lambda *_: iter(()))
    tags = [{"Key": "slipway.dev/cluster", "Value": "acme-prod-main"}]
    plan = rehearsed("prod").plan
    name = next(step.inputs["name"] for step in plan.steps if step.type == "aws:ecr/repository:Repository")
    boto3.client("ecr", region_name="us-east-1").create_repository(repositoryName=name, tags=tags)
    run = slipway("doctor", "--stack", "prod")
    assert rows(run)[f"image repository {name}"] == "missing"
    assert "cluster acme-prod-main has it" in run.out
    assert f"Next: {name} in us-east-1 is not this stack's: set `imagePrefix`" in run.out


def test_quotas_that_nobody_could_compare(
    project: Copy, aws: None, slipway: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a login, or a plan, they are not checked."""
    monkeypatch.setattr(azure, "verified", lambda cluster: "tenant")
    monkeypatch.setattr(doctor, "store_of", lambda *_: SimpleNamespace(filled=Full))

    def unreachable(*_: object) -> NoReturn:
        raise CloudFailure("azure: no login for resources")

    monkeypatch.setattr(azure_quotas, "statuses", unreachable)
    found = rows(slipway("doctor", "--stack", "prod"))
    assert (found["quotas of main"], found["quotas of fleet"]) == ("not checked", "not checked")
    on_moto(project)
    monkeypatch.setattr(Selection, "rehearse", lambda *_, **__: SimpleNamespace(failure="ValueError"))
    run = slipway("doctor", "--stack", "prod")
    assert rows(run)["quotas of main"] == "not checked"
    assert "the program failed: `slipway preview` says where" in run.out


def test_what_a_subscription_has_not_registered(
    project: Copy, slipway: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Has a line with the command, before the quotas that nobody counts without it."""
    monkeypatch.setattr(azure, "verified", lambda cluster: "tenant")
    monkeypatch.setattr(azure_quotas, "statuses", lambda *_: iter(()))
    monkeypatch.setattr(doctor, "store_of", lambda *_: SimpleNamespace(filled=Full))
    command = "az provider register --namespace Microsoft.Cdn --subscription 1"
    lacking = [Registration("Microsoft.Cdn", registered=False, remedy=command)]
    monkeypatch.setattr(registrations, "registrations", lambda *_: iter(lacking))
    run = slipway("doctor", "--stack", "prod")
    titles = list(rows(run))
    assert rows(run)["registration of Microsoft.Cdn"] == "missing"
    assert titles.index("registration of Microsoft.Cdn") < titles.index("quotas of fleet")
    assert "missing      registration of Microsoft.Cdn" in run.out
    assert not {sign for title, sign in rows(run).items() if title.startswith(("images", "DNS"))} - {"not checked"}


def registry_of(cluster: str) -> str:
    return rehearsed("prod").plan.outputs[cluster]["registry"]


def test_images_that_cannot_be_asked_for_are_named_with_the_command() -> None:
    """Each that the plan takes from the cluster's registry; nothing claims that they are there."""
    (check,) = images(rehearsed("prod").plan, "fleet", ask=True)
    assert (check.what, check.good) == ("images of fleet", None)
    assert re.search(r"fleet-api:\S+.* must be there: docker manifest inspect \S+azurecr", check.detail)


@pytest.mark.usefixtures("aws")
def test_images_are_looked_up_in_the_registry_of_a_cloud() -> None:
    """Where the login may; an image that nobody pushed is named, and pushed next."""
    plan, client = rehearsed("prod").plan, boto3.client("ecr", region_name="us-east-1")
    account, *_ = registry_of("main").split(".")
    (check,) = images(plan, "main", ask=True)
    assert check.good is False
    names = check.detail.removesuffix(" missing").split(", ")
    assert check.remedy == f"build and push {registry_of('main')}/{names[0]}"
    for name in names:
        repository, _, tag = name.partition(":")
        with contextlib.suppress(client.exceptions.RepositoryAlreadyExistsException):
            client.create_repository(registryId=account, repositoryName=repository)
        manifest = json.dumps({"schemaVersion": 2, "config": {"digest": f"sha256:{repository}"}, "layers": []})
        pushed = {"registryId": account, "repositoryName": repository, "imageTag": tag}
        client.put_image(**pushed, imageManifest=manifest, imageManifestMediaType=MANIFEST)
    (check,) = images(plan, "main", ask=True)
    assert check.good is True


def test_zones_are_delegated_once_they_exist() -> None:
    """All domains whose zones the plan creates, with the command that shows it."""
    (check,) = zones(rehearsed("prod").plan, "main")
    assert check.good is None
    assert "expenses.example.com, kingstons.example.com, marketplace.example.com, smartwallet.com" in check.detail
    assert "dig +short NS expenses.example.com" in check.detail
