"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from victoros.dashboard import assets, installable, live, sign_in
from victoros.ops.health_view import show_health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("victoros.dashboard.urls")),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("welcome/<str:token>/", sign_in.welcome, name="welcome"),
    path("", include("victoros.onboarding.urls")),
    path("account/", sign_in.account, name="account"),
    path("account/password/", sign_in.set_password, name="set_password"),
    path("account/look/", sign_in.set_look, name="set_look"),
    path("account/language/", sign_in.set_language, name="set_language"),
    path("account/density/", sign_in.set_density, name="set_density"),
    path("live/versions", live.versions, name="live_versions"),
    path("live/tally/", live.tally, name="live_tally"),
    path("assets/<str:digest>/<str:name>", assets.serve_asset, name="asset"),
    path("manifest.webmanifest", installable.manifest, name="manifest"),
    path("worker.js", installable.service_worker, name="service_worker"),
    path("offline/", installable.offline, name="offline"),
    path("healthz", show_health, name="healthz"),
    path("admin/", admin.site.urls),
    path("", include("agents.urls")),
    path("", include("tasks.urls")),
    path("", include("tasks.approval_urls")),
    path("", include("audit.urls")),
]

handler400 = "victoros.dashboard.errors.show_bad_request"
handler403 = "victoros.dashboard.errors.show_forbidden"
handler404 = "victoros.dashboard.errors.show_not_found"
handler500 = "victoros.dashboard.errors.show_failure"
