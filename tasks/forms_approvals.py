"""What people write when they decide and answer."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.services.standing import MOST_USES

QUICK = {
    "wrong": _("The content is wrong"),
    "later": _("Not now; ask again later"),
    "not_ours": _("This is not for you to do"),
    "facts": _("It is not backed by facts"),
}
"""Reasons that need no typing; the agent reads the words."""


class NoteForm(forms.Form):
    """A yes needs no words."""

    note = forms.CharField(label=_("Note"), required=False, max_length=400, help_text=_("Goes into the record."))


class RejectForm(forms.Form):
    """A no needs a reason: a quick one, one's own words, or both."""

    quick = forms.ChoiceField(
        label=_("In short"), required=False, choices=list(QUICK.items()), widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The agent reads it and goes on without this act."),
    )

    def clean(self) -> dict[str, Any]:
        """Join both to `reason`."""
        cleaned = super().clean() or self.cleaned_data
        quick = str(QUICK[cleaned["quick"]]) if cleaned.get("quick") else ""
        cleaned["reason"] = ". ".join(part for part in (quick, cleaned.get("note", "").strip()) if part)
        if not cleaned["reason"] and not self.errors:
            self.add_error("note", _("Say why: the agent acts on it."))
        return cleaned


class AnswerForm(forms.Form):
    """The answer to an agent's question."""

    text = forms.CharField(
        label=_("Answer"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write what the agent should know.")},
    )


class HappenedForm(forms.Form):
    """Word on an act that was cut off."""

    happened = forms.ChoiceField(
        label=_("Did it happen?"),
        choices=[("yes", _("Yes, it happened: do not repeat it")), ("no", _("No, it did not: go on without it"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Look at the outside first, then say which.")},
    )


class RuleForm(forms.Form):
    """A yes in advance."""

    who = forms.ChoiceField(label=_("For"), widget=forms.RadioSelect, initial="agent")
    minutes = forms.TypedChoiceField(
        label=_("How long"),
        coerce=int,
        choices=[(15, _("15 minutes")), (60, _("1 hour")), (240, _("4 hours")), (1440, _("24 hours"))],
        initial=60,
    )
    uses = forms.IntegerField(label=_("How often at most"), min_value=1, max_value=MOST_USES, initial=10)
    even_tainted = forms.BooleanField(
        label=_("Also when the attempt has read text from outside"),
        required=False,
        help_text=_("Such text can carry somebody else's wishes. Without this, those acts still ask."),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=400, help_text=_("Goes into the record."))

    def __init__(self, agent: str, swarm: str, data: Any = None) -> None:
        super().__init__(data)
        choices = [
            ("agent", _("%(name)s alone") % {"name": agent}),
            ("swarm", _("every agent of %(name)s") % {"name": swarm}),
        ]
        self.fields["who"] = forms.ChoiceField(
            label=_("For"), widget=forms.RadioSelect, initial="agent", choices=choices
        )

    @property
    def lasts(self) -> timedelta:
        """How long the rule stands."""
        return timedelta(minutes=self.cleaned_data["minutes"])
