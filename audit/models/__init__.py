"""The rows of the audit app."""

from audit.models.attention import AttentionItem
from audit.models.entry import Entry
from audit.models.topic import Topic

__all__ = ["AttentionItem", "Entry", "Topic"]
