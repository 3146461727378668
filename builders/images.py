"""The images of other projects that Slipway runs, each at one version."""

from __future__ import annotations

CURL = "docker.io/curlimages/curl:8.16.0"
"""User 100."""
NGINX = "docker.io/nginxinc/nginx-unprivileged:1.29.3-alpine"
"""User 101, port 8080."""
POSTGRES = "docker.io/library/postgres:17.6-alpine3.22"
"""User 70."""
RCLONE = "docker.io/rclone/rclone:1.71.2"
