"""Every kind a refused datagram may be counted under."""

from __future__ import annotations

KINDS = {
    "empty",
    "oversized",
    "unknown_source",
    "unknown_protocol",
    "short",
    "media_before_keys",
    "unknown_ssrc",
    "srtp_rejected",
    "srtcp_rejected",
    "rtcp_malformed",
    "dtls_flood",
    "handshake_limit",
    "stun_short",
    "stun_malformed",
    "stun_unexpected",
    "stun_oversized",
    "stun_unauthenticated",
    "stun_unknown_user",
    "stun_wrong_user",
    "stun_forged",
    "stun_replayed",
}
