"""Voucher codes: made from a batch's seed, known to the store by their hash only."""

from __future__ import annotations

import hashlib
import hmac

from metering.errors import VoucherUnknownError

SEED_BYTES = 32
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_LOOKALIKES = str.maketrans("ILO", "110")
_CODE_LENGTH = 16  # 80 bits


def codes_of(seed: bytes, count: int) -> list[str]:
    """The first codes of a seed; who knows some of them cannot tell the others."""
    return [_code(hmac.digest(seed, at.to_bytes(4), "sha256")) for at in range(count)]


def _code(noise: bytes) -> str:
    bits = int.from_bytes(noise)
    letters = "".join(_ALPHABET[bits >> 5 * at & 31] for at in range(_CODE_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


def code_digest(code: str) -> str:
    """The stored name of a code, however it was typed. Raises VoucherUnknownError."""
    plain = code.upper().replace("-", "").replace(" ", "").translate(_LOOKALIKES)
    if len(plain) != _CODE_LENGTH or not set(plain) <= set(_ALPHABET):
        raise VoucherUnknownError
    return hashlib.sha256(plain.encode()).hexdigest()
