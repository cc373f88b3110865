"""What people type to make and change tasks, turned into the values services take."""

from datetime import datetime
from typing import Any

from django import forms
from django.forms.utils import to_current_timezone

from agents.models import Agent, Swarm
from tasks.models import Task

MOST_AGENTS = 200
"""More agents than this are not offered as a list."""


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
        return to_current_timezone(value) if isinstance(value, datetime) else value


class TaskForm(forms.Form):
    """What a task is; the same fields make one and change one."""

    title = forms.CharField(max_length=200, help_text="One line: what is to be done.")
    text = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Everything the agent should know. Markdown is fine.",
    )
    acceptance = LinesField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What must be true when it is done, one item a line.",
    )
    needs = WordsField(required=False, help_text="Capabilities an agent must have, such as: read, edit.")
    priority = forms.IntegerField(
        required=False, min_value=-100, max_value=100, initial=0, help_text="Higher goes first; -100 to 100."
    )
    deadline = MomentField(required=False, help_text="When it should be done; empty for none.")

    @property
    def details(self) -> list[forms.BoundField]:
        """The short fields, which stand beside each other."""
        long = ("title", "text", "acceptance")
        return [field for field in self.visible_fields() if field.name not in long]

    def clean_priority(self) -> int:
        """Take an empty priority as 0."""
        return self.cleaned_data.get("priority") or 0


class NewTaskForm(TaskForm):
    """A task to be made in one swarm."""

    agent = forms.ModelChoiceField(
        Agent.objects.none(), required=False, empty_label="whoever is free", help_text="Only this agent may take it."
    )
    depends_on = WordsField(
        required=False,
        label="Waits for",
        help_text="Ids of tasks of this swarm that must be done first, such as: 12, 14.",
    )
    backlog = forms.BooleanField(
        required=False, label="Keep in the backlog", help_text="Agents do not see it until it is released."
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
            raise forms.ValidationError(f"These are not task ids: {', '.join(wrong)}.")
        found = {task.pk: task for task in Task.objects.filter(swarm=self.swarm, pk__in=words)}
        if missing := [word for word in words if int(word) not in found]:
            raise forms.ValidationError(f"No such task in the swarm {self.swarm.name}: {', '.join(missing)}.")
        return list(found.values())


class AssignForm(forms.Form):
    """Who may take a task."""

    agent = forms.ModelChoiceField(Agent.objects.none(), required=False, empty_label="whoever is free")

    def __init__(self, *args: Any, swarm: Swarm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_agents(self.fields["agent"], swarm)


class ReasonForm(forms.Form):
    """The words that go with an act, if it wants any (`label`), and whether they may be missing (`must`)."""

    reason = forms.CharField(required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 400}))

    def __init__(self, *args: Any, label: str, must: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label
        self.fields["reason"].required = must
        if not label:
            del self.fields["reason"]


def _offer_agents(field: Any, swarm: Swarm) -> None:
    agents = Agent.objects.filter(swarm=swarm, retired_at=None).order_by("name")
    field.queryset = agents
    if agents.count() > MOST_AGENTS:
        field.widget = forms.NumberInput()
        field.help_text = "Id of the agent; empty for whoever is free."
