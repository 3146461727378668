"""The scripts of workflows, run."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import needs
from tests.forking import write_command
from tests.slipway.cli.conftest import ROOT, Copy
from tests.slipway.ops.cluster.sample_release import spec, status
from tests.slipway.ops.cluster.server import CONTEXT, Cluster, served
from tests.workflows.conftest import Runner, script

COMMENT = {
    "GH_TOKEN": "none",
    "REPOSITORY": "example/slipway",
    "RUN": "7",
    "RUN_URL": "https://github.example/runs/7",
    "HEAD_OWNER": "stranger",
    "HEAD_BRANCH": "a$(touch stolen);b",
    "HEAD_SHA": "c0ffee",
    "STACKS": "staging prod",
}
HANDOVER = {
    "GH_TOKEN": "none",
    "BOT": "slipway[bot]",
    "FROM": "example/shop",
    "RUN_URL": "https://github.example/runs/7",
    "SYSTEM": "smartwallet",
    "STACK": "staging",
    "SLOT": "green",
    "VERSION": "2.5.0",
}


SMALL = """\
config:
  slipway:environment: staging
  slipway:clusters:
    main:
      cloud: local
      systems:
        expenses:
          blue: {version: expense-accounts-v1.0.0}
"""


@pytest.fixture
def archives() -> None:
    """What reads JSON and archives."""
    for name in ("jq", "unzip"):
        needs.program(name, package=name)


def install(folder: Path) -> None:
    """Put the command where `make` does; what a workflow does with it is no matter of how its process starts."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    write_command(programs / "slipway")


def with_command(project: Copy, runner: Runner) -> Runner:
    """The runner in the project's folder, where `make` has installed."""
    install(project.root)
    return replace(runner, folder=project.root)


@pytest.fixture
def checked_out(project: Copy, runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """The runner in a folder with the base branch, where `make` has installed, and the change, which begins as the same.

    Stacks are small ones: what a workflow does is the same with each.
    """
    for stack in ("local", "staging", "prod"):
        (project.root / f"Pulumi.{stack}.yaml").write_text(SMALL)
    folder = tmp_path_factory.mktemp("checked-out")
    shutil.copytree(project.root, folder / "base", symlinks=True)
    install(folder / "base")
    (folder / "head").symlink_to(project.root)
    return replace(runner, folder=folder)


def test_a_preview_that_blocks_fails_and_is_written(project: Copy, checked_out: Runner) -> None:
    """Every stack has its comment and is in the summary, in order, and the check fails."""
    line = project.edit(
        "Pulumi.staging.yaml",
        "          blue: {version: expense-accounts-v1.0.0}\n",
        "          blue: {version: expense-accounts-v1.0.0}\n          databases: {expenses: {backup: none}}\n",
    )
    run = checked_out.run(script("preview.yml", "Preview"), STACKS="staging prod")
    assert run.status == 1, run.everything
    staging, prod = ((checked_out.folder / "comments" / f"{stack}.md").read_text() for stack in ("staging", "prod"))
    assert staging.startswith("<!-- slipway preview staging -->\n## `staging`: blocked\n")
    assert f"set `databases.expenses.backup` in `Pulumi.staging.yaml:{line + 1}`" in staging
    assert "### Changes" in staging
    assert prod.startswith("<!-- slipway preview prod -->\n`prod`: nothing changes: ")
    assert (checked_out.folder / "summary").read_text() == staging + prod
    assert "::error file=Pulumi.staging.yaml," in run.err
    pages = [(checked_out.folder / "pages" / f"{stack}.html").read_text() for stack in ("staging", "prod")]
    titles = [re.findall("<title>(.*?)</title>", each)[0] for each in pages]
    assert re.match(r"staging: .* to update, ", titles[0]), titles
    assert titles[1].startswith("prod: nothing changes: "), titles


def test_a_change_is_judged_by_the_base_and_says_what_it_does_to_the_judge(project: Copy, checked_out: Runner) -> None:
    """A rule that the change switches off is in force, and switching it off fails."""
    policies = project.root / "policies"
    policies.unlink()
    shutil.copytree(ROOT / "policies", policies, ignore=shutil.ignore_patterns("__pycache__"))
    text = (policies / "stacks.yaml").read_text()
    (policies / "stacks.yaml").write_text(text.replace("  all: mandatory\n", "  all: disabled\n", 1))
    project.edit(
        "Pulumi.staging.yaml",
        "          blue: {version: expense-accounts-v1.0.0}\n",
        "          blue: {version: expense-accounts-v1.0.0}\n          databases: {expenses: {backup: none}}\n",
    )
    run = checked_out.run(script("preview.yml", "Preview"), STACKS="staging")
    assert run.status == 1, run.everything
    comment = (checked_out.folder / "comments" / "staging.md").read_text()
    assert "- **refused**: this change lowers every other rule to disabled" in comment
    assert comment.index("This change alters its own checks") < comment.index("`database-backup-schedules`")


def test_bad_input_fails_and_is_written(project: Copy, checked_out: Runner) -> None:
    """The comment says which line is wrong."""
    project.edit("systems/expenses/system.yaml", "    port: ", "    prot: ")
    run = checked_out.run(script("preview.yml", "Preview"), STACKS="staging")
    assert run.status == 2
    assert "did you mean 'port'?" in (checked_out.folder / "comments" / "staging.md").read_text()


def test_a_command_that_says_nothing_is_written_too(checked_out: Runner) -> None:
    """So that an old comment does not stand for the new commit."""
    pack = checked_out.folder / "base" / "policies"
    pack.unlink()
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("name: broken\nruntime: python\n")
    (pack / "stacks.yaml").write_text("{}\n")
    run = checked_out.run(script("preview.yml", "Preview"), STACKS="local")
    assert run.status not in (0, 1)
    assert (checked_out.folder / "comments" / "local.md").read_text() == (
        "<!-- slipway preview local -->\nThe preview of local did not run: see the log.\n"
    )


def test_main_is_planned_for_pull_requests(checked_out: Runner) -> None:
    """Compared with itself, nothing changes."""
    run = checked_out.run(script("base-plans.yml", "Plan"), STACKS="local")
    assert run.status == 0, run.everything
    assert run.out.splitlines()[-1].startswith("::notice title=local::nothing changes: ")


def archive(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name.replace("__", "."), text)
    return content.getvalue()


def github(runner: Runner, comments: bytes, pulls: list[dict[str, object]], said: list[dict[str, object]]) -> None:
    runner.stand_in("gh")
    runner.answer("repos/example/slipway/pulls ", pulls)
    runner.answer("/actions/runs/7/artifacts", {"artifacts": [{"name": "comments", "id": 3}]})
    runner.answer("/actions/artifacts/3/zip", comments)
    runner.answer("/issues/5/comments?per_page=100", said)


PULL: dict[str, object] = {"number": 5, "head": {"sha": "c0ffee"}}
BODY = "<!-- slipway preview {} -->\n## fine\n"


@pytest.mark.usefixtures("archives")
def test_own_comments_are_updated_and_missing_ones_made(runner: Runner) -> None:
    """The comment of a person with the same first line stays; the commit is told."""
    comments = [
        {"id": 1, "user": {"login": "stranger"}, "body": BODY.format("staging")},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": BODY.format("staging")},
    ]
    github(runner, archive(staging__md=BODY.format("staging"), prod__md=BODY.format("prod")), [PULL], comments)
    run = runner.run(script("comment.yml", "Comment"), **COMMENT)
    assert run.status == 0, run.everything
    written = [call for call in runner.calls if "--silent" in call]
    assert [call[3:6] for call in written] == [
        ["--method", "PATCH", "repos/example/slipway/issues/comments/2"],
        ["--method", "POST", "repos/example/slipway/issues/5/comments"],
    ]
    end = "\nCommit c0ffee, [log](https://github.example/runs/7)\n"
    assert [call[-1] for call in written] == [BODY.format("staging") + end, BODY.format("prod") + end]


@pytest.mark.usefixtures("archives")
def test_the_pull_request_is_looked_up_by_what_github_says(runner: Runner) -> None:
    """The branch of the event, whatever its name; only where the commit is the newest one."""
    github(runner, archive(), [{"number": 5, "head": {"sha": "beef"}}], [])
    run = runner.run(script("comment.yml", "Comment"), **COMMENT)
    assert run.status == 0
    assert "No open pull request has commit c0ffee" in run.out
    assert "head=stranger:a$(touch stolen);b" in runner.calls[0]
    assert not (runner.folder / "stolen").exists()
    assert not [call for call in runner.calls if "--silent" in call]


UNFIT = {
    "nothing": archive(other__md="x"),
    "another first line": archive(staging__md="hello\n" + BODY.format("staging"), prod__md=BODY.format("staging")),
    "too long": archive(staging__md=BODY.format("staging") + "x" * 65_000, prod__md=BODY.format("prod") + "\n" * 10**7),
    "no archive": b"none",
}


@pytest.mark.usefixtures("archives")
@pytest.mark.parametrize("comments", UNFIT.values(), ids=UNFIT)
def test_an_artifact_that_is_no_comment_is_not_written(runner: Runner, comments: bytes) -> None:
    """It came from the pull request, so it is believed nothing; a bomb fills no disk."""
    github(runner, comments, [PULL], [])
    run = runner.run(script("comment.yml", "Comment"), **COMMENT)
    assert run.status == 0, run.everything
    assert run.out.count("::warning::") == 2
    assert not [call for call in runner.calls if "--silent" in call]
    assert all(path.stat().st_size <= 65_001 for path in runner.folder.glob("*.comment"))


@pytest.mark.usefixtures("archives")
def test_an_api_that_fails_fails_the_job(runner: Runner) -> None:
    """In the middle of a pipe too."""
    runner.stand_in("gh")
    runner.answer("repos/example/slipway/pulls", b"", status=1)
    assert runner.run(script("comment.yml", "Comment"), **COMMENT).status != 0


@pytest.mark.parametrize(
    ("status", "passes"), [("identical", True), ("behind", True), ("ahead", False), ("diverged", False)]
)
def test_a_tag_that_nobody_reviewed_is_refused(runner: Runner, status: str, passes: bool) -> None:
    """Prod gets commits of main only."""
    runner.stand_in("gh")
    runner.answer("repos/example/slipway/compare/main...c0ffee", status.encode())
    run = runner.run(
        script("release.yml", "Refuse a tag that is not on main"),
        GITHUB_REPOSITORY="example/slipway", GITHUB_SHA="c0ffee", GITHUB_REF_NAME="v1",
    )  # fmt: skip
    assert (run.status == 0) is passes, run.everything


@pytest.mark.parametrize(
    ("step", "command"),
    [
        (
            "Preview",
            ["pulumi", "preview", "--stack", "prod", "--policy-pack", "policies", "--diff", "--non-interactive"],
        ),
        ("Update", ["pulumi", "up", "--stack", "prod", "--policy-pack", "policies", "--yes", "--non-interactive"]),
    ],
)
def test_pulumi_is_judged_by_the_policy_pack(runner: Runner, step: str, command: list[str]) -> None:
    """Preview and update; its exit status is the step's."""
    runner.stand_in("pulumi")
    assert runner.run(script("pulumi.yml", step), STACK="prod").status == 0
    assert runner.calls == [command]
    runner.answer("pulumi", b"", status=255)
    assert runner.run(script("pulumi.yml", step), STACK="prod").status == 255


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def checkout(project: Copy, runner: Runner, tmp_path: Path) -> Runner:
    """A clone of a repository that holds the project, with a stand-in for GitHub's command."""
    folder = project.root
    (folder / ".gitignore").write_text(".venv\nwork/\nbin/\nsummary\norigin.git\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=first")
    git(folder, "clone", "--quiet", "--bare", ".", "origin.git")
    git(folder, "remote", "add", "origin", str(folder / "origin.git"))
    runner = with_command(project, runner)
    runner.stand_in("gh")
    return runner


def test_a_version_becomes_a_pull_request(checkout: Runner) -> None:
    """One commit with one changed line on a branch of its own, then the pull request."""
    written = checkout.run(script("set-version.yml", "Write the version"), **HANDOVER)
    assert written.status == 0, written.everything
    opened = checkout.run(script("set-version.yml", "Open the pull request"), **HANDOVER)
    assert opened.status == 0, opened.everything
    origin = checkout.folder / "origin.git"
    branch = "set-version/staging/smartwallet-green"
    assert git(origin, "diff", "--shortstat", "main", branch).strip() == (
        "1 file changed, 1 insertion(+), 1 deletion(-)"
    )
    assert git(origin, "log", "-1", "--format=%an: %s", branch) == (
        "slipway[bot]: smartwallet 2.5.0 on staging (green)\n"
    )
    assert [call[1:3] for call in checkout.calls] == [["auth", "setup-git"], ["pr", "list"], ["pr", "create"]]
    assert checkout.calls[-1][3:] == [
        "--head", branch,
        "--title", "smartwallet 2.5.0 on staging (green)",
        "--body", "Set by example/shop: https://github.example/runs/7",
    ]  # fmt: skip


def test_a_later_version_takes_its_place(checkout: Runner) -> None:
    """The branch is rewritten and the open pull request renamed."""
    test_a_version_becomes_a_pull_request(checkout)
    git(checkout.folder, "switch", "--quiet", "main")
    git(checkout.folder, "branch", "--quiet", "-D", "set-version/staging/smartwallet-green")
    checkout.answer("gh pr list", b"12\n")
    later = HANDOVER | {"VERSION": "2.6.0"}
    assert checkout.run(script("set-version.yml", "Write the version"), **later).status == 0
    opened = checkout.run(script("set-version.yml", "Open the pull request"), **later)
    assert opened.status == 0, opened.everything
    assert checkout.calls[-1][1:6] == ["pr", "edit", "12", "--title", "smartwallet 2.6.0 on staging (green)"]
    origin = checkout.folder / "origin.git"
    assert git(origin, "rev-list", "--count", "main..set-version/staging/smartwallet-green") == "1\n"


def test_a_version_without_a_slot_is_handed_over(checkout: Runner) -> None:
    """To the slot without visitors, which becomes the active one: the update is its release."""
    released = HANDOVER | {"SLOT": ""}
    assert checkout.run(script("set-version.yml", "Write the version"), **released).status == 0
    opened = checkout.run(script("set-version.yml", "Open the pull request"), **released)
    assert opened.status == 0, opened.everything
    changed = git(checkout.folder / "origin.git", "diff", "-U0", "main", "set-version/staging/smartwallet")
    assert [line.strip() for line in changed.splitlines() if line.startswith("+  ")] == [
        "+          active: blue",
        "+          blue: {version: 2.5.0}",
    ]
    assert checkout.calls[-1][5:7] == ["--title", "smartwallet 2.5.0 on staging"]


def test_a_version_that_is_there_opens_nothing(checkout: Runner) -> None:
    """The job ends well."""
    same = HANDOVER | {"VERSION": "2.4.0"}
    assert checkout.run(script("set-version.yml", "Write the version"), **same).status == 0
    assert checkout.run(script("set-version.yml", "Open the pull request"), **same).status == 0
    assert checkout.calls == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"VERSION": "2.5.0; touch stolen"},
        {"VERSION": "$(touch stolen)"},
        {"VERSION": "--help"},
        {"SYSTEM": "smartwallet --stack prod"},
        {"STACK": "../staging"},
        {"SLOT": "red"},
    ],
    ids=str,
)
def test_what_an_application_says_is_no_code(checkout: Runner, wrong: dict[str, str]) -> None:
    """It is refused before anything is written."""
    run = checkout.run(script("set-version.yml", "Write the version"), **(HANDOVER | wrong))
    assert run.status == 2, run.everything
    assert git(checkout.folder, "status", "--porcelain") == ""


FLEET = "          blue: {version: personal-use-v1.0.0}\n"
BOTH = f"          active: green\n{FLEET}          green: {{version: personal-use-v1.1.0}}\n"
FOLLOW_UP = {"STACK": "local", "CLUSTERS": "main=local"}


@pytest.fixture
def released(project: Copy, checkout: Runner, tmp_path: Path) -> Iterator[tuple[Runner, Cluster, dict[str, str]]]:
    """The checkout of a stack whose file says green, a cluster, and the variables of a step that reaches it."""
    project.edit("Pulumi.local.yaml", FLEET, BOTH)
    git(project.root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--all", "--message=green")
    with served() as cluster:
        kubeconfig = Path(cluster.kubeconfig(tmp_path))
        kubeconfig.write_text(kubeconfig.read_text().replace(f": {CONTEXT}\n", ": slipway-local-main\n"))
        yield checkout, cluster, {**FOLLOW_UP, "KUBECONFIG": str(kubeconfig)}


ENDED = {
    "revert": status("RolledBack", reason="7 % errors"),
    "retire": status(
        "Promoted",
        active="green",
        activeVersion="personal-use-v1.1.0",
        formerVersion="personal-use-v1.0.0",
        watchUntil="2026-11-22T02:50:00Z",
    ),
}


@pytest.mark.parametrize(
    ("change", "line"),
    [("revert", "-          active: green"), ("retire", "-          blue: {version: personal-use-v1.0.0}")],
)
def test_what_a_release_leaves_behind_becomes_a_pull_request(
    released: tuple[Runner, Cluster, dict[str, str]], change: str, line: str
) -> None:
    """One for each kind of change: from the cluster to the branch."""
    runner, cluster, environment = released
    cluster.put_release("fleet", "fleet", spec(), ENDED[change])
    made = runner.run(script("follow-up.yml", "Make the changes"), **environment)
    assert made.status == 0, made.everything
    (patch,) = (runner.folder / "changes").iterdir()
    assert patch.name == f"local-{change}.patch"
    assert line in patch.read_text().splitlines()
    assert git(runner.folder, "status", "--porcelain", "--untracked-files=no") == ""
    opened = runner.run(
        script("follow-up.yml", "Open the pull requests"), GH_TOKEN="none", BOT="slipway[bot]", RUN_URL="https://run/7"
    )
    assert opened.status == 0, opened.everything
    branch = f"follow-up/local/{change}"
    assert git(runner.folder / "origin.git", "diff", "--name-only", "main", branch) == "Pulumi.local.yaml\n"
    assert [call[1:3] for call in runner.calls] == [["auth", "setup-git"], ["pr", "list"], ["pr", "create"]]
    assert runner.calls[-1][-1] == f"By `slipway release {change}`: https://run/7"


def test_a_release_that_goes_on_leaves_nothing(released: tuple[Runner, Cluster, dict[str, str]]) -> None:
    runner, cluster, environment = released
    cluster.put_release("fleet", "fleet", spec(), status("Stepping"))
    made = runner.run(script("follow-up.yml", "Make the changes"), **environment)
    assert made.status == 0, made.everything
    assert list((runner.folder / "changes").iterdir()) == []
    opened = runner.run(script("follow-up.yml", "Open the pull requests"), GH_TOKEN="none", BOT="b", RUN_URL="r")
    assert opened.status == 0, opened.everything
    assert [call[1:3] for call in runner.calls] == [["auth", "setup-git"]]


def test_an_artifact_changes_the_file_of_its_stack_alone(checkout: Runner) -> None:
    """Whatever else is in the patch."""
    changes = checkout.folder / "changes"
    changes.mkdir()
    file = checkout.folder / "Pulumi.local.yaml"
    before, other = file.read_text(), checkout.folder / "Pulumi.yaml"
    file.write_text(before.replace("v1.0.0", "v1.0.1", 1))
    other.write_text(f"{other.read_text()}# more\n")
    (changes / "local-revert.patch").write_text(git(checkout.folder, "diff"))
    git(checkout.folder, "checkout", "--quiet", "--", ".")
    run = checkout.run(script("follow-up.yml", "Open the pull requests"), GH_TOKEN="none", BOT="b", RUN_URL="r")
    assert run.status == 0, run.everything
    diff = git(checkout.folder / "origin.git", "diff", "--name-only", "main", "follow-up/local/revert")
    assert diff == "Pulumi.local.yaml\n"


def test_what_is_due_fails_and_is_written(released: tuple[Runner, Cluster, dict[str, str]]) -> None:
    """Into the summary; the backups of the stack's clouds beside it."""
    runner, cluster, environment = released
    cluster.put_release("fleet", "fleet", spec(), status("Promoted", active="green", asked=["Sign-off by Lead."]))
    run = runner.run(script("follow-up.yml", "Report what is due"), **environment)
    assert run.status != 0
    summary = (runner.folder / "summary").read_text()
    assert "local, cluster main\nsystem" in summary
    assert "fleet   Sign-off by Lead." in summary
    assert "Backups and restore tests" in summary
