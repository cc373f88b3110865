"""Tools without a domain. Nothing here knows of agents or tasks."""
