"""Acts on many rows: drafted, looked at, done in the background one by one, undone where that is possible."""
