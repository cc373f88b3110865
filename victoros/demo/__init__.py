"""Sample data: a workspace full of believable work, made in bulk, never driven by itself, and taken away without a trace."""
