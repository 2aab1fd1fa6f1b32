"""Everything a relay can refuse: a stable code for programs, a sentence for people."""

from __future__ import annotations


class RelayProblemError(Exception):
    """Base of all refusals: a stable ``code``, and the ``status`` of the control API's answer."""

    code = "internal"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class OfferError(RelayProblemError):
    """The offer cannot be read; ``line`` counts from 1, 0 where no single line is to blame."""

    code = "bad_offer"
    status = 400

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class NothingInCommonError(RelayProblemError):
    """The offer is sound but shares no codec with the relay or with the other side."""

    code = "nothing_in_common"
    status = 409


class UnknownCallError(RelayProblemError):
    """No such call, or no such participant in it, on this relay."""

    code = "unknown_call"
    status = 404


class RelayFullError(RelayProblemError):
    """The relay carries as many calls as it was told to."""

    code = "full"
    status = 503


class RelayDrainingError(RelayProblemError):
    """The relay finishes its calls and takes no new ones."""

    code = "draining"
    status = 503


class JoinRefused(RelayProblemError):  # noqa: N818 - the name other packages raise it by
    """Raised by the composer's ``before_join`` hook; becomes a 409 with its code."""

    status = 409

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
