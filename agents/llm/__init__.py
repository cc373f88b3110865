"""The one door to language models: requests go in, answers with their price come out; no row is read or written here."""
