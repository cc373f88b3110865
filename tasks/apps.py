"""Django's entry for the app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TasksConfig(AppConfig):
    """What is worked on."""

    name = "tasks"

    def ready(self) -> None:
        """Register the built-in tools, and what keeps the counts of tasks."""
        import tasks.tools  # noqa: F401
        from tasks.tallies import install

        post_migrate.connect(install, sender=self, dispatch_uid="task_tallies")
