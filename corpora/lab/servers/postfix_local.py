"""Postfix as the receiver: its own mailboxes, programs and maps, Dovecot, and servers by LMTP.

Replies of the catalogue about addresses, mailboxes and the receiver's own trouble come by LMTP. All
else is told by Postfix, by programs that it runs, or by Dovecot behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from classifier.reasons import Category
from corpora.lab.scenarios import Scenario, Stage
from corpora.lab.servers import NATURAL, Server, by_smtp

__all__ = ["POSTFIX_LOCAL"]

_HOSTNAME: Final = "mx.corp.example.net"

# What the program says and how it ends, by the user it is called for.
_AGENT: Final[Mapping[str, tuple[str, str, str]]] = {
    "ticket": ("exit 1", "the ticket database does not answer", "delivery-agent-failed"),
    "import": ("exit 65", "no date in the header, cannot be filed", "message-malformed"),
    "nemo": ("exit 67", "", "user-unknown"),
    "index": ("exit 69", "index service is not running", "delivery-agent-failed"),
    "crash": ("exit 70", "", "delivery-agent-failed"),
    "spool": ("exit 73", "cannot create the file of this message", "delivery-agent-failed"),
    "locked": ("exit 75", "the spool is locked by another process", "delivery-agent-failed"),
    "config": ("exit 78", "no section for this address in agent.conf", "system-error"),
    "killed": ("kill -9 $$", "", "delivery-agent-failed"),
    "slow": ("sleep 30", "", "delivery-agent-failed"),
    "nobody": ("exit 67", "5.1.1 no account of this name on the mail store", "user-unknown"),
    "left": ("exit 77", "5.2.1 account closed, its owner has left us", "mailbox-disabled"),
    "bulging": ("exit 77", "5.2.2 over its limit of 2048 MB", "mailbox-full"),
    "busy": ("exit 75", "4.2.2 over quota, kept for a later try", "mailbox-full"),
    "voll": ("exit 73", "Postfach voll: Speicherplatz von 500 MB ist belegt", "mailbox-full"),
    "plein": ("exit 77", "la boîte de ce destinataire est pleine", "mailbox-full"),
    "disk": ("exit 75", "write failed: No space left on device", "system-full"),
}
_TELLTALE: Final[Mapping[str, str]] = {
    f"{user}@agent.test": reason for user, (_, _, reason) in _AGENT.items()
}
#: Addresses that need no other server, and what an expert sees in their reports.
_OWN: Final[Mapping[str, str]] = {
    **_TELLTALE,
    f"no.such.person@{_HOSTNAME}": "user-unknown",
    f"brimful@{_HOSTNAME}": "mailbox-full",
    f"former.clerk@{_HOSTNAME}": "mailbox-moved",
    f"ring@{_HOSTNAME}": "routing-loop",
    f"ledger@{_HOSTNAME}": "delivery-agent-failed",
    f"members@{_HOSTNAME}": "system-error",
    f"robot@{_HOSTNAME}": "delivery-agent-failed",
    f"absent.robot@{_HOSTNAME}": "delivery-agent-failed",
    f"cold.store@{_HOSTNAME}": "mailbox-full",
    "lost@boxes.test": "user-unknown",
    "brimful@boxes.test": "mailbox-full",
    "lost@names.test": "user-unknown",
    "anybody@closed.test": "domain-not-accepting",
    "anybody@moving.test": "system-error",
    "anybody@circle.test": "routing-loop",
    "anybody@nowhere.test": "system-error",
    "anybody@socket.test": "system-error",
    "anybody@tool.test": "delivery-agent-failed",
    "lost@dove.test": "user-unknown",
    "brimful@dove.test": "mailbox-full",
    "lost@lda.test": "user-unknown",
    "brimful@lda.test": "mailbox-full",
}
_MAIN: Final = f"""\
compatibility_level = 3.9
myhostname = {_HOSTNAME}
mydestination = {_HOSTNAME}
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
smtp_bind_address = 127.0.0.1
lmtp_bind_address = 127.0.0.1
inet_protocols = ipv4
maillog_file = /var/log/postfix.log
alias_maps = texthash:/etc/postfix/aliases
alias_database =
local_recipient_maps =
mailbox_size_limit = 200000
virtual_mailbox_limit = 200000
message_size_limit = 150000
mailbox_command_maps = texthash:/etc/postfix/commands
relocated_maps = texthash:/etc/postfix/relocated
virtual_mailbox_domains = boxes.test
virtual_mailbox_maps = texthash:/etc/postfix/boxes
virtual_mailbox_base = /var/vmail
virtual_minimum_uid = 8
virtual_uid_maps = static:8
virtual_gid_maps = static:8
virtual_alias_domains = names.test
virtual_alias_maps = texthash:/etc/postfix/names
transport_maps = texthash:/etc/postfix/transport
command_time_limit = 5s
agent_time_limit = 5s
agent_destination_recipient_limit = 1
tool_destination_recipient_limit = 1
dovelda_destination_recipient_limit = 1
maximal_queue_lifetime = 40s
bounce_queue_lifetime = 40s
delay_warning_time = 5s
queue_run_delay = 6s
minimal_backoff_time = 6s
maximal_backoff_time = 12s
smtp_connect_timeout = 5s
lmtp_connect_timeout = 5s
lmtp_host_lookup = native
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks
smtpd_peername_lookup = no
smtpd_reject_unlisted_recipient = no
smtputf8_autodetect_classes = all
default_destination_concurrency_failed_cohort_limit = 0
"""
_MASTER: Final = """\
agent unix - n n - - pipe flags=R user=nobody argv=/usr/local/bin/agent ${user}
tool unix - n n - - pipe flags=R user=nobody argv=/usr/local/bin/gone-since -d ${recipient}
dovelda unix - n n - - pipe flags=DRhu user=vmail argv=/usr/lib/dovecot/dovecot-lda -e
  -f ${sender} -a ${recipient} -d ${user}
"""
_TRANSPORT: Final = """\
agent.test agent:
tool.test tool:
closed.test error:5.2.1 nobody here takes mail any more, the firm has closed
moving.test retry:4.3.2 this store is being moved to another house
circle.test smtp:[127.0.0.1]
nowhere.test absent-service:
socket.test lmtp:unix:/run/absent/lmtp
dove.test lmtp:inet:127.0.0.1:2424
lda.test dovelda:
"""
_DOVECOT: Final = f"""\
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
protocols = lmtp
listen = 127.0.0.1
log_path = /var/log/dovecot.log
ssl = no
hostname = {_HOSTNAME}
postmaster_address = postmaster@{_HOSTNAME}
mail_driver = maildir
mail_path = /var/vm/%{{user | username}}/Maildir
mail_uid = vmail
mail_gid = vmail
mail_home = /var/vm/%{{user | username}}
first_valid_uid = 100
auth_username_format = %{{user | username}}
passdb passwd-file {{
  passwd_file_path = /etc/dovecot/users
}}
userdb passwd-file {{
  passwd_file_path = /etc/dovecot/users
}}
service lmtp {{
  inet_listener lmtp {{
    listen = 127.0.0.1
    port = 2424
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
mail_plugins {{
  quota = yes
}}
quota "User quota" {{
  driver = count
  storage_size = 1B
  storage_grace = 0
}}
"""
_START: Final = """
sed -i -E 's/^((smtp|lmtp|relay|error|retry|cleanup|bounce|defer|trace) +unix +[-n] +-) +y /\\1 n /;
    s/^(smtp +inet +n +-) +y/\\1 n/' /etc/postfix/master.cf
cat /etc/postfix/master.more >> /etc/postfix/master.cf
mkdir -p /var/spool/postfix/etc /var/vmail /var/vm
cp /etc/resolv.conf /etc/hosts /etc/services /var/spool/postfix/etc/
for user in brimful cold.store robot; do useradd --badname -m "$user"; done
for box in /var/mail/brimful /var/vmail/brimful; do head -c 199990 /dev/zero > $box; done
chown brimful:mail /var/mail/brimful; chown -R 8:8 /var/vmail
useradd -r -d /var/vm vmail; chown vmail /var/vm
echo 'brimful:{PLAIN}x::::::' > /etc/dovecot/users
touch /var/log/dovecot.log; chmod 666 /var/log/dovecot.log; dovecot; postfix start
"""


def _agent() -> str:
    cases = []
    for user, (end, words, _) in _AGENT.items():
        said = f"echo '{words}'; " if words else ""
        cases.append(f"{user}) {said}{end};;")
    return "\n".join(["#!/bin/sh", "cat > /dev/null", "case $1 in", *cases, "esac", "exit 0", ""])


def _settings(scenarios: Sequence[Scenario]) -> Mapping[str, str]:
    others = [
        f"{own.domain} lmtp:inet:[{own.ip}]:25\n"
        for own in scenarios
        if own.stage in (Stage.RCPT, Stage.EOD)
    ]
    aliases = "ring ring2\nring2 ring\nledger /proc/ledger\nmembers :include:/etc/no-list\n"
    aliases += 'robot "|/usr/local/bin/agent ticket"\nabsent.robot "|/usr/local/bin/gone"\n'
    return {
        "/etc/postfix/main.cf": _MAIN,
        "/etc/postfix/master.more": _MASTER,
        "/etc/postfix/transport": _TRANSPORT + "".join(others),
        "/etc/postfix/aliases": aliases,
        "/etc/postfix/commands": "cold.store /usr/local/bin/agent bulging\n",
        "/etc/postfix/relocated": f"former.clerk@{_HOSTNAME} new.clerk@example.org\n",
        "/etc/postfix/boxes": "brimful@boxes.test brimful\n",
        "/etc/postfix/names": "known@names.test known@example.org\n",
        "/etc/dovecot/dovecot.conf": _DOVECOT,
    }


def _own() -> list[Scenario]:
    made = []
    for number, (recipient, reason) in enumerate(_OWN.items()):
        user, _, domain = recipient.partition("@")
        made.append(
            Scenario(
                name=f"local-{user}-{domain.partition('.')[0]}".replace(".", "-"),
                stage=Stage.LOCAL,
                sender=f"clerk.{number}@example.org",
                recipients=(recipient,),
                answers=(None,),
                domain=domain,
                host=f"mx.{domain}",
                ip="127.0.0.1",
                reason=reason,
            )
        )
    return made


POSTFIX_LOCAL: Final = Server(
    name="postfix-local",
    hostname=_HOSTNAME,
    packages=("postfix", "dovecot-core", "dovecot-lmtpd"),
    settings=_settings,
    programs={"/usr/local/bin/agent": _agent()},
    start=_START,
    put=by_smtp(),
    patience=100,
    success=2,
    categories=frozenset(
        {Category.RECIPIENT_ADDRESS, Category.RECIPIENT_MAILBOX, Category.RECEIVER_SYSTEM}
    ),
    own=_own,
    passes=frozenset(Stage) - {Stage.RCPT, Stage.EOD, Stage.ACCEPT, Stage.LOCAL},
    words=((r".", NATURAL),),
)
