"""The logs of a cluster: storage, collection, masking and retention."""
