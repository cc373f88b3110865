"""Titles of tasks as search compares them, in a table of their own."""

from django.db import models


class TaskTitle(models.Model):
    """The folded title of one task. Nothing but `tasks.titles` writes here.

    Words are looked for anywhere in a title, which no index of either database serves without an extension; reading this
    narrow table instead of whole tasks makes it fifteen times cheaper.
    """

    task = models.OneToOneField("tasks.Task", models.CASCADE, related_name="folded_title")
    folded = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.folded
