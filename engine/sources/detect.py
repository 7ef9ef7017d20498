"""Which reader understands a file: by its content, never by its name. It knows no format."""

from collections.abc import Sequence
from pathlib import Path

from engine.errors import UserError
from engine.sources.aihub import AIHUB, AihubReader
from engine.sources.chunks import ChunksReader
from engine.sources.clauses import ClausesReader
from engine.sources.decoding import decode_head, unknown_encoding
from engine.sources.dialogues import DialogueReader
from engine.sources.kakao import KakaoReader
from engine.sources.mapped import MAPPED, mapped_reader
from engine.sources.mcqa import McqaReader
from engine.sources.options import DEFAULTS, ReadOptions
from engine.sources.parquet import PARQUET
from engine.sources.patent import PatentReader
from engine.sources.pdf import is_pdf
from engine.sources.preferences import PreferenceReader
from engine.sources.qa import QaReader
from engine.sources.reader import Reader
from engine.sources.relations import RelationsReader
from engine.sources.table import TableReader
from engine.sources.talks import TalkReader
from engine.sources.terms import TermsReader
from engine.store.clause_records import WRITTEN

READERS: tuple[Reader, ...] = (
    KakaoReader(),
    ChunksReader(),
    PatentReader(),
    PreferenceReader(),
    AihubReader(),
    McqaReader(),
    DialogueReader(),
    RelationsReader(),
    TermsReader(),
    QaReader(),
    TalkReader("openai"),
    TalkReader("sharegpt"),
    TalkReader("alpaca"),
    ClausesReader(),
    TableReader(),
)
"""Asked in this order; the table reader, which takes any table, comes last."""

HEAD = 64 * 1024
"""Bytes a reader is shown."""
_BINARY = (
    b"PK\x03\x04",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"SQLite format 3",
    b"\xd0\xcf\x11\xe0",
)


def choose_reader(
    path: Path, kind: str | None = None, kinds: Sequence[str] = (), options: ReadOptions = DEFAULTS
) -> Reader:
    """The reader of that kind, else the first that recognises the file, those of `kinds` asked first.

    Raises UserError for a missing, unreadable, empty, binary or foreign file, a folder, an unknown kind.
    """
    refuse_unknown_kind(kind)
    head = read_head(path)
    _refuse_wordless(path, head, bool(set(kinds) & set(WRITTEN)) and kind != "kakao")
    asked = sorted(READERS, key=lambda reader: reader.kind not in kinds)
    chosen = (reader for reader in asked if (reader.kind == kind if kind else reader.recognises(path, head)))
    if reader := next(chosen, None):
        return _with_options(reader, options)
    if b"\0" in head and not kind:
        raise _binary(path)
    if not kind and AIHUB in kinds:
        raise no_items(path.name)
    if not kind and set(kinds) & set(WRITTEN):
        raise _no_clauses(path)
    kinds = ", ".join(reader.kind for reader in READERS)
    raise UserError(
        f"'{path.name}' 파일이 아는 형식({kinds})이 아닙니다. 카카오톡에서 '대화 내보내기'로 받은 txt·csv 파일이나 표(CSV, JSONL, "
        "JSON 배열)를 그대로 주거나, 종류를 안다면 --as로 알려 주세요.",
        f"'{path.name}' has none of the known forms ({kinds}). Give a txt or csv file as KakaoTalk exported it, or a table (CSV, "
        "JSONL, JSON array); if you know the kind, name it with --as.",
    )


def refuse_unknown_kind(kind: str | None) -> None:
    """Raise UserError for a kind that no reader reads; None is a kind to be guessed."""
    known = [reader.kind for reader in READERS]
    if kind is not None and kind not in known:
        raise UserError(
            f"'{kind}'(이)라는 종류는 없습니다. --as에 {', '.join(known)} 중 하나를 쓰거나 --as를 빼 주세요.",
            f"There is no kind '{kind}'. Give --as one of {', '.join(known)}, or leave it out.",
        )


def _with_options(reader: Reader, options: ReadOptions) -> Reader:
    if reader.kind in MAPPED:
        return mapped_reader(reader.kind, options.mapping)
    if reader.kind == "clauses":
        return ClausesReader(options.longest, options.count)
    return reader


def no_items(name: str) -> UserError:
    """Nothing of medicine in a file, a folder or an archive."""
    return UserError(
        f"'{name}'에서 문진, 지문, 문제, 질문·답변을 찾지 못했습니다. AI Hub의 라벨링데이터(TL, VL)가 든 폴더나 zip, 문제와 보기와 정답이 있는 표(CSV, JSONL, Parquet)를 "
        "주세요. 종류를 안다면 --as aihub, mcqa, qa 가운데 하나로, 표의 열은 --map question=열,choices=열1+열2,answer=열 로 알려 주세요. 아는 모양은 docs/aihub.md에 "
        "있습니다.",
        f"No interview, passage or question was found in '{name}'. Give a folder or zip with the label data of AI Hub (TL, VL), or a table "
        "with question, choices and answer (CSV, JSONL, Parquet). If you know the kind, name it with --as aihub, mcqa or qa, and a "
        "table's columns with --map question=COLUMN,choices=A+B,answer=COLUMN. docs/aihub.md lists the shapes.",
    )


def _no_clauses(path: Path) -> UserError:
    return UserError(
        f"'{path.name}'에서 조항이나 질문·답변을 찾지 못했습니다. chunked_data.jsonl, 조(제1조 …)가 있는 약관 글이나 PDF, 질문과 답변이 있는 표를 "
        "주세요. 종류를 안다면 --as chunks, clauses, qa 가운데 하나로, 표의 열은 --map question=열,answer=열 로 알려 주세요.",
        f"No clauses and no questions with answers were found in '{path.name}'. Give chunked_data.jsonl, a policy as text or PDF "
        "with its articles (제1조 …), or a table of questions and answers. If you know the kind, name it with --as chunks, clauses "
        "or qa, and a table's columns with --map question=COLUMN,answer=COLUMN.",
    )


def is_read_as_bytes(head: bytes) -> bool:
    """Whether these are the first bytes of a file that a reader reads though it is no text."""
    return is_pdf(head) or head.startswith(PARQUET)


def read_head(path: Path) -> bytes:
    """The first bytes of a file. Raises UserError when there is none of that name, or it is a folder or not to be opened."""
    if path.is_dir():
        raise UserError(
            f"'{path}'은(는) 폴더라서 읽을 수 없습니다. 폴더 안의 대화 파일(.txt 또는 .csv)을 골라 주세요. 여러 개여도 됩니다.",
            f"'{path}' is a folder, which cannot be read. Name the chat files in it (.txt or .csv); several are fine.",
        )
    if path.exists() and not path.is_file():
        raise UserError(  # a pipe would never end
            f"'{path}'은(는) 보통 파일이 아닙니다(장치나 파이프). 내보내기 파일을 주세요.",
            f"'{path}' is no ordinary file but a device or a pipe. Give the exported file.",
        )
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except FileNotFoundError as error:
        raise UserError(
            f"'{path}' 파일이 없습니다. 경로와 파일 이름을 확인해 주세요.",
            f"There is no file '{path}'. Check the folder and the name.",
        ) from error
    except OSError as error:
        raise UserError(
            f"'{path}' 파일을 열 수 없습니다({error.strerror}). 읽기 권한이 있는지, 다른 프로그램이 쓰고 있지 않은지 확인해 주세요.",
            f"'{path}' cannot be opened ({error.strerror}). Check that you may read it and that no other program holds it.",
        ) from error


def _refuse_wordless(path: Path, head: bytes, written: bool) -> None:
    """written: a policy is wanted, no chat."""
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise UserError(
            f"'{path.name}' 파일이 비어 있습니다. {'파일을 다시 받은' if written else '대화방에서 다시 내보낸'} 뒤 파일 크기를 확인해 주세요.",
            f"'{path.name}' is empty. {'Fetch' if written else 'Export'} it again and check its size.",
        )
    if is_read_as_bytes(head) or (decode_head(head) is not None and not head.startswith(_BINARY)):
        return
    if b"\0" not in head and not head.startswith(_BINARY):
        raise unknown_encoding(path)
    raise _document(path) if written else _binary(path)


def _document(path: Path) -> UserError:
    return UserError(
        f"'{path.name}' 파일은 글(txt, md)도, PDF도, 표(CSV, JSON, JSONL, Parquet)도 아닙니다(한글·워드 문서, 사진 등). 한글이나 워드에서 PDF나 txt로 "
        "저장해 주세요.",
        f"'{path.name}' is neither text (txt, md) nor PDF nor a table (CSV, JSON, JSONL, Parquet) but a word processor's file, a "
        "picture or the like. Save it as PDF or txt.",
    )


def _binary(path: Path) -> UserError:
    return UserError(
        f"'{path.name}' 파일은 글로 된 대화가 아닙니다(사진, 문서, zip이 아닌 압축 파일 등). 카카오톡에서 '텍스트만'으로 내보낸 파일을 주세요. 압축 파일이라면 푼 뒤에 그 폴더를 주세요.",
        f"'{path.name}' is no chat in text (but a picture, a document, an archive that is no zip …). Export it from "
        "KakaoTalk as text only. If it is an archive, unpack it and give the folder.",
    )
