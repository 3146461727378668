"""Variables of services."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.settings.problems import InvalidSettings
from tests.slipway.compose.translating import Result, service

KEY = '"-----BEGIN RSA PRIVATE KEY-----\nMIIEcanary\nab/cd+canary==\n-----END RSA PRIVATE KEY-----"'


def app(found: Result) -> dict:  # type: ignore[type-arg]
    return found.definition["services"]["app"]


def test_a_key_of_several_lines_is_one_secret(tmp_path: Path) -> None:
    """From a file of variables and from `.env`; what follows is there too, and nothing of the key is printed."""
    found = service(
        tmp_path,
        "    expose: [80]\n    env_file: app.env\n    environment: {OTHER: '${OTHER_PRIVATE_KEY}', B: '${B}'}\n",
        app_env=f"JWT_PRIVATE_KEY={KEY}\nA=1\nURL=http://${{B}}.example.com/x\n",
        _env=f"OTHER_PRIVATE_KEY={KEY}\nB=2\n",
    )
    assert app(found)["environment"] == {
        "JWT_PRIVATE_KEY": {"secret": "JWT_PRIVATE_KEY"},
        "A": "1",
        "URL": "http://2.example.com/x",
        "OTHER": {"secret": "OTHER"},
        "B": "2",
    }
    assert "canary" not in found.everything
    assert found.problems == []


def test_a_key_without_quotes_is_refused(tmp_path: Path) -> None:
    """By file and line, as Compose does; no line of it is printed as a name."""
    key = f"A=1\nJWT_PRIVATE_KEY={KEY[1:-1]}\n"
    for beside in ({"app_env": key}, {"_env": key, "app_env": ""}):
        with pytest.raises(InvalidSettings, match=r"env:4: is not NAME=value") as raised:
            service(tmp_path, "    expose: [80]\n    env_file: app.env\n", **beside)
        assert "canary" not in str(raised.value)
