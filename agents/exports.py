"""Agents and letters as the columns of a file."""

from victoros.lib.exporting import Columns

AGENT_COLUMNS: Columns = {
    "id": lambda row: row.pk,
    "name": lambda row: row.name,
    "role": lambda row: row.role,
    "swarm": lambda row: row.swarm.name,
    "status": lambda row: row.status,
    "status_since": lambda row: row.status_since,
    "desired_state": lambda row: row.desired_state,
    "capabilities": lambda row: ", ".join(row.capabilities),
    "active": lambda row: row.active,
    "waiting": lambda row: row.waiting,
    "done": lambda row: row.done_count,
    "verified": lambda row: row.verified_count,
    "failed": lambda row: row.failed_count,
    "retired_at": lambda row: row.retired_at,
}
LETTER_COLUMNS: Columns = {
    "id": lambda row: row.pk,
    "sent_at": lambda row: row.sent_at,
    "swarm": lambda row: row.swarm.name,
    "from": lambda row: row.sender_name,
    "to": lambda row: row.recipient.name if row.recipient else "the operators",
    "kind": lambda row: row.kind,
    "subject": lambda row: row.subject,
    "body": lambda row: row.body,
    "status": lambda row: row.status,
    "task_id": lambda row: row.task_ref,
    "reply_to": lambda row: row.reply_to_id,
}
