"""Which of somebody's devices asks: a signed cookie that the browser got when it subscribed."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse

from audit.models import PushSubscription

COOKIE = "victor_device"
SALT = "victor.os device"
KEPT = timedelta(days=400)


def remember_device(request: HttpRequest, answer: HttpResponse, device: PushSubscription) -> None:
    """Give the browser the cookie by which it is known again."""
    answer.set_signed_cookie(
        COOKIE, str(device.pk), SALT, max_age=KEPT, httponly=True, samesite="Strict", secure=request.is_secure()
    )


def read_device(request: HttpRequest) -> int | None:
    """Return the number of the device that asks; None when it never subscribed or its cookie is none of ours."""
    said = request.get_signed_cookie(COOKIE, "", SALT, max_age=KEPT) or ""
    return int(said) if said.isdecimal() else None


def forget_device(answer: HttpResponse) -> None:
    """Take the cookie away."""
    answer.delete_cookie(COOKIE, samesite="Strict")
