"""Who is told about what waits: devices, channels, what each person wants, and what was sent to whom."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models.attention import AttentionItem
from victoros.lib import clock
from victoros.lib.sentences import SentenceField


class Way(models.Model):
    """A device or channel by which a person is told, and how it fares."""

    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=clock.now)
    last_success_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    """How often in a row nobody could be reached by it."""
    last_error = SentenceField(blank=True)
    paused_until = models.DateTimeField(null=True)
    """It failed, or its service asked for rest until then."""

    class Meta:
        abstract = True
        ordering = ["id"]
        default_permissions = ()


class PushSubscription(Way):
    """One browser on one device that lets itself be told. Where it is reached, and its keys, are sealed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="push_subscriptions")
    endpoint_digest = models.CharField(max_length=64, unique=True)
    """sha256 of the address: whoever knows the address itself can write to the device."""
    service = models.CharField(max_length=200)
    """Host name of the push service, for people."""
    sealed = models.TextField()
    """JSON of `endpoint`, `p256dh` and `auth`, sealed."""
    application_key = models.CharField(max_length=100)
    """Our public key at the time it subscribed; it takes nothing signed with another."""
    shown_at = models.DateTimeField(null=True)
    """When the device itself last said that it showed something."""

    def __str__(self) -> str:
        return f"{self.name} ({self.service})"


class Channel(Way):
    """Another way to a person, by e-mail or chat, for what no device showed. Its address holds secrets and is sealed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_channels")
    schema = models.CharField(max_length=20)
    sealed_url = models.TextField()

    def __str__(self) -> str:
        return f"{self.name} ({self.schema})"


class Wishes(models.Model):
    """What one person wants to be told, and when not."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_wishes")
    least_severity = models.PositiveSmallIntegerField(default=0)
    """Less pressing items are not told; 0: all."""
    muted_kinds = models.JSONField(default=list, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    """Both or none; a span over midnight is meant when it begins later than it ends."""
    time_zone = models.CharField(max_length=60, default="UTC")
    urgent_breaks_quiet = models.BooleanField(default=True)
    digest_over = models.PositiveSmallIntegerField(default=5)
    """More than so many within a minute become one message."""
    fall_back_min = models.PositiveSmallIntegerField(default=5)
    """After so many minutes without a device that showed it, channels are used."""

    class Meta:
        verbose_name_plural = "wishes"
        default_permissions = ()

    def __str__(self) -> str:
        return f"wishes of {self.user}"


class SwarmWish(models.Model):
    """What one person wants to be told of one swarm, in place of the general wish."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="swarm_wishes")
    swarm_ref = models.BigIntegerField()
    least_severity = models.PositiveSmallIntegerField()
    """Above 100: nothing."""

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "swarm_ref"], name="swarm_wish_once")]

    def __str__(self) -> str:
        return f"{self.user}: swarm {self.swarm_ref} from {self.least_severity}"


class Notice(models.Model):
    """One attention item for one device or channel: to be sent, sent, or not, and why."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Dropped")
        FAILED = "failed", _("Failed")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    item = models.ForeignKey(AttentionItem, models.CASCADE, related_name="notices")
    subscription = models.ForeignKey(PushSubscription, models.CASCADE, null=True, related_name="notices")
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, related_name="notices")
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    late_at = models.DateTimeField()
    """Not sent any more after this."""
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField(null=True)
    note = SentenceField(blank=True)
    is_digest = models.BooleanField(default=False)
    act_digest = models.CharField(max_length=64, blank=True)
    """Of the exact act that a decision from this notice is about; empty: it cannot be decided from there."""
    token_digest = models.CharField(max_length=64, blank=True, db_index=True)
    token_until = models.DateTimeField(null=True)
    answer = models.CharField(max_length=10, blank=True)
    """What was decided from this notice."""
    withdrawn_at = models.DateTimeField(null=True)
    """When the device was told that its item is settled."""

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["due_at"], name="notice_due", condition=models.Q(status__in=["waiting", "sending"])),
            models.Index(fields=["item"], name="notice_standing", condition=models.Q(status="sent", withdrawn_at=None)),
            models.Index(fields=["user", "-id"], name="notice_by_user"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "subscription"], condition=models.Q(channel=None), name="notice_once_a_device"
            ),
            models.UniqueConstraint(
                fields=["item", "channel"], condition=models.Q(subscription=None), name="notice_once_a_channel"
            ),
            models.CheckConstraint(
                condition=models.Q(subscription=None) ^ models.Q(channel=None), name="notice_one_way"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "sending", "sent", "dropped", "failed"]),
                name="notice_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} to {self.user}: {self.status}"
