"""What can be done to many rows at once, with the words people confirm. Each act calls the same service as its page."""

from tasks.bulk import on_agents, on_items, on_letters, on_tasks
from tasks.bulk.act import Act
from victoros.lib.errors import InvalidInput
from victoros.lib.sentences import sentence as _

_BY_NOUN = {"task": on_tasks.ACTS, "agent": on_agents.ACTS, "item": on_items.ACTS, "letter": on_letters.ACTS}
ACTS: dict[str, dict[str, Act]] = {noun: {act.name: act for act in acts} for noun, acts in _BY_NOUN.items()}
"""Acts by what they are done to, in the order pages offer them."""


def find_act(noun: str, name: str) -> Act:
    """Return the act or raise `InvalidInput` with those there are."""
    known = ACTS.get(noun, {})
    if name not in known:
        raise InvalidInput(
            _("%(value)s cannot be done to many.") % {"value": repr(name[:40])},
            hint=_("Known are %(value)s.") % {"value": ", ".join(known) or "none"},
        )
    return known[name]
