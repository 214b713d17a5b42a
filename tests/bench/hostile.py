"""Mails made to take long: what they cost at one size and at four times that size.

    python tests/bench/hostile.py [--kilobytes N]

Each mail repeats one piece in a notice that is read as prose, or in a field of the status part.
Work that grows as the mail does shows a growth of about 4; from 8 on it is said to be too much.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import Final

from classifier.pipeline import Classifier

PIECES: Final = (
    *("a", "a.", "a-", "a ", "A'", "@", "a@b.c ", "a@b.c, ", "<", "<a@", "(", ")(", "[", '"', "'"),
    *(":", ": ", "=", "|", "| a ", "\n", "a\n", " a@b.c\n", "\ta\n", "550 ", "550-", "5.1.1 "),
    *("550 5.1.1 a\n", "host ", "host a.b ", "mx.a.b ", "server ", "a.b[1.2.3.4] said: ", "said: "),
    *(">>> RCPT TO:<a@b.c>\n", "<<< 550 no\n", "<<< ", "--> ", "/C=a", "/C=a/", "\\", "=?", "=?a?"),
    *("=?utf-8?Q?", "(expanded from", "reported to ", "From: a\n", "> ", "-", "--\n", "* ", "1. "),
    *("Final-Recipient: rfc822;a@b.c\n", "Action: failed\n\n", "Subject: a\n\n", "あ", "： ", "不"),
    *(
        "smtp; ",
        "; ",
        ";",
        ",",
        "in reply to ",
        "after ",
        "[SMTP Error Code 550] ",
        "#",
        "<b #5.1 ",
    ),
)
PROSE: Final = (
    b"Return-Path: <>\nFrom: MAILER-DAEMON@example.org\nSubject: Undeliverable mail\n\n"
    b"Your message was not delivered:\n"
)
STATUS: Final = (
    b"From: MAILER-DAEMON@example.org\nSubject: Undeliverable mail\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a.example\n\n"
    b"Final-Recipient: rfc822; bob@example.org\nAction: failed\nDiagnostic-Code: smtp; "
)
HEAD: Final = b"Subject: "
TOO_MUCH: Final = 8


def make_mails(kilobytes: int) -> Iterator[tuple[str, bytes]]:
    """Each mail of about that size, and what is in it."""
    for piece in PIECES:
        for name, begin in (("prose", PROSE), ("status", STATUS), ("head", HEAD)):
            repeated = piece.encode() * (kilobytes * 1024 // len(piece.encode()))
            yield f"{piece!r} in the {name}", begin + repeated


def seconds(classifier: Classifier, raw: bytes) -> float:
    """The shorter of two runs."""
    taken = []
    for _ in range(2):
        begin = perf_counter()
        classifier.classify(raw)
        taken.append(perf_counter() - begin)
    return min(taken)


def main() -> None:
    """Measure, and print what grew too much and what was slowest."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--kilobytes", type=int, default=16)
    given = parser.parse_args()
    classifier = Classifier()
    rows = []
    mails = zip(make_mails(given.kilobytes), make_mails(given.kilobytes * 4), strict=True)
    for (name, one), (_, four) in mails:
        small, large = seconds(classifier, one), seconds(classifier, four)
        rows.append((large, large / small, name))
    rows.sort(reverse=True)
    grown = [row for row in rows if row[1] >= TOO_MUCH and row[0] > 0.05]
    print(f"{len(rows)} mails of {given.kilobytes} and {4 * given.kilobytes} kB; the slowest:")
    for large, growth, name in rows[:8]:
        print(f"  {large * 1000:8.1f} ms, {growth:5.1f} times the smaller's: {name}")
    for large, growth, name in grown:
        print(f"grows too much: {name}: {growth:.1f} times, {large * 1000:.0f} ms")
    sys.exit(1 if grown else 0)


if __name__ == "__main__":
    main()
