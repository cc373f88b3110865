"""The pages of the mail room: every letter between agents and people, threads, dead letters, writing."""
