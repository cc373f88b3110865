"""The rows of the audit app."""

from audit.models.attention import AttentionItem
from audit.models.entry import Entry
from audit.models.notices import Channel, Notice, PushSubscription, SwarmWish, Wishes
from audit.models.topic import Topic

__all__ = ["AttentionItem", "Channel", "Entry", "Notice", "PushSubscription", "SwarmWish", "Topic", "Wishes"]
