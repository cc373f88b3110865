"""Pages of swarms, agents and providers. Views hold no logic: selectors read, services act."""
