"""What happened and who must know: audit entries, live topics, attention items."""
