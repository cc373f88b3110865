"""Django's entry for the app."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """What is worked on."""

    name = "tasks"
