"""What is used of the limits that providers set, over all cells and hosts."""

from django.db import models


class Quota(models.Model):
    """One provider's use within the last window. Its row is the lock under which places and turns are handed out."""

    provider = models.OneToOneField("agents.Provider", models.PROTECT, primary_key=True, related_name="quota")
    spent = models.JSONField(default=dict)
    """By slot of the window (its number, as text): `[requests, tokens]`. At most as many as the window has slots."""
    booked_until = models.DateTimeField(null=True)
    """Turns up to here are promised to attempts that wait as rows."""
    held_until = models.DateTimeField(null=True)
    """Until then the provider asked not to be asked (`Retry-After`)."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"quota of provider {self.provider_id}"


class Grant(models.Model):
    """How many calls one cell may have under way at one provider. It counts only while the cell lives."""

    provider = models.ForeignKey("agents.Provider", models.PROTECT, related_name="grants")
    cell = models.ForeignKey("tasks.Cell", models.CASCADE, related_name="grants")
    places = models.PositiveIntegerField(default=0)
    wanted = models.PositiveIntegerField(default=0)
    """Places it could fill just now."""

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["provider", "cell"], name="grant_once")]

    def __str__(self) -> str:
        return f"{self.places} places for cell {self.cell_id}"
