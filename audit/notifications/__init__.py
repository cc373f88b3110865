"""Telling people about what waits for them: on their devices, and by e-mail or chat when no device shows it."""
