"""Use cases of the agents app: each function is one act by one actor in one transaction."""
