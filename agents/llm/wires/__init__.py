"""How a request travels: one wire per protocol, each returning a `Reply` or raising an `LlmError`."""
