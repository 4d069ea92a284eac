"""What is due goes out: once, in the same bytes, and whatever the server, the disk or a kill does to it."""

from __future__ import annotations

import os
import random
import resource
import signal
import ssl
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.smtp import AuthResult

from lmlint.bot import maildir, sendmail
from lmlint.bot.backoff import ATTEMPTS, pause
from lmlint.bot.outcome import AGAIN, PARKED, SENT
from lmlint.bot.post import DAY, Sent, halted, send_due
from lmlint.bot.settings import DRY, HOUR, ListSettings, Transport
from lmlint.bot.store import Store
from lmlint.error import InputError
from tests.outbox import HOST, LIST, NOW, row, settings, smtp, wire
from tests.smtpserver import Accepted, Keeper, Scripted, aiosmtpd, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "state") as made:
        yield made


def send(store: Store, folder: Path, transport: Transport, now: int = NOW, **changed: object) -> Sent:
    return send_due(store, settings(folder, transport, **changed), now, send=True)


def test_a_mail_arrives_byte_for_byte_and_once(store: Store, tmp_path: Path) -> None:
    one, two = store.queue(row(1)), store.queue(row(2, due=NOW + 60))
    keeper = Keeper()
    with aiosmtpd(keeper) as port:
        made = send(store, tmp_path, smtp(port))
        assert [(step.id, step.state, step.reason) for step in made.steps] == [(one, SENT, "")]
        assert (made.waiting, made.stopped) == (0, "")
        assert not send(store, tmp_path, smtp(port)).steps
        assert [step.id for step in send(store, tmp_path, smtp(port), NOW + 60).steps] == [two]
    assert keeper.mails[0] == Accepted("bot@example.com", ["a@example.org", "b@example.org"], wire(row(1).data))
    assert len(keeper.mails) == 2
    assert (store.outbox_mail(one).state, store.outbox_mail(one).sent) == ("sent", NOW)


def test_a_dry_run_changes_nothing(store: Store, tmp_path: Path) -> None:
    one = store.queue(row(1))
    before = store.outbox()
    made = send_due(store, settings(tmp_path, smtp(free_port())), NOW, send=False)
    assert [(step.id, step.state) for step in made.steps] == [(one, DRY)]
    assert store.outbox() == before


def test_without_a_way_to_send_the_mails_wait(store: Store, tmp_path: Path) -> None:
    store.queue(row(1))
    made = send(store, tmp_path, Transport())
    assert (made.steps, made.waiting) == ((), 1)
    assert "no way to send is configured" in made.stopped


def test_a_server_that_is_down_is_left_alone_longer_each_time(store: Store, tmp_path: Path) -> None:
    ids = [store.queue(row(number)) for number in range(3)]
    port = free_port()
    now, tried = NOW, []
    for _ in range(8):
        made = send(store, tmp_path, smtp(port), now)
        assert f"{HOST}:{port}: cannot be reached (Connection refused)" in made.stopped
        assert "min" in halted(store, settings(tmp_path, smtp(port)), now + 1)
        tried.append(now)
        while halted(store, settings(tmp_path, smtp(port)), now):
            now += 30
    waits = [later - sooner for sooner, later in pairwise(tried)]
    assert waits == [60, 120, 240, 480, 960, 1800, 1800]
    assert {(mail.state, mail.attempts, mail.due) for mail in store.outbox()} == {("waiting", 0, NOW)}
    keeper = Keeper()
    with aiosmtpd(keeper) as other:  # another server is tried at once
        assert [step.id for step in send(store, tmp_path, smtp(other), tried[-1] + 1).steps] == ids
    assert not halted(store, settings(tmp_path, smtp(port)), now)


def test_a_host_without_address_is_said(store: Store, tmp_path: Path) -> None:
    store.queue(row(1))
    for host in ("nothing.invalid", "a..b"):
        made = send(store, tmp_path, smtp(25, host=host))
        assert made.stopped.startswith(f"{host}:25: cannot be found ("), made.stopped


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("code", [421, 450, 550])
def test_what_a_server_refuses_for_now_or_for_good(store: Store, tmp_path: Path, stage: str, code: int) -> None:
    one = store.queue(row(1))
    answer = f"{code} 4.2.0 \x1b[31mnot | you"
    answers = {"EHLO": [answer], "HELO": [answer]} if stage == "EHLO" else {stage: [answer]}
    with Scripted(**answers) as server:
        made = send(store, tmp_path, smtp(server.port))
    kept = store.outbox_mail(one)
    assert "\x1b" not in made.stopped + kept.reason
    if stage in {"CONNECT", "EHLO"}:  # it takes no mail at all: none is to blame
        assert made.stopped == f"{HOST}:{server.port}: takes no mail: {code} 4.2.0 \\x1b[31mnot / you"
        assert (kept.state, kept.attempts) == ("waiting", 0)
        return
    assert (kept.state, kept.attempts) == ("parked" if code == 550 else "waiting", 1)
    assert f"{code} 4.2.0 \\x1b[31mnot / you" in kept.reason
    assert (made.steps[0].state, made.steps[0].reason) == (PARKED if code == 550 else AGAIN, kept.reason)
    assert kept.due == NOW + pause(1)
    assert kept.recipients == row(1).recipients
    assert kept.data == row(1).data


def test_what_is_refused_for_now_is_tried_at_growing_distances_then_parked(store: Store, tmp_path: Path) -> None:
    one = store.queue(row(1))
    dues = []
    with Scripted(MAIL=["450 greylisted"]) as server:
        for _ in range(10):
            now = store.outbox_mail(one).due
            send(store, tmp_path, smtp(server.port), now)
            dues.append(store.outbox_mail(one).due - now)
        assert dues == [60, 120, 240, 480, 960, 1920, 3840, 7680, 4 * HOUR, 4 * HOUR]
        assert 5 * DAY <= sum(map(pause, range(1, ATTEMPTS))) <= 6 * DAY
        store.set_outbox(one, attempts=ATTEMPTS - 2)
        assert send(store, tmp_path, smtp(server.port), NOW + DAY).steps[0].state == AGAIN
        assert send(store, tmp_path, smtp(server.port), NOW + 2 * DAY).steps[0].state == PARKED
    kept = store.outbox_mail(one)
    assert (kept.state, kept.reason) == ("parked", f"given up after {ATTEMPTS} attempts: MAIL: 450 greylisted")


def test_greylisting_is_waited_for(store: Store, tmp_path: Path) -> None:
    one = store.queue(row(1))
    keeper = Keeper(refuse={who: ["451 4.7.1 come back", "250 ok"] for who in row(1).recipients})
    with aiosmtpd(keeper) as port:
        assert send(store, tmp_path, smtp(port)).steps[0].state == AGAIN
        assert not send(store, tmp_path, smtp(port), NOW + pause(1) - 1).steps
        keeper.refuse.clear()
        assert send(store, tmp_path, smtp(port), NOW + pause(1)).steps[0].state == SENT
    assert [mail.data for mail in keeper.mails] == [wire(row(1).data)]
    assert store.outbox_mail(one).attempts == 2


def test_one_bad_address_is_left_out_and_told(store: Store, tmp_path: Path) -> None:
    bad = "gone@example.org"
    one = store.queue(row(1, recipients=("a@example.org", bad, "-oQ/tmp@example.org", "x\r\nDATA@example.org")))
    keeper = Keeper(refuse={bad: ["550 5.1.1 no such user"]})
    with aiosmtpd(keeper) as port:
        send(store, tmp_path, smtp(port))
    assert keeper.mails[0].recipients == ["a@example.org"]
    kept = store.outbox_mail(one)
    assert kept.state == "sent"
    assert kept.reason == (
        "left out for good: '-oQ/tmp@example.org', 'x\\r\\nDATA@example.org' (no address)"
        " | left out for good: gone@example.org (550 5.1.1 no such user)"
    )


def test_whom_the_mail_did_not_reach_yet_gets_it_later_and_nobody_twice(store: Store, tmp_path: Path) -> None:
    late, bad = "late@example.org", "gone@example.org"
    one = store.queue(row(1, recipients=("a@example.org", late, bad)))
    keeper = Keeper(refuse={late: ["452 too many"], bad: ["550 gone"]})
    with aiosmtpd(keeper) as port:
        assert send(store, tmp_path, smtp(port)).steps[0].state == AGAIN
        assert store.outbox_mail(one).recipients == (late,)
        keeper.refuse.clear()
        send(store, tmp_path, smtp(port), NOW + pause(1))
    assert [mail.recipients for mail in keeper.mails] == [["a@example.org"], [late]]
    assert keeper.mails[0].data == keeper.mails[1].data
    kept = store.outbox_mail(one)
    assert (kept.state, kept.reason) == ("sent", "left out for good: gone@example.org (550 gone)")


def test_a_mail_that_reaches_nobody_is_parked(store: Store, tmp_path: Path) -> None:
    refused = store.queue(row(1))
    none = store.queue(row(2, recipients=("-bad@example.org", "no address")))
    sender = store.queue(row(3, sender="-bot@example.com"))
    bare = store.queue(row(4, data=row(4).data + b"\r.\r\nMAIL FROM:<x@y>\r\n"))
    fine = store.queue(row(5, recipients=("c@example.org",)))
    keeper = Keeper(refuse={who: ["550 gone"] for who in row(1).recipients})
    with aiosmtpd(keeper) as port:
        send(store, tmp_path, smtp(port))
    reasons = {mail.id: (mail.state, mail.reason.partition(" | ")[0]) for mail in store.outbox()}
    assert reasons[refused] == ("parked", "left out for good: a@example.org (550 gone), b@example.org (550 gone)")
    assert reasons[none] == ("parked", "left out for good: '-bad@example.org', 'no address' (no address)")
    assert reasons[sender] == ("parked", "the sender is no address: '-bot@example.com'")
    assert reasons[bare] == ("parked", "the mail holds a zero byte, or a carriage return that ends no line")
    assert reasons[fine] == ("sent", "")
    assert store.outbox_mail(refused).recipients == row(1).recipients  # for the one who approves it


@pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT", "DATA", "END", "HALF"])
def test_a_connection_that_is_cut_costs_a_repetition_and_nothing_else(store: Store, tmp_path: Path, stage: str) -> None:
    one = store.queue(row(1))
    answers = {"END": [Scripted.HALF, "250 taken"]} if stage == "HALF" else {stage: ["cut", "250 ok"]}
    answers |= {"DATA": {"DATA": ["cut", "354 go on"]}, "EHLO": {"EHLO": ["cut", "250-here\r\n250 8BITMIME"]}}.get(
        stage, {}
    )
    with Scripted(**answers) as server:
        made = send(store, tmp_path, smtp(server.port))
        assert made.stopped
        assert store.outbox_mail(one).state == "waiting"
        if stage == "HALF":
            server.answers["END"] = ["250 taken"]
        send(store, tmp_path, smtp(server.port), NOW + pause(1))
        accepted = set(server.mails)
        count = len(server.mails)
    assert store.outbox_mail(one).state == "sent"
    dotted = wire(row(1).data).replace(b"\n.", b"\n..")
    assert accepted == {dotted}
    assert count == (2 if stage == "END" else 1)  # cut after the mail, nobody knows whether it was taken


@pytest.mark.parametrize(("stage", "how"), [("CONNECT", "hang"), ("MAIL", "hang"), ("END", "hang"), ("END", "drip")])
def test_a_slow_server_is_given_up(store: Store, tmp_path: Path, stage: str, how: str) -> None:
    one = store.queue(row(1))
    start = time.monotonic()
    with Scripted(**{stage: [how]}) as server:
        made = send(store, tmp_path, smtp(server.port, timeout=1))
    assert made.stopped
    assert store.outbox_mail(one).state == "waiting"
    assert time.monotonic() - start < 8


@pytest.mark.parametrize("code", [530, 535])
def test_a_server_that_wants_a_login_stops_all_sending(store: Store, tmp_path: Path, code: int) -> None:
    ids = [store.queue(row(number)) for number in range(3)]
    with Scripted(MAIL=[f"{code} 5.7.0 who are you"]) as server:
        made = send(store, tmp_path, smtp(server.port))
        assert f"{code} 5.7.0 who are you" in made.stopped
        assert halted(store, settings(tmp_path, smtp(server.port)), NOW + 1)
    assert [(store.outbox_mail(one).state, store.outbox_mail(one).attempts) for one in ids] == [("waiting", 0)] * 3
    assert server.verbs.count("MAIL") == 1


def test_a_server_that_takes_no_8_bits(store: Store, tmp_path: Path) -> None:
    eight, seven = store.queue(row(1)), store.queue(row(2, data=row(2).data.replace("ö".encode(), b"o")))
    with Scripted(EHLO=["250 here"]) as server:
        send(store, tmp_path, smtp(server.port))
    assert store.outbox_mail(eight).state == "parked"
    assert "8BITMIME" in store.outbox_mail(eight).reason
    assert store.outbox_mail(seven).state == "sent"
    assert server.lines[1] == "mail FROM:<bot@example.com>"
    with Scripted(EHLO=["250-here\r\n250-SIZE\r\n250 8BITMIME"]) as server:
        store.queue(row(3))
        send(store, tmp_path, smtp(server.port))
    assert server.lines[1].split()[2:] == [f"size={len(wire(row(3).data))}", "body=8bitmime"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    key, public = folder / "key.pem", folder / "cert.pem"
    asked = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    asked += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*asked, "-keyout", str(key), "-out", str(public)], check=True, capture_output=True)
    return key, public


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls_with_a_certificate_that_is_held_against_the_name(  # noqa: PLR0913, PLR0917  # fixtures
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    certificate: tuple[Path, Path],
    tls: ssl.SSLContext,
    security: str,
) -> None:
    store.queue(row(1))
    keeper = Keeper()
    options = {"tls_context": tls, "require_starttls": True} if security == "starttls" else {"ssl_context": tls}
    with aiosmtpd(keeper, **options) as port:
        made = send(store, tmp_path, smtp(port, host="localhost", security=security))
        assert "its certificate is not to be trusted" in made.stopped
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
        made = send(store, tmp_path, smtp(port, host=HOST, security=security))
        assert "its certificate is not to be trusted" in made.stopped
        assert "127.0.0.1" in made.stopped
        assert not keeper.mails
        made = send(store, tmp_path, smtp(port, host="localhost", security=security))
        assert [step.state for step in made.steps] == [SENT]
    assert keeper.mails[0].data == wire(row(1).data)


def test_starttls_that_is_not_offered_or_refused_sends_nothing(store: Store, tmp_path: Path) -> None:
    store.queue(row(1))
    with Scripted() as server:
        made = send(store, tmp_path, smtp(server.port, security="starttls"))
        assert "offers no STARTTLS" in made.stopped
    with Scripted(EHLO=["250-here\r\n250 STARTTLS"], STAR=["454 no TLS today"]) as server:
        made = send(store, tmp_path, smtp(server.port, security="starttls"))
        assert "takes no mail: 454 no TLS today" in made.stopped
    assert "MAIL" not in server.verbs
    with Scripted() as server:
        made = send(store, tmp_path, smtp(server.port, security="tls", timeout=1))
        assert made.stopped


def test_the_login_from_a_file_or_the_environment(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def authenticator(*given: object) -> AuthResult:
        login = given[-1]
        return AuthResult(success=(login.login, login.password) == (b"bot", b"s3:cret"), handled=False)  # type: ignore[attr-defined]

    ids = [store.queue(row(number)) for number in range(2)]
    file = tmp_path / "credentials"
    file.write_text("bot:wrong\n", encoding="ascii")
    file.chmod(0o600)
    keeper = Keeper()
    options = {"authenticator": authenticator, "auth_require_tls": False}
    with aiosmtpd(keeper, **options) as port:
        where = smtp(port, credentials=file)
        made = send(store, tmp_path, where)
        assert "refuses the login: 535" in made.stopped
        assert "wrong" not in made.stopped
        assert not send(store, tmp_path, where, NOW + 59).steps  # a wrong password is not tried again and again
        assert [(store.outbox_mail(one).state, store.outbox_mail(one).attempts) for one in ids] == [("waiting", 0)] * 2
        file.write_text("bot\ns3:cret\n", encoding="ascii")
        assert send(store, tmp_path, where, NOW + 60).steps[0].state == SENT
        file.unlink()
        monkeypatch.setenv("LMLINT_SMTP_USER", "bot")
        monkeypatch.setenv("LMLINT_SMTP_PASSWORD", "s3:cret")
        store.queue(row(7))
        assert send(store, tmp_path, where, NOW + 61).steps[0].state == SENT
    store.queue(row(8))
    with Scripted() as server:
        assert "offers no login" in send(store, tmp_path, smtp(server.port), NOW + 62).stopped
    made = send(store, tmp_path, smtp(25, host="mx.example.org"), NOW + 62)
    assert made.stopped == "mx.example.org:25: a password is never sent in the clear; set `security` to starttls or tls"
    monkeypatch.delenv("LMLINT_SMTP_PASSWORD")
    made = send(store, tmp_path, smtp(1), NOW + 62)
    assert made.stopped == "LMLINT_SMTP_USER is set and LMLINT_SMTP_PASSWORD is not; set both"


@pytest.mark.parametrize(
    ("text", "mode", "wrong"),
    [
        ("bot:secret", 0o640, "others can read or change it (mode 0640); chmod 600 it"),
        ("bot:secret", 0o602, "others can read or change it (mode 0602); chmod 600 it"),
        ("", 0o600, "must hold `user:password`"),
        ("botsecret", 0o600, "must hold `user:password`"),
        ("bot:", 0o600, "must hold `user:password`"),
        ("bot\nsecret\nmore\n", 0o600, "must hold `user:password`"),
        ("bot:sécret", 0o600, "must be printable ASCII"),
        ("b" * 5000, 0o600, "more than 4096 bytes"),
    ],
)
def test_credentials_that_are_not_safe_or_none(store: Store, tmp_path: Path, text: str, mode: int, wrong: str) -> None:
    store.queue(row(1))
    file = tmp_path / "credentials"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    made = send(store, tmp_path, smtp(free_port(), credentials=file))
    assert made.stopped.startswith(f"{file}: ")
    assert wrong in made.stopped
    assert "secret" not in made.stopped.removeprefix(str(file))


def test_credentials_of_another_user_or_no_file(store: Store, tmp_path: Path) -> None:
    store.queue(row(1))
    file = tmp_path / "credentials"
    made = send(store, tmp_path, smtp(free_port(), credentials=file))
    assert "No such file" in made.stopped
    os.mkfifo(file, 0o600)
    made = send(store, tmp_path, smtp(free_port(), credentials=file))
    assert "not a regular file" in made.stopped
    file.unlink()
    file.write_text("bot:secret", encoding="ascii")
    file.chmod(0o600)
    if os.geteuid():
        pytest.skip("only root can give files away")
    os.chown(file, 65534, 65534)
    made = send(store, tmp_path, smtp(free_port(), credentials=file))
    assert "belongs to another user" in made.stopped


def test_the_stop_file_stops_everything_at_once(store: Store, tmp_path: Path) -> None:
    for number in range(4):
        store.queue(row(number))
    stop = tmp_path / "stop"
    keeper = Keeper(told=lambda _: stop.touch() if len(keeper.mails) == 2 else None)
    with aiosmtpd(keeper) as port:
        made = send(store, tmp_path, smtp(port))
        assert (len(made.steps), made.waiting) == (2, 2)
        assert made.stopped == f"{stop}: the stop file is there; delete it to let mails go out"
        assert send(store, tmp_path, smtp(port), NOW + 1) == Sent((), 2, made.stopped)
        assert send_due(store, settings(tmp_path, smtp(port)), NOW, send=False).stopped == made.stopped
        assert halted(store, settings(tmp_path, smtp(port)), NOW) == made.stopped
        stop.unlink()
        stop.symlink_to("nowhere")  # it is there all the same
        assert send(store, tmp_path, smtp(port), NOW + 1).stopped == made.stopped
        stop.unlink()
        assert len(send(store, tmp_path, smtp(port), NOW + 2).steps) == 2
    (tmp_path / "file").touch()
    blocked = settings(tmp_path, smtp(1), stop_file=tmp_path / "file" / "stop")
    assert "cannot be told" in halted(store, blocked, NOW)


def test_a_round_ends_between_two_mails_when_asked(store: Store, tmp_path: Path) -> None:
    for number in range(3):
        store.queue(row(number))
    keeper = Keeper()
    with aiosmtpd(keeper) as port:
        made = send_due(store, settings(tmp_path, smtp(port)), NOW, send=True, going=lambda: not keeper.mails)
    assert (len(made.steps), made.waiting, made.stopped) == (1, 2, "asked to end")


def test_caps_of_an_hour_let_the_rest_wait(store: Store, tmp_path: Path) -> None:
    lists = (ListSettings(LIST, per_hour=3), ListSettings("x86", per_hour=100))
    for number in range(5):
        store.queue(row(number))
    for number in range(5, 15):
        store.queue(row(number, list="x86"))
    caps = {"per_hour": 8, "lists": lists}
    keeper = Keeper()
    with aiosmtpd(keeper) as port:
        dry = send_due(store, settings(tmp_path, smtp(port), **caps), NOW, send=False)
        made = send(store, tmp_path, smtp(port), NOW, **caps)
        assert [step.id for step in made.steps] == [step.id for step in dry.steps]
        kept = [store.outbox_mail(step.id).list for step in made.steps]
        assert (kept.count(LIST), kept.count("x86"), made.waiting) == (3, 5, 7)
        assert send(store, tmp_path, smtp(port), NOW + HOUR - 1, **caps).steps == ()
        made = send(store, tmp_path, smtp(port), NOW + HOUR, **caps)
        assert (len(made.steps), made.waiting) == (7, 0)
    assert len({mail.data for mail in keeper.mails}) == len(keeper.mails) == 15


@pytest.mark.parametrize("jump", [-400 * DAY, 400 * DAY])
def test_a_clock_that_jumps_makes_no_flood_and_loses_nothing(store: Store, tmp_path: Path, jump: int) -> None:
    for number in range(6):
        store.queue(row(number))
    held = store.queue(row(6, due=NOW + 6 * HOUR))
    keeper = Keeper(refuse={"late@example.org": ["451 later"]})
    late = store.queue(row(7, recipients=("late@example.org",)))
    with aiosmtpd(keeper) as port:
        assert len(send(store, tmp_path, smtp(port), NOW, per_hour=3).steps) == 3
        seen = 3
        now = NOW + jump
        while len(keeper.mails) < 7 and now < NOW + jump + 3 * DAY:
            made = send(store, tmp_path, smtp(port), now, per_hour=3)
            assert len(keeper.mails) - seen <= 3
            assert len(made.steps) <= 3
            seen = len(keeper.mails)
            now += HOUR
    assert {mail.state for mail in store.outbox() if mail.id != late} == {"sent"}
    assert store.outbox_mail(held).state == "sent"
    assert store.outbox_mail(late).state == "waiting"
    assert 0 < store.outbox_mail(late).attempts < 30
    assert store.outbox_mail(late).due <= now + 4 * HOUR


CHILD = """
import sys
from pathlib import Path
from lmlint.bot.post import send_due
from lmlint.bot.store import Store
from tests.outbox import settings, smtp
from lmlint.bot.settings import Transport
folder, where, now = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
transport = smtp(int(where)) if where.isdigit() else Transport("maildir", path=Path(where))
with Store(folder / "state") as store:
    print("go", flush=True)
    while store.outbox("waiting"):
        send_due(store, settings(folder, transport, per_hour=10_000, lists=()), now, send=True)
        now += 5 * 3600
"""


def child(folder: Path, where: str, now: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CHILD, str(folder), where, str(now)]
    root = Path(__file__).resolve().parent.parent
    running = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root)
    assert running.stdout is not None
    assert running.stdout.readline() == b"go\n"
    running.stdout.close()
    return running


def test_killed_right_after_the_server_took_the_mail(store: Store, tmp_path: Path) -> None:
    rows = [row(number) for number in range(4)]
    for one in rows:
        store.queue(one)
    running: list[subprocess.Popen[bytes]] = []

    def kill(mail: Accepted) -> None:  # the first time that it comes, before the server answers
        if sum(other.data == mail.data for other in keeper.mails) == 1:
            running[-1].kill()
            running[-1].wait()

    keeper = Keeper(told=kill)
    with aiosmtpd(keeper) as port:
        for round_ in range(len(rows) + 1):
            running.append(child(tmp_path, str(port), NOW + round_ * 30 * DAY))
            running[-1].wait(30)
    assert [one.returncode for one in running] == [-signal.SIGKILL] * len(rows) + [0]
    assert sorted(mail.data for mail in keeper.mails) == sorted(wire(one.data) for one in rows for _ in range(2))
    assert {mail.state for mail in store.outbox()} == {"sent"}


@pytest.mark.parametrize("way", ["smtp", "maildir"])
def test_killed_at_any_time_no_mail_is_lost_or_another(store: Store, tmp_path: Path, way: str) -> None:
    rows = [row(number) for number in range(200)]
    for one in rows:
        store.queue(one)
    dice = random.Random(6)  # noqa: S311  # when to kill; no secret
    keeper, box, kills = Keeper(), tmp_path / "box", 0
    with aiosmtpd(keeper) as port:
        for round_ in range(9):
            running = child(tmp_path, str(port) if way == "smtp" else str(box), NOW + round_ * 30 * DAY)
            if round_ < 8:
                time.sleep(dice.random() * 0.04)
                running.kill()
            assert running.wait(60) in {0, -signal.SIGKILL}
            kills += running.returncode != 0
    assert kills > 2
    assert {mail.state for mail in store.outbox()} == {"sent"}
    expected = {one.message_id: one.data for one in rows}
    assert {mail.message_id: mail.data for mail in store.outbox()} == expected
    if way == "smtp":
        assert {mail.data for mail in keeper.mails} == {wire(data) for data in expected.values()}
        assert len(rows) <= len(keeper.mails) <= len(rows) + kills
    else:  # where the name says which mail it is, not even a kill makes two of one
        assert sorted(file.read_bytes() for file in (box / "new").iterdir()) == sorted(expected.values())


def test_a_mail_whose_attempts_all_crash_is_parked(store: Store, tmp_path: Path) -> None:
    one = store.queue(row(1, attempts=ATTEMPTS))
    with Scripted() as server:
        send(store, tmp_path, smtp(server.port))
    assert not server.mails
    assert store.outbox_mail(one).state == "parked"
    assert "none of them came to an end" in store.outbox_mail(one).reason


def test_what_is_dropped_while_it_is_sent_is_told_as_it_was(store: Store, tmp_path: Path) -> None:
    one, two = store.queue(row(1)), store.queue(row(2, recipients=("late@example.org",)))

    def drop(_: Accepted) -> None:
        with Store(tmp_path / "state") as other:
            other.set_outbox(two, state="dropped")

    keeper = Keeper(told=drop)
    with aiosmtpd(keeper) as port:
        send(store, tmp_path, smtp(port))
    assert [store.outbox_mail(which).state for which in (one, two)] == ["sent", "dropped"]
    assert len(keeper.mails) == 1


def program(folder: Path, text: str) -> tuple[str, ...]:
    file = folder / "program"
    file.write_text(f"#!{sys.executable}\n{text}", encoding="ascii")
    file.chmod(0o700)
    return (str(file), "-x")


def test_sendmail_gets_arguments_and_the_very_bytes(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
import os, sys
from pathlib import Path
folder = Path(sys.argv[0]).parent
(folder / "mail").write_bytes(sys.stdin.buffer.read())
(folder / "told").write_text(repr((sys.argv[1:], "LMLINT_SMTP_PASSWORD" in os.environ)))
"""
    monkeypatch.setenv("LMLINT_SMTP_PASSWORD", "secret")
    one = store.queue(row(1, recipients=("a@example.org", "-oQ@example.org", "$(touch${IFS}x)@example.org")))
    made = send(store, tmp_path, Transport("sendmail", command=program(tmp_path, text), timeout=20))
    assert [step.state for step in made.steps] == [SENT]
    assert (tmp_path / "mail").read_bytes() == row(1).data
    told = (["-x", "-i", "-f", "bot@example.com", "--", "a@example.org"], False)
    assert (tmp_path / "told").read_text() == repr(told)
    assert "'-oQ@example.org'" in store.outbox_mail(one).reason


@pytest.mark.parametrize(("status", "state"), [(75, "waiting"), (1, "waiting"), (67, "parked"), (65, "parked")])
def test_what_sendmail_refuses(store: Store, tmp_path: Path, status: int, state: str) -> None:
    one = store.queue(row(1))
    command = program(tmp_path, f"import sys; sys.stderr.write('no\\n\\x1b such user'); sys.exit({status})")
    send(store, tmp_path, Transport("sendmail", command=command, timeout=20))
    kept = store.outbox_mail(one)
    assert (kept.state, kept.attempts) == (state, 1)
    assert kept.reason == f"{command[0]}: status {status}: no \\x1b such user"


def test_sendmail_that_hangs_or_is_not_there(store: Store, tmp_path: Path) -> None:
    store.queue(row(1))
    sleeping = program(tmp_path, "import subprocess; subprocess.run(['sleep', '60'])")
    start = time.monotonic()
    made = send(store, tmp_path, Transport("sendmail", command=sleeping, timeout=1))
    assert made.steps[0].reason == f"{sleeping[0]}: not done within 1 seconds"
    assert time.monotonic() - start < 10
    missing = Transport("sendmail", command=("/nowhere/sendmail",), timeout=1)
    made = send(store, tmp_path, missing, NOW + pause(1))
    assert made.stopped == "/nowhere/sendmail: cannot be run (No such file or directory)"
    assert store.outbox("waiting")[0].attempts == 1
    assert sendmail.handed(missing, row(1)).state == AGAIN


def test_a_maildir_gets_each_mail_once(store: Store, tmp_path: Path) -> None:
    box = tmp_path / "box"
    one = store.queue(row(1))
    send(store, tmp_path, Transport("maildir", path=box))
    (file,) = (box / "new").iterdir()
    assert file.read_bytes() == row(1).data
    assert not list((box / "tmp").iterdir())
    file.rename(box / "cur" / f"{file.name}:2,S")  # read
    store.set_outbox(one, state="waiting", due=NOW)
    assert send(store, tmp_path, Transport("maildir", path=box)).steps[0].state == SENT
    assert not list((box / "new").iterdir())
    other = maildir.delivered(box, row(1, data=b"another"))
    assert (other.state, "another mail has this Message-ID" in other.reason) == (PARKED, True)


def test_a_maildir_that_is_none_or_cannot_be_written(store: Store, tmp_path: Path) -> None:
    store.queue(row(1))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").touch()
    made = send(store, tmp_path, Transport("maildir", path=tmp_path / "folder"))
    assert made.stopped.endswith("is a folder and no maildir; give a maildir, or a name that is free")
    made = send(store, tmp_path, Transport("maildir", path=tmp_path / "folder" / "mine" / "box"))
    assert "cannot be made a maildir (Not a directory)" in made.stopped
    with pytest.raises(InputError, match="cannot be made"):
        maildir.made(Path("/proc/box"))


def test_a_disk_that_is_full_leaves_no_half_a_mail(tmp_path: Path) -> None:
    box = maildir.made(tmp_path / "box")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    large = row(1, data=row(1).data + b"x\n" * 40_000)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        outcome = maildir.delivered(box, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (outcome.state, outcome.reason) == (AGAIN, f"{box}: cannot be written (File too large)")
    assert not [file for part in ("tmp", "new", "cur") for file in (box / part).iterdir()]
    assert maildir.delivered(box, large).state == SENT


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a disk of its own, of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full_stops_the_round_and_blames_no_mail(store: Store, tmp_path: Path, small_disk: Path) -> None:
    ids = [store.queue(row(number, data=row(number).data + b"x\n" * 10_000)) for number in range(4)]
    where = Transport("maildir", path=small_disk / "box")
    made = send(store, tmp_path, where)
    done = [step.id for step in made.steps if step.state == SENT]
    assert done == ids[: len(done)]
    assert 0 < len(done) < len(ids)
    assert made.stopped == f"{small_disk}/box: cannot be written (No space left on device)"
    assert {(store.outbox_mail(one).state, store.outbox_mail(one).attempts) for one in ids[len(done) :]} == {
        ("waiting", 0)
    }
    for file in (small_disk / "box" / "new").iterdir():
        file.unlink()
    made = send(store, tmp_path, where, NOW + 60)
    assert (made.steps[0].id, made.steps[0].state) == (ids[len(done)], SENT)
