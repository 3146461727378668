"""Measurements, run by hand or by `make bench`; each in fresh processes."""
