"""The pages that compose the apps: the board, the frame around every page, signing in, stopping."""
