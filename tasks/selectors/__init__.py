"""Reading tasks for pages and commands. Nothing here changes a row."""
