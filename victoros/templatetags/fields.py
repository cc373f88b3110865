"""Where the focus of a form begins. `{% load fields %}`."""

from django import template
from django.forms import BaseForm, BoundField

register = template.Library()


@register.filter
def first_wrong(form: BaseForm | None) -> BoundField | None:
    """Return the first field that has an error, None where all is well."""
    return next((field for field in form.visible_fields() if field.errors), None) if form else None


@register.filter
def first_to_fill(form: BaseForm | None) -> BoundField | None:
    """Return the field to begin with: the first wrong one, else the first that must be filled in; None where none must."""
    if not form:
        return None
    needed = (
        field for field in form.visible_fields() if field.field.required or getattr(field.field, "is_needed", False)
    )
    return first_wrong(form) or next(needed, None)


@register.filter
def focused(field: BoundField) -> BoundField:
    """Give a field the focus when its form is shown."""
    field.field.widget.attrs["autofocus"] = True  # of this form alone: each has its own copy of its fields
    return field
