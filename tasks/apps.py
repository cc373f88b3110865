"""Django's entry for the app."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """What is worked on."""

    name = "tasks"

    def ready(self) -> None:
        """Register the built-in tools."""
        import tasks.tools  # noqa: F401
