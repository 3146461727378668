"""`slipway preview` of pull requests, on real git history."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from slipway.cli import against
from slipway.cli.plan_cache import ENDING
from slipway.cli.selection import select
from slipway.rehearsal import RehearsalError
from tests.slipway.cli.conftest import CANARY, ROOT, Copy, Run
from tests.slipway.cli.copied import without_stacks

STACK = f"""\
config:
  other:token: {{secure: v1:{CANARY}}}
  slipway:environment: local
  slipway:clusters:
    main:
      cloud: local
      registry: localhost:5000
      controllers: {{logs: absent}}
      systems:
        shop:
          blue: {{version: 1.0.0}}
"""
CLOUD = """\
config:
  slipway:environment: staging
  slipway:clusters:
    main:
      cloud: aws
      region: us-east-1
      account: "111122223333"
      deployers: [arn:aws:iam::111122223333:role/deployer]
      network: {cidr: 10.60.0.0/16}
      kubernetes: {authorizedNetworks: [203.0.113.0/24], logRetentionDays: 30}
      controllers: {logs: absent, metrics: absent}
      monitoring: {elsewhere: Datadog}
      logging: {elsewhere: Loki}
      tags: {cost-center: shop}
      systems:
        shop:
          blue: {version: 1.0.0}
          databases: {orders: {size: medium}}
"""
SYSTEM = """\
title: Shop
owner: {team: shop}
services:
  api:
    image: api
    port: 3000
    environment: {LOG_LEVEL: info, KEY: {secret: KEY}}
databases:
  orders: {}
secrets:
  KEY: {generated: 32}
"""
LEDGER = """\
urn:pulumi:test::slipway::slipway:system:System$slipway:local:Database$kubernetes:postgresql.cnpg.io/v1:Cluster::shop/orders:
  provider: main
"""
RENAMED = """
import pulumi

def _renamed(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    if "bills" not in args.name:
        return None
    alias = pulumi.Alias(name=args.name.replace("bills", "orders"))
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(aliases=[alias]))
    return pulumi.ResourceTransformationResult(args.props, opts)

pulumi.runtime.register_stack_transformation(_renamed)
"""
"""What a program says whose database is called otherwise now."""
LOCAL = "\n  local:\n"
LEVEL = "    data-ledger: mandatory\n"
"""Under which `main` itself violates a rule."""


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def commit(folder: Path, message: str = "Change") -> None:
    git(folder, "add", ".")
    git(folder, "commit", "--message", message)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose `main` has a system in the stacks `test` and `cloud`. What Python has compiled already lies in
    it too, or each preview would compile everything."""
    root = tmp_path_factory.mktemp("history")
    for folder in ("components", "policies", "prices", "slipway"):
        # These are about to be renamed by whoever compiles just now.
        being_written = shutil.ignore_patterns("*.pyc.*")
        shutil.copytree(ROOT / folder, root / folder, symlinks=True, ignore=being_written)
    for file in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(ROOT / file, root / file)
    levels = root / "policies" / "stacks.yaml"
    levels.write_text(without_stacks(levels.read_text().replace(LOCAL, f"{LOCAL}{LEVEL}")))
    (root / "ledger").mkdir()
    (root / "ledger" / "test.yaml").write_text(LEDGER)
    (root / "systems" / "shop").mkdir(parents=True)
    (root / "systems" / "shop" / "system.yaml").write_text(SYSTEM)
    (root / "Pulumi.test.yaml").write_text(STACK)
    (root / "Pulumi.cloud.yaml").write_text(CLOUD)
    git(root, "init", "--initial-branch", "main")
    (root / ".git" / "info" / "exclude").write_text("__pycache__\n")
    commit(root, "Begin")
    return root


@pytest.fixture
def change(history: Path, tmp_path: Path) -> Copy:
    """A branch of it, in a clone: copied, with the times by which Python knows what is compiled."""
    clone = tmp_path / "change"
    shutil.copytree(history, clone, symlinks=True)
    git(clone, "remote", "add", "origin", str(history))
    git(clone, "fetch", "origin")
    git(clone, "remote", "set-head", "origin", "main")
    git(clone, "checkout", "-b", "change")
    return Copy(clone)


def previewed(change: Copy, *more: str, stack: str = "test", **environment: str) -> Run:
    """A run that also writes the page, beside the checkout, which stays clean."""
    file = change.root.parent / "page.html"
    run = change.slipway("preview", "--stack", stack, "--page", str(file), *more, **environment)
    assert CANARY not in run.everything
    if run.status in (0, 1):
        shows_the_same(file.read_text(encoding="utf-8"), run)
        file.unlink()
    assert not file.exists()
    return run


def shows_the_same(page: str, run: Run) -> None:
    """The page has the verdict and the summary of the run, and no secret."""
    assert CANARY not in page
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    shown = json.loads(data)
    assert shown["verdict"] == ("blocked" if run.status else "fine")
    assert run.out.startswith("{") or shown["headline"] in run.out


def preview(change: Copy, *more: str, stack: str = "test", **environment: str) -> tuple[int, str]:
    run = previewed(change, *more, stack=stack, **environment)
    return run.status, run.everything


def comment(change: Copy, *more: str, stack: str = "test", **environment: str) -> tuple[int, str]:
    """Only the comment, as it is written."""
    run = previewed(change, "--format", "markdown", *more, stack=stack, **environment)
    assert run.out.startswith(f"<!-- slipway preview {stack} -->\n"), run.everything
    return run.status, run.out


def test_nothing_changed(change: Copy) -> None:
    """One line says so, whatever else the branch has, and what was violated before is no reason to fail."""
    (change.root / "README.md").write_text("new")
    status, output = comment(change)
    _, line = output.splitlines()
    assert line.startswith("`test`: nothing changes: ")
    assert "resources as in origin/main (" in line
    assert line.endswith("**0 violations**, 0 warnings, 3 already there.")
    assert status == 0


def test_strict_fails_for_what_was_there_before(change: Copy) -> None:
    """As it fails for what is new."""
    status, output = preview(change, "--against", "main", "--strict")
    assert status == 1, output
    assert "mandatory data-ledger" in output


def test_a_new_version_and_a_new_variable(change: Copy) -> None:
    """Properties are told by path, from what to what, compared with where the branch began, and which pods roll. Each
    changed line says what it changes."""
    change.edit("Pulumi.test.yaml", "1.0.0", "1.1.0")
    change.edit("systems/shop/system.yaml", "info", "debug")
    status, output = preview(change, "--annotate")
    assert status == 0, output
    assert re.search(
        r"^::notice file=Pulumi.test.yaml,line=\d+,.*update Deployment shop/api-blue", output, re.MULTILINE
    )
    assert re.search(
        r"^::notice file=systems/shop/system.yaml,line=\d+,.*update ConfigMap shop/api", output, re.MULTILINE
    )
    assert "~ update kubernetes:apps/v1:Deployment shop/api-blue" in output
    assert 'spec.template.spec.containers[api].image: "localhost:5000/api:1.0.0" → "localhost:5000/api:1.1.0"' in output
    assert 'data.LOG_LEVEL: "info" → "debug"' in output
    assert "rolls the pods of Deployment shop/api-blue: rolling update, none unavailable" in output
    assert "already there: 3 findings" in output
    assert "Compared with the merge base; pass --no-against for the whole plan" in output


def test_a_new_service(change: Copy) -> None:
    """Created, its pods started, and nothing is lost."""
    change.edit("systems/shop/system.yaml", "databases:\n", "  web:\n    image: web\n    port: 8080\ndatabases:\n")
    status, output = comment(change)
    assert status == 0, output
    assert output.splitlines()[3].startswith("No data is lost. ")
    assert "+ create kubernetes:apps/v1:Deployment shop/web-blue" in output
    assert "   - starts the pods of Deployment shop/web-blue" in output
    assert "### Data that is lost" not in output


def test_a_renamed_database_blocks(change: Copy) -> None:
    """Without an alias its data is lost, and so is what the ledger keeps of it: unless that is allowed by name."""
    change.edit("systems/shop/system.yaml", "orders: {}", "bills: {}")
    change.edit("ledger/test.yaml", LEDGER, "{}\n")
    status, output = comment(change)
    assert status == 1, output
    head = output.splitlines()
    assert head[1] == "## `test`: blocked"
    assert head[3].startswith("**Data is lost: 1.** **The ledger lost 1 entry.** ")
    assert "shop/orders is deleted, and with it the database" in output
    assert "the ledger no longer names shop/orders of type kubernetes:postgresql.cnpg.io/v1:Cluster" in output
    assert output.index("### Data that is lost") < output.index("### When it is applied") < output.index("### Changes")
    status, output = preview(change, "--allow-data-loss", "kubernetes:postgresql.cnpg.io/v1:Cluster::shop/orders")
    assert not [line for line in output.splitlines() if line.startswith("! ")]


def test_a_database_that_shrinks_blocks(change: Copy) -> None:
    """No data is lost, but the operator refuses, and the update would end there."""
    change.edit("systems/shop/system.yaml", "orders: {}", "orders: {storage: 20}")
    status, output = comment(change)
    assert status == 1, output
    assert output.splitlines()[1] == "## `test`: blocked"
    assert output.splitlines()[3].startswith("**1 change refused: the update fails.** No data is lost. ")
    assert output.index("### The update fails") < output.index("### When it is applied")
    assert "shop/orders refuses spec.storage.size: " in output
    assert 'spec.storage.size: "32Gi" → "20Gi" (refused)' in output


def test_a_renamed_database_with_an_alias_is_moved(change: Copy) -> None:
    """Its data stays where it is."""
    change.edit("systems/shop/system.yaml", "orders: {}", "bills: {}")
    change.edit("__main__.py", "from __future__ import annotations\n", f"from __future__ import annotations\n{RENAMED}")
    found = json.loads(previewed(change, "--format", "json").out)["difference"]
    (cluster,) = [each for each in found["resources"] if each["urn"].endswith(":Cluster::shop/bills")]
    assert cluster["oldUrn"].endswith(":Cluster::shop/orders")
    assert "replace" not in {each["op"] for each in found["resources"] if each["urn"].endswith("Database::shop/bills")}
    assert "delete" not in found["summary"]


def test_a_changed_secret_is_reported_and_masked(change: Copy) -> None:
    """An encrypted value by its key, a regenerated one by its resource."""
    change.edit("Pulumi.test.yaml", f"v1:{CANARY}", f"v1:{CANARY}2")
    change.edit("systems/shop/system.yaml", "generated: 32", 'generated: 32, rotated: "2026-02-01"')
    status, output = comment(change)
    assert status == 0, output
    assert "changed &#91;secret&#93;, or re-encrypted" in output
    assert (
        "~ update kubernetes:core/v1:Secret shop/shop-generated\n    stringData: new value, from the new shop/KEY-"
        in output
    )


def test_another_network_and_a_smaller_instance(change: Copy) -> None:
    """The network is replaced with all that is in it, by name; the database restarts, and goes with its network."""
    change.edit("Pulumi.cloud.yaml", "10.60.0.0/16", "10.61.0.0/16")
    change.edit("Pulumi.cloud.yaml", "size: medium", "size: small")
    status, output = preview(change, "--resources", stack="cloud")
    assert status == 1, output
    replaced = {line.split()[-1] for line in output.splitlines() if line.startswith("± replace aws:ec2/")}
    assert {"main", "main-private-0", "main-public-0"} <= replaced
    assert 'cidrBlock: "10.60.0.0/16" → "10.61.0.0/16" (replaces)' in output
    assert 'instanceClass: "db.m7g.large" → "db.t4g.medium"' in output
    losses = [line for line in output.splitlines() if line.startswith("! ")]
    assert any("Cluster main may be replaced by vpcConfig, and with it the cluster and what" in line for line in losses)
    assert any(
        "Instance shop/orders may be replaced by vpcSecurityGroupIds, and with it the" in line for line in losses
    )
    assert re.search(r"^Cost: .* a month, −\$[0-9,]+ against before", output, re.MULTILINE)
    assert "down meanwhile Instance shop/orders, if vpcSecurityGroupIds replaces it" in output


def test_a_weakened_policy_is_reported_and_does_not_judge(change: Copy) -> None:
    """In a pipeline the pack of the base judges: a rule that the change switches off is in force, and that is refused."""
    change.edit("policies/stacks.yaml", "  all: mandatory\n", "  all: disabled\n")
    change.edit(
        "systems/shop/system.yaml", "  KEY: {generated: 32}\n", "  KEY: {generated: 32}\n  LOST: {generated: 32}\n"
    )
    commit(change.root)
    status, output = comment(change, GITHUB_BASE_REF="main")
    assert status == 1, output
    assert "- **refused**: this change lowers every other rule to disabled" in output
    assert "against main (" in output
    assert output.index("This change alters its own checks") < output.index("### Changes")
    assert "Already there: 3 findings" in output


def test_a_fork(history: Path, change: Copy, tmp_path: Path) -> None:
    """What GitHub merges for a pull request of a fork, in a checkout of the repository that it is for."""
    git(tmp_path, "clone", str(history), "fork")
    fork = Copy(tmp_path / "fork")
    fork.edit("Pulumi.test.yaml", "1.0.0", "1.1.0")
    commit(fork.root)
    git(change.root, "fetch", str(fork.root), "HEAD")
    git(change.root, "checkout", "--detach", "FETCH_HEAD")
    status, output = comment(change, GITHUB_BASE_REF="main")
    assert status == 0, output
    assert '"localhost:5000/api:1.0.0" → "localhost:5000/api:1.1.0"' in output


def test_a_program_reads_it(change: Copy) -> None:
    """As JSON, and the plan as JSON may be compared with too, by GitHub's commands."""
    change.edit("Pulumi.test.yaml", "1.0.0", "1.1.0")
    run = change.slipway("preview", "--stack", "test", "--format", "json")
    written = json.loads(run.out)
    assert written["difference"]["against"].startswith("origin/main (")
    assert written["difference"]["summary"]["same"] > 0
    assert [each["title"] for each in written["applied"]["stages"]] == ["shop"]
    (change.root / "before.json").write_text(run.out)
    status, output = preview(change, "--against", "before.json", "--format", "github")
    assert "::notice title=test::nothing changes: " in output
    assert "::error title=data-ledger::shop/orders" in output
    assert status == 1


def test_a_base_whose_program_fails(history: Path, change: Copy) -> None:
    """Is bad input, and the comment says so."""
    change.edit("__main__.py", "    export(build(stack))", "    raise RuntimeError('boom')")
    commit(change.root)
    change.edit("__main__.py", "    raise RuntimeError('boom')", "    export(build(stack))")
    status, output = comment(change, "--against", "HEAD")
    assert status == 2
    assert "--against HEAD: its program fails, so nothing can be compared" in output


def test_a_stack_that_is_new(change: Copy) -> None:
    """There was nothing before."""
    (change.root / "Pulumi.other.yaml").write_text(STACK)
    run = change.slipway("preview", "--stack", "other", "--against", "main")
    assert " to create, against main" in run.out


@pytest.mark.parametrize("reference", ["nowhere", "HEAD:Pulumi.test.yaml", "--output=x"])
def test_a_reference_that_is_none(reference: str, change: Copy) -> None:
    """Is bad input, with an example."""
    run = change.slipway("preview", "--stack", "test", f"--against={reference}")
    assert run.status == 2
    assert f"--against {reference}: is neither a path nor a commit of this repository" in run.err
    assert "for example: --against origin/main" in run.err


@pytest.mark.parametrize("variable", ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"])
def test_a_base_branch_that_is_not_there(variable: str, change: Copy) -> None:
    """A pipeline that names one compares, or says what it lacks."""
    run = change.slipway("preview", "--stack", "test", **{variable: "elsewhere"})
    assert run.status == 2
    assert f"{variable} names the branch elsewhere, which is not in this checkout" in run.err


def test_the_base_is_planned_once(change: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its plan is kept by its content, and read by nobody else; another pack makes a new one. It is evaluated when somebody
    asks for its findings: a kept plan without them is not one with none."""

    def refuse(*_: object, **__: object) -> None:
        raise RehearsalError("asked to run")

    monkeypatch.setenv("XDG_CACHE_HOME", str(change.root.parent))
    (change.root / "README.md").write_text("new")
    selection = select(change.root, "test", None)
    with against.opened(selection, "main", alone=False) as origin:
        assert origin is not None
        running = against.Running(origin, selection, None, cached=True)
        first = running.result()
        assert first.findings is None
        with monkeypatch.context() as patched:
            patched.setattr(against, "rehearse", refuse)
            again = against.Running(origin, selection, None, cached=True)
            assert again.result() == first
            with pytest.raises(RehearsalError, match="asked to run"):
                again.findings()
        findings = running.findings()
        assert findings
        monkeypatch.setattr(against, "rehearse", refuse)
        assert against.Running(origin, selection, None, cached=True).findings() == findings
        with pytest.raises(RehearsalError, match="asked to run"):
            against.Running(origin, selection, None, cached=False).result()
        (change.root / "policies" / "exemptions.yaml").write_text("[]\n# otherwise\n")
        with pytest.raises(RehearsalError, match="asked to run"):
            against.Running(origin, selection, None, cached=True).result()
    (kept,) = (change.root.parent / "slipway").glob(f"*{ENDING}")
    assert kept.stat().st_mode & 0o777 == 0o600
