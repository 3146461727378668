"""The Gateway: its proxies, listeners and certificates."""
