"""What the site can be told: where things are, what keeps it safe, whom it tells. docs/settings.md says the same."""

from django.utils.translation import gettext_lazy as _

from victoros.dashboard.site_settings.words import ADDRESS, SECRET, Group, Setting

PLACES: tuple[Group, ...] = (
    Group(
        _("Where things are"),
        "",
        (
            Setting(
                "VICTOR_HOME",
                "`./var`",
                _("Folder for all state: database, keys, logs, the swarms' folders. Readable by its owner only."),
            ),
            Setting(
                "VICTOR_SWARMS",
                "`HOME/swarms`",
                _("Folder of the swarms' own folders. Where several hosts work, one shared folder, named on each."),
            ),
            Setting(
                "VICTOR_DATABASE_URL",
                "`sqlite:///HOME/victor.sqlite3`",
                _("SQLite, or PostgreSQL as `postgres://user:password@host/name`."),
                kind=ADDRESS,
            ),
            Setting(
                "VICTOR_DATABASE_WAIT_S",
                "15",
                _(
                    "How many seconds PostgreSQL may take for one answer before its connection is given up; "
                    "0: as long as it likes."
                ),
            ),
            Setting(
                "VICTOR_REDIS_URL",
                _("the embedded Valkey"),
                _(
                    "Redis or Valkey as `redis://host/0` or `unix:///path`. It holds nothing that could be "
                    "lost: hints, doorbells, job vehicles."
                ),
                kind=ADDRESS,
            ),
            Setting(
                "VICTOR_HOST_NAME",
                _("the system's name"),
                _(
                    "What people call this host, where the system's name says nothing, as in a container. Two "
                    "hosts of one name are still told apart."
                ),
            ),
            Setting(
                "VICTOR_LLM_URL",
                _("the embedded model"),
                _("Address of the server that providers of the kind `embedded` ask; it speaks the OpenAI protocol."),
                kind=ADDRESS,
            ),
        ),
    ),
    Group(
        _("Safety"),
        "",
        (
            Setting(
                "VICTOR_SECRET_KEY",
                _("made on the first run, kept in the home"),
                _(
                    "Signs sessions and seals providers' keys. Whoever changes it signs everybody out and "
                    "makes sealed keys unreadable."
                ),
                read="SECRET_KEY",
                kind=SECRET,
            ),
            Setting(
                "VICTOR_HOSTS",
                "`127.0.0.1,localhost,[::1]`",
                _("Names under which the pages may be asked for, separated by commas."),
                read="ALLOWED_HOSTS",
            ),
            Setting(
                "VICTOR_HTTPS",
                "`false`",
                _(
                    "The pages are reached through HTTPS: cookies are sent through it only, and browsers are "
                    "told to insist on it."
                ),
            ),
            Setting(
                "VICTOR_ORIGINS",
                _("empty"),
                _("Further origins that may send forms, such as `https://victor.example.com`, behind a proxy."),
                read="CSRF_TRUSTED_ORIGINS",
            ),
            Setting(
                "VICTOR_INPUT_ROOTS",
                _("empty"),
                _(
                    "Folders, separated by commas, below which swarms may be given documents to read; empty "
                    "means any folder that the user running Victor.os can read."
                ),
            ),
            Setting(
                "VICTOR_DEBUG",
                "`false`",
                _(
                    "For developers: styles and scripts are read anew, errors show their trace. Never where "
                    "others can reach it."
                ),
                read="DEBUG",
            ),
        ),
    ),
)

REST: tuple[Group, ...] = (
    Group(
        _("Notifications"),
        "",
        (
            Setting(
                "VICTOR_VAPID_KEY",
                _("made on first use, kept as `vapid_key` in the home"),
                _(
                    "Private key that push services know this installation by: 32 bytes in base64url. Where "
                    "several hosts work, the same on each. Whoever changes it has every device subscribe "
                    "again."
                ),
                kind=SECRET,
            ),
            Setting(
                "VICTOR_VAPID_CONTACT",
                _("the first https origin of `VICTOR_ORIGINS`"),
                _("Whom a push service may write to when something is wrong, such as `mailto:ops@example.com`."),
            ),
            Setting(
                "VICTOR_NOTIFY_TITLES",
                "`false`",
                _(
                    "Notifications carry the short title of what waits. Without, they say only of what kind "
                    "it is, which agent and which swarm."
                ),
            ),
            Setting(
                "VICTOR_NOTIFY_TOKEN_S", "3600", _("Seconds in which an act can be decided from its notification.")
            ),
            Setting(
                "VICTOR_NOTIFY_LATE_S",
                "3600",
                _("What could not be sent so many seconds after it was due is not sent any more."),
            ),
            Setting(
                "VICTOR_NOTIFY_SCHEMAS",
                _(
                    "`mailtos`, `slack`, `discord`, `tgram`, `msteams`, `workflows`, `gchat`, `matrixs`, "
                    "`mmosts`, `rockets`, `ntfys`, `gotifys`, `pover`, `signals`, `zulip`"
                ),
                _("Ways of e-mail and chat that people may add, by how apprise's addresses begin."),
            ),
            Setting(
                "VICTOR_NOTIFY_PRIVATE",
                "`false`",
                _("Notifications may go to addresses of private networks, such as a mail server of one's own."),
            ),
        ),
    ),
    Group(
        _("Logs and time"),
        "",
        (
            Setting("VICTOR_LOG_LEVEL", "`INFO`", "`DEBUG`, `INFO`, `WARNING` or `ERROR`."),
            Setting(
                "VICTOR_TIME_ZONE", "`UTC`", _("Time zone of the pages, such as `Europe/Berlin`."), read="TIME_ZONE"
            ),
        ),
    ),
    Group(
        _("For developers"),
        _("Read by tests and measurements only."),
        (
            Setting(
                "VICTOR_SCRIPTS",
                "",
                _("Python modules, separated by commas, that register further scripts of the scripted language model."),
            ),
            Setting(
                "VICTOR_BENCH_DIR",
                "",
                _(
                    "Folder on whose disk `./victor bench` keeps its databases, instead of the system's "
                    "folder for temporary files."
                ),
            ),
            Setting(
                "VICTOR_CHROMIUM",
                "",
                _("The browser that tests of pages drive; found by itself where it is installed."),
            ),
            Setting(
                "VICTOR_REQUIRE_BROWSER",
                "",
                _("Set: tests of pages fail where there is no browser, instead of being left out."),
            ),
            Setting(
                "VICTOR_RENEW_BASELINE",
                "",
                _(
                    "Set to anything, the tests of what pages cost write their tables anew instead of comparing with "
                    "them (`tests/victoros/weight`)."
                ),
            ),
            Setting(
                "VICTOR_TEST_DATABASE_URL",
                "",
                _("The PostgreSQL server that `./victor test` started for its tests; empty for SQLite."),
                kind=ADDRESS,
            ),
        ),
    ),
)
