"""What people fill in about their notifications."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from audit.models import AttentionItem, Wishes
from audit.notifications.wishes import ALL, IMPORTANT, NOTHING, URGENT, Given

LEVEL_CHOICES = [
    (ALL, _("Everything")),
    (IMPORTANT, _("What is important: questions, irreversible acts and more")),
    (URGENT, _("Only what is urgent: money, quarantine, acts nobody knows of")),
    (NOTHING, _("Nothing")),
]
SHORT_CHOICES = [
    ("", _("As above")),
    (ALL, _("Everything")),
    (IMPORTANT, _("Important")),
    (URGENT, _("Urgent")),
    (NOTHING, _("Nothing")),
]
KIND_CHOICES = [(kind, capfirst(label)) for kind, label in AttentionItem.Kind.choices]


class WishesForm(forms.Form):
    """What to tell, and when not."""

    least_severity = forms.TypedChoiceField(label=_("Tell me"), choices=LEVEL_CHOICES, coerce=int)
    told_kinds = forms.MultipleChoiceField(
        label=_("Kinds"), choices=KIND_CHOICES, required=False, widget=forms.CheckboxSelectMultiple
    )
    quiet_from = forms.TimeField(
        label=_("Quiet from"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        help_text=_("What comes up meanwhile is told afterwards, together."),
    )
    time_zone = forms.CharField(label=_("Time zone"), max_length=60, help_text=_("Such as Europe/Berlin."))
    urgent_breaks_quiet = forms.BooleanField(label=_("Urgent things break the quiet"), required=False)
    digest_over = forms.IntegerField(
        label=_("One message for many, from"), min_value=1, max_value=50, help_text=_("Things within a minute.")
    )
    fall_back_min = forms.IntegerField(
        label=_("Use e-mail and chat after"),
        min_value=0,
        max_value=1440,
        help_text=_("Minutes in which no device showed it."),
    )

    def __init__(self, *arguments: Any, swarms: Mapping[int, str], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.swarm_names = dict(swarms)
        for pk, name in swarms.items():
            self.fields[f"swarm_{pk}"] = forms.TypedChoiceField(
                label=name, choices=SHORT_CHOICES, required=False, coerce=int, empty_value=None
            )

    @property
    def general(self) -> list[forms.BoundField]:
        """The fields that are about all swarms."""
        return [field for field in self if not field.name.startswith("swarm_")]

    @property
    def of_swarms(self) -> list[forms.BoundField]:
        """The fields that are about one swarm each."""
        return [field for field in self if field.name.startswith("swarm_")]

    def given(self) -> Given:
        """Return the general wishes of a valid form."""
        said = dict(self.cleaned_data)
        told = set(said.pop("told_kinds"))
        muted = tuple(kind for kind in AttentionItem.Kind.values if kind not in told)
        general = {name: value for name, value in said.items() if not name.startswith("swarm_")}
        return Given(**general, muted_kinds=muted)

    def swarm_levels(self) -> dict[int, int]:
        """Return the swarms that have a wish of their own."""
        said = {pk: self.cleaned_data[f"swarm_{pk}"] for pk in self.swarm_names}
        return {pk: level for pk, level in said.items() if level is not None}


class ChannelForm(forms.Form):
    """A further way to somebody."""

    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    url = forms.CharField(
        label=_("Address"),
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("As apprise writes it, such as mailtos://user:password@example.com. It is kept sealed."),
        error_messages={"required": _("Give the address.")},
    )


def initial_of(wishes: Wishes, swarms: Mapping[int, int]) -> dict[str, Any]:
    """Return what the form shows of present wishes."""
    names = "least_severity quiet_from quiet_until time_zone urgent_breaks_quiet digest_over fall_back_min".split()
    told = [kind for kind in AttentionItem.Kind.values if kind not in wishes.muted_kinds]
    levels = {f"swarm_{ref}": level for ref, level in swarms.items()}
    return {name: getattr(wishes, name) for name in names} | {"told_kinds": told} | levels
