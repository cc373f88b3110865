"""The form that gives and takes roles."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from agents.permissions import ROLES

NO_ROLE = "none"


class RoleForm(forms.Form):
    """Who gets which role, and how far it reaches."""

    username = forms.CharField(
        max_length=150,
        label=_("User name"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=[*((role, _(role)) for role in ROLES), (NO_ROLE, _("no role: take it away"))]
    )
    reach = forms.ChoiceField(label=_("Reach"), help_text=_("A role on the workspace reaches into all its swarms."))
    add = forms.BooleanField(
        required=False,
        label=_("Add the person if there is none of this name"),
        help_text=_("They come in by a link: ./victor sign-in-link --user NAME"),
    )

    def __init__(self, *given: Any, may_workspace: bool, may_add: bool, **named: Any) -> None:
        """Offer the workspace only to who administers it, and new people only to superusers."""
        super().__init__(*given, **named)
        choices = [("swarm", _("this swarm"))] + ([("workspace", _("the whole workspace"))] if may_workspace else [])
        self.fields["reach"].choices = choices  # type: ignore[attr-defined]
        if not may_add:
            del self.fields["add"]

    def clean_username(self) -> str:
        """Return the name in the form in which accounts keep it."""
        return User.normalize_username(str(self.cleaned_data["username"]).strip())
