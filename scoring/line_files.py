"""Files of lines, packed or not, and files that are whole or not there."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from ..errors import ResponseError
from ..models.run_folder import RunFolder

_CHUNK_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"
_PARQUET = b"PAR1"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ZSTD_SUFFIXES = frozenset({".zst", ".zstd"})


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by its first bytes.

    Raises:
        ResponseError: It isn't there, or can't be read.
    """
    with opened(path) as file:
        return file.read(len(_PARQUET)) == _PARQUET


def chunks(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """The lines of a file, about a megabyte at a time, each chunk with the number of its first line, from 1.

    `gzip` and `zstd` are told by the first bytes, whatever the file's name. A byte order mark is left out.

    Raises:
        ResponseError: The file isn't there, can't be read, or is cut in the middle of a packed block.
    """
    number = 1
    with opened(path) as file:
        while lines := file.readlines(_CHUNK_BYTES):
            if number == 1:
                lines[0] = lines[0].removeprefix(_BOM)
            yield number, lines
            number += len(lines)


@contextmanager
def opened(path: Path) -> Generator[IO[bytes]]:
    """A file's bytes, unpacked.

    Raises:
        ResponseError: It isn't there, can't be read, or is damaged.
    """
    import pyarrow as pa

    try:
        with path.open("rb", buffering=_CHUNK_BYTES) as raw:
            magic = raw.read(len(_ZSTD))
            raw.seek(0)
            if magic.startswith(_GZIP):
                with gzip.open(raw) as file:
                    yield cast("IO[bytes]", file)
            elif magic == _ZSTD:
                with pa.CompressedInputStream(raw, "zstd") as stream:
                    yield io.BufferedReader(cast("Any", stream), _CHUNK_BYTES)
            else:
                yield raw
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ResponseError(f"{path}: damaged ({error}); copy or fetch it again") from error
    except OSError as error:
        raise ResponseError(f"{path}: can't be read ({error.strerror or error}); check the path") from error


def write_whole(path: Path, lines: Iterable[bytes]) -> None:
    """Write a file whole or not at all; packed if its name ends with `.gz`, `.zst` or `.zstd`.

    Raises:
        StorageError: The disk is full, or the folder can't be written.
    """
    RunFolder[Any](path.parent).write_lines(path.name, _packed(path.suffix.lower(), lines))


def _packed(suffix: str, lines: Iterable[bytes]) -> Iterable[bytes]:
    if suffix == ".gz":
        return [gzip.compress(b"".join(lines), mtime=0)]
    if suffix in _ZSTD_SUFFIXES:
        import pyarrow as pa

        # With its size, so that any reader of zstd knows how much to expect.
        return [pa.Codec("zstd").compress(b"".join(lines), asbytes=True)]
    return lines
