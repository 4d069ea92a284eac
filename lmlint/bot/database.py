"""One SQLite file: opened, locked and written so that a kept step stays kept, its faults told in one line each."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from time import sleep
from typing import TYPE_CHECKING, Any

from lmlint.error import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Value = str | int | float | bytes | None
VERSION = sqlite3.sqlite_version
"""Of SQLite."""
_MOST = 2**62
_PAUSE = 0.02
_SETTINGS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",  # each commit reaches the disk: NORMAL may lose the last ones with the power
    "PRAGMA trusted_schema = OFF",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -32768",  # hashes of mails lie all over their indexes
)
_READ_ONLY = "cannot be written; check the rights of the file, of its folder and of the files beside it"
_FULL = "the disk is full, or a limit on the size of files is reached; nothing of this step is kept, make room"
_DAMAGED = "is damaged; move it away and restore the state with `lmlint bot rebuild`"
_WORDS = {
    "NOTADB": "is no state of lmlint bot: not an SQLite file; give another path, or move it away",
    "CORRUPT": _DAMAGED,
    "FULL": _FULL,
    "TOOBIG": "a mail is too big to be kept; lower the limit `bytes`",
    "READONLY": _READ_ONLY,
    "CANTOPEN": f"{_READ_ONLY}; the folder must be there",
    "PERM": _READ_ONLY,
    "IOERR": "the disk fails or is full; nothing of this step is kept, look at the disk",
    "PROTOCOL": "its locks do not work; keep the state on a local disk",
    "NOMEM": "there is no memory left for the state; nothing of this step is kept",
}


class Database:
    """A connection: every statement and every fault of it goes through here.

    Outside a transaction each statement is kept at once. Of two processes that write, one waits for the other, for
    `wait` seconds at most.
    """

    def __init__(self, path: Path, *, create: bool, wait: float) -> None:
        """Open a file, or make it; InputError where that is impossible, or it is absent and not to be made."""
        self.name = str(path)
        self._wait = wait
        self._depth = 0
        uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"  # a path is never an option or `:memory:`
        if not create and not path.exists():
            raise InputError(f"{self.name}: there is no state of lmlint bot; `lmlint bot run` makes it")
        with self._told():
            self._connection = sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None)
        try:
            for setting in _SETTINGS:
                self.rows(setting)
        except InputError:
            self.close()
            raise

    def close(self) -> None:
        """Close it; what no transaction has kept is undone."""
        with self._told():
            self._connection.close()

    def rows(self, statement: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a statement; InputError where the file, the disk or its locks fail."""
        self._held()
        with self._told():
            return self._connection.execute(statement, [_bound(value) for value in values]).fetchall()

    def change(self, statement: str, values: Sequence[Value] = ()) -> tuple[int, int]:
        """Return how many rows a statement changed, and the id of the row added last; errors are those of `rows`."""
        self._held()
        with self._told():
            cursor = self._connection.execute(statement, [_bound(value) for value in values])
            return cursor.rowcount, cursor.lastrowid or 0

    def log_beside(self) -> bool:
        """Whether changes go to a log beside the file, so that who reads and who writes do not wait for each other.

        It stays so once it is set. SQLite does not wait by itself for those who have the file open just then.
        """
        for _ in range(int(self._wait / _PAUSE)):
            try:
                return self._log()
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                    break
            sleep(_PAUSE)
        with self._told():
            return self._log()

    def _log(self) -> bool:
        """Ask for the log, and return whether it is there."""
        return bool(self._connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal")

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[None]:
        """Keep all that is changed inside, or nothing where anything is raised; see one moment throughout.

        One inside another is undone by itself. One that reads waits for nobody.
        """
        begin, end = ("BEGIN" if reading else "BEGIN IMMEDIATE", "COMMIT")
        if self._depth:
            begin, end = ("SAVEPOINT step", "RELEASE step")
        self.change(begin)
        self._depth += 1
        try:
            yield
            self.change(end)
        except BaseException:
            self._undo()
            raise
        finally:
            self._depth -= 1

    def _undo(self) -> None:
        """Undo the innermost transaction, unless SQLite has already undone all of it, as it may on a full disk."""
        if not self._connection.in_transaction:
            return
        with self._told():
            if self._depth > 1:
                self._connection.execute("ROLLBACK TO step")
                self._connection.execute("RELEASE step")
            else:
                self._connection.execute("ROLLBACK")

    def _held(self) -> None:
        """Refuse to go on in a transaction that SQLite has undone: what follows would be kept without its beginning."""
        if self._depth and not self._connection.in_transaction:
            raise InputError(f"{self.name}: {_FULL}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the faults that a user can mend into InputError; the others are faults of this program."""
        try:
            yield
        except sqlite3.Error as error:
            code: str = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_")
            family = code.partition("_")[0]
            if family in {"BUSY", "LOCKED"}:
                what = f"another program has kept it busy for {self._wait:g} s; stop that one, or try again later"
                raise InputError(f"{self.name}: {what}") from error
            if family in _WORDS:
                raise InputError(f"{self.name}: {_WORDS[family]} ({error})") from error
            raise


def _bound(value: Value) -> Value:
    """Return a value that SQLite takes: mails may hold half characters and numbers of any size."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int):
        return min(max(value, -_MOST), _MOST)
    return value
