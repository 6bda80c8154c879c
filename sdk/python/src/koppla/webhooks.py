"""Webhooks that arrive: Standard Webhooks, signature `v1`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any, Iterable, Mapping, Optional, Union

from .errors import InvalidWebhook


def verify_webhook(
    secret: Union[str, Iterable[str]],
    headers: Mapping[str, str],
    body: Union[bytes, str],
    *,
    tolerance: float = 300.0,
    now: Optional[float] = None,
) -> Any:
    """What a webhook says, once it is known to be genuine.

    @param secret  the receiver's (`whsec_...`); several while it is being changed
    @param headers  of the request, in any case
    @param body  as it came: JSON that was parsed and written again may differ
    @param tolerance  seconds that its time may be off, so that nobody can send an old one again
    @raise InvalidWebhook
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id = given.get("webhook-id", "")
    timestamp = given.get("webhook-timestamp", "")
    signatures = given.get("webhook-signature", "").split()
    if not message_id or not signatures:
        raise InvalidWebhook("the webhook is not signed")
    # Digits of other scripts are no seconds.
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise InvalidWebhook("the webhook's time is no number")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise InvalidWebhook("the webhook is too old, or from the future: is the clock right?")
    payload = body.encode() if isinstance(body, str) else body
    signed = f"{message_id}.{timestamp}.".encode() + payload
    for one in [secret] if isinstance(secret, str) else secret:
        expected = b"v1," + base64.b64encode(hmac.new(_key(one), signed, hashlib.sha256).digest())
        if any(hmac.compare_digest(expected, each.encode()) for each in signatures):
            return json.loads(payload)
    raise InvalidWebhook("the webhook's signature is not the server's")


def _key(secret: str) -> bytes:
    text = secret[len("whsec_") :] if secret.startswith("whsec_") else secret
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("the secret is none: it begins with whsec_, and base64 follows") from None
