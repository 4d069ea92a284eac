"""Mailboxes: where one mail ends and the next begins, and which files of a folder are read."""

from __future__ import annotations

import contextlib
import mailbox
import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmlint.error import InputError
from lmlint.limits import Limits
from lmlint.patch.box import Message, read_box, read_folder

if TYPE_CHECKING:
    from pathlib import Path

LINE = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n"
MAIL = b"From: A <a@x>\nSubject: one\n\nHello.\n"


def names(messages: tuple[Message, ...]) -> list[str]:
    return [message.name for message in messages]


@pytest.mark.parametrize("data", [b"", b"\n", MAIL, b"diff --git a/x b/x\n", LINE, b"From the start\n", b"From "])
def test_one_message_keeps_its_name_and_its_bytes(data: bytes) -> None:
    assert read_box(data, "m") == (Message("m", data),)


def test_the_mails_of_a_box_are_numbered() -> None:
    box = LINE + MAIL + b"\n" + LINE + MAIL.replace(b"one", b"two") + b"\n"
    assert read_box(box, "b") == (
        Message("b: mail 1", LINE + MAIL),
        Message("b: mail 2", LINE + MAIL.replace(b"one", b"two")),
    )
    assert read_box(LINE + MAIL, "b") == (Message("b", LINE + MAIL),)
    assert names(read_box(b"\n\n" + box, "b")) == ["b: mail 1", "b: mail 2"]


@pytest.mark.parametrize(
    "separator",
    [
        b"From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001",
        b"From a@x Tue Jun  9 17:06:31 2026",
        b"From - Tue Jun 09 17:06:31 2026",
        b"From a at x.com  Tue Jun  9 17:06:31 2026",
        b"From a@x Tue Jun  9 17:06:31 PDT 2026",
        b"From 123@xxx Tue Jun 09 17:06:31 +0000 2026",
        b"From a@x Tue Jun  9 17:06 2026",
        b"From  Tue Jun  9 17:06:31 2026",
    ],
)
def test_separators_of_many_mailers(separator: bytes) -> None:
    for end in (b"\n", b"\r\n"):
        box = (separator + b"\n" + MAIL + b"\n" + separator + b"\n" + MAIL).replace(b"\n", end)
        assert [message.data for message in read_box(box, "b")] == [
            (separator + b"\n" + MAIL).replace(b"\n", end) for _ in "12"
        ]


@pytest.mark.parametrize(
    "text",
    [
        b"\nFrom the above it follows.\n",
        b"\nFrom the above: it follows.\nSubject: x\n",
        b"Words.\n" + LINE + MAIL,  # no blank line above
        b"\n" + LINE + b"and no header field\n",
        b"\n>" + LINE + MAIL,
        b"\n" + LINE.replace(b"Jan", b"Foo") + MAIL,
        b"\n\x0c" + LINE + MAIL,
        b"\n \n" + b"From " + b"x" * 600 + LINE[5:] + MAIL,
    ],
)
def test_a_line_of_the_text_splits_no_mail(text: bytes, tmp_path: Path) -> None:
    box = LINE + MAIL + text + b"\n" + LINE + MAIL
    assert len(read_box(box, "b")) == 2
    if b"the above" in text:
        (tmp_path / "b").write_bytes(box)
        with contextlib.closing(mailbox.mbox(tmp_path / "b")) as theirs:
            assert len(theirs) == 3, "the trap is gone from the standard library"


def test_quoted_from_lines_lose_one_mark() -> None:
    text = b"a\n>From b\n>>From c\n>>>From d\n> From e\n>Fromage\n"
    (message,) = read_box(LINE + MAIL + text, "b")
    assert message.data == LINE + MAIL + b"a\nFrom b\n>From c\n>>From d\n> From e\n>Fromage\n"
    assert read_box(MAIL + text, "b")[0].data == MAIL + text


BODY = st.lists(
    st.sampled_from([b"From x\n", LINE, b">From y\n", b"> q\n", b"\n", b"Subject: s\n", b"t\n"]), max_size=9
)


@settings(max_examples=200)
@given(st.lists(BODY.map(b"".join), min_size=2, max_size=5))
def test_what_mboxrd_writes_reads_back(bodies: list[bytes]) -> None:
    mails = [MAIL + body + b"." for body in bodies]
    box = b"".join(
        LINE + re.sub(rb"(?m)^(>*From )", rb">\1", mail).replace(b">From: A", b"From: A") + b"\n\n" for mail in mails
    )
    assert [message.data for message in read_box(box, "b")] == [LINE + mail + b"\n" for mail in mails]


def test_the_number_of_mails_is_capped() -> None:
    box = (LINE + MAIL + b"\n") * 4
    assert len(read_box(box, "b", Limits(mails=4))) == 4
    with pytest.raises(InputError, match=r"^b: more than 3 mails \(limit `mails`\); "):
        read_box(box, "b", Limits(mails=3))


@pytest.mark.parametrize("data", [LINE * 50_000, b"\nFrom " * 100_000, LINE + MAIL + b">" * 500_000])
def test_a_hostile_box_takes_no_quadratic_time(data: bytes) -> None:
    assert len(read_box(data, "b", Limits(mails=10**6))) == 1


def test_a_maildir_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp"):
        (tmp_path / folder).mkdir()
    for name in ("new/2.host", "cur/1.host:2,S", "cur/3.host:2,", "tmp/0.host", "cur/.hidden"):
        (tmp_path / name).write_bytes(MAIL)
    # A mail of a maildir is one mail, whatever it looks like.
    (tmp_path / "new/2.host").write_bytes(LINE + MAIL + b"\n" + LINE + MAIL)
    assert names(read_folder(tmp_path, "md")) == ["md/cur/1.host:2,S", "md/new/2.host", "md/cur/3.host:2,"]


def test_a_folder_of_patches_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("0002-b.patch", "0001-a.PATCH", "c.eml", "notes.txt", ".0003-d.patch"):
        (tmp_path / name).write_bytes(MAIL)
    (tmp_path / "b.mbox").write_bytes((LINE + MAIL + b"\n") * 2)
    expected = ["f/0001-a.PATCH", "f/0002-b.patch", "f/b.mbox: mail 1", "f/b.mbox: mail 2", "f/c.eml"]
    assert names(read_folder(tmp_path, "f")) == expected


def test_what_is_no_file_of_the_folder_is_refused_by_name(tmp_path: Path) -> None:
    outside, folder = tmp_path / "secret", tmp_path / "f"
    outside.write_bytes(MAIL)
    folder.mkdir()
    with pytest.raises(InputError, match=r"^f: no file in it ends in \.patch, "):
        read_folder(folder, "f")
    (folder / "0001-a.patch").symlink_to(outside)
    with pytest.raises(InputError, match=r"^f/0001-a\.patch: leads out of the folder through a symlink; "):
        read_folder(folder, "f")
    (folder / "0001-a.patch").unlink()
    (folder / "real.patch").write_bytes(MAIL)
    (folder / "0001-a.patch").symlink_to("real.patch")
    assert len(read_folder(folder, "f")) == 2
    (folder / "0001-a.patch").unlink()
    (folder / "0001-a.patch").symlink_to("0001-a.patch")
    with pytest.raises(InputError, match=r"^f/0001-a\.patch: cannot be read "):
        read_folder(folder, "f")
    (folder / "0001-a.patch").unlink()
    os.mkfifo(folder / "0001-a.patch")
    with pytest.raises(InputError, match=r"^f/0001-a\.patch: not a regular file; "):
        read_folder(folder, "f")
    (folder / "0001-a.patch").unlink()
    (folder / "bad\n\x1bname.patch").mkdir()
    with pytest.raises(InputError, match=r"^f/bad\?\?name\.patch: not a regular file; "):
        read_folder(folder, "f")
    with pytest.raises(InputError, match=r"^g: cannot be read \(No such file or directory\); "):
        read_folder(tmp_path / "g", "g")


def test_the_caps_of_a_folder_are_named(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.patch").write_bytes(MAIL)
    with pytest.raises(InputError, match=r"^f: more than 2 mails \(limit `mails`\); "):
        read_folder(tmp_path, "f", Limits(mails=2))
    with pytest.raises(InputError, match=r"^f/a\.patch: more than 8 bytes \(limit `bytes`\); "):
        read_folder(tmp_path, "f", Limits(bytes=8))
    (tmp_path / "a.patch").write_bytes((LINE + MAIL + b"\n") * 3)
    with pytest.raises(InputError, match=r"^f: more than 4 mails \(limit `mails`\); "):
        read_folder(tmp_path, "f", Limits(mails=4))


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from([LINE, MAIL, b"\n", b"\r\n", b"From ", b">From "]) | st.binary(max_size=9)).map(b"".join)
)
def test_no_byte_of_a_box_is_lost(data: bytes) -> None:
    messages = read_box(data, "b")
    lost = len(data.strip()) - sum(len(message.data) for message in messages)
    assert lost <= data.count(b">From ") + 2 * len(messages)
