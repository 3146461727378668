"""What a change does to real systems, on every cloud, for a reviewer to read; `make snapshots` writes it anew."""

from __future__ import annotations

import copy
import difflib
import shutil
from collections.abc import Iterator, Mapping

import pytest

from tests.plans.compact import Words, block, differences, dotted, readable, tree
from tests.plans.recorded import FOLDER, files


def test_plans_are_as_recorded(pytestconfig: pytest.Config) -> None:
    """Nothing else, nothing more, nothing less."""
    made = files()
    if pytestconfig.getoption("record"):
        shutil.rmtree(FOLDER, ignore_errors=True)
        for name, text in made.items():
            (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
            (FOLDER / name).write_text(text, encoding="utf-8")
    found = {str(path.relative_to(FOLDER)): path for path in FOLDER.rglob("*") if path.is_file()}
    kept = {name: path.read_text(encoding="utf-8") for name, path in found.items()}
    if kept != made:
        pytest.fail("\n".join(["Run make snapshots, and read what changes:", *_changes(kept, made)]), pytrace=False)


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "").splitlines(), new.get(name, "").splitlines()
        yield from difflib.unified_diff(before, after, name, name, n=1, lineterm="")


OBJECT = {
    "name": "shop-api",
    "replicas": 2,
    "ports": [{"name": "http", "port": 80}, {"name": "metrics", "port": 9100}],
    "policy": '{"Statement": [{"Sid": "Read", "Action": "s3:GetObject"}]}',
    "labels": {"slot": "blue", "part-of": "shop"},
}


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("replicas",), 3, ["= replicas: 3"]),
        (("replicas",), "2", ["= replicas: '2'"]),
        (("replicas",), 2.5, ["= replicas: 2.5"]),
        (("ports", 1, "port"), 9200, ["= ports[name=metrics].port: 9200"]),
        (("ports", 0, "protocol"), "TCP", ["+ ports[name=http].protocol: TCP"]),
        (("policy",), '{"Statement": []}', ["= policy(JSON).Statement: []"]),
        (("labels", "slot"), "green", ["= labels.slot: green"]),
    ],
)
def test_each_change_is_told(path: tuple[str | int, ...], value: object, told: list[str]) -> None:
    """By its path and what is there then, whichever its type."""
    changed = copy.deepcopy(OBJECT)
    holder: object = changed
    for key in path[:-1]:
        holder = holder[key]  # type: ignore[index]
    holder[path[-1]] = value  # type: ignore[index]
    assert _told(OBJECT, changed) == told


def test_an_order_is_told() -> None:
    """Items are compared by name, and may yet stand in another order."""
    turned = {**OBJECT, "ports": [OBJECT["ports"][1], OBJECT["ports"][0]]}
    assert _told(OBJECT, turned) == ["= ports(order): [name=metrics, name=http]"]


def test_names_of_its_own_are_no_difference() -> None:
    """Those that a resource has because of where it belongs, as whole words; others are."""
    shop, park = Words({"system": "shop", "slot": "blue"}), Words({"system": "park", "slot": "green"})
    same = {"name": "park-api", "labels": {"slot": "green", "part-of": "park"}}
    assert park.taken_from(same) == shop.taken_from({"name": "shop-api", "labels": {"slot": "blue", "part-of": "shop"}})
    assert park.taken_from("parking") == "parking"
    assert shop.put_into(shop.taken_from("shop-api-blue at shop")) == "shop-api-blue at shop"


def test_what_most_items_have_is_written_once() -> None:
    """And what one lacks of it is said."""
    items = [{"name": f"n{number}", "kept": True, "size": number} for number in range(4)]
    text = "".join(f"{line}\n" for line in block(tree([*items, {"name": "odd", "long": "x" * 140}])))
    assert text.splitlines()[:2] == ["(most).kept: true", "[name=n0].size: 0"]
    assert "(without): [kept]" in text


def test_digests_are_words_but_images_keep_theirs() -> None:
    """What a digest is of stands beside it."""
    assert readable("config-1a2b3c4d") == "config-(digest)"
    assert readable("nginx@sha256:1a2b3c4d1a2b3c4d") == "nginx@sha256:1a2b3c4d1a2b3c4d"
    assert readable("decade 123456") == "decade 123456"


def test_the_folder_of_a_stacks_file_is_no_difference() -> None:
    """A test's own stands in another each time."""
    assert readable("/tmp/x7/Pulumi.empty.yaml:config.region") == "Pulumi.empty.yaml:config.region"


def _told(old: object, new: object) -> list[str]:
    found = differences(tree(readable(old)), tree(readable(new)))
    return [next(block(value, "", f"{sign} {dotted(path)}: ")) for sign, path, _, value in found]
