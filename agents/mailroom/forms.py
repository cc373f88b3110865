"""Forms of the mail room."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from agents.models import Agent, Message

KINDS = [kind for kind in Message.Kind.choices if kind[0] != Message.Kind.HANDOVER]
MOST_READERS = 500
"""More agents than this are not offered as a list; their own pages have a link to write to them."""


class RecipientField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for mypy only
    """An agent of one swarm that takes mail."""

    def __init__(self, readers: QuerySet[Agent], chosen: Any) -> None:
        """Offer the first agents by name, and the one chosen before."""
        super().__init__(readers, label="To")
        offered = [(agent.pk, agent.name) for agent in readers[:MOST_READERS]]
        if len(offered) == MOST_READERS and chosen:
            offered += [
                (agent.pk, agent.name) for agent in readers.filter(pk=chosen) if (agent.pk, agent.name) not in offered
            ]
        self.choices = [("", "choose an agent"), *offered]


class ComposeForm(forms.Form):
    """A letter to one agent."""

    kind = forms.ChoiceField(choices=KINDS, initial=Message.Kind.INFORM)
    subject = forms.CharField(max_length=200)
    body = forms.CharField(required=False, label="Text", widget=forms.Textarea(attrs={"rows": 8}), max_length=100_000)
    priority = forms.IntegerField(min_value=-100, max_value=100, initial=0, help_text="Higher is read first.")
    once = forms.CharField(max_length=40, widget=forms.HiddenInput)
    """Names this act of sending: the form sent twice delivers one letter."""

    def __init__(self, *given: Any, readers: QuerySet[Agent], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["recipient"] = RecipientField(readers, self.initial.get("recipient"))
        self.order_fields(("recipient",))

    @property
    def offers_nobody(self) -> bool:
        """Whether there is no agent to write to."""
        return len(list(self.fields["recipient"].choices)) == 1  # type: ignore[attr-defined]


class RedirectForm(forms.Form):
    """Who gets a copy."""

    def __init__(self, *given: Any, readers: QuerySet[Agent], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["recipient"] = RecipientField(readers, self.initial.get("recipient"))
