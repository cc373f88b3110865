"""A form made from a tool's JSON schema, so that a person can change the arguments of an act before allowing it."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.tools.registry import find_tool
from tasks.models import Approval
from tasks.services.proposals import faults_of, name_fault

PREFIX = "arg-"
LONG = 200
"""Texts that may be longer get a box of several lines."""
MOST_ROWS = 20


class _Exact(forms.CharField):
    """A text that is kept as it is, spaces too; line ends as browsers send them become those of the original.

    One that is needed may be empty, which is a text too, and is not called optional.
    """

    def __init__(self, *, original: str = "", is_needed: bool = False, **given: Any) -> None:
        super().__init__(strip=False, required=False, **given)
        self.is_needed = is_needed
        self._ends = "\r\n" if "\r\n" in original else "\n"

    def clean(self, value: Any) -> str:
        """Return the text."""
        text = str(super().clean(value))
        return text.replace("\r\n", "\n").replace("\n", self._ends)


class _Json(forms.CharField):
    """Any other value, written as JSON."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"})

    def clean(self, value: Any) -> Any:
        """Return the value; `None` for an empty field."""
        text = super().clean(value)
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(_("This is not JSON: %(why)s") % {"why": error}) from error


class EditForm(forms.Form):
    """The arguments of one act, each in a field of its own, and a word to the agent."""

    note = forms.CharField(
        label=gettext_lazy("Word to the agent"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("It reads this beside what you changed; it also goes into the record."),
    )

    def __init__(self, approval: Approval, data: Any = None) -> None:
        super().__init__(data)
        self.approval = approval
        self.arguments: dict[str, Any] = {}
        schema = find_tool(approval.tool).schema
        self._properties: dict[str, Any] = schema.get("properties", {})
        known = {**self._properties, **{name: {} for name in approval.arguments if name not in self._properties}}
        note = self.fields.pop("note")
        for name, rule in known.items():
            self.fields[PREFIX + name] = _field(
                name, rule, approval.arguments.get(name), name in schema.get("required", ())
            )
        self.fields["note"] = note

    def clean(self) -> dict[str, Any]:
        """Put the arguments together and hold them against the schema; each fault stands beside its field."""
        cleaned = super().clean() or self.cleaned_data
        self.arguments = dict(self._read(cleaned))
        if not self.errors:
            for name, message in faults_of(self.approval.tool, self.arguments):
                is_shown = PREFIX + name in self.fields
                self.add_error(PREFIX + name if is_shown else None, message if is_shown else name_fault(name, message))
        return cleaned

    def _read(self, cleaned: dict[str, Any]) -> Any:
        for field, value in cleaned.items():
            name = field.removeprefix(PREFIX)
            was_there = name in self.approval.arguments
            is_empty = value is None or (value == "" and not was_there)
            if field.startswith(PREFIX) and not is_empty:
                yield name, value


def _field(name: str, rule: dict[str, Any], value: Any, required: bool) -> forms.Field:
    """Return the field for one argument: by the type the schema gives it, or by the value it has."""
    given: dict[str, Any] = {"label": name, "initial": value, "help_text": rule.get("description", "")}
    kind = rule.get("type") or ("string" if isinstance(value, str) else "")
    if "enum" in rule and all(isinstance(one, str) for one in rule["enum"]):
        chosen = [(one, one) for one in rule["enum"]]
        return forms.ChoiceField(choices=chosen if required else [("", "—"), *chosen], required=required, **given)
    if kind == "string":
        return _text(rule, value, {**given, "is_needed": required})
    if kind == "integer":
        return forms.IntegerField(required=required, **given)
    if kind == "number":
        return forms.FloatField(required=required, **given)
    if kind == "boolean":
        return forms.TypedChoiceField(
            choices=[("True", _("yes")), ("False", _("no"))],
            coerce=lambda text: text == "True",
            required=required,
            **given,
        )
    return _Json(required=required, **{**given, "initial": "" if value is None else _written(value)})


def _text(rule: dict[str, Any], value: Any, given: dict[str, Any]) -> forms.Field:
    original = value if isinstance(value, str) else ""
    if rule.get("maxLength", LONG + 1) <= LONG and "\n" not in original:
        return _Exact(original=original, **given)
    rows = min(MOST_ROWS, max(3, original.count("\n") + len(original) // 90 + 2)) if len(original) > 80 else 3
    return _Exact(original=original, widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "true"}), **given)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
