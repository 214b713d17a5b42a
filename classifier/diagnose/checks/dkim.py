"""DKIM: the keys that selectors lead to, and the signature of the message that came back."""

from __future__ import annotations

import base64
from typing import Final

from classifier.diagnose.context import Context, Signer
from classifier.diagnose.domains import aligned, ends_in, tags
from classifier.diagnose.envelope import signers_of
from classifier.diagnose.finding import Finding, Hop, Says, Status
from classifier.diagnose.resolver import Answer

__all__ = ["check_keys", "check_signature"]

_KEYS: Final = Says("dkim-keys", Hop.AUTHOR, "RFC 6376 3.6.1")
_SIGNED: Final = Says("dkim-signature", Hop.AUTHOR, "RFC 6376 6.1")
_SHORTEST: Final = 1024  # bits (RFC 8301 3.2)
_MOST: Final = 8  # keys and signatures that are looked at
_SES: Final = "dkim.amazonses.com"
_RANK: Final = (Status.BROKEN, Status.UNKNOWN, Status.WARNING, Status.OK)


def check_keys(context: Context) -> Finding:
    """Whether every selector that signs for the domain leads to a usable key."""
    signers = signers_of(context)[:_MOST]
    if not signers:
        what = f"no DKIM selector of {context.domain or 'the sending domain'} is known"
        return _KEYS.unknown(what, advice="Give one with --selector.")
    each = [_check_key(context, signer) for signer in signers]
    worst = min(each, key=lambda finding: _RANK.index(finding.status))
    if worst.status is not Status.OK:
        others = [other for other in each if other.status is not Status.OK and other is not worst]
        more = tuple(line for other in others for line in other.evidence)
        return _KEYS(worst.status, worst.what, (*worst.evidence, *more), worst.advice, worst.source)
    names = ", ".join(signer.selector for signer in signers)
    what = f"the DKIM keys of {signers[0].domain} are published ({names})"
    return _KEYS.ok(what, *(line for finding in each for line in finding.evidence))


def _check_key(context: Context, signer: Signer) -> Finding:
    answer = context.resolver.ask(signer.name, "TXT")
    way = " -> ".join((signer.name, *answer.names))
    if not answer.texts:
        return _name_absence(context, signer, answer, way)
    if len(answer.texts) > 1:
        what = f"{signer.name} has {len(answer.texts)} TXT records; there must be one"
        return _KEYS.broken(what, way, advice="Leave the one with the key.")
    record = answer.texts[0]
    known = tags(record)
    seen = f"{way}: {record[:60]}"
    if known.get("p") == "":
        advice = "Sign with a key that is published, or publish this one again."
        return _KEYS.broken(
            f"the DKIM key {signer.name} is revoked (p= is empty)", seen, advice=advice
        )
    return _weigh_key(signer, record, seen)


def _name_absence(context: Context, signer: Signer, answer: Answer, way: str) -> Finding:
    if answer.names or context.resolver.ask(signer.name, "CNAME").texts:
        what = f"the CNAME at {signer.name} leads to a name without a key"
        return _KEYS.broken(what, way, advice="Correct its target.")
    target = f"CNAME {signer.selector}.{_SES}" if context.at_ses else "TXT record"
    what = f"there is no DKIM key at {signer.name}"
    return _KEYS.broken(what, f"{way}: none", advice=f"Publish the {target} there.")


def _weigh_key(signer: Signer, record: str, seen: str) -> Finding:
    import dkim

    advice = "Publish the key again, as the service that signs gives it."
    try:
        _, size, kind, _ = dkim.evaluate_pk(signer.name.encode(), record.encode("ascii", "replace"))
    except dkim.NaClNotFoundError:  # an Ed25519 key, for which dkimpy needs PyNaCl
        return _weigh_ed25519(signer, record, seen)
    except (dkim.DKIMException, ValueError, TypeError, KeyError, IndexError) as error:
        return _KEYS.broken(
            f"the DKIM key {signer.name} cannot be used", seen, str(error)[:200], advice=advice
        )
    if kind == b"rsa" and size < _SHORTEST:
        what = f"the DKIM key {signer.name} has {size} bits; receivers take {_SHORTEST} or more"
        return _KEYS.broken(what, seen, advice="Make a key of 2048 bits.", source="RFC 8301 3.2")
    if "y" in tags(record).get("t", "").lower().split(":"):
        what = f"the DKIM key {signer.name} is marked as a test (t=y)"
        return _KEYS.warning(what, seen, advice="Take t=y out once signing works.")
    return _KEYS.ok(f"{signer.name} holds a key of {size} bits", seen)


def _weigh_ed25519(signer: Signer, record: str, seen: str) -> Finding:
    """A key of 32 bytes in base64 (RFC 8463 4.2)."""
    try:
        size = len(base64.b64decode("".join(tags(record).get("p", "").split()), validate=True))
    except ValueError:
        size = 0
    if size == 32:
        return _KEYS.ok(f"{signer.name} holds an Ed25519 key", seen)
    what = f"the DKIM key {signer.name} cannot be used"
    return _KEYS.broken(what, seen, advice="Publish an Ed25519 key of 32 bytes.")


def check_signature(context: Context) -> Finding:
    """Whether the message verifies as it came back."""
    if not context.returned or b"dkim-signature" not in context.returned[:65536].lower():
        return _SIGNED.skipped("no signed message came back to verify")
    import dkim

    def look_up(name: bytes, timeout: float = 5) -> bytes:
        texts = context.resolver.ask(name.decode("ascii", "replace"), "TXT").texts
        return texts[0].encode("ascii", "replace") if texts else b""

    seen: list[str] = []
    good: list[str] = []
    names = [name.lower() for name, _ in dkim.DKIM(context.returned).headers]
    count = min(names.count(b"dkim-signature"), _MOST)  # selectors that were given stand behind
    for number, signer in enumerate(context.signers[:count]):
        try:
            verified = dkim.DKIM(context.returned).verify(number, look_up)
            why = "" if verified else "does not verify"
        except (dkim.DKIMException, ValueError, TypeError, KeyError, IndexError) as error:
            verified, why = False, str(error)[:120] or type(error).__name__
        seen.append(f"d={signer.domain} s={signer.selector}: {'pass' if verified else why}")
        good += [signer.domain] if verified else []
    ours = [each for each in good if context.domain and aligned(each, context.domain)]
    if ours:
        return _SIGNED.ok(f"the returned message verifies by the key of {ours[0]}", *seen)
    if any(ends_in(each, "amazonses.com") for each in good):
        what = "the returned message verifies by the relay's signature, but by none of its domain"
        return _SIGNED.warning(what, *seen, advice="See whether the domain's own key is right.")
    advice = "A copy that a server changed on its way back fails, too: see dkim-keys, and auth."
    return _SIGNED.warning(
        "the returned message does not verify as it came back", *seen, advice=advice
    )
