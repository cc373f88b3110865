"""`victor provider`: add, list and test language-model providers."""

import argparse
import os

from agents.models import Provider
from agents.permissions import may_change_providers
from agents.services.providers import add_provider, make_default, test_provider
from audit.actors import person
from victoros.lib.commands import Acts, Answer, VictorCommand, add_paging, list_answer
from victoros.lib.errors import NotAllowed
from victoros.lib.rows import Document, describe_row, find_row, list_rows

COLUMNS = {
    "id": "id",
    "name": "name",
    "kind": "kind",
    "language model": "model",
    "address": "base_url",
    "default": "is_default",
    "key": "has_key",
    "status": "status",
}


class Command(VictorCommand):
    """See the module."""

    help = "Add, list and test language-model providers."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        self._add_add(acts)
        add_paging(acts.add("list", self.list_providers, "list providers, newest first"))
        test = acts.add("test", self.test, "ask a provider one small question; exit code 1 when it fails")
        test.add_argument("provider", help="id or name")

    def _add_add(self, acts: Acts) -> None:
        add = acts.add("add", self.add, "add a provider and print its id")
        add.add_argument("--name", help="unique; by default kind and language model")
        add.add_argument("--kind", required=True, choices=Provider.Kind.values, help="the protocol it speaks")
        add.add_argument("--base-url", default="", metavar="URL", help="its address; empty is the vendor's own")
        add.add_argument("--model", required=True, metavar="M", help="the language model's name there")
        add.add_argument("--key-env", default="", metavar="NAME", help="environment variable that holds the key")
        for side in ("in", "out"):
            option = f"--price-{side}"
            add.add_argument(option, metavar="USD", help=f"US dollars per million tokens {side}; else the public list")
        add.add_argument("--max-concurrent", type=int, default=8, help="calls at once from one cell (default 8)")
        add.add_argument(
            "--timeout", type=int, default=60, metavar="S", help="seconds to wait for an answer (default 60)"
        )
        add.add_argument("--default", action=argparse.BooleanOptionalAction, default=False, help="make it the default")

    def add(
        self,
        name: str | None,
        kind: str,
        base_url: str,
        model: str,
        key_env: str,
        price_in: str | None,
        price_out: str | None,
        max_concurrent: int,
        timeout: int,
        default: bool,
    ) -> Answer:
        """Add a provider."""
        self._require()
        provider = add_provider(
            actor=person(self.user),
            name=name or f"{kind} {model}"[:60],
            kind=kind,
            base_url=base_url,
            model=model,
            key_env=key_env,
            price_in_per_mtok=price_in,
            price_out_per_mtok=price_out,
            max_concurrent=max_concurrent,
            timeout_s=timeout,
        )
        if default:
            make_default(actor=person(self.user), provider=provider)
        text = str(provider.pk)
        if key_env and not os.environ.get(key_env):
            self.stderr.write(f"Note: {key_env} is not set here. The processes of `./victor up` must have it.")
        return Answer(describe(provider), text)

    def list_providers(self, after: int | None, limit: int) -> Answer:
        """List providers."""
        page = list_rows(Provider.objects.filter(archived_at=None), describe, after=after, limit=limit)
        return list_answer(page, COLUMNS, empty="There are no providers.")

    def test(self, provider: str) -> Answer:
        """Ask a provider one question."""
        self._require()
        row = find_row(Provider.objects.filter(archived_at=None), provider, "provider")
        result = test_provider(actor=person(self.user), provider=row)
        verdict = "answers" if result.ok else f"fails ({result.error_category})"
        took = f" {result.latency_ms} ms." if result.latency_ms is not None else ""
        text = f"{row.name} {verdict}: {result.message}{took}"
        return Answer({**describe(row), "error_category": result.error_category}, text, exit_code=0 if result.ok else 1)

    def _require(self) -> None:
        if not may_change_providers(self.user):
            raise NotAllowed("You may not change or test providers.", hint="Ask an admin of a workspace.")


def describe(provider: Provider) -> Document:
    """Return a provider as a document, without its key."""
    status = {None: "untested", True: "ok", False: "failing"}[provider.test_ok]
    has_key = bool(provider.sealed_key or provider.key_env)
    return describe_row(provider, status=status, without=("sealed_key",), has_key=has_key)
