"""Fault runs: real processes are killed, frozen and cut off on purpose; a checker reads afterwards what came of the work."""
