"""The forms of the first run. Each works as it stands, without a script."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from agents.models import Provider
from agents.services.workspaces import list_time_zones
from victoros.dashboard.sign_in import LOOKS

EMBEDDED, KEEP = "embedded", "keep"
DESK, OWN, EMPTY = "desk", "own", "empty"
LOOK_WORDS = {"system": _("as the system"), "light": _("light"), "dark": _("dark")}


class WorkspaceForm(forms.Form):
    """What the workspace is called, and in which zone its people read times."""

    name = forms.CharField(max_length=80, label=_("Name"), help_text=_("Your team, company or project."))
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Times on the pages are told in it."))

    def __init__(self, *given: Any, zone: str = "", may_be_the_sites: bool = False, **named: Any) -> None:
        """`may_be_the_sites`: nobody need choose a zone, as for a workspace that has none of its own."""
        super().__init__(*given, **named)
        zones = list_time_zones()
        field = self.fields["time_zone"]
        field.choices = [(each, each.replace("_", " ")) for each in zones]  # type: ignore[attr-defined]
        if may_be_the_sites:
            field.required = False
            field.choices = [("", _("the site's time zone")), *field.choices]  # type: ignore[attr-defined]
        elif not zone:
            field.widget.attrs["data-zone-guess"] = ""


class OperatorForm(forms.Form):
    """What the operator is called, a password if wanted, and the look of the pages."""

    username = forms.CharField(
        max_length=150,
        label=_("Your name"),
        help_text=_("You sign in with it, and the record tells with it who did what."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "username", "spellcheck": "false"}),
    )
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=400,
        label=_("Password"),
        help_text=_("At least 10 characters; a sentence is easier to keep than a riddle. Empty: set one later."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "data-strength": "strength"}),
    )
    again = forms.CharField(
        required=False,
        strip=False,
        max_length=400,
        label=_("Password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    look = forms.ChoiceField(
        choices=[(look, LOOK_WORDS[look]) for look in LOOKS],
        label=_("Look"),
        required=False,
        help_text=_("Of the pages in this browser."),
    )

    def __init__(self, *given: Any, user: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.user = user

    def clean_look(self) -> str:
        """Return the look; one not named is the system's."""
        return str(self.cleaned_data["look"] or "system")

    def clean_password(self) -> str:
        """Judge the password as the account page does, where there is one."""
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        """Refuse two passwords that differ."""
        values = self.cleaned_data
        if "password" in values and values["password"] != values.get("again"):
            self.add_error("again", _("The two passwords differ."))
        return values


class ModelForm(forms.Form):
    """Which language model answers: the embedded one, the one in use, or another with how it is reached."""

    use_required_attribute = False
    choice = forms.ChoiceField(label=_("Choice"), widget=forms.RadioSelect)

    def __init__(self, *given: Any, kept: Provider | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        kinds = [(EMBEDDED, EMBEDDED), *((name, name) for name in WAYS)]
        self.fields["choice"].choices = [*([(KEEP, KEEP)] if kept else []), *kinds]  # type: ignore[attr-defined]
        chosen = self.data.get("choice") if self.is_bound else None
        for way in WAYS.values():
            for field in way.fields:
                made = way.make_field(field)
                made.required = field in way.needed and chosen in (None, way.kind_name)
                self.fields[f"{way.kind_name}-{field}"] = made

    def ways(self) -> list[tuple["Way", list[forms.BoundField]]]:
        """Return the ways to another model, each with its fields."""
        return [(way, [self[f"{way.kind_name}-{field}"] for field in way.fields]) for way in WAYS.values()]

    def connection(self) -> dict[str, str]:
        """Return what `connect_provider` takes for the way that was chosen."""
        way = WAYS[self.cleaned_data["choice"]]
        typed = {field: self.cleaned_data[f"{way.kind_name}-{field}"] for field in way.fields}
        return {"name": way.name, "kind": way.kind, **typed}


class Way:
    """One way to another language model: what must be told, and what it usually is."""

    def __init__(
        self, kind_name: str, name: str, kind: str, fields: str, needed: str, model: str, url: str = ""
    ) -> None:
        self.kind_name, self.name, self.kind = kind_name, name, kind
        self.fields, self.needed = fields.split(), needed.split()
        self.usual = {"model": model, "base_url": url}

    def make_field(self, field: str) -> forms.CharField:
        """Return the form field. Whether it is needed depends on the choice."""
        plain = {"spellcheck": "false", "autocapitalize": "none"}
        if field == "key":
            widget: forms.Widget = forms.PasswordInput(attrs={"autocomplete": "off"})
            label, longest = _("API key"), 4000
        elif field == "base_url":
            widget = forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://llm.example.com/v1", **plain})
            label, longest = _("Address"), 300
        else:
            widget = forms.TextInput(attrs=plain)
            label, longest = _("Language model"), 120
        return forms.CharField(
            required=False,
            max_length=longest,
            label=label,
            initial=self.usual.get(field, ""),
            widget=widget,
            error_messages={"required": _("This is needed for it.")},
            help_text=_("Sealed before it is stored and never shown again.") if field == "key" else "",
        )


WAYS = {
    way.kind_name: way
    for way in (
        Way("openai", "OpenAI", "openai", "model key", "model key", "gpt-4.1-mini"),
        Way("anthropic", "Anthropic", "anthropic", "model key", "model key", "claude-haiku-4-5"),
        Way("ollama", "Ollama", "ollama", "base_url model", "base_url model", "llama3.2", "http://127.0.0.1:11434"),
        Way("other", "OpenAI-compatible", "openai", "base_url model key", "base_url model", ""),
    )
}


class FirstSwarmForm(forms.Form):
    """What the first swarm is."""

    choice = forms.ChoiceField(
        label=_("Choice"), choices=[(DESK, DESK), (OWN, OWN), (EMPTY, EMPTY)], initial=DESK, widget=forms.RadioSelect
    )
    name = forms.CharField(max_length=80, label=_("Name of the swarm"), initial="reports")
    input_folder = forms.CharField(
        required=False,
        max_length=500,
        label=_("Folder"),
        help_text=_("Absolute path on the machine that runs Victor.os. Its agents may read there, not write."),
        widget=forms.TextInput(attrs={"placeholder": "/srv/reports", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Require a folder where one's own is wanted."""
        values = self.cleaned_data
        if values.get("choice") == OWN and not values.get("input_folder"):
            self.add_error("input_folder", _("Say which folder, or take the reports that come with the program."))
        return values
