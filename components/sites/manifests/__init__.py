"""Fetching, publishing and serving the files of a site."""
