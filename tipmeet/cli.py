"""The command line: parse, load the settings, run one command, say what went wrong in words.

Exit codes: 0 done, 1 the command's own answer is no (an unclean audit, a wrong charge), 2 it could
not run (settings, ports, store).
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import redis.exceptions
import uvloop

from mediasrv.native.compile import CompileError, build
from mediasrv.native.compiled import folder, found
from metering.archive.archive import audit_with_archive
from metering.audit.audit import audit
from metering.errors import MeteringError
from metering.money import AmountError, format_amount, parse_amount
from signaling.kernel.problems import ProblemError
from tipmeet.demo.call import Demo, to_json
from tipmeet.demo.visitor import VisitorError
from tipmeet.logs import configure_logs
from tipmeet.processes.relay import run_relay
from tipmeet.processes.store import StoreError, store_url
from tipmeet.processes.supervisor import StartError
from tipmeet.processes.web import open_site, run_web
from tipmeet.serve import run_serve
from tipmeet.settings import Settings, SettingsError, load

EXIT_NO = 1
EXIT_CANNOT = 2
CANNOT = (
    AmountError,
    MeteringError,
    ProblemError,
    SettingsError,
    StartError,
    StoreError,
    VisitorError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return EXIT_CANNOT
    except CANNOT as error:
        print(f"tipmeet: {error}", file=sys.stderr)
        return EXIT_CANNOT
    except redis.exceptions.RedisError as error:
        print(f"tipmeet: the store does not answer: {error}", file=sys.stderr)
        return EXIT_CANNOT


def parser() -> argparse.ArgumentParser:
    """All commands with their flags."""
    top = argparse.ArgumentParser(
        prog="tipmeet",
        description="Paid consultations by video and audio in the browser.",
        epilog="Every setting can also come from a TIPMEET_* variable or tipmeet.toml "
        "(docs/settings.md lists them).",
    )
    commands = top.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    serve = add("serve", _serve, "Run everything on this machine until Ctrl-C.")
    _common(serve)
    serve.add_argument("--web-port", type=int, metavar="PORT")
    serve.add_argument("--relays", type=int, metavar="N", help="relay processes (one per core)")
    web = add("web", _web, "Run one web process against a running store.")
    _common(web)
    web.add_argument("--web-port", type=int, metavar="PORT")
    relay = add("relay", _relay, "Run one relay against a running store.")
    _common(relay)
    relay.add_argument("--index", type=int, default=0, help="added to the ports (default 0)")

    demo = add("demo", _demo, "Make one paid call without a browser and check the money.")
    demo.add_argument("--seconds", type=int, default=12, help="proven seconds to talk (12)")
    demo.add_argument("--free", type=int, default=5, help="free threshold in seconds (5)")
    demo.add_argument("--price", default="0.30", help="price per minute (0.30)")
    demo.add_argument("--json", action="store_true", help="print one JSON object only")

    check = add("audit", _audit, "Check every invariant of the books on the live store.")
    _common(check)
    check.add_argument(
        "--archive", action="store_true", help="check the archived entries in the data folder too"
    )
    check.add_argument("--json", action="store_true", help="print one JSON object")

    user = add("user", _user, "Create an account (operators are made only here).")
    _common(user)
    user.add_argument("email")
    user.add_argument("--role", choices=("client", "provider", "operator"), default="client")
    user.add_argument("--name", help="shown to others (default: the part before the @)")
    user.add_argument("--password", help="asked for when not given")

    voucher = add("voucher", _voucher, "Create voucher codes; they are shown only once.")
    _common(voucher)
    voucher.add_argument("amount", help='worth of each, e.g. "10.00"')
    voucher.add_argument("--count", type=int, default=1)
    voucher.add_argument("--note", default="")
    voucher.add_argument("--json", action="store_true", help="print one JSON object")

    add("compile", _compile, "Make native code of the relay's packet path (once a version).")
    add("version", _version, "Print the version.")
    return top


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--redis", dest="redis_url", metavar="URL", help="use this store")
    command.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="folder of the embedded store"
    )
    command.add_argument("--log-level", choices=("debug", "info", "warning", "error"))


def _settings(options: argparse.Namespace, process: str) -> Settings:
    flags = ("redis_url", "data_dir", "log_level", "web_port", "relays")
    settings = load(**{name: getattr(options, name, None) for name in flags})
    configure_logs(settings.log_level, process)
    return settings


def _serve(options: argparse.Namespace) -> int:
    uvloop.run(run_serve(_settings(options, "serve")))
    return 0


def _web(options: argparse.Namespace) -> int:
    uvloop.run(run_web(_settings(options, "web")))
    return 0


def _relay(options: argparse.Namespace) -> int:
    uvloop.run(run_relay(_settings(options, f"relay {options.index}"), options.index))
    return 0


def _demo(options: argparse.Namespace) -> int:
    configure_logs("error", "demo")
    parse_amount(options.price)  # said before anything is started
    demo = Demo(seconds=options.seconds, free=options.free, price=options.price, quiet=options.json)
    result = uvloop.run(demo.run())
    if options.json:
        print(to_json(result))
    return 0 if result.ok else EXIT_NO


def _audit(options: argparse.Namespace) -> int:
    settings = _settings(options, "audit")

    async def run() -> int:
        with store_url(settings) as url:
            async with open_site(settings, url) as site:
                if options.archive:
                    report = await audit_with_archive(site.books.partitions, settings.archive_dir)
                else:
                    report = await audit(site.books.partitions)
        if options.json:
            print(
                json.dumps(
                    {"ok": report.ok, "problems": report.problems, "checked": report.checked}
                )
            )
        else:
            checked = ", ".join(f"{count} {name}" for name, count in report.checked.items())
            print(f"The books are {'clean' if report.ok else 'NOT clean'} ({checked}).")
            for problem in report.problems:
                print(f"  {problem}")
        return 0 if report.ok else EXIT_NO

    return uvloop.run(run())


def _user(options: argparse.Namespace) -> int:
    settings = _settings(options, "user")
    password = options.password or getpass.getpass("Password: ")
    name = options.name or options.email.split("@")[0]

    async def run() -> None:
        with store_url(settings) as url:
            async with open_site(settings, url) as site:
                await site.accounts.create_user(options.email, password, name, options.role)

    uvloop.run(run())
    print(f"Created {options.role} {options.email}.")
    return 0


def _voucher(options: argparse.Namespace) -> int:
    settings = _settings(options, "voucher")
    amount = parse_amount(options.amount)

    async def run() -> list[str]:
        with store_url(settings) as url:
            async with open_site(settings, url) as site:
                return await site.books.vouchers.create(
                    amount,
                    options.count,
                    expires_at_ms=None,
                    note=options.note,
                    created_by="command line",
                    now_ms=site.clock(),
                )

    codes = uvloop.run(run())
    if options.json:
        print(json.dumps({"amount_micros": amount, "codes": codes}))
    else:
        print(
            f"{len(codes)} voucher(s) of {format_amount(amount)} {settings.currency}, shown once:"
        )
        for code in codes:
            print(f"  {code}")
    return 0


def _compile(_options: argparse.Namespace) -> int:
    if folder() is not None and found() is None:
        print("Compiling the relay's packet path; once, and it takes a minute ...", flush=True)
    try:
        made = build()
    except CompileError as error:
        print(f"tipmeet: the relay will run interpreted: {error}", file=sys.stderr)
        return EXIT_CANNOT
    print(f"The relay's packet path is compiled: {made}")
    return 0


def _version(_options: argparse.Namespace) -> int:
    print(version("tipmeet"))
    return 0
