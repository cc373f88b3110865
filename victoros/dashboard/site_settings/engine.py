"""What the engine can be told: its times, its bounds, and how long it keeps things. docs/settings.md says the same."""

from django.utils.translation import gettext_lazy as _

from victoros.dashboard.site_settings.words import Group, Setting

ENGINE: tuple[Group, ...] = (
    Group(
        _("The engine"),
        _("Times are in seconds."),
        (
            Setting(
                "VICTOR_CELLS", "2", _("Processes that drive agents on this host; 0 leaves the work to other hosts.")
            ),
            Setting("VICTOR_CELL_SLOTS", "1000", _("Attempts one cell drives at once.")),
            Setting("VICTOR_HEARTBEAT_S", "2", _("How often a cell renews its lease.")),
            Setting(
                "VICTOR_LEASE_S",
                "10",
                _(
                    "A cell that is silent for so long is dead; others go on with its work. Keep it several "
                    "heartbeats long."
                ),
            ),
            Setting(
                "VICTOR_END_FROZEN",
                _("on"),
                _(
                    "The scheduler kills cells of its own host that stay silent past their lease: frozen, "
                    "they may hold the database's lock."
                ),
            ),
            Setting("VICTOR_LOOK_S", "1", _("How often cells look for work when nobody rings.")),
            Setting("VICTOR_RECONCILE_S", "2", _("How often the reconciler puts right what no other will.")),
            Setting("VICTOR_CELL_MAX_AGE_S", "3600", _("A cell of this age ends itself and is replaced.")),
            Setting("VICTOR_CELL_MAX_MB", "600", _("A cell that uses more memory ends itself and is replaced.")),
            Setting(
                "VICTOR_CELL_HARD_MB",
                _("three times `VICTOR_CELL_MAX_MB`"),
                _(
                    "A cell that uses this much ends at once, and the death counts against the work it was "
                    "executing. 0: no limit."
                ),
            ),
            Setting(
                "VICTOR_STALL_S",
                "2",
                _(
                    "Processor time in seconds that an attempt's code may use without giving the event loop "
                    "back; then its cell ends at once and the death counts against it. 0: only the lease ends "
                    "such a cell."
                ),
            ),
            Setting(
                "VICTOR_QUOTA_PATIENCE_S",
                "5",
                _("A question whose turn at its provider is further away is waited as a row, not in the cell."),
            ),
            Setting(
                "VICTOR_QUOTA_WINDOW_S",
                "60",
                _("The minute that providers' limits of requests and tokens are about; shorter only in tests."),
            ),
            Setting(
                "VICTOR_UNABLE_S",
                "30",
                _("A ready task that no agent of its swarm is able to do is put before the operators after this time."),
            ),
            Setting("VICTOR_APPROVAL_S", "86400", _("An approval nobody decides within this time is rejected.")),
        ),
    ),
    Group(
        _("How much of each there may be"),
        _("What happens at each bound stands in docs/bounds.md."),
        (
            Setting("VICTOR_SWARM_TASKS", "100000", _("Tasks of a swarm that have not ended.")),
            Setting("VICTOR_SUBTASK_DEPTH", "8", _("How deep subtasks of subtasks may go.")),
            Setting("VICTOR_ATTEMPT_STEPS", "2000", _("Steps of one attempt, failed tries included.")),
            Setting("VICTOR_MAILBOX", "1000", _("Unread letters of one agent, and of a swarm's operators.")),
            Setting("VICTOR_FOLDER_MB", "2000", _("Megabytes in the folder of one swarm.")),
            Setting("VICTOR_FOLDER_FILES", "10000", _("Files in the folder of one swarm.")),
            Setting("VICTOR_LIVE_PAGES", "2000", _("Open pages one web process keeps up to date.")),
        ),
    ),
    Group(
        _("How long things are kept"),
        _("In days; 0 keeps them for ever."),
        (
            Setting(
                "VICTOR_KEEP_WORDS_DAYS",
                "90",
                _(
                    "What was asked and answered in the steps of ended attempts. The steps stay, with times, "
                    "tokens and cost."
                ),
            ),
            Setting(
                "VICTOR_KEEP_WORK_DAYS", "365", _("The steps of ended attempts; attention items that are settled.")
            ),
            Setting(
                "VICTOR_KEEP_MAIL_DAYS",
                "180",
                _("Letters that were read, acknowledged, expired, or are dead and dealt with."),
            ),
            Setting("VICTOR_KEEP_CELLS_DAYS", "7", _("Cells that ended or died.")),
            Setting(
                "VICTOR_KEEP_ENTRIES_DAYS",
                "0",
                _(
                    "Entries of the record. Older ones are moved into files of the folder `archive` in the "
                    "home of the scheduler's host; an entry keeps the sha256 of each."
                ),
            ),
            Setting("VICTOR_TIDY_S", "600", _("Seconds the scheduler rests once nothing is due.")),
        ),
    ),
)
