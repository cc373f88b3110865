"""The version of everything a page can watch, raised in the transaction that changed it."""

from django.db import models


class Topic(models.Model):
    """A name such as `task:12` and how often what it names has changed."""

    name = models.CharField(max_length=80, primary_key=True)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
