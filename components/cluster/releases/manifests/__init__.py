"""The kinds `Release` and `Approval`, and the objects of their controller."""
