"""The way to a cluster on Azure."""

from __future__ import annotations

import base64

from components.clouds.azure.foundation import certificate_in, login


def test_nobody_is_asked_for_a_login() -> None:
    """The provider uses a session that is there, for a token of the API server's own application."""
    how = login("00000000-0000-4000-8000-000000000002")
    assert how["interactiveMode"] == "Never"
    assert dict(zip(how["args"][1::2], how["args"][2::2], strict=True)) == {
        "--login": "azurecli",
        "--server-id": "6dae42f8-4368-4678-94ff-3960e28e3630",
        "--tenant-id": "00000000-0000-4000-8000-000000000002",
    }


def test_the_certificate_is_taken_from_azures_kubeconfig() -> None:
    """Of its first cluster, in base64 as it stands there."""
    text = "clusters: [{name: any, cluster: {server: 'https://x', certificate-authority-data: Q0E=}}]\nusers: []\n"
    assert certificate_in(base64.b64encode(text.encode()).decode()) == "Q0E="
