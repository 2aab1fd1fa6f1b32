"""docs/settings.md, written from the settings class: `python -m tipmeet.settings_page`."""

from __future__ import annotations

from pydantic_core import PydanticUndefined

from tipmeet.settings import Settings

HEAD = """# Settings

Every setting has a default; `make run` needs none. A value comes from, in rising precedence, the
environment (`TIPMEET_` and the name in capitals), a TOML file (`tipmeet.toml` in the working
folder, or the one `TIPMEET_CONFIG` names), a command-line flag. Unknown names and values that
cannot work are refused at start, in words. Waiting times, threshold, commission, probe limit and
minimum minutes are what a new installation begins with: the operator changes them in the admin
panel.

| name | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """The page as Markdown."""
    rows = []
    for name, info in Settings.model_fields.items():
        default = "one per core" if info.default is PydanticUndefined else info.default
        shown = "–" if default in (None, ()) else f"`{default}`"
        rows.append(f"| `{name}` | {shown} | {info.description} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    print(settings_page(), end="")
