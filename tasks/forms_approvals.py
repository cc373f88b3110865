"""What people write when they decide and answer."""

from django import forms


class NoteForm(forms.Form):
    """A yes needs no words."""

    note = forms.CharField(label="Note", required=False, max_length=400, help_text="Goes into the record.")


class RejectForm(forms.Form):
    """A no needs a reason."""

    note = forms.CharField(
        label="Reason",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The agent reads it and goes on without this act.",
        error_messages={"required": "Say why: the agent acts on it."},
    )


class AnswerForm(forms.Form):
    """The answer to an agent's question."""

    text = forms.CharField(
        label="Answer",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Write what the agent should know."},
    )


class HappenedForm(forms.Form):
    """Word on an act that was cut off."""

    happened = forms.ChoiceField(
        label="Did it happen?",
        choices=[("yes", "Yes, it happened: do not repeat it"), ("no", "No, it did not: go on without it")],
        widget=forms.RadioSelect,
        error_messages={"required": "Look at the outside first, then say which."},
    )
