"""The tables of the bot's state, version by version, and how a file comes to the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmlint.bot.database import Database

APPLICATION = 0x6C6D6C62
"""What SQLite keeps in the head of the file: "lmlb"."""

_FIRST = (
    "CREATE TABLE mark (source TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        list TEXT NOT NULL,
        author TEXT NOT NULL,
        title TEXT NOT NULL,
        version INTEGER NOT NULL,
        total INTEGER NOT NULL,
        change_id TEXT NOT NULL,
        root TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'reviewed', 'failed', 'muted')),
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        previous INTEGER REFERENCES series (id),
        reviewed INTEGER NOT NULL,
        seconds REAL NOT NULL,
        error TEXT NOT NULL
    )""",
    "CREATE INDEX series_by_title ON series (title, author)",
    "CREATE INDEX series_by_change ON series (change_id) WHERE change_id != ''",
    "CREATE INDEX series_open ON series (id) WHERE state = 'open'",
    "CREATE INDEX series_by_root ON series (root)",
    # Of a patch that touches no file of a rule, its number is all that the rest of its series needs.
    """CREATE TABLE outside (posting BLOB NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (posting, number))
        WITHOUT ROWID""",
    # The keys are hashes of the message id and of the body: most mails are of no interest, and keep nothing else.
    """CREATE TABLE mail (
        id INTEGER PRIMARY KEY,
        id_key BLOB,
        body_key BLOB,
        message_id TEXT NOT NULL,
        body TEXT NOT NULL,
        list TEXT NOT NULL,
        author TEXT NOT NULL,
        subject TEXT NOT NULL,
        sent INTEGER NOT NULL,
        received INTEGER NOT NULL,
        kind TEXT NOT NULL
            CHECK (kind IN ('patch', 'cover', 'reply', 'own', 'bot', 'other', 'duplicate', 'bad')),
        reason TEXT NOT NULL,
        series INTEGER REFERENCES series (id),
        number INTEGER NOT NULL,
        total INTEGER NOT NULL,
        data BLOB NOT NULL
    )""",
    "CREATE INDEX mail_by_id ON mail (id_key) WHERE id_key IS NOT NULL",
    "CREATE INDEX mail_by_body ON mail (body_key) WHERE body_key IS NOT NULL",
    "CREATE INDEX mail_by_series ON mail (series) WHERE series IS NOT NULL",
    "CREATE INDEX mail_commands ON mail (id) WHERE kind = 'reply' AND length(data) > 0",
    # What would take a walk over every mail ever seen is counted as they come.
    "CREATE TABLE tally (day INTEGER, kind TEXT, number INTEGER NOT NULL, PRIMARY KEY (day, kind)) WITHOUT ROWID",
    """CREATE TRIGGER tally_new AFTER INSERT ON mail BEGIN
        INSERT INTO tally VALUES (new.received / 86400, new.kind, 1)
            ON CONFLICT DO UPDATE SET number = number + 1;
    END""",
    """CREATE TRIGGER tally_changed AFTER UPDATE OF kind, received ON mail BEGIN
        UPDATE tally SET number = number - 1 WHERE day = old.received / 86400 AND kind = old.kind;
        INSERT INTO tally VALUES (new.received / 86400, new.kind, 1)
            ON CONFLICT DO UPDATE SET number = number + 1;
    END""",
    """CREATE TABLE patch (
        id INTEGER PRIMARY KEY,
        series INTEGER NOT NULL REFERENCES series (id),
        mail INTEGER REFERENCES mail (id),
        number INTEGER NOT NULL,
        subject TEXT NOT NULL,
        message_id TEXT NOT NULL,
        verdict TEXT NOT NULL
            CHECK (verdict IN ('clean', 'findings', 'cannot-tell', 'out-of-scope', 'failed')),
        base TEXT NOT NULL,
        summary TEXT NOT NULL,
        page BLOB NOT NULL
    )""",
    "CREATE INDEX patch_by_series ON patch (series)",
    """CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        message_id TEXT NOT NULL UNIQUE CHECK (message_id != ''),
        series INTEGER REFERENCES series (id),
        patch INTEGER REFERENCES patch (id) ON DELETE SET NULL,
        list TEXT NOT NULL,
        thread TEXT NOT NULL,
        sender TEXT NOT NULL,
        recipients TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('held', 'waiting', 'sent', 'parked', 'dropped', 'dry')),
        reason TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due INTEGER NOT NULL,
        created INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        findings TEXT NOT NULL,
        data BLOB NOT NULL
    )""",
    "CREATE INDEX outbox_by_state ON outbox (state, due)",
    "CREATE INDEX outbox_by_thread ON outbox (thread)",
    "CREATE INDEX outbox_by_series ON outbox (series)",
    "CREATE INDEX outbox_by_patch ON outbox (patch)",
    "CREATE INDEX outbox_by_sent ON outbox (sent)",
    """CREATE TABLE finding (
        id INTEGER PRIMARY KEY,
        series INTEGER NOT NULL REFERENCES series (id),
        patch INTEGER REFERENCES patch (id),
        finding TEXT NOT NULL,
        rule TEXT NOT NULL,
        kind TEXT NOT NULL,
        severity TEXT NOT NULL,
        function TEXT NOT NULL,
        file TEXT NOT NULL,
        line INTEGER NOT NULL,
        message TEXT NOT NULL,
        standing TEXT NOT NULL CHECK (standing IN ('new', 'present', 'unsure', 'fixed')),
        since TEXT NOT NULL,
        told INTEGER REFERENCES outbox (id)
    )""",
    "CREATE INDEX finding_by_series ON finding (series)",
    "CREATE INDEX finding_by_patch ON finding (patch)",
    "CREATE INDEX finding_by_id ON finding (finding)",
    """CREATE TABLE objection (
        id INTEGER PRIMARY KEY,
        finding TEXT NOT NULL,
        verb TEXT NOT NULL CHECK (verb IN ('wrong', 'wontfix', 'stop', 'recheck')),
        author TEXT NOT NULL,
        message_id TEXT NOT NULL,
        list TEXT NOT NULL,
        series INTEGER REFERENCES series (id),
        thread TEXT NOT NULL,
        at INTEGER NOT NULL,
        proof TEXT NOT NULL,
        why TEXT NOT NULL,
        UNIQUE (message_id, verb, finding)
    )""",
    "CREATE INDEX objection_by_thread ON objection (thread, verb)",
)
STEPS: tuple[tuple[str, ...], ...] = (_FIRST,)
"""Step n brings a file of version n to version n + 1, a new file takes them all; a released step never changes."""


def prepare(database: Database, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Bring a file to the newest version, whole or not at all; InputError where it is newer, or another program's."""
    version = _version(database, len(steps))
    if not database.log_beside():  # which changes the file: not before it is known to be ours
        raise InputError(f"{database.name}: SQLite cannot keep a log beside it; keep the state on a local disk")
    if version == len(steps):
        return
    with database.transaction():
        for step in steps[_version(database, len(steps)) :]:  # another process may have been faster
            for statement in step:
                database.change(statement)
        database.change(f"PRAGMA application_id = {APPLICATION}")
        database.change(f"PRAGMA user_version = {len(steps)}")


def _version(database: Database, newest: int) -> int:
    """Return the version of a file, 0 where it is empty."""
    with database.transaction(reading=True):  # another process may be making it
        application, version, tables = (
            database.rows(query)[0][0]
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
    if (application, version, bool(tables)) == (0, 0, False):
        return 0
    if application != APPLICATION:
        raise InputError(f"{database.name}: is the SQLite file of another program; give another path")
    if not 0 < version <= newest:
        what = f"has version {version}, and this lmlint knows {newest} at most"
        raise InputError(f"{database.name}: {what}; use the lmlint that wrote it, or a newer one")
    return int(version)
