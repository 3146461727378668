from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from slipway.settings.clouds import aws as aws_settings
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import configuration, read_stack_file
from tests.slipway.settings.conftest import STACK, Workshop

TEST = "Pulumi.test.yaml"


def passed(workshop: Workshop) -> dict[str, Any]:
    """The configuration as the engine passes it: text, with objects as compact JSON."""
    config = read_stack_file(workshop.stack_file, TEST)
    return {key: entry.text for key, entry in configuration(workshop.project, config, "?").items()}


def problems(workshop: Workshop, config: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidSettings) as caught:
        load_stack(workshop.project, "test", config=config)
    return str(caught.value).splitlines()


def test_the_engine_s_configuration_is_the_file_s(workshop: Workshop) -> None:
    """A stack is the same, down to its sources, whether the engine passes its values or the file is read."""
    stack = load_stack(workshop.project, "test", config=passed(workshop))
    assert stack == workshop.stack()
    assert stack.clusters["main"].settings.source == f"{TEST}:config.slipway:clusters.main"


def test_values_may_be_plain_and_keys_short(workshop: Workshop) -> None:
    """A program may pass objects, keys without the namespace, and None for what is not configured."""
    values = yaml.safe_load(STACK)["config"]
    config = {"environment": "staging", "clusters": values["slipway:clusters"], "systemsPath": None, "aws:region": "x"}
    assert load_stack(workshop.project, "test", config=config) == workshop.stack()


def test_a_value_that_only_the_engine_has_is_reported_by_its_key(workshop: Workshop) -> None:
    """A value set on the command line is placed at the nearest line that the file has, the rest at their own."""
    config = passed(workshop)
    clusters = json.loads(config["slipway:clusters"])
    clusters["main"]["network"]["zones"] = 7
    clusters["main"]["region"] = "mars"
    config["slipway:clusters"] = json.dumps(clusters)
    assert problems(workshop, config) == [
        f"{TEST}:6: clusters.main.region: mars is not a region of AWS. "
        f"Allowed: {', '.join(sorted(aws_settings.REGIONS))}, for example us-east-1",
        f"{TEST}:8: clusters.main.network.zones: 7 is not a number of zones (2–3), for example 3",
    ]


def test_no_file_is_needed(workshop: Workshop) -> None:
    """With the engine's values alone every problem still names its path."""
    config = passed(workshop) | {"slipway:environment": "prod"}
    workshop.stack_file.unlink()
    assert problems(workshop, config) == [
        f"{TEST}:1: environment: prod is not one of production, staging, local; did you mean 'production'?"
    ]


def test_a_number_that_lost_its_spelling_is_refused_either_way(workshop: Workshop) -> None:
    """The engine passes 2.40 as 2.4, and the program does not take that for the version."""
    workshop.edit(TEST, "version: 2.4.0", "version: 2.40")
    assert problems(workshop, passed(workshop)) == workshop.problems()


def test_an_encrypted_part_is_refused_either_way(workshop: Workshop) -> None:
    """The engine decrypts, but the place of the secret is as wrong as it is in the file."""
    config = passed(workshop)
    workshop.edit(TEST, "region: us-east-1", "region: {secure: v1:abc}")
    assert problems(workshop, config) == workshop.problems()


def test_text_that_is_no_json_is_refused(workshop: Workshop) -> None:
    """A value that should be an object and is none has one plain problem."""
    config = passed(workshop) | {"slipway:clusters": "{oops"}
    assert problems(workshop, config) == [f"{TEST}:3: clusters: {{oops is not a mapping of keys"]
