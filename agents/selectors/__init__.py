"""Reading swarms, agents and providers for pages and commands. Nothing here changes a row."""
