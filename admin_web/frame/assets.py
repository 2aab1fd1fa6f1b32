"""Scripts, styles, pictures: served from beside the pages they belong to.

The address mirrors the folders: `/static/talk/stage.js` is `admin_web/talk/stage.js`, so that
relative imports mean the same to a browser as to a type checker.
"""

from pathlib import Path
from typing import Final

from aiohttp import web

PREFIX: Final = "/static/"
ROOT: Final = Path(__file__).parent.parent
SERVED: Final = frozenset({".js", ".css", ".svg"})  # what else lies there is nobody's business


def address(name: str) -> str:
    """ "frame/ui.css" → its address; a missing file is a bug of the page, found at once."""
    if _file(name) is None:
        raise FileNotFoundError(f"There is no static file {name}.")
    return PREFIX + name


async def serve(request: web.Request) -> web.StreamResponse:
    """One file. 404 for what is not there, or not of a served kind."""
    found = _file(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    return web.FileResponse(found)


def _file(name: str) -> Path | None:
    if not name.isprintable():  # no file of ours; the file system refuses a null byte
        return None
    path = (ROOT / name).resolve()
    inside = path.is_relative_to(ROOT) and path.suffix in SERVED
    return path if inside and path.is_file() else None
