"""Who works: workspaces, swarms, agents, their mail, their language models and tools, and who may do what to them."""
