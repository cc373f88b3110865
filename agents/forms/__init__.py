"""What people type about swarms, agents, mail and providers, turned into the values services take."""
