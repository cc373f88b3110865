"""Letting go of what was kept long enough, in batches so small that nobody waits for them."""
