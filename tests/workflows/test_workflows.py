"""What every workflow keeps to."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.system.release.manifests.gates import ADMIT_SECONDS
from slipway.reports import clocks
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from tests.slipway.cli.conftest import ROOT
from tests.workflows.conftest import WORKFLOWS, read, steps

NAMES = [path.name for path in WORKFLOWS]
NONE: dict[str, str] = {}
CODE = {"contents": "read"}
ROLE = {"contents": "read", "id-token": "write"}
PERMISSIONS = {
    "base-plans.yml": {"": CODE, "base-plans": None},
    "controller-image.yml": {"": NONE, "controller-image": {"contents": "read", "packages": "write"}},
    "comment.yml": {"": NONE, "comment": {"actions": "read", "pull-requests": "write"}},
    "docs.yml": {"": CODE, "docs": None},
    "follow-up.yml": {"": NONE, "look": ROLE, "propose": CODE},
    "set-version.yml": {"": NONE, "set-version": None},
    "preview.yml": {"": CODE, "preview": None, "plan": ROLE},
    "pulumi.yml": {"": NONE, "pulumi": ROLE},
    "release.yml": {"": NONE, "staging": ROLE, "reviewed": CODE, "plan": ROLE, "prod": ROLE},
}
"""What the token of each job may do, None where that is what its workflow says."""
TRIGGERS = {
    "base-plans.yml": {"push"},
    "comment.yml": {"workflow_run"},
    "controller-image.yml": {"push"},
    "docs.yml": {"pull_request"},
    "follow-up.yml": {"schedule", "workflow_dispatch"},
    "set-version.yml": {"workflow_call"},
    "preview.yml": {"pull_request"},
    "pulumi.yml": {"workflow_call"},
    "release.yml": {"push"},
}
"""Never `pull_request_target`, which gives the code of a stranger a token that writes."""


def test_every_workflow_is_of_github_s_schema() -> None:
    """As check-jsonschema has it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*command, *map(str, WORKFLOWS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_each_token_may_do() -> None:
    """Nothing at the top but what is read, and per job what it needs."""
    found = {}
    for name in NAMES:
        workflow = read(name)
        found[name] = {"": workflow["permissions"] or NONE}
        found[name] |= {job: content.get("permissions") for job, content in workflow["jobs"].items()}
    assert found == PERMISSIONS


def test_what_starts_each() -> None:
    """Nothing runs a stranger's code with a token that writes."""
    assert {name: set(read(name)["on"]) for name in NAMES} == TRIGGERS


def test_every_action_is_pinned() -> None:
    """By the hash of a commit, with the version beside it; or it is of this repository."""
    files = (ROOT / ".github" / "workflows" / name for name in NAMES)
    used = [found for file in files for found in re.findall(r"\buses: (.*)", file.read_text(encoding="utf-8"))]
    others = [each for each in used if each != "./.github/workflows/pulumi.yml"]
    assert len(others) > 5
    pinned = re.compile(r"[\w-]+(?:/[\w-]+){1,2}@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [each for each in others if not pinned.fullmatch(each)] == []


def test_an_action_has_one_version() -> None:
    """Wherever it is used."""
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    used = set(re.findall(r"uses: ([\w-]+/[\w-]+)(?:/[\w-]+)?@(\w+) # (\S+)", text))
    assert len(used) == len({action for action, _, _ in used})


@pytest.mark.parametrize("name", NAMES)
def test_no_expression_in_a_script(name: str) -> None:
    """What others may choose reaches a shell as a variable, where it is no code."""
    assert not [step for step in steps(read(name)) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("name", NAMES)
def test_jobs_end_and_keep_no_credentials(name: str) -> None:
    """A time limit, one image by name, bash with pipefail, and no token left in the folder."""
    workflow = read(name)
    assert workflow["defaults"]["run"]["shell"] == "bash"
    for job in workflow["jobs"].values():
        if "steps" in job:
            assert int(job["timeout-minutes"]) <= (360 if name == "pulumi.yml" else 180)
            assert job["runs-on"] in ("ubuntu-24.04", "${{ vars.PULUMI_RUNNER || 'ubuntu-24.04' }}")
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


def test_who_writes_comments_runs_nothing_of_a_pull_request() -> None:
    """No action, no code: one script of this file; which pull request it is, the event says."""
    workflow = read("comment.yml")
    (step,) = steps(workflow)
    assert "uses" not in step
    assert not re.search(r"\b(make|python3?|node|npm|git|source|eval|bash|sh)\b", step["run"])
    given = {name: value for name, value in step["env"].items() if "${{" in value}
    assert all(re.search(r"github\.(event\.workflow_run\.\S+|repository|token) }}$", value) for value in given.values())


def test_what_is_kept_between_runs_comes_from_main() -> None:
    """A pull request's own code could leave a false plan of its base: nothing of it is saved."""
    saving = {
        name
        for name in NAMES
        for step in steps(read(name))
        if step.get("uses", "").startswith(("actions/cache@", "actions/cache/save@"))
    }
    assert saving == {"base-plans.yml"}
    assert read("base-plans.yml")["on"] == {"push": {"branches": ["main"]}}
    restored, kept = (
        {
            step["with"]["path"]: step["with"]["key"]
            for step in steps(read(name))
            if "actions/cache" in step.get("uses", "")
        }
        for name in ("preview.yml", "base-plans.yml")
    )
    assert restored.keys() == kept.keys()
    (environment,) = (path for path in kept if "base/.venv" in path)
    assert restored[environment] == kept[environment]


def test_updates_of_a_stack_wait_for_each_other() -> None:
    """None is cancelled in the middle, and each has its environment."""
    jobs = read("release.yml")["jobs"]
    updates = {job["with"]["stack"]: job for job in jobs.values() if job.get("with", {}).get("command") == "up"}
    for stack, job in updates.items():
        assert job["concurrency"] == {"group": f"pulumi-{stack}", "cancel-in-progress": "false"}
        assert job["with"]["environment"] == stack
    assert set(updates) == {"staging", "prod"}
    assert jobs["prod"]["needs"] == "plan"
    assert jobs["plan"]["needs"] == "reviewed"


def test_only_own_branches_get_a_role() -> None:
    """Forks do not, and nothing asks for one before the state's place is known."""
    condition = read("preview.yml")["jobs"]["plan"]["if"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in condition
    jobs = {**read("release.yml")["jobs"], "preview": {"if": condition}}
    jobs |= read("follow-up.yml")["jobs"]
    first = [job["if"] for job in jobs.values() if "needs" not in job]
    assert all("vars.PULUMI_BACKEND_URL != ''" in each for each in first)


def test_no_key_is_kept() -> None:
    """The only secret is that of the app that opens pull requests; the caller of `set-version` has it too."""
    secrets = [re.findall(r"secrets\.[\w-]+", path.read_text(encoding="utf-8")) for path in WORKFLOWS]
    assert {secret for found in secrets for secret in found} == {"secrets.private-key", "secrets.SLIPWAY_APP_KEY"}


def test_who_writes_has_no_role_in_a_cloud() -> None:
    """The job that reads clusters cannot write here, and the one that opens pull requests reaches no cluster."""
    jobs = read("follow-up.yml")["jobs"]
    used = {name: [step.get("uses", "").partition("@")[0] for step in job["steps"]] for name, job in jobs.items()}
    assert "actions/create-github-app-token" not in used["look"]
    assert not {"aws-actions/configure-aws-credentials", "azure/login"} & set(used["propose"])
    assert jobs["look"]["environment"] == "${{ matrix.stack }}-preview"


def test_an_update_has_the_time_that_its_gates_may_take() -> None:
    """Four hours for admission, and the holds of the longest release."""
    (job,) = read("pulumi.yml")["jobs"].values()
    stack = load_stack(find_project(ROOT), "prod", ROOT / "Pulumi.prod.yaml")
    systems = [system for cluster in stack.clusters.values() for system in cluster.systems.values()]
    longest = max(clocks.held(system.definition.release) for system in systems)
    assert int(job["timeout-minutes"]) * 60 > ADMIT_SECONDS + longest


def test_the_engine_is_as_new_as_the_sdk() -> None:
    """One version of Pulumi."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (step,) = (each for each in steps(read("pulumi.yml")) if each.get("uses", "").startswith("pulumi/actions@"))
    assert f"pulumi=={step['with']['pulumi-version']}" in project["project"]["dependencies"]


def test_the_example_of_a_caller_fits() -> None:
    """docs/pipelines.md gives every input that must be given, and none that does not exist."""
    text = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (job,) = yaml.load(block, Loader=yaml.CBaseLoader)["jobs"].values()
    call: dict[str, Any] = read("set-version.yml")["on"]["workflow_call"]
    needed = {name for name, given in call["inputs"].items() if given.get("required") == "true"}
    assert needed <= set(job["with"]) <= set(call["inputs"])
    assert set(job["secrets"]) == set(call["secrets"])


@pytest.mark.parametrize("name", NAMES)
def test_scripts_please_shellcheck(name: str, tmp_path: Path) -> None:
    """Each of them, as bash."""
    for number, step in enumerate(steps(read(name))):
        if "run" in step:
            (tmp_path / f"{number}.sh").write_text(f"set -eo pipefail\n{step['run']}")
    found = list(tmp_path.iterdir())
    done = subprocess.run(
        ["shellcheck", "--shell=bash", *map(str, found)] if found else ["true"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
