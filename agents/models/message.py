"""Mail between agents and people."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock


class Message(models.Model):
    """One letter. The server sets the sender; nobody can write in another's name."""

    class Kind(models.TextChoices):
        REQUEST = "request", _("Request")
        INFORM = "inform", _("Inform")
        HANDOVER = "handover", _("Handover")
        QUESTION = "question", _("Question")
        ANSWER = "answer", _("Answer")

    class Status(models.TextChoices):
        HELD = "held", _("Held")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        EXPIRED = "expired", _("Expired")
        DEAD = "dead", _("dead letter")

    swarm = models.ForeignKey("agents.Swarm", models.PROTECT, related_name="messages")
    sender_agent = models.ForeignKey("agents.Agent", models.PROTECT, null=True, related_name="sent")
    sender_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    sender_name = models.CharField(max_length=150)
    recipient = models.ForeignKey("agents.Agent", models.PROTECT, null=True, related_name="mailbox")
    """None: the operators of the swarm."""
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.INFORM)
    priority = models.SmallIntegerField(default=0)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)
    task_ref = models.BigIntegerField(null=True)
    """The task it is about."""
    reply_to = models.ForeignKey("self", models.PROTECT, null=True, related_name="replies")
    status = models.CharField(max_length=12, choices=Status, default=Status.DELIVERED)
    key = models.CharField(max_length=64, unique=True, null=True)
    """Names the act of sending: the same key is delivered once."""
    sent_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)
    acknowledge_by = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    dead_reason = models.CharField(max_length=200, blank=True)
    held_at = models.DateTimeField(null=True)
    """Since when it is held; None unless it is."""
    archived_at = models.DateTimeField(null=True)
    """Since when its conversation is put away; None: it stands in the mail room."""
    original = models.JSONField(null=True, blank=True)
    """What the sender wrote, `{"subject", "body"}`, once a person has changed it; None: it is as it was sent."""

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["recipient", "status", "id"], name="message_mailbox"),
            models.Index(fields=["swarm", "-id"], name="message_by_swarm"),
            models.Index(fields=["status", "-id"], name="message_by_status"),
            models.Index(
                fields=["status", "acknowledge_by"],
                name="message_to_acknowledge",
                condition=models.Q(acknowledge_by__isnull=False),
            ),
            models.Index(
                fields=["status", "expires_at"],
                name="message_to_expire",
                condition=models.Q(expires_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["held", "delivered", "read", "acknowledged", "expired", "dead"]),
                name="message_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(sender_agent=None) | models.Q(sender_user=None), name="message_one_sender"
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def lay_unread(self) -> timedelta | None:
        """How long it lay in the mailbox before it was read; None while it does."""
        return self.read_at - self.sent_at if self.read_at else None

    @property
    def is_overdue(self) -> bool:
        """Whether nobody has acknowledged it in time."""
        waits = self.acknowledged_at is None and self.status in ("delivered", "read", "held")
        return waits and self.acknowledge_by is not None and self.acknowledge_by < clock.now()
