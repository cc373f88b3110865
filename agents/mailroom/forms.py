"""Forms of the mail room."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.mailroom.selectors import list_readers
from agents.models import Agent, Message

KINDS = [kind for kind in Message.Kind.choices if kind[0] != Message.Kind.HANDOVER]
MOST_READERS = 500
"""More agents than this are not offered as a list; their own pages have a link to write to them."""


class RecipientField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for mypy only
    """An agent of one swarm; those that take mail are offered.

    Whether the chosen one still does is for the service to say, which first asks whether this form has sent its letter already.
    """

    def __init__(self, swarm_id: int, chosen: Any) -> None:
        """Offer the first agents by name, and the one chosen before."""
        super().__init__(Agent.objects.filter(swarm=swarm_id), label=gettext("To"))
        readers = list_readers(swarm_id)
        offered = [(agent.pk, agent.name) for agent in readers[:MOST_READERS]]
        if len(offered) == MOST_READERS and chosen:
            offered += [
                (agent.pk, agent.name) for agent in readers.filter(pk=chosen) if (agent.pk, agent.name) not in offered
            ]
        self.choices = [("", gettext("choose an agent")), *offered]


class ComposeForm(forms.Form):
    """A letter to one agent."""

    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, initial=Message.Kind.INFORM)
    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(
        required=False, label=_("Text"), widget=forms.Textarea(attrs={"rows": 8}), max_length=100_000
    )
    priority = forms.IntegerField(
        label=_("Priority"), min_value=-100, max_value=100, initial=0, help_text=_("Higher is read first.")
    )
    once = forms.CharField(max_length=40, widget=forms.HiddenInput)
    """Names this act of sending: the form sent twice delivers one letter."""

    def __init__(self, *given: Any, swarm_id: int, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["recipient"] = RecipientField(swarm_id, self.initial.get("recipient"))
        self.order_fields(("recipient",))

    @property
    def offers_nobody(self) -> bool:
        """Whether there is no agent to write to."""
        return len(list(self.fields["recipient"].choices)) == 1  # type: ignore[attr-defined]


class RedirectForm(forms.Form):
    """Who gets a copy."""

    once = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    """Names this act of sending on: the form sent twice makes one copy for one reader."""

    def __init__(self, *given: Any, swarm_id: int, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["recipient"] = RecipientField(swarm_id, self.initial.get("recipient"))


class EditForm(forms.Form):
    """The words of a held letter."""

    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(
        required=False, label=_("Text"), widget=forms.Textarea(attrs={"rows": 12}), max_length=100_000
    )


class WithholdForm(forms.Form):
    """Why a letter is never delivered."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=150, help_text=_("Stands in the letter and in the record.")
    )
