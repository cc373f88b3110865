"""Forms of providers. A key goes in and never comes out again."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.models import Provider

FIELDS = (
    "name",
    "kind",
    "base_url",
    "model",
    "key_env",
    "price_in_per_mtok",
    "price_out_per_mtok",
    "max_concurrent",
    "total_concurrent",
    "requests_per_min",
    "tokens_per_min",
    "timeout_s",
)
LIMITS = ("total_concurrent", "requests_per_min", "tokens_per_min")
"""An empty field is no limit, which the row holds as 0."""


class ProviderForm(forms.Form):
    """How a language model is reached and what it costs."""

    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("How it is called here."))
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=Provider.Kind.choices,
        initial=Provider.Kind.OPENAI,
        help_text=_("The protocol it speaks."),
    )
    base_url = forms.CharField(
        required=False,
        max_length=300,
        label=_("Address"),
        help_text=_("Empty: the vendor's own. Ollama on this machine is http://127.0.0.1:11434."),
        widget=forms.TextInput(
            attrs={"inputmode": "url", "placeholder": "https://llm.example.com/v1", "spellcheck": "false"}
        ),
    )
    model = forms.CharField(
        max_length=120,
        label=_("Language model"),
        help_text=_("Its name there."),
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    key = forms.CharField(
        required=False,
        label=_("API key"),
        strip=True,
        max_length=4000,
        help_text=_("Sealed before it is stored and never shown again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    key_env = forms.CharField(
        required=False,
        max_length=80,
        label=_("Variable that holds the key"),
        help_text=_(
            "Instead of the key itself: a variable in the environment of ./victor up. It wins over a stored key."
        ),
        widget=forms.TextInput(
            attrs={"placeholder": "OPENAI_API_KEY", "spellcheck": "false", "autocapitalize": "characters"}
        ),
    )
    price_in_per_mtok = forms.DecimalField(
        required=False,
        min_value=0,
        label=_("Price in"),
        help_text=_("US dollars per million tokens sent; empty: the public list."),
    )
    price_out_per_mtok = forms.DecimalField(
        required=False, min_value=0, label=_("Price out"), help_text=_("US dollars per million tokens received.")
    )
    max_concurrent = forms.IntegerField(
        min_value=1, max_value=1000, initial=8, label=_("Calls at once"), help_text=_("From one cell.")
    )
    total_concurrent = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=100_000,
        label=_("Calls at once, in all"),
        help_text=_("From all cells together; empty: no limit."),
    )
    requests_per_min = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=10_000_000,
        label=_("Requests a minute"),
        help_text=_("From all cells together; empty: no limit."),
    )
    tokens_per_min = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=1_000_000_000,
        label=_("Tokens a minute"),
        help_text=_("Sent and received, from all cells together; empty: no limit."),
    )
    timeout_s = forms.IntegerField(
        min_value=1, max_value=3600, initial=60, label=_("Time limit"), help_text=_("Seconds for one answer.")
    )

    def __init__(self, *given: Any, user: Any, **named: Any) -> None:
        """Only superusers may name variables: they own the process whose environment it is."""
        super().__init__(*given, **named)
        if not user.is_superuser:
            del self.fields["key_env"]


class EditProviderForm(ProviderForm):
    """A provider's fields; an empty key keeps the one it has."""

    forget_key = forms.BooleanField(required=False, label=_("Forget the stored key"))

    def __init__(self, *given: Any, provider: Provider, **named: Any) -> None:
        kept = {name: getattr(provider, name) for name in FIELDS}
        super().__init__(*given, initial={**kept, **{name: kept[name] or None for name in LIMITS}}, **named)
        self.fields["key"].help_text = gettext(
            "Empty keeps the present key. A new address forgets it: enter it again then."
        )
        if not provider.sealed_key:
            del self.fields["forget_key"]

    def changes(self) -> dict[str, Any]:
        """Return what `change_provider` takes: `key` None keeps it, and a variable is named only when it was changed."""
        values = {name: value for name, value in self.cleaned_data.items() if name in FIELDS}
        if "key_env" not in self.changed_data:
            values.pop("key_env", None)
        typed = self.cleaned_data["key"]
        values["key"] = typed or ("" if self.cleaned_data.get("forget_key") else None)
        return values
