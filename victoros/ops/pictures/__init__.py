"""Pictures of the pages for the documents: a small invented installation, looked at with a real browser."""
