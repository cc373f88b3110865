"""`victor notify`: who is told about what waits, by what, and whether it arrives."""

from django.db.models import Q, QuerySet

from audit.actors import person
from audit.models import Channel, PushSubscription
from audit.notifications import channels, keys, subscriptions
from audit.notifications.targets import Outcome
from victoros.lib.commands import Acts, Answer, VictorCommand, add_paging, list_answer
from victoros.lib.errors import NotFound
from victoros.lib.rows import Document, describe_row, list_rows
from victoros.lib.terminal import make_facts

COLUMNS = {
    "id": "id",
    "status": "status",
    "person": "person",
    "name": "name",
    "service": "service",
    "last success": "last_success_at",
    "error": "last_error",
}


class Command(VictorCommand):
    """See the module."""

    help = "List devices, try them and channels out, and show the key that push services know us by."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        listing = acts.add("list", self.list_devices, "list devices that are told, newest first")
        add_paging(listing)
        trying = acts.add(
            "test", self.test, "send every device and channel of one person a message, and say what came of it"
        )
        trying.add_argument("--device", type=int, metavar="ID", help="this device alone")
        acts.add(
            "keys",
            self.keys,
            "show the public VAPID key, where the private one is kept, and who subscribed under another",
        )

    def list_devices(self, after: int | None, limit: int) -> Answer:
        """List devices: a superuser sees those of everybody."""
        page = list_rows(self._visible(), describe, after=after, limit=limit)
        return list_answer(page, COLUMNS, empty="No device is told. Turn one on under /account/notifications/.")

    def test(self, device: int | None) -> Answer:
        """Try out the person's own devices and channels, or one device."""
        found = {f"device {row.pk} {row.name}": self._try_device(row) for row in self._devices(device)}
        if device is None:
            for row in Channel.objects.filter(user=self.user):
                found[f"channel {row.pk} {row.name}"] = channels.try_channel(channel=row)
        if not found:
            raise NotFound("There is nothing to try.", hint="Turn a device on under /account/notifications/.")
        failed = [name for name, outcome in found.items() if not outcome.ok]
        results = [{"name": name, "ok": outcome.ok, "text": outcome.text} for name, outcome in found.items()]
        document = {"id": "notify", "status": "failed" if failed else "sent", "results": results}
        text = "\n".join(f"{name}: {outcome.text}" for name, outcome in found.items())
        return Answer(document, text, exit_code=1 if failed else 0)

    def keys(self) -> Answer:
        """Show what push services know this installation by."""
        public = keys.public_key()
        other = PushSubscription.objects.exclude(application_key=public).count()
        kept = "VICTOR_VAPID_KEY" if keys.is_set() else str(keys.key_file())
        document = {"id": "vapid", "status": "ok", "public_key": public, "kept_in": kept, "under_another_key": other}
        return Answer(document, make_facts(document))

    def _devices(self, pk: int | None) -> QuerySet[PushSubscription]:
        if pk is None:
            return PushSubscription.objects.filter(user=self.user)
        rows = self._visible().filter(pk=pk)
        if not rows.exists():
            raise NotFound(f"There is no device {pk}.", hint="`./victor notify list` shows what there is.")
        return rows

    def _try_device(self, row: PushSubscription) -> Outcome:
        return subscriptions.try_out(actor=person(self.user), device=row)

    def _visible(self) -> QuerySet[PushSubscription]:
        own = Q() if self.user.is_superuser else Q(user=self.user)
        return PushSubscription.objects.filter(own).select_related("user")


def describe(device: PushSubscription) -> Document:
    """Return a device as a document, without what is secret about it."""
    return describe_row(
        device,
        status="failing" if device.failures else "ok",
        without=("sealed", "endpoint_digest"),
        person=device.user.get_username(),
    )
