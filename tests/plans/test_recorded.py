"""What a change does to real systems, on every cloud, for a reviewer to read; `make snapshots` rewrites it."""

from __future__ import annotations

import copy
import difflib
import json
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.plans.compact import Words, block, differences, dotted, readable, tree
from tests.plans.recorded import FOLDER, files, inputs_of


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
    ("path", "value", "message"),
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
def test_each_change_is_reported(path: tuple[str | int, ...], value: object, message: list[str]) -> None:
    """By its path and what is there then, whichever its type."""
    changed = copy.deepcopy(OBJECT)
    holder: object = changed
    for key in path[:-1]:
        holder = holder[key]  # type: ignore[index]
    holder[path[-1]] = value  # type: ignore[index]
    assert _signed_differences(OBJECT, changed) == message


def test_an_order_is_reported() -> None:
    """Items are compared by name, and may yet stand in another order."""
    turned = {**OBJECT, "ports": [OBJECT["ports"][1], OBJECT["ports"][0]]}
    assert _signed_differences(OBJECT, turned) == ["= ports(order): [name=metrics, name=http]"]


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


def test_an_entry_that_is_like_an_earlier_one_is_written_by_what_differs() -> None:
    """Each value that differs, one that is added and one that it lacks; entries that are equal say just that."""
    first = {"image": "shop", "port": 80, "probe": {"path": "/" + "x" * 140}, "limits": {"cpu": 1, "memory": 2}}
    second = {**first, "port": 81, "user": 5, "limits": {"cpu": 1}}
    lines = list(block({"api": first, "web": second, "jobs": first}))
    assert lines[lines.index("web like api:") :] == [
        "web like api:",
        "  - limits.memory",
        "  = port: 81",
        "  + user: 5",
        "jobs like api",
    ]


def test_what_type_and_owner_say_is_left_out_where_they_say_it() -> None:
    """Kind and version of an object, and the namespace of its system; another namespace stays."""

    def recorded(kind: str, namespace: str) -> dict[str, Any]:
        inputs = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "api", "namespace": namespace}}
        return inputs_of("kubernetes:apps/v1:Deployment", "marketplace/api", inputs)

    assert recorded("Deployment", "rent-to-own") == {"metadata": {"name": "api"}}
    other = {"apiVersion": "apps/v1", "kind": "Other", "metadata": {"name": "api", "namespace": "marketplace"}}
    assert recorded("Other", "marketplace") == other


def test_each_line_that_a_panel_asks_and_draws_is_recorded() -> None:
    """Its query, what it is called, its unit and its thresholds; not where it lies."""
    panel = {
        "title": "Lag",
        "gridPos": {"x": 12},
        "fieldConfig": {"defaults": {"unit": "s", "thresholds": {"steps": [{"value": None}, {"value": 30}]}}},
        "targets": [{"expr": "max(lag)", "legendFormat": "{{pod}}", "refId": "A"}],
    }
    content = {"uid": "lag", "title": "Lag", "panels": [panel]}
    inputs = {"metadata": {"labels": {"grafana_dashboard": "1"}}, "data": {"lag.json": json.dumps(content)}}
    seen = inputs_of("kubernetes:core/v1:ConfigMap", "main/lag", inputs)["data"]["lag.json"]["panels"]
    assert seen == [
        {"title": "Lag", "unit": "s", "lines": [30], "queries": [{"legend": "{{pod}}", "expr": "max(lag)"}]}
    ]


MOST_LINES = 13_800
"""A tenth of the 138,000 that nobody could read."""


def test_the_recorded_plans_can_be_read() -> None:
    """They are short enough; scripts and pages in them are files beside them."""
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in FOLDER.rglob("*.txt")}
    assert len(lines) > 20
    assert sum(lines.values()) <= MOST_LINES


def test_digests_are_words_but_images_keep_theirs() -> None:
    """What a digest is of stands beside it."""
    assert readable("config-1a2b3c4d") == "config-(digest)"
    assert readable("nginx@sha256:1a2b3c4d1a2b3c4d") == "nginx@sha256:1a2b3c4d1a2b3c4d"
    assert readable("decade 123456") == "decade 123456"


def test_the_folder_of_a_stacks_file_is_no_difference() -> None:
    """A test's own stands in another each time."""
    assert readable("/tmp/x7/Pulumi.empty.yaml:config.region") == "Pulumi.empty.yaml:config.region"


def _signed_differences(old: object, new: object) -> list[str]:
    found = differences(tree(readable(old)), tree(readable(new)))
    return [next(block(value, "", f"{sign} {dotted(path)}: ")) for sign, path, _, value in found]
