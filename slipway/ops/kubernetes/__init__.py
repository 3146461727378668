"""Operations on a cluster's own API."""
