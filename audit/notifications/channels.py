"""E-mail and chat as the way to a person whom no device reaches, through apprise. Addresses hold secrets and stay sealed."""

import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import transaction

from audit.actors import Actor
from audit.events import Fact, Kind, record
from audit.models import Channel
from audit.notifications.subscriptions import keep_result, topic_of
from audit.notifications.targets import Outcome
from audit.topics import bump
from victoros.lib.errors import InvalidInput, LimitReached, NotFound
from victoros.lib.sealing import SealBroken, seal, unseal
from victoros.lib.sentences import sentence

MOST_CHANNELS = 5
"""Of one person."""
PURPOSE = "notification channels"
READS_FILES = frozenset("template attach config include pgp pgpkey pgppub pgpkeyfile keyfile".split())
"""Options of addresses that would make apprise read a file of this host or fetch an address of its own."""


def add_channel(*, actor: Actor, user: Any, name: str, url: str) -> Channel:
    """Add a way to a person. The address is checked by its form only; `try_channel` shows whether it works."""
    schema = check_url(url.strip())
    with transaction.atomic():
        if Channel.objects.filter(user=user).count() >= MOST_CHANNELS:
            raise LimitReached(
                sentence("You have %(most_channels)s channels.") % {"most_channels": MOST_CHANNELS},
                hint=sentence("Remove one that you do not use any more."),
            )
        channel = Channel.objects.create(
            user=user, name=name.strip()[:80] or schema, schema=schema, sealed_url=seal(url.strip(), PURPOSE)
        )
        record(Fact(Kind.CHANNEL_ADDED, actor, "channel", channel.pk, channel.name, detail={"schema": schema}))
        bump([topic_of(user.pk)])
    return channel


@transaction.atomic
def remove_channel(*, actor: Actor, channel: Channel) -> bool:
    """Forget the channel; False when that was done already."""
    pk = channel.pk
    gone, _ = Channel.objects.filter(pk=pk).delete()
    if gone:
        record(Fact(Kind.CHANNEL_REMOVED, actor, "channel", pk, channel.name, detail={"schema": channel.schema}))
        bump([topic_of(channel.user_id)])
    return bool(gone)


def try_channel(*, channel: Channel) -> Outcome:
    """Send a message now and say what came of it."""
    outcome = send_through(
        channel, sentence("Victor.os reaches you here"), sentence("What needs you and no device shows will come here.")
    )
    keep_result(channel, outcome)
    return outcome


def send_through(channel: Channel, title: str, body: str) -> Outcome:
    """Send one message; touches no row, so that it may run in any thread."""
    try:
        url = unseal(channel.sealed_url, PURPOSE)
        check_url(url)
    except SealBroken:
        return Outcome(
            False, sentence("Its address was sealed with another VICTOR_SECRET_KEY: add it again."), may_retry=False
        )
    except InvalidInput as error:
        return Outcome(False, error.message, may_retry=False)
    from audit.notifications import chat  # here: most processes never send

    begun = time.monotonic()
    is_sent, words = chat.send(url, title, body)
    took_s = time.monotonic() - begun
    if is_sent:
        return Outcome(
            True,
            sentence("Sent through %(schema)s in %(took)s ms.")
            % {"schema": channel.schema, "took": f"{took_s * 1000:.0f}"},
            took_s=took_s,
        )
    return Outcome(
        False,
        sentence("Not sent through %(schema)s: %(value)s")
        % {"schema": channel.schema, "value": words[-120:] or sentence("no reason given")},
        took_s=took_s,
    )


def find_channel(user: Any, pk: int) -> Channel:
    """Return a channel of this person; raises `NotFound` for everybody else's."""
    channel = Channel.objects.filter(user=user, pk=pk).first()
    if channel is None:
        raise NotFound(
            sentence("You have no channel %(pk)s.") % {"pk": pk},
            hint=sentence("It may have been removed; reload the page."),
        )
    return channel


def check_url(url: str) -> str:
    """Return the schema of an apprise address; raises `InvalidInput` for what is not allowed or makes no sense."""
    schema = url.partition("://")[0].lower() if "://" in url else ""
    if schema not in settings.VICTOR_NOTIFY_SCHEMAS:
        raise InvalidInput(
            sentence("Addresses that begin with %(value)s are not allowed here.")
            % {"value": repr(schema[:20] or url[:10])},
            hint=sentence("Allowed are %(names)s; VICTOR_NOTIFY_SCHEMAS names them.")
            % {"names": ", ".join(sorted(settings.VICTOR_NOTIFY_SCHEMAS))},
        )
    if not url.isprintable() or any(character.isspace() for character in url) or len(url) > 1000:
        raise InvalidInput(
            sentence("The address must be one line without spaces."), hint=sentence("Give one channel for one address.")
        )
    if READS_FILES & {name.lower().lstrip("+-:") for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}:
        raise InvalidInput(
            sentence("The address must not name files."), hint=sentence("Leave out template, attach, pgp and the like.")
        )
    from audit.notifications import chat  # here: most processes never send

    if not chat.is_complete(url):
        raise InvalidInput(
            sentence("This is no complete address for %(schema)s.") % {"schema": schema},
            hint=sentence("Compare it with the examples in docs/notifications.md."),
        )
    return schema
