"""Errors of pages as pages: in words, in the site's frame, with a way on.

The API, the sockets and static files keep their own answers.
"""

import aiohttp_jinja2
import structlog
from aiohttp import web
from redis.exceptions import RedisError

from admin_web.frame import templating
from admin_web.frame.language import gettext as _
from admin_web.frame.security import Handler
from signaling.kernel.problems import ProblemError, store_away

_log = structlog.get_logger(__name__)
_NOT_PAGES = ("/api", "/ws", "/static/", "/metrics", "/health")


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers a failed page with a page."""
    if request.path.startswith(_NOT_PAGES):
        return await handler(request)
    retry_after_s = None
    try:
        return await handler(request)
    except ProblemError as problem:
        status, detail, retry_after_s = problem.status, problem.detail, problem.retry_after_s
    except RedisError as error:
        _log.error("store_failed", path=request.path, error=repr(error))
        away = store_away()
        status, detail, retry_after_s = away.status, "", away.retry_after_s
    except web.HTTPException as refusal:
        if refusal.status < 400:
            raise
        status, detail = refusal.status, ""
    except Exception:
        # The person gets words; the operator gets the traceback in the log.
        _log.exception("page_failed", method=request.method, path=request.path)
        status, detail = 500, ""
    title, text = _words(status)
    # Where the failure came before the page's own context was made, it is made here.
    if aiohttp_jinja2.REQUEST_CONTEXT_KEY not in request:
        request[aiohttp_jinja2.REQUEST_CONTEXT_KEY] = await templating.page_context(request)
    page = aiohttp_jinja2.render_template(
        "frame/error.html", request, {"title": title, "text": detail or text}, status=status
    )
    if retry_after_s is not None:
        page.headers["Retry-After"] = str(retry_after_s)
    return page


def _words(status: int) -> tuple[str, str]:
    texts = {
        403: (
            _("Not for this account"),
            _("You are signed in, but this page is not yours to see."),
        ),
        404: (
            _("This page does not exist"),
            _("The link may be old or mistyped, or the service was taken down."),
        ),
        503: (
            _("Too much at once"),
            _("The site is very busy just now. Try again in a few seconds."),
        ),
        405: (_("That does not work here"), _("Go back and use the button on the page.")),
    }
    generic = (
        _("Something went wrong"),
        _("It is noted on our side. Try again in a moment."),
    )
    return texts.get(status, generic)
