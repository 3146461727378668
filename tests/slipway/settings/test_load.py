from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway.settings.load import load_stack, load_systems
from slipway.settings.problems import InvalidSettings
from tests.slipway.settings.conftest import STACK, SYSTEM, Workshop

ROOT = Path(__file__).resolve().parents[3]
ODD_VALUES = st.sampled_from(
    ["", "~", "7", "-1", "1.10", "9" * 400, "true", "x", "none", "''", "[]", "{}", "[[]]", "{x: 1}", "[{}]", "{secure: a}",
     "{1: 2}", "{? [a] : b}", "*a", "&a b", "!!int 7", "é", '"\\0"', "{secret: }", "{secret: {}}", "{cloud: aws}"]
)  # fmt: skip


def test_all_systems_are_checked(workshop: Workshop) -> None:
    """The problems of every system come in one error."""
    workshop.write("systems/a/system.yaml", SYSTEM.replace("port: 3000", "port: 0"))
    workshop.write("systems/b/system.yaml", "title: [")
    with pytest.raises(InvalidSettings) as caught:
        workshop.systems()
    assert [str(problem.place) for problem in caught.value.problems] == [
        "systems/a/system.yaml:7",
        "systems/b/system.yaml:2",
    ]


def test_no_systems(workshop: Workshop) -> None:
    """A folder without systems is told by its name."""
    with pytest.raises(InvalidSettings, match=r"nowhere: 'nowhere' has no folder with a system\.yaml"):
        load_systems(workshop.project, "nowhere")


def test_a_stack_from_a_file_elsewhere(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A stack file outside of the project is told by its whole path."""
    file = tmp_path_factory.mktemp("elsewhere") / "other.yaml"
    file.write_text(STACK.replace("aws", "nimbus", 1))
    with pytest.raises(InvalidSettings) as caught:
        load_stack(workshop.project, "test", file=file)
    assert str(caught.value) == f"{file}:5: clusters.main.cloud: nimbus is not supported; allowed: aws, azure, local"


def test_a_project_of_another_name_says_what_to_rename(workshop: Workshop) -> None:
    """Keys begin with the project's name: after a change of it none of the stack's is read."""
    workshop.edit("Pulumi.yaml", "name: slipway", "name: shop")
    (problem,) = workshop.problems()
    assert problem.endswith(
        "clusters: is a key of a project called 'slipway', and Pulumi.yaml calls this one 'shop': "
        "rename the keys to `shop:…`, or set `name: slipway` there"
    )
    assert problem.startswith("Pulumi.test.yaml:")


def test_systems_may_stand_elsewhere(workshop: Workshop) -> None:
    """An adopter keeps systems in a folder of their own."""
    (workshop.root / "systems").rename(workshop.root / "ours")
    workshop.edit("Pulumi.test.yaml", "  slipway:clusters:", "  slipway:systemsPath: ours\n  slipway:clusters:")
    assert workshop.system().source == "ours/fleet/system.yaml:"


def mutated(data: st.DataObject, text: str) -> str:
    """`text` with the values of one to three of its lines replaced by odd ones."""
    lines = text.splitlines()
    for index in data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=1, max_size=3, unique=True)):
        key, colon, _ = lines[index].partition(":")
        lines[index] = f"{key}{colon} {data.draw(ODD_VALUES)}"
    return "\n".join(lines)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(data=st.data())
def test_nothing_but_problems_comes_of_wrong_input(workshop: Workshop, data: st.DataObject) -> None:
    """Whatever stands in place of a value, the reader takes it or says what is wrong, line by line."""
    workshop.write("systems/fleet/system.yaml", mutated(data, SYSTEM))
    workshop.write("Pulumi.test.yaml", mutated(data, STACK))
    try:
        messages = [workshop.stack().name]
    except InvalidSettings as error:
        messages = [str(problem) for problem in error.problems]
    assert messages
    assert all(text == "test" or text.startswith(("Pulumi.test.yaml", "systems/fleet/")) for text in messages)


def test_reading_needs_no_engine(workshop: Workshop) -> None:
    """Settings are read without Pulumi, so that a check takes no longer than it must."""
    program = (
        "import sys; from pathlib import Path; from slipway.settings.load import load_stack\n"
        "from slipway.settings.project import find_project\n"
        f"load_stack(find_project(Path({str(workshop.root)!r})), 'test')\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'pulumi', 'grpc', 'google', 'rich', 'typer'}))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
