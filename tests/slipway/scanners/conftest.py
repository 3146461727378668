"""What asks the scanners themselves is a part of `make scan`, which installs them."""

from slipway.scanners import checkov, kube_score

collect_ignore = [] if checkov.PROGRAM.is_file() and kube_score.PROGRAM.is_file() else ["test_scanners.py"]
