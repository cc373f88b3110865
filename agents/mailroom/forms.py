"""Forms of the mail room."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from agents.models import Agent, Message

KINDS = [(Message.Kind.INFORM, "inform"), (Message.Kind.REQUEST, "request"), (Message.Kind.QUESTION, "question"), (Message.Kind.ANSWER, "answer")]


class ComposeForm(forms.Form):
    """A letter to one agent."""

    recipient = forms.ModelChoiceField(Agent.objects.none(), label="To", empty_label="choose an agent")
    kind = forms.ChoiceField(choices=KINDS, initial=Message.Kind.INFORM)
    subject = forms.CharField(max_length=200)
    body = forms.CharField(required=False, label="Text", widget=forms.Textarea(attrs={"rows": 8}), max_length=100_000)
    priority = forms.IntegerField(min_value=-100, max_value=100, initial=0, help_text="Higher is read first.")
    once = forms.CharField(max_length=40, widget=forms.HiddenInput)
    """Names this act of sending: the form sent twice delivers one letter."""

    def __init__(self, *given: Any, readers: QuerySet[Agent], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["recipient"].queryset = readers  # type: ignore[attr-defined]


class RedirectForm(forms.Form):
    """Who gets a copy."""

    recipient = forms.ModelChoiceField(Agent.objects.none(), label="To", empty_label="choose an agent")

    def __init__(self, *given: Any, readers: QuerySet[Agent], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["recipient"].queryset = readers  # type: ignore[attr-defined]
