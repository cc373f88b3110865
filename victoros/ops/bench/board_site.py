"""Fills one database for `bench board`: `python -m victoros.ops.bench.board_site AGENTS TASKS STEPS`.

Prints as JSON what a visitor needs: cookies of somebody signed in who may do everything, the main pages, and how many queries
each of them asks.
"""

import json
import sys
from typing import Any

from victoros.ops.django_setup import load_django


def main() -> None:
    """Fill in sample data of the size the command line names, and look at it once."""
    load_django()
    from audit.actors import SYSTEM
    from victoros.demo.fill import fill_demo
    from victoros.demo.sizes import Size
    from victoros.ops.bench.main_pages import list_main_pages
    from victoros.ops.visiting import make_cookies, make_operator

    fill_demo(actor=SYSTEM, size=Size(*map(int, sys.argv[1:4])), at_work=True)
    _settle()
    operator, pages = make_operator(), list_main_pages()
    print(json.dumps({"cookies": make_cookies(operator), "pages": pages, "queries": _count_queries(operator, pages)}))


def _settle() -> None:
    """Do what happens by itself in a running installation: the journal is counted, and PostgreSQL counts its rows."""
    from django.db import connection

    from tasks.services.minutes import count_minutes
    from tasks.services.spending import count_spending

    while count_minutes() + count_spending():
        pass
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _count_queries(user: Any, pages: dict[str, str]) -> dict[str, int]:
    """Open every page in this process, where its queries can be counted; once before, for what is asked only once."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, counts = Client(SERVER_NAME="127.0.0.1"), {}
    client.force_login(user)
    client.get("/")
    for name, address in pages.items():
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts[name] = len(queries)
    return counts


if __name__ == "__main__":
    main()
