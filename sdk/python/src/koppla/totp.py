"""One-time codes from their secret: RFC 6238, 6 digits, 30 seconds, SHA-1."""

from __future__ import annotations

import base64
import hashlib
import hmac

STEP = 30


def code_at(secret: str, seconds: float) -> str:
    """The code of a time. @param secret  base32, as it was told with the account"""
    text = secret.replace(" ", "").upper()
    key = base64.b32decode(text + "=" * (-len(text) % 8))
    counter = (int(seconds) // STEP).to_bytes(8, "big")
    digest = hmac.new(key, counter, hashlib.sha1).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
