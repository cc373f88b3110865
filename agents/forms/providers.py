"""Forms of providers. A key goes in and never comes out again."""

from typing import Any

from django import forms

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
    "timeout_s",
)


class ProviderForm(forms.Form):
    """How a language model is reached and what it costs."""

    name = forms.CharField(max_length=60, help_text="How it is called here.")
    kind = forms.ChoiceField(
        choices=Provider.Kind.choices, initial=Provider.Kind.OPENAI, help_text="The protocol it speaks."
    )
    base_url = forms.CharField(
        required=False,
        max_length=300,
        label="Address",
        help_text="Empty: the vendor's own. Ollama on this machine is http://127.0.0.1:11434.",
        widget=forms.TextInput(
            attrs={"inputmode": "url", "placeholder": "https://llm.example.com/v1", "spellcheck": "false"}
        ),
    )
    model = forms.CharField(
        max_length=120,
        label="Language model",
        help_text="Its name there.",
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
    )
    key = forms.CharField(
        required=False,
        label="API key",
        strip=True,
        max_length=4000,
        help_text="Sealed before it is stored and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    key_env = forms.CharField(
        required=False,
        max_length=80,
        label="Variable that holds the key",
        help_text="Instead of the key itself: a variable in the environment of ./victor up. It wins over a stored key.",
        widget=forms.TextInput(
            attrs={"placeholder": "OPENAI_API_KEY", "spellcheck": "false", "autocapitalize": "characters"}
        ),
    )
    price_in_per_mtok = forms.DecimalField(
        required=False,
        min_value=0,
        label="Price in",
        help_text="US dollars per million tokens sent; empty: the public list.",
    )
    price_out_per_mtok = forms.DecimalField(
        required=False, min_value=0, label="Price out", help_text="US dollars per million tokens received."
    )
    max_concurrent = forms.IntegerField(
        min_value=1, max_value=1000, initial=8, label="Calls at once", help_text="From one cell."
    )
    timeout_s = forms.IntegerField(
        min_value=1, max_value=3600, initial=60, label="Time limit", help_text="Seconds for one answer."
    )

    def __init__(self, *given: Any, user: Any, **named: Any) -> None:
        """Only superusers may name variables: they own the process whose environment it is."""
        super().__init__(*given, **named)
        if not user.is_superuser:
            del self.fields["key_env"]


class EditProviderForm(ProviderForm):
    """A provider's fields; an empty key keeps the one it has."""

    forget_key = forms.BooleanField(required=False, label="Forget the stored key")

    def __init__(self, *given: Any, provider: Provider, **named: Any) -> None:
        super().__init__(*given, initial={name: getattr(provider, name) for name in FIELDS}, **named)
        self.fields["key"].help_text = "Empty keeps the present key. A new address forgets it: enter it again then."
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
