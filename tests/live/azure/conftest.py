"""Azure without a network: a login that always works, and answers in place of the cloud's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from azure.core.credentials import AccessToken


class Login:
    """Gives out a token for whatever is asked."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken("token", int(time.time()) + 3600)


@pytest.fixture
def answers() -> Iterator[responses.RequestsMock]:
    """Every answer that a test adds must be asked for, and nothing else may."""
    with responses.RequestsMock() as mock:
        yield mock
