"""The page of settings: what this installation was told, by whom, and what can be changed in place."""
