"""`victor provider`: add, update, list and test language-model providers."""

import argparse
import os
from typing import Any

from agents.models import Provider
from agents.permissions import may_change_providers
from agents.services.providers import add_provider, change_provider, make_default, test_provider
from audit.actors import person
from victoros.lib.commands import Acts, Answer, VictorCommand, add_paging, list_answer
from victoros.lib.errors import InvalidInput, NotAllowed
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

    help = "Add, update, list and test language-model providers."

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""
        self._add_add(acts)
        self._add_update(acts)
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
        _add_prices_and_limits(add)
        add.add_argument("--default", action=argparse.BooleanOptionalAction, default=False, help="make it the default")

    def _add_update(self, acts: Acts) -> None:
        update = acts.add("update", self.update, "change what is given, keep the rest")
        update.add_argument("provider", help="id or name")
        update.add_argument("--name", help="a new name")
        update.add_argument("--model", metavar="M", help="the language model's name there")
        _add_prices_and_limits(update)

    def add(
        self,
        name: str | None,
        kind: str,
        base_url: str,
        model: str,
        key_env: str,
        price_in: str | None,
        price_out: str | None,
        max_concurrent: int | None,
        total_concurrent: int | None,
        requests_per_min: int | None,
        tokens_per_min: int | None,
        timeout: int | None,
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
            max_concurrent=8 if max_concurrent is None else max_concurrent,
            total_concurrent=total_concurrent,
            requests_per_min=requests_per_min,
            tokens_per_min=tokens_per_min,
            timeout_s=60 if timeout is None else timeout,
        )
        if default:
            make_default(actor=person(self.user), provider=provider)
        text = str(provider.pk)
        if key_env and not os.environ.get(key_env):
            self.stderr.write(f"Note: {key_env} is not set here. The processes of `./victor up` must have it.")
        return Answer(describe(provider), text)

    def update(
        self,
        provider: str,
        name: str | None,
        model: str | None,
        price_in: str | None,
        price_out: str | None,
        max_concurrent: int | None,
        total_concurrent: int | None,
        requests_per_min: int | None,
        tokens_per_min: int | None,
        timeout: int | None,
    ) -> Answer:
        """Change a provider; only what was given."""
        self._require()
        given = {
            "name": name,
            "model": model,
            "price_in_per_mtok": price_in,
            "price_out_per_mtok": price_out,
            "max_concurrent": max_concurrent,
            "total_concurrent": total_concurrent,
            "requests_per_min": requests_per_min,
            "tokens_per_min": tokens_per_min,
            "timeout_s": timeout,
        }
        changes: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
        if not changes:
            raise InvalidInput(
                "Nothing was given to change.", hint="`./victor provider update --help` shows what can be."
            )
        row = find_row(Provider.objects.filter(archived_at=None), provider, "provider")
        row = change_provider(actor=person(self.user), provider=row, **changes)
        return Answer(describe(row), f"{row.name} was changed: {', '.join(sorted(changes))}.")

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


def _add_prices_and_limits(parser: argparse.ArgumentParser) -> None:
    for side in ("in", "out"):
        option = f"--price-{side}"
        parser.add_argument(option, metavar="USD", help=f"US dollars per million tokens {side}; else the public list")
    for option, what in (
        ("--max-concurrent", "calls at once from one cell; 8 if never given"),
        ("--total-concurrent", "calls at once from all cells; 0 is no limit"),
        ("--requests-per-min", "calls in any minute, over all cells; 0 is no limit"),
        ("--tokens-per-min", "tokens in any minute, over all cells; 0 is no limit"),
        ("--timeout", "seconds to wait for an answer; 60 if never given"),
    ):
        parser.add_argument(option, type=int, metavar="N", help=what)


def describe(provider: Provider) -> Document:
    """Return a provider as a document, without its key."""
    status = {None: "untested", True: "ok", False: "failing"}[provider.test_ok]
    has_key = bool(provider.sealed_key or provider.key_env)
    return describe_row(provider, status=status, without=("sealed_key",), has_key=has_key)
