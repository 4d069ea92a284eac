"""A state of the bot as months of work leave it, made up from a number alone: for its pages, and to measure them.

`python -m tests.sitework COUNT` makes one with so many series and says how long its pages take.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import zlib
from dataclasses import replace
from pathlib import Path

from lmlint.bot.rows import Objection, OutboxRow
from lmlint.bot.settings import Settings, load_settings
from lmlint.bot.site import build
from lmlint.bot.store import Store
from lmlint.report import html
from tests.botwork import FINDING, MAIL, MAIL_OUT, NOW, PATCH, SERIES
from tests.test_report import REPORT

CONFIG = """[bot]
from = "lmlint bot <bot@example.org>"
state = "state.db"
[[bot.list]]
name = "linux-mm"
address = "linux-mm@example.org"
answer = "author"
"""
DAY = 86_400
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \"'>",
    "../../../../etc/passwd\x00.html",
    "\u202egnp.exe \x1b[31mred \u200bnothing \ud800".encode("utf-8", "backslashreplace").decode(),
    "{{ 7 * 7 }} {% include 'x' %} javascript:alert(3)",
    "x" * 5000,
    "]]></style></pre></script><svg onload=alert(4)>",
)
_TITLES = (
    "split block mappings on demand",
    "count contiguous entries once",
    "teach the walk of large folios",
    "drop a lock",
)
_KINDS = ("double-count", "missing-count", "wrong-account", "racy-counter")


def settings_in(folder: Path) -> Settings:
    """Return the settings of a bot in a folder."""
    (folder / "lmlint.toml").write_text(CONFIG, encoding="utf-8")
    return load_settings(folder / "lmlint.toml")


def fill(store: Store, count: int, *, every_page: bool = False) -> None:
    """Make `count` versions of series; with `every_page` no two review pages are the same."""
    page = html.render([REPORT])
    with store.transaction():
        for number in range(count):
            _version(store, number, page + f"<!-- {number} -->" * every_page)
        for day in range(120):
            for mail in range((day * 7919) % 23):
                store.add_mail(replace(MAIL, message_id=f"<o{day}.{mail}@x>", body="", received=NOW + day * DAY))


def hostile(store: Store) -> None:
    """Add what an attacker would: each text in every place that a mail can reach."""
    for at, text in enumerate(HOSTILE):
        row = replace(SERIES, title=text, author=text, list=text, root=text, change_id=text, error=text)
        series = store.add_series(replace(row, state="reviewed", reviewed=NOW, first=-(2**61), last=2**61))
        patch = replace(PATCH, subject=text, message_id=text, base=text, summary=text, page=b"")
        found = replace(
            FINDING, finding=f"{at:08x}", kind=text, rule=text, function=text, file=text, message=text, since=text
        )
        (kept,) = store.replace_review(series, [patch], [found])
        data = b"Subject: " + text.encode("utf-8", "backslashreplace") + b"\r\n\r\n\xff\xfe\x00" + text.encode()
        out = replace(MAIL_OUT, message_id=f"<{at}{text}@x>", data=data, reason=text, recipients=(text,) * 9)
        store.queue(replace(out, series=series, patch=kept, list=text, state="parked"))
        store.object(Objection(0, text, "wrong", text, text, text, series, text, NOW, text))


def _version(store: Store, number: int, page: str) -> None:
    chance = random.Random(number)  # noqa: S311  # no secrets
    first = number // 3 * 3
    version = number % 3 + 1
    at = NOW + number * DAY // 4
    title = f"arm64/mm: {_TITLES[number // 3 % len(_TITLES)]} ({number // 3})"
    row = replace(SERIES, list="linux-mm", title=title, version=version, total=3, root=f"<{number}@x>")
    row = replace(
        row,
        first=at,
        last=at,
        previous=first + version - 1 if version > 1 else 0,
        author=f"dev{number // 3 % 17}@example.org",
    )
    series = store.add_series(row)
    mail = store.add_mail(
        replace(MAIL, message_id=f"<{number}@x>", body=f"b{number}", received=at, series=series, data=b"x", total=3)
    )
    if number % 29 == 28:
        return
    kind = chance.choice(("clean", "findings", "findings", "cannot-tell"))
    name = chance.choice(_KINDS)
    packed = zlib.compress(page.encode(), 9)
    patch = replace(PATCH, mail=mail, page=b"")
    patches = [
        replace(
            patch, number=1, subject=f"[PATCH v{version} 1/3] {title}: prepare", verdict="clean", summary="balanced"
        ),
        replace(patch, number=2, subject=f"[PATCH v{version} 2/3] {title}", verdict=kind, summary="said", page=packed),
        replace(patch, mail=0, number=3, verdict="out-of-scope"),
    ]
    message = "`split_pmd` records `PMD_SIZE` once more than it maps"
    severity, line = chance.choice(("error", "warning")), number % 900 + 1
    finding = replace(FINDING, kind=name, severity=severity, message=message, function="split_pmd")
    finding = replace(finding, file="arch/arm64/mm/mmu.c", line=line, patch=1)
    findings = [replace(finding, finding=f"{first:08x}")] if kind == "findings" else []
    if version > 1:
        findings.append(replace(finding, finding=f"{first + 1:08x}", standing="fixed", since="v1", patch=-1))
    ids = store.replace_review(series, patches, findings)
    if findings:
        out = _mail_out(number, title, findings[0].finding, at)
        told = store.queue(replace(out, series=series, patch=ids[1]))
        store.replace_review(series, patches, [replace(one, told=told) for one in findings])
    if number % 17 == 3 and findings:
        verb = chance.choice(("wrong", "wontfix"))
        who, proof = "dev@example.org", "dkim example.org"
        objection = Objection(0, findings[0].finding, verb, who, f"<r{number}@x>", "linux-mm", series, "", at, proof)
        store.object(objection)
    done = replace(store.series(series), state="reviewed", reviewed=at + 3600, seconds=chance.lognormvariate(0.5, 1))
    store.set_series(done)


def _mail_out(number: int, title: str, finding: str, at: int) -> OutboxRow:
    state = ("sent", "held", "parked", "waiting", "sent")[number % 5]
    head = f"From: bot@example.org\nSubject: Re: [PATCH 2/3] {title}\n"
    data = f"{head}\n> +\tcount(PMD);\n\nOnce more than mapped.\n-- \n{finding}\n"
    return replace(
        MAIL_OUT,
        message_id=f"<out{number}@x>",
        list="linux-mm",
        data=data.encode(),
        state=state,
        reason="550 no such user" if state == "parked" else "",
        sent=at + 7200 if state == "sent" else 0,
        created=at + 3600,
        due=at + 7200,
        findings=(finding,),
    )


def main() -> None:
    """Measure it."""
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = settings_in(folder)
        with Store(settings.state) as store:
            fill(store, count, every_page=True)
            for which in ("first", "again"):
                start = time.monotonic()
                made = build(store, settings, folder / "site")
                print(f"{which}: {made.files} files, {made.same} as before, {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
