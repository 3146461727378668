"""Programs that are not Slipway's: previewed, compared, priced, and judged by packs of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.slipway.cli.conftest import ROOT, Copy, Run

PROGRAMS = Path(__file__).parent / "programs"
PACKS = PROGRAMS / "packs"
BUCKETS, NAMES = PACKS / "buckets", PACKS / "names"
NO_PLANS_SHARED = {"NO_COLOR": "1"}
"""A variable, so that the very command runs: shared plans are of Slipway's own stacks."""


@pytest.fixture
def shop(tmp_path: Path) -> Copy:
    shutil.copytree(PROGRAMS / "shop", tmp_path / "shop")
    return Copy(tmp_path / "shop")


def preview(shop: Copy, *arguments: str) -> Run:
    return shop.slipway("preview", "--stack", "dev", *arguments, **NO_PLANS_SHARED)


def packs(*folders: Path) -> list[str]:
    return [word for folder in folders for word in ("--policy-pack", str(folder))]


def test_a_plan_without_a_pack_is_shown_and_not_judged(shop: Copy) -> None:
    """It fails nothing, claims nothing, and Slipway's own rules do not judge it."""
    run = preview(shop)
    assert run.status == 0, run.everything
    assert "Policies: not judged: there is no policy pack" in run.out
    assert "violation" not in run.out
    assert "site-2 shop:index:Site 1 resource" in run.out
    assert "aws Bucket, Instance" in run.out
    assert "cluster" not in run.out


def test_the_page_shows_the_preview_as_it_is(shop: Copy) -> None:
    """docs/any-program.md, of this program with one site."""
    shop.edit("Pulumi.yaml", "clusters: 3", "clusters: 1")
    text = (ROOT / "docs" / "any-program.md").read_text(encoding="utf-8")
    assert text.partition("```text\n")[2].partition("```")[0] in preview(shop).out


def test_every_format_shows_it(shop: Copy) -> None:
    """A comment and a page name no clusters or systems, and JSON has the plan."""
    comment = preview(shop, "--format", "markdown", "--page", "page.html").out
    assert "## `dev`: not judged" in comment
    assert "5 resources of 3 types to create.\n" in comment
    assert "system" not in comment
    assert "not judged" in (shop.root / "page.html").read_text(encoding="utf-8")
    document = json.loads(preview(shop, "--format", "json").out)
    assert document["evaluatedBy"] == []
    assert len(document["steps"]) == 9


def test_packs_judge_in_order(shop: Copy) -> None:
    """Each judges every resource; a violation of any of them fails, and the line of the program is named."""
    line = shop.edit("__main__.py", 'acl="private"', 'acl="public-read"')
    run = preview(shop, *packs(BUCKETS, NAMES))
    assert run.status == 1, run.everything
    assert "Policies: 1 violation, 3 warnings (2 rules)" in run.out
    assert f"fix: __main__.py:{line}\n" in run.out
    assert preview(shop, *packs(NAMES)).status == 0


def test_levels_of_pulumi_s_file_hold_for_the_pack_in_their_place(shop: Copy) -> None:
    """The second file is the second pack's; a third is refused."""
    shop.edit("__main__.py", 'acl="private"', 'acl="public-read"')
    (shop.root / "first.json").write_text('{"all": "mandatory"}')
    (shop.root / "second.json").write_text('{"private-buckets": {"enforcementLevel": "advisory"}}')
    configured = ["--policy-config", "first.json", "--policy-config", "second.json"]
    run = preview(shop, *packs(NAMES, BUCKETS), *configured)
    assert run.status == 1, run.everything
    assert "Policies: 3 violations, 1 warning (2 rules)" in run.out
    run = preview(shop, *packs(NAMES), *configured)
    assert (run.status, run.out) == (2, "")
    assert "--policy-config second.json: pass one for each pack" in run.err


def test_what_is_no_pack_is_refused(shop: Copy) -> None:
    run = preview(shop, *packs(BUCKETS, shop.root))
    assert (run.status, run.out) == (2, "")
    assert f"--policy-pack {shop.root}: is not a policy pack: it has no PulumiPolicy.yaml" in run.err


def test_a_change_is_compared_with_its_base(shop: Copy) -> None:
    """Also in a pipeline whose base has no pack: what changes, what it loses and what it costs."""
    for words in (
        ["init", "-qb", "main"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm1"],
    ):
        subprocess.run(["git", *words], cwd=shop.root, check=True)
    shop.edit("__main__.py", "allocatedStorage=20", "allocatedStorage=200")
    shop.edit("__main__.py", '"orders"', '"bills"')
    run = shop.slipway("preview", "--stack", "dev", "--policy-pack", str(BUCKETS), GITHUB_BASE_REF="main")
    assert run.status == 1, run.everything
    assert "orders is deleted, and with it the database" in run.out
    assert "1 to create, 1 to delete" in run.out
    assert "a month" in run.out.partition("Cost: ")[2]
    assert "Policies: 0 violations, 0 warnings (1 rule)" in run.out


def test_what_it_costs(shop: Copy) -> None:
    """By the prices that come with the tool, in the region of the stack's configuration."""
    run = shop.slipway("cost", "--stack", "dev", "--format", "json", **NO_PLANS_SHARED)
    found = json.loads(run.out)
    assert found["total"]["low"] > 0
    assert not found["unknown"]


def test_a_stack_needs_no_file(shop: Copy) -> None:
    """But a name; where there are files, a name without one is a typo."""
    run = shop.slipway("preview", **NO_PLANS_SHARED)
    assert run.status == 2
    assert "any name will do, for example dev" in run.err
    (shop.root / "Pulumi.prod.yaml").write_text("config:\n  clusters: 1\n")
    assert "3 resources" in shop.slipway("preview", **NO_PLANS_SHARED).out
    assert "'prd' is not a stack" in shop.slipway("preview", "--stack", "prd", **NO_PLANS_SHARED).err


@pytest.mark.parametrize(
    ("old", "new", "status", "message"),
    [
        (
            "import pulumi\n",
            "import pulumi\nimport pulumi_absent.core\n",
            3,
            "__main__.py:4: the module 'pulumi_absent'",
        ),
        (
            "import pulumi\n",
            "import pulumi\nimport pulumi.absent\n",
            3,
            "4: the installed package 'pulumi' has no module",
        ),
        ('require_int("clusters")', 'require_int("sites")', 3, "the program requires the configuration 'shop:sites'"),
    ],
)
def test_what_a_program_lacks_is_one_line(shop: Copy, old: str, new: str, status: int, message: str) -> None:
    shop.edit("__main__.py", old, new)
    run = preview(shop)
    assert run.status == status
    assert message in run.out
    assert "Traceback" not in run.out


ASKS = """
import pulumi

zones = pulumi.runtime.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", {"region": REGION}).value["names"]
network = pulumi.StackReference("acme/network/prod")
image = pulumi.runtime.invoke_output("aws:ec2/getAmi:getAmi", {"owners": ["self"]})
pulumi.export("placed", pulumi.Output.all(network.outputs, image).apply(lambda both: [*zones, *both[0].items(), both[1]["id"]]))
"""


def test_the_answers_of_the_page_are_those_of_the_program(shop: Copy) -> None:
    """docs/rehearsal.md, in a plan and in its base; a mistake is one line."""
    document = (ROOT / "docs" / "rehearsal.md").read_text(encoding="utf-8")
    answers = document.partition("```yaml\n")[2].partition("```")[0]
    (shop.root / "rehearsal.yaml").write_text(answers)
    (shop.root / "__main__.py").write_text(ASKS.replace("REGION", '"eu-west-1"'))
    run = preview(shop, "--format", "json")
    (shop.root / "before.json").write_text(run.out)
    subnets = ["subnetIds", ["subnet-1", "subnet-2"]]
    placed = ["eu-west-1a", "eu-west-1b", subnets, ["vpcId", "vpc-0abc"], "ami-0abcdef1234567890"]
    assert sorted(json.loads(run.out)["outputs"]["placed"], key=str) == sorted(placed, key=str)
    # Of another size: Python takes a file of the same second and size for the one that it has compiled.
    (shop.root / "__main__.py").write_text(ASKS.replace("REGION", '"us-east-1"') + "\n")
    assert "us-east-1a" in preview(shop, "--format", "json").out
    (shop.root / "rehearsal.yaml").write_text(answers.replace("stacks:", "stack:"))
    run = preview(shop)
    assert (run.status, run.out) == (2, "")
    assert "rehearsal.yaml:8: stack: is not a known key; did you mean 'stacks'?" in run.err


def test_another_language_is_refused(shop: Copy) -> None:
    (shop.root / "Pulumi.yaml").write_text("name: shop\nruntime: {name: nodejs}\n")
    run = preview(shop)
    assert (run.status, run.out) == (2, "")
    assert "Pulumi.yaml:2: runtime: is 'nodejs': only programs in Python can be run, for example python" in run.err


def test_an_exported_state_is_judged_by_named_packs(shop: Copy) -> None:
    """As a plan is, without the program."""
    urn = "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::receipts"
    public = {"urn": urn, "custom": True, "id": "r", "type": "aws:s3/bucket:Bucket", "inputs": {"acl": "public-read"}}
    public["outputs"] = public["inputs"]
    manifest = {"time": "2026-11-01T00:00:00Z", "magic": "", "version": ""}
    stack = {
        "urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
    }
    state = {"version": 3, "deployment": {"manifest": manifest, "resources": [stack, public]}}
    (shop.root / "state.json").write_text(json.dumps(state))
    evaluated = ("policies", "check", "--state", "state.json")
    assert "take --policy-pack" in shop.slipway(*evaluated, **NO_PLANS_SHARED).err
    run = shop.slipway(*evaluated, *packs(NAMES, BUCKETS), **NO_PLANS_SHARED)
    assert run.status == 1, run.everything
    assert "receipts is public" in run.out


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("new", "system", "--name", "cart"),
        ("rehearse", "--stack", "dev"),
        ("release", "status", "--stack", "dev"),
        ("runbook", "--stack", "dev", "--system", "cart"),
        ("secrets", "list", "--stack", "dev"),
        ("set-version", "--stack", "dev", "--system", "cart", "--slot", "blue", "--version", "1.0.0"),
    ],
    ids=" ".join,
)
def test_commands_about_clusters_and_systems_are_refused(shop: Copy, command: tuple[str, ...]) -> None:
    """In one line, that says what is for any program; nothing is written."""
    run = shop.slipway(*command)
    assert run.status == 2
    assert run.everything.strip().startswith(
        "Pulumi.yaml: this project's program is not Slipway's: __main__.py does not"
    )
    assert len(run.everything.strip().splitlines()) == 1
    assert "`preview` and `cost` are for any program" in run.everything
    assert not (shop.root / "systems").exists()
