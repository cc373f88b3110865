"""What is worked on and how it is driven: tasks, the engine, approvals, programs."""
