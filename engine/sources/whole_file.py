"""A file for the owner: whole or absent. It knows nothing of what is written into it."""

import os
from pathlib import Path
from typing import IO, Any, BinaryIO, TextIO, cast

from engine.errors import UserError


class _Whole:
    """A file that appears only when it was written to its end; missing folders above it are made.

    Raises UserError when the target is no place for a file.
    """

    file: IO[Any]

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, part: Path) -> IO[Any]:
        """The file beside the target, to be written."""
        raise NotImplementedError

    def begin(self) -> None:
        """Make room for the file."""
        try:
            if self.path.exists() and not self.path.is_file():
                raise UserError(
                    f"{self.path}은(는) 파일이 아니라서 쓸 수 없습니다. 폴더라면 그 안의 파일 이름까지 쓰세요.",
                    f"{self.path} is no file, so it cannot be written. If it is a folder, name a file inside it.",
                )
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
            self.file = self.open(self.part)
        except OSError as error:
            raise self._refused(error) from error

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self.file.close()
            if kind is None:
                os.replace(self.part, self.path)
        except OSError as error:
            raise self._refused(error) from error
        finally:
            self.part.unlink(missing_ok=True)

    def _refused(self, error: OSError) -> UserError:
        return UserError(
            f"{self.path}에 쓸 수 없습니다({error.strerror}). 경로가 맞는지, 쓰기 권한과 남은 공간이 있는지 확인하세요.",
            f"{self.path} cannot be written ({error.strerror}). Check the path, write permission and free space.",
        )


class whole_file(_Whole):
    """A UTF-8 text file.

    A lone surrogate, which UTF-8 cannot hold, is written as \\uXXXX: inside JSON that is the same character.
    """

    def open(self, part: Path) -> TextIO:
        return part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")

    def __enter__(self) -> TextIO:
        self.begin()
        return cast(TextIO, self.file)


class whole_bytes(_Whole):
    """A file of bytes."""

    def open(self, part: Path) -> BinaryIO:
        return part.open("wb")

    def __enter__(self) -> BinaryIO:
        self.begin()
        return cast(BinaryIO, self.file)
