"""`/healthz`: says that the pages can be served, for the supervisor and for load balancers. Open to everybody, tells nothing."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from victoros.lib import database
from victoros.lib.http import refuse_health


@login_not_required
@never_cache
def show_health(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the database answers too, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        return refuse_health(database.explain(error) or database.away())
    return HttpResponse("ok\n", content_type="text/plain")
