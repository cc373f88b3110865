"""What people type to make and change tasks, turned into the values services take."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.forms.utils import to_current_timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.models import Agent, Swarm
from tasks.models import Task
from victoros.lib.wording import Phrase

MOST_AGENTS = 200
"""More agents than this are not offered as a list."""


def to_the_minute(moment: datetime) -> datetime:
    """Return a moment as forms show it."""
    return moment.replace(second=0, microsecond=0)


class WordsField(forms.CharField):
    """Words separated by commas or spaces; gives a list."""

    def to_python(self, value: Any) -> Any:
        """Split the text; order is kept, repetitions go."""
        return list(dict.fromkeys((value or "").replace(",", " ").split()))

    def prepare_value(self, value: Any) -> Any:
        """Join a list for showing."""
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as lists."""
        return bool(list(initial or []) != self.to_python(data))


class LinesField(forms.CharField):
    """One item a line; gives a list."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        """Split the text at line ends; empty lines go."""
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        """Join a list for showing."""
        return "\n".join(value) if isinstance(value, list) else value


class MomentField(forms.DateTimeField):
    """A moment as browsers send it from their own field."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    input_formats = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")

    def prepare_value(self, value: Any) -> Any:
        """Show the moment in the site's time zone, to the minute."""
        return to_current_timezone(to_the_minute(value)) if isinstance(value, datetime) else value


class TaskForm(forms.Form):
    """What a task is; the same fields make one and change one."""

    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("One line: what is to be done."))
    text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Everything the agent should know. Markdown is fine."),
    )
    acceptance = LinesField(
        label=_("Acceptance"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What must be true when it is done, one item a line."),
    )
    needs = WordsField(
        label=_("Needs"), required=False, help_text=_("Capabilities an agent must have, such as: read, edit.")
    )
    priority = forms.IntegerField(
        label=_("Priority"),
        required=False,
        min_value=-100,
        max_value=100,
        initial=0,
        help_text=_("Higher goes first; -100 to 100."),
    )
    deadline = MomentField(label=_("Deadline"), required=False, help_text=_("When it should be done; empty for none."))

    @property
    def details(self) -> list[forms.BoundField]:
        """The short fields, which stand beside each other."""
        long = ("title", "text", "acceptance")
        return [field for field in self.visible_fields() if field.name not in long]

    @property
    def is_more_open(self) -> bool:
        """Whether any of the short fields is in use or wrong, so that they must be seen."""
        return any(field.errors or field.value() not in (None, "", 0, "0", False, []) for field in self.details)

    def clean_priority(self) -> int:
        """Take an empty priority as 0."""
        return self.cleaned_data.get("priority") or 0


class EditTaskForm(TaskForm):
    """Changes to a task. It carries what it showed: so it knows what its reader changed, and over what."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True

    @property
    def seen(self) -> dict[str, Any]:
        """What it showed, as far as it was sent back."""
        names = [name for name in self.fields if self.add_initial_prefix(name) in self.data]
        return {name: self._read_shown(name) for name in names}

    def carry(self, values: Mapping[str, Any]) -> None:
        """Carry these from now on in place of what was shown first."""
        shown = {
            self.add_initial_prefix(name): self.fields[name].prepare_value(value) for name, value in values.items()
        }
        self.data = {
            **dict(self.data.items()),
            **{name: "" if value is None else value for name, value in shown.items()},
        }

    def _read_shown(self, name: str) -> Any:
        try:
            return self.fields[name].to_python(self.data[self.add_initial_prefix(name)])
        except forms.ValidationError:
            return None


class NewTaskForm(TaskForm):
    """A task to be made in one swarm."""

    agent = forms.ModelChoiceField(
        Agent.objects.none(),
        label=_("Agent"),
        required=False,
        empty_label=_("whoever is free"),
        help_text=_("Only this agent may take it."),
    )
    depends_on = WordsField(
        required=False,
        label=_("Waits for"),
        help_text=_("Ids of tasks of this swarm that must be done first, such as: 12, 14."),
    )
    backlog = forms.BooleanField(
        required=False, label=_("Keep in the backlog"), help_text=_("Agents do not see it until it is released.")
    )
    once = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    """Names this act of creating, so that sending the form twice makes one task."""

    def __init__(self, *args: Any, swarm: Swarm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.swarm = swarm
        _offer_agents(self.fields["agent"], swarm)

    def clean_depends_on(self) -> list[Task]:
        """Turn ids into tasks of the swarm."""
        words = [word.lstrip("#") for word in self.cleaned_data["depends_on"]]
        if wrong := [word for word in words if not (word.isascii() and word.isdigit() and len(word) < 16)]:
            raise forms.ValidationError(gettext("These are not task ids: %(wrong)s.") % {"wrong": ", ".join(wrong)})
        found = {task.pk: task for task in Task.objects.filter(swarm=self.swarm, pk__in=words)}
        if missing := [word for word in words if int(word) not in found]:
            raise forms.ValidationError(
                gettext("No such task in the swarm %(name)s: %(missing)s.")
                % {"name": self.swarm.name, "missing": ", ".join(missing)}
            )
        return list(found.values())


class AssignForm(forms.Form):
    """Who may take a task."""

    agent = forms.ModelChoiceField(
        Agent.objects.none(), label=_("Agent"), required=False, empty_label=_("whoever is free")
    )

    def __init__(self, *args: Any, swarm: Swarm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_agents(self.fields["agent"], swarm)


class ReasonForm(forms.Form):
    """The words that go with an act, if it wants any (`label`), and whether they may be missing (`must`)."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 400})
    )

    def __init__(self, *args: Any, label: Phrase, must: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = str(label)
        self.fields["reason"].required = must
        if not label:
            del self.fields["reason"]


def _offer_agents(field: Any, swarm: Swarm) -> None:
    agents = Agent.objects.filter(swarm=swarm, retired_at=None).order_by("name")
    field.queryset = agents
    if agents.count() > MOST_AGENTS:
        field.widget = forms.NumberInput()
        field.help_text = gettext("Id of the agent; empty for whoever is free.")
