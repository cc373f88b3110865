"""Django's entry for the app."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """Who works."""

    name = "agents"
