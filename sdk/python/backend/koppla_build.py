"""Builds the package with Python's standard library only (PEP 517).

setuptools would have to be downloaded into pip's build environment; a package of plain modules needs no more than this.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Optional

ROOT = Path(__file__).resolve().parent.parent
#: The same bytes from the same files: archives bear no times.
EPOCH = (1980, 1, 1, 0, 0, 0)


def _project(key: str) -> str:
    """A text of the table `project` (a reader of TOML is part of Python only since 3.11)."""
    table = (ROOT / "pyproject.toml").read_text("utf-8").split("[project]", 1)[1]
    found = re.search(rf'^{re.escape(key)} = "([^"]*)"$', table, re.MULTILINE)
    if not found:
        raise ValueError(f"pyproject.toml has no project.{key}")
    return found.group(1)


def _metadata() -> str:
    heads = {
        "Metadata-Version": "2.1",
        "Name": _project("name"),
        "Version": _project("version"),
        "Summary": _project("description"),
        "License": _project("license"),
        "Requires-Python": _project("requires-python"),
        "Description-Content-Type": "text/markdown",
    }
    text = "".join(f"{name}: {value}\n" for name, value in heads.items())
    return text + "\n" + (ROOT / _project("readme")).read_text("utf-8")


def _modules() -> dict[str, bytes]:
    source = ROOT / "src"
    files = sorted(path for path in source.rglob("*") if path.is_file() and path.suffix in (".py", ".typed"))
    return {path.relative_to(source).as_posix(): path.read_bytes() for path in files}


def build_wheel(directory: str, settings: Any = None, metadata: Optional[str] = None) -> str:
    """@return the name of the file that was made in `directory`"""
    name = f"{_project('name')}-{_project('version')}"
    files = _modules()
    files[f"{name}.dist-info/METADATA"] = _metadata().encode()
    files[f"{name}.dist-info/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: koppla_build\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = "".join(f"{path},{_digest(data)},{len(data)}\n" for path, data in files.items())
    files[f"{name}.dist-info/RECORD"] = f"{record}{name}.dist-info/RECORD,,\n".encode()
    wheel = f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(Path(directory) / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return wheel


def build_sdist(directory: str, settings: Any = None) -> str:
    """@return the name of the file that was made in `directory`"""
    name = f"{_project('name')}-{_project('version')}"
    files = {f"src/{path}": data for path, data in _modules().items()}
    for path in ("pyproject.toml", "README.md", "backend/koppla_build.py"):
        files[path] = (ROOT / path).read_bytes()
    files["PKG-INFO"] = _metadata().encode()
    with tarfile.open(Path(directory) / f"{name}.tar.gz", "w:gz") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return f"{name}.tar.gz"


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
