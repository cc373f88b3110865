"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from victoros.dashboard import assets, live, sign_in
from victoros.ops.health_view import show_health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("victoros.dashboard.urls")),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("welcome/<str:token>/", sign_in.welcome, name="welcome"),
    path("account/", sign_in.account, name="account"),
    path("account/password/", sign_in.set_password, name="set_password"),
    path("live/versions", live.versions, name="live_versions"),
    path("live/tally/", live.tally, name="live_tally"),
    path("assets/<str:digest>/<str:name>", assets.serve_asset, name="asset"),
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
