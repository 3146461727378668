"""Static sites: published to pods, or to a cloud's edge."""
