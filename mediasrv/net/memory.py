"""Memory that libsrtp, the kernel, Python work on alike, without copies between them."""

from __future__ import annotations

from pylibsrtp._binding import ffi

__all__ = ["ffi"]
