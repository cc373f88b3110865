"""One module for each fault run. `run(world)` does it and returns figures of its own for the report."""
