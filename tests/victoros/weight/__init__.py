"""What pages cost: queries and bytes, each compared with a table that is kept."""
