"""What drives an attempt: deterministic functions on top of durable steps, named in `tasks.engine.registry`."""
