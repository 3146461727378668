"""Azure without a network: a login that always works, and answers in place of the cloud's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import responses
from azure.core.credentials import AccessToken
from azure.keyvault.secrets._shared import http_challenge_cache

NEVER = 4102444800
"""Seconds since 1970: when the token ends."""


class Login:
    """Gives out a token for whatever is asked."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken("token", NEVER)


@pytest.fixture
def answers() -> Iterator[responses.RequestsMock]:
    """Every answer that a test adds must be asked for, and nothing else may. What a vault said in another test of how to
    log in, which the SDK remembers for the process, is forgotten."""
    http_challenge_cache.clear()
    with responses.RequestsMock() as mock:
        yield mock
