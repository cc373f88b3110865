"""Where language models are asked, and at what price."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from victoros.lib import clock
from victoros.lib.sentences import SentenceField


class Provider(models.Model):
    """One way to one language model. The key is never stored in the clear: it is sealed, or only its variable is named."""

    class Kind(models.TextChoices):
        EMBEDDED = "embedded", _("embedded (SmolLM2, no key needed)")
        OPENAI = "openai", _("OpenAI or compatible")
        ANTHROPIC = "anthropic", _("Anthropic")
        OLLAMA = "ollama", _("Ollama")
        SCRIPTED = "scripted", _("scripted (for tests)")

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    base_url = models.CharField(max_length=300, blank=True)
    model = models.CharField(max_length=120)
    key_env = models.CharField(max_length=80, blank=True)
    """Name of the environment variable that holds the key; wins over the sealed key."""
    sealed_key = models.TextField(blank=True)
    price_in_per_mtok = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    """US dollars per million tokens sent; None means the public price list."""
    price_out_per_mtok = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    max_concurrent = models.PositiveIntegerField(default=8)
    """Calls in flight from one cell."""
    total_concurrent = models.PositiveIntegerField(default=0)
    """Calls in flight from all cells together; 0 means no such limit."""
    requests_per_min = models.PositiveIntegerField(default=0)
    """Calls begun in any minute, over all cells; 0 means no such limit."""
    tokens_per_min = models.PositiveIntegerField(default=0)
    """Tokens sent and received in any minute, over all cells; 0 means no such limit."""
    timeout_s = models.PositiveIntegerField(default=60)
    is_default = models.BooleanField(default=False)
    tested_at = models.DateTimeField(null=True, blank=True)
    test_ok = models.BooleanField(null=True, blank=True)
    test_message = SentenceField(blank=True)
    test_latency_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="provider_one_default"
            ),
            models.CheckConstraint(condition=models.Q(max_concurrent__gte=1), name="provider_concurrent_positive"),
            models.CheckConstraint(condition=models.Q(timeout_s__gte=1), name="provider_timeout_positive"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_limited(self) -> bool:
        """Whether calls must be counted over all cells before they begin."""
        return bool(self.total_concurrent or self.requests_per_min or self.tokens_per_min)
