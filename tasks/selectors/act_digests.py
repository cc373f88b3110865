"""The exact acts behind attention items, for the app below; `settings.VICTOR_ACTS` leads here."""

from collections.abc import Iterable

from audit.models import AttentionItem
from tasks.models import Approval


def digests_of(items: Iterable[AttentionItem]) -> dict[int, str]:
    """Return the digest of the act that each item waits for, by item id; only pending approvals have one. One query."""
    asked = {item.object_ref: item.pk for item in items if item.object_kind == "approval"}
    pending = Approval.objects.filter(pk__in=list(asked), status="pending").values_list("pk", "digest")
    return {asked[pk]: digest for pk, digest in pending}
