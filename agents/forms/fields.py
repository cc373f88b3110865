"""Fields the forms share, and how a service's refusal becomes an error of the form."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from agents.models import Provider
from victoros.lib.errors import VictorError


class WordsField(forms.CharField):
    """Words separated by commas or spaces; gives a list."""

    def to_python(self, value: Any) -> Any:
        """Split the text; order is kept, repetitions go."""
        return list(dict.fromkeys((value or "").replace(",", " ").split()))

    def prepare_value(self, value: Any) -> Any:
        """Join a list for showing."""
        return ", ".join(value) if isinstance(value, list) else value


class ProviderField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for mypy only
    """A provider that is not archived, or none."""

    def __init__(self, *, empty: str, **given: Any) -> None:
        rows = Provider.objects.filter(archived_at=None).order_by("name")
        super().__init__(rows, required=False, empty_label=empty, label=_("Language model provider"), **given)

    def label_from_instance(self, obj: Any) -> str:
        """Name the provider with its language model."""
        return f"{obj.name} ({obj.model})"


def refuse(form: forms.Form, error: VictorError) -> None:
    """Show what a service refused on the form it came from, with its hint and id."""
    form.add_error(None, f"{error.message} {error.hint} ({error.id})")
