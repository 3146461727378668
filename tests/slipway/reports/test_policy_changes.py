"""What a change does to its own judge is told by what it means, and refused where the base names nobody for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from slipway.reports.code_owners import CodeOwners
from slipway.reports.policy_changes import PolicyChange, compared

STACKS = """\
default:
  all: mandatory
  migration-lint: advisory
  namespace-isolation: {chartNamespaces: [logging]}
environments:
  production: {workload-minimum: {minimumReplicas: 2}, database-backup-copies: {secondRegion: true}}
  local: {all: advisory}
stacks:
  prod:
    image-registries: {allowedRegistries: [docker.io/library]}
    cost-tags: {own: [cost-center]}
    data-residence: {allowedRegions: {aws: [us-east-1]}}
    workload-minimum: {maximumReplicas: 10}
"""
BASE: Mapping[str, str] = {
    "policies/stacks.yaml": STACKS,
    "policies/exemptions.yaml": "[{rule: image-pins, stack: prod, resource: 'Job::a', expires: 2027-01-31}]\n",
    "policies/scanners.yaml": "checkov: [{checks: [CKV_1], resources: ['Job/*'], answer: Yes.}]\n",
    "policies/types.yaml": "types: {'aws:s3/bucket:Bucket': {rules: [a]}}\ncomponents: ['slipway:a:B']\n",
    "policies/rules/network.py": "one\n",
    "policies/PulumiPolicy.yaml": "runtime: python\n",
    "slipway/cli/main.py": "one\n",
    "ledger/prod.yaml": "urn:pulumi:prod::slipway::aws:s3/bucket:Bucket::files: {provider: main, named: {bucket: files}}\n",
    "Pulumi.prod.yaml": "config: {slipway:environment: production}\n",
    "Makefile": "test:\n",
    "requirements.txt": "pulumi==3.272.0\n",
    ".github/workflows/preview.yml": "name: preview\n",
}
Tree = Callable[[Mapping[str, str | None]], Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A maker of trees that differ from the base in some files."""

    def make(changed: Mapping[str, str | None]) -> Path:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in {**BASE, **changed}.items():
            if text is not None:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text)
        return folder

    return make


def stacks(old: str, new: str) -> dict[str, str | None]:
    assert old in STACKS
    return {"policies/stacks.yaml": STACKS.replace(old, new)}


LOOSER: list[tuple[dict[str, str | None], str]] = [
    (stacks("migration-lint: advisory", "open-ingress: disabled"), "this change lowers `open-ingress` to disabled"),
    (stacks("  all: mandatory", "  all: advisory"), "this change lowers every other rule to advisory"),
    (stacks("default:\n  all: mandatory", "default:\n  all: disabled"), "this change lowers every other rule to disabled"),
    (stacks("{all: advisory}", "{all: disabled}"), "this change lowers every other rule to disabled in local"),
    (
        stacks("workload-minimum: {minimumReplicas: 2}", "workload-minimum: disabled"),
        "this change lowers `workload-minimum` to disabled in production",
    ),
    (
        stacks("workload-minimum: {minimumReplicas: 2}", "workload-minimum: {enforcementLevel: advisory}"),
        "this change lowers `workload-minimum` to advisory in production",
    ),
    (
        stacks("minimumReplicas: 2", "minimumReplicas: 1"),
        "this change sets `minimumReplicas` of `workload-minimum` to 1, which was 2 in production",
    ),
    (stacks("{minimumReplicas: 2}", "{}"), "to its default, which was 2 in production"),
    (stacks("maximumReplicas: 10", "maximumReplicas: 999"), "to 999, which was 10 in the stack prod"),
    (stacks("secondRegion: true", "secondRegion: false"), "to False, which was True in production"),
    (stacks("docker.io/library]", "docker.io/library, ghcr.io]"), "this change adds ghcr.io to `allowedRegistries`"),
    (stacks("allowedRegistries: [docker.io/library]", "allowedRegistries: []"), "removes docker.io/library from"),
    (stacks("[cost-center]", "[]"), "this change removes cost-center from `own` of `cost-tags`"),
    (stacks("[logging]", "[logging, fleet]"), "this change adds fleet to `chartNamespaces` of `namespace-isolation`"),
    (stacks("aws: [us-east-1]", "aws: [us-east-1, eu-west-1]"), "this change sets `allowedRegions` of `data-residence`"),
    (
        stacks("  prod:\n", "  prod:\n    known-types: {allowedTypes: [{type: 'aws:ec2/instance:Instance'}]}\n"),
        "this change adds aws:ec2/instance:Instance to `allowedTypes` of `known-types` in the stack prod",
    ),
    ({"policies/stacks.yaml": None}, "this change removes cost-center from `own`"),
    (
        {"policies/exemptions.yaml": BASE["policies/exemptions.yaml"].replace("}]", "}, {rule: b, stack: s, resource: r}]")},
        "this change adds the exemption from `b` for r in s",
    ),
    (
        {"policies/exemptions.yaml": BASE["policies/exemptions.yaml"].replace("2027-01", "2027-03")},
        "this change changes the exemption from `image-pins` for Job::a in prod",
    ),
    (
        {"policies/scanners.yaml": "checkov: [{checks: [CKV_1, CKV_2], resources: ['Job/*'], answer: Yes.}]\n"},
        "this change adds the answer to a scanner checkov CKV_2 for Job/*",
    ),
    (
        {"policies/types.yaml": "types: {'aws:s3/bucket:Bucket': {}, 'aws:ec2/instance:Instance': {}}\ncomponents: ['slipway:a:B']"},
        "this change adds the known type aws:ec2/instance:Instance",
    ),
    ({"ledger/prod.yaml": "{}"}, "this change no longer protects files (aws:s3/bucket:Bucket)"),
    ({"ledger/prod.yaml": None}, "this change no longer protects files (aws:s3/bucket:Bucket)"),
    ({"ledger/prod.yaml": BASE["ledger/prod.yaml"].replace("bucket: files", "bucket: f")}, "changes the protection of files"),
    (
        {"Pulumi.prod.yaml": "config: {slipway:environment: local}\n"},
        "this change sets the environment of the stack to local, which was production",
    ),
    (
        {"Pulumi.prod.yaml": "config: {slipway:environment: {name: production, follows: local}}\n"},
        "this change sets the environment of the stack to local, which was production",
    ),
    ({"policies/rules/network.py": "two\n"}, "this change changes the pack: policies/rules/network.py"),
    ({"policies/rules/network.py": None}, "this change changes the pack: policies/rules/network.py"),
    ({"policies/PulumiPolicy.yaml": None}, "this change changes the pack: policies/PulumiPolicy.yaml"),
    ({"policies/rules/more.py": "new\n"}, "this change changes the pack: policies/rules/more.py"),
    ({"slipway/cli/main.py": "two\n"}, "this change changes the tool: slipway/cli/main.py"),
    ({"Makefile": "test: ;\n"}, "this change changes the tool: Makefile"),
    ({"requirements.txt": "pulumi==3.0.0\n"}, "this change changes the tool: requirements.txt"),
    ({".github/workflows/preview.yml": "name: none\n"}, "this change changes the workflows: .github/workflows/preview.yml"),
    ({".github/workflows/preview.yml": None}, "this change changes the workflows: .github/workflows/preview.yml"),
    ({".gitlab-ci.yml": "preview: {}\n"}, "this change changes the workflows: .gitlab-ci.yml"),
    ({"Pulumi.yaml": "main: pinned\n", "pinned/policies/a.py": "new\n"}, "this change changes the tool: pinned/policies/a.py"),
    ({".github/CODEOWNERS": "* @me\n"}, "this change changes the workflows: .github/CODEOWNERS"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "message"), LOOSER, ids=[message for _, message in LOOSER])
def test_what_loosens_is_reported_and_refused(tree: Tree, changed: dict[str, str | None], message: str) -> None:
    """Nobody is named for it: whoever writes a change does not decide how it is judged."""
    found = compared(tree({}), tree(changed))
    assert any(message in each.text and each.blocks and each.file in changed for each in found), found


STRICTER: list[tuple[dict[str, str | None], str]] = [
    (stacks("migration-lint: advisory", "migration-lint: mandatory"), "raises `migration-lint` to mandatory"),
    (stacks("minimumReplicas: 2", "minimumReplicas: 3"), "to 3, which was 2 in production"),
    (stacks("maximumReplicas: 10", "maximumReplicas: 5"), "to 5, which was 10"),
    (stacks("[cost-center]", "[cost-center, team]"), "adds team to `own` of `cost-tags`"),
    (stacks("[logging]", "[]"), "removes logging from `chartNamespaces`"),
    ({"policies/exemptions.yaml": "[]\n"}, "removes the exemption from `image-pins` for Job::a in prod"),
    ({"ledger/prod.yaml": BASE["ledger/prod.yaml"] + BASE["ledger/prod.yaml"].replace("::files:", "::more:")}, "also protects more"),
    (
        {"policies/types.yaml": "types: {}\ncomponents: ['slipway:a:B']\n"},
        "removes the known type aws:s3/bucket:Bucket",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "message"), STRICTER, ids=[message for _, message in STRICTER])
def test_what_tightens_is_reported_and_let_through(tree: Tree, changed: dict[str, str | None], message: str) -> None:
    found = compared(tree({}), tree(changed))
    assert [message in each.text for each in found] == [True], found
    assert not any(each.loosens for each in found)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"systems/fleet/system.yaml": "name: Fleet\n"},
        {"components/stack.py": "two\n"},
        {"docs/policies.md": "two\n"},
        {"Pulumi.prod.yaml": "config: {slipway:environment: production, slipway:clusters: {}}\n"},
        {"Pulumi.new.yaml": "config: {slipway:environment: staging}\n"},
        {"policies/__pycache__/x.pyc": "two\n"},
        {"policies/exemptions.yaml": "# Nothing else.\n" + BASE["policies/exemptions.yaml"]},
    ],
)
def test_what_a_team_changes_every_day_is_nothing_to_the_judge(tree: Tree, changed: dict[str, str | None]) -> None:
    assert compared(tree({}), tree(changed)) == []


def test_whom_the_base_names_may_do_it(tree: Tree) -> None:
    """The base, not the change; a placeholder of the file as it is shipped is nobody."""
    lower = stacks("migration-lint: advisory", "migration-lint: disabled")
    owned = {".github/CODEOWNERS": "/policies/ @acme/platform\n"}
    (found,) = compared(tree(owned), tree({**owned, **lower}))
    assert found == PolicyChange(
        True,
        "policies/stacks.yaml",
        "this change lowers `migration-lint` to disabled in production and staging",
        ("@acme/platform",),
    )
    assert not found.blocks
    assert any(each.blocks and "migration-lint" in each.text for each in compared(tree({}), tree({**owned, **lower})))
    shipped = {".github/CODEOWNERS": "/policies/ @example/platform\n"}
    assert all(each.blocks for each in compared(tree(shipped), tree({**shipped, **lower})))


@pytest.mark.parametrize(
    ("line", "name", "owned"),
    [
        ("/policies/", "policies/rules/network.py", True),
        ("/policies/", "docs/policies/x", False),
        ("policies/", "docs/policies/x", True),
        ("*", "anything/at/all", True),
        ("*.yaml", "ledger/prod.yaml", True),
        ("/requirements*.txt", "requirements-dev.txt", True),
        ("/requirements*.txt", "tests/requirements.txt", False),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/adr/a.md", False),
        ("docs/**/a.md", "docs/adr/a.md", True),
        ("/Makefile", "Makefile", True),
        ("# /Makefile", "Makefile", False),
    ],
)
def test_lines_of_code_owners_fit_as_github_has_it(tmp_path: Path, line: str, name: str, owned: bool) -> None:
    (tmp_path / "CODEOWNERS").write_text(f"{line} @acme/platform\n")
    assert bool(CodeOwners.of(tmp_path).of_file(name)) is owned


def test_the_last_line_that_fits_counts(tmp_path: Path) -> None:
    """One without an owner takes it away."""
    (tmp_path / "CODEOWNERS").write_text("* @acme/all\n/policies/ @acme/one @acme/two # both\n/policies/free.py\n")
    owners = CodeOwners.of(tmp_path)
    assert [owners.of_file(each) for each in ("a", "policies/b", "policies/free.py")] == [
        ("@acme/all",), ("@acme/one", "@acme/two"), (),
    ]  # fmt: skip


def test_every_judging_file_of_the_project_has_a_line() -> None:
    """In the file as it is shipped, once its placeholders are replaced."""
    root = Path(__file__).parents[3]
    text = (root / ".github" / "CODEOWNERS").read_text()
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    owners = CodeOwners([(words[0], ("@acme/platform",)) for words in lines])
    for name in [
        *(each for each in BASE if not each.startswith("Pulumi")),
        "Pulumi.prod.yaml",
        ".ci/run",
        ".github/CODEOWNERS",
    ]:
        assert owners.of_file(name), name
