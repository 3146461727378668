"""`slipway release`: what is shown of releases, and what steers them."""
