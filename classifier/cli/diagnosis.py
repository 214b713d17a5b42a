"""Commands that look at the sender's own set-up: `whybounce diagnose` and `ses-password`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from classifier.cli.options import ColourOption, ModelOption, OutputOption, RulesOption, ShapeOption

__all__ = ["DIAGNOSE", "PASSWORDS", "diagnose", "ses_password"]

DIAGNOSE: Final = """
Examples:

\b
  whybounce diagnose bounce.eml                    the broken link, and what proves it
  whybounce diagnose bounce.eml --relay email-smtp.eu-west-1.amazonaws.com
                                                   tries the login there, too
  whybounce diagnose bounce.eml --letter ask.eml   writes the mail to the recipient's admin
  whybounce diagnose --domain example.org --selector s1 --relay smtp.example.org:587
  whybounce diagnose --domain example.org --ses-region eu-west-1
  whybounce diagnose --iam-policy --domain example.org --ses-region eu-west-1

It reads and never changes anything; nothing is sent unless --send-test is given. The login is tried
with $WHYBOUNCE_SMTP_USER and $WHYBOUNCE_SMTP_PASSWORD, or a password from the keyring (`keyring set
whybounce smtp://USER@HOST`), or one that --ask asks for; over TLS that is verified alone, and only
where you name the relay yourself. AWS credentials are those that boto3 finds.

A hop is green where the bounce or every check that proves it says so, red where a check or the
bounce says that it is broken, else unknown.

Exit status: 0 no link is broken; 1 one is; 2 wrong usage, or a file that is no bounce; 3 no link is
seen to be broken, but not all could be looked at.
"""
PASSWORDS: Final = """
Examples:

\b
  whybounce ses-password --region eu-west-1           asks for the secret access key
  pass aws/smtp | whybounce ses-password --region eu-west-1
  AWS_SECRET_ACCESS_KEY=... whybounce ses-password --region eu-west-1
  whybounce ses-password --region eu-west-1 --check   is $WHYBOUNCE_SMTP_PASSWORD the one?

The user name of the SMTP login is the access key ID. A password counts in its region alone.

Exit status: 0; with --check, 1 where the password is another; 2 wrong usage.
"""


def diagnose(
    mail: Annotated[
        str | None,
        typer.Argument(
            metavar="MAIL", help="A bounce, or - for standard input.", show_default=False
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(metavar="DOMAIN", help="The domain in From.", show_default=False),
    ] = None,
    sender: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The address in From.", show_default=False),
    ] = None,
    selector: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A DKIM selector. May be given again.", show_default=False
        ),
    ] = None,
    relay: Annotated[
        str | None,
        typer.Option(
            metavar="HOST[:PORT]",
            help="The server that the mail is handed to; 587 if no port is given.",
            show_default=False,
        ),
    ] = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS", help="A failed recipient. May be given again.", show_default=False
        ),
    ] = None,
    ip: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="The address that the mail leaves from.", show_default=False
        ),
    ] = None,
    ses_region: Annotated[
        str | None,
        typer.Option(
            metavar="REGION",
            help="Look into Amazon SES, in this region. If not given: where the bounce says so.",
            show_default=False,
        ),
    ] = None,
    configuration_set: Annotated[
        str | None, typer.Option(metavar="NAME", help="One of SES.", show_default=False)
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            "--lambda", metavar="NAME", help="The function that sends.", show_default=False
        ),
    ] = None,
    log_group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Its log, in CloudWatch. May be given again.", show_default=False
        ),
    ] = None,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask for user and password of the relay.")
    ] = False,
    send_test: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Send one mail to ADDRESS by the relay.", show_default=False
        ),
    ] = None,
    letter: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write the mail to the recipient's administrator, too; - for standard output,"
            " instead of all else.",
            show_default=False,
        ),
    ] = None,
    iam_policy: Annotated[
        bool,
        typer.Option("--iam-policy", help="Print what AWS must allow for this, and do nothing."),
    ] = False,
    dns: Annotated[
        str | None,
        typer.Option(
            metavar="HOST[:PORT]",
            help="The name server to ask, by its address. If not given: the system's.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.5, max=120, help="The longest that a check takes."),
    ] = 10.0,
    format: ShapeOption = None,  # noqa: A002 - the name of the option
    all_: Annotated[
        bool,
        typer.Option(
            "--all",
            help="In text, also what checks that are good saw, and those with nothing to look at.",
        ),
    ] = False,
    output: OutputOption = None,
    rules: RulesOption = None,
    model: ModelOption = "default",
    color: ColourOption = None,
) -> None:
    """Which link of the chain is broken: DNS, login, SES, or the recipient's side."""
    from classifier.cli.diagnosing import Asked, diagnose_mail

    asked = Asked(
        mail=mail,
        domain=domain,
        sender=sender,
        selectors=tuple(selector or ()),
        relay=relay,
        recipients=tuple(recipient or ()),
        ip=ip,
        region=ses_region,
        configuration_set=configuration_set,
        function=function,
        log_groups=tuple(log_group or ()),
        ask=ask,
        send_test=send_test,
        letter=letter,
        policy=iam_policy,
        dns=dns,
        timeout=timeout,
        format=format,
        everything=all_,
        output=output,
        rules=tuple(str(each) for each in rules or ()),
        model=None if model == "none" else model,
        colour=color,
    )
    raise typer.Exit(diagnose_mail(asked))


def ses_password(
    region: Annotated[
        str, typer.Option(metavar="REGION", help="The region of the relay.", show_default=False)
    ],
    check: Annotated[
        bool,
        typer.Option("--check", help="Print no password, but whether the stored one is it."),
    ] = False,
) -> None:
    """Derive the SMTP password of Amazon SES from a secret access key."""
    from classifier.cli.diagnosing import print_ses_password

    raise typer.Exit(print_ses_password(region, check))
