"""A dataset as files that other trainers open: one file, or a folder with a file a split and what the trainers ask for beside it."""

import io
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from engine.config import require_new_folder
from engine.curate.exchange import Form, Line, is_raw, line_of
from engine.errors import UserError
from engine.privacy.gate import require_clean_dataset
from engine.sources.talk_shapes import OWN
from engine.sources.whole_file import whole_bytes, whole_file
from engine.store.datasets import get_dataset, read_split
from engine.store.sources import licences_of

if TYPE_CHECKING:
    import pyarrow

BATCH = 1_000
"""Rows of a Parquet batch."""
TOLD = {
    "no_place": "차례가 번갈아 나오지 않는 {0:,}행은 alpaca에 담을 수 없어 뺐습니다. --as openai나 sharegpt는 담습니다. / {0:,} rows whose turns do not alternate "
    "have no place in alpaca and were left out; --as openai and sharegpt hold them.",
    "raw": "{0:,}행은 채팅 틀 없이 그대로 배우는 글입니다. 다른 프로그램에서는 그 글을 채팅 틀로 다시 감싸지 마세요. / {0:,} rows are learned verbatim, without a "
    "chat template: do not let another program wrap them in one.",
    "history": "앞선 답이 든 {0:,}행에서는 마지막 답만 배웁니다. LLaMA-Factory에는 mask_history: true를 주세요. / In {0:,} rows only the last of several "
    "answers is learned; give LLaMA-Factory mask_history: true.",
}  # fmt: skip


@dataclass(slots=True)
class Written:
    """What was written."""

    files: list[Path] = field(default_factory=list)
    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def warnings(self) -> list[str]:
        """What the owner should know of the files."""
        return [words.format(self.counts[name]) for name, words in TOLD.items() if self.counts[name]]


def write_dataset(db: Database, dataset: Mapping[str, Any], form: Form, out: Path, splits: Sequence[str]) -> Written:
    """Write the rows of some splits: into one file where `out` has a suffix, else a file each into the folder `out`.

    Raises UserError for a folder with something in it, a suffix that is not the form's, and where no row can be written.
    """
    written = Written()
    if out.suffix:
        _require_suffix(out, form)
        _write(_lines(db, dataset, form, splits, written), form, out, written)
    else:
        require_new_folder(out)
        for split in splits:
            lines = _lines(db, dataset, form, [split], written)
            if (first := next(lines, None)) is not None:
                _write(_behind(first, lines), form, out / f"{split}{_suffix(form)}", written)
    if not written.rows:
        raise _nothing(dataset["id"], form, written)
    if not out.suffix and form != "parquet":
        written.files.append(_llama_factory(out, form, dataset, written))
    return written


def _behind(first: Line, lines: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from lines


def _lines(
    db: Database, dataset: Mapping[str, Any], form: Form, splits: Sequence[str], written: Written
) -> Iterator[Line]:
    for split in splits:
        for row in read_split(db, dataset["id"], split):
            line = line_of(row, form)
            written.counts["no_place"] += line is None
            if line is not None:
                written.rows += 1
                written.counts["raw"] += is_raw(row)
                written.counts["history"] += any(one["role"] == "assistant" for one in row["messages"])
                yield line


def _write(lines: Iterator[Line], form: Form, out: Path, written: Written) -> None:
    if form == "parquet":
        _write_parquet(lines, out)
    else:
        with whole_file(out) as file:
            if out.suffix == ".json":
                _write_array(lines, file.write)
            else:
                file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    written.files.append(out)


def _write_array(lines: Iterator[Line], write: Any) -> None:
    lead = "["
    for line in lines:
        write(f"{lead}\n{json.dumps(line, ensure_ascii=False)}")
        lead = ","
    write("\n]\n" if lead == "," else "[]\n")


def _write_parquet(lines: Iterator[Line], out: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    first = next(lines, None)
    if first is None:
        return
    lines, schema = _behind(first, lines), _schema(first)
    with whole_bytes(out) as file, pyarrow.parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(lines, BATCH)):
            writer.write_table(pyarrow.Table.from_pylist(batch, schema=schema))


def _schema(line: Line) -> "pyarrow.Schema":
    """Written out, since a batch without one answer in a prompt would be another schema."""
    import pyarrow as pa

    message = pa.struct([("role", pa.string()), ("content", pa.string()), ("weight", pa.int8())])
    own = pa.struct([("group", pa.string()), ("raw", pa.bool_()), ("cuts", pa.list_(pa.list_(pa.int64())))])
    kinds: dict[str, pa.DataType] = {"split": pa.string(), "label": pa.bool_(), OWN: own}
    return pa.schema([(name, kinds.get(name, pa.list_(message))) for name in line])


def _llama_factory(folder: Path, form: Form, dataset: Mapping[str, Any], written: Written) -> Path:
    """`dataset_info.json`, which LLaMA-Factory finds the columns by (its data/README.md)."""
    judged = "kto_tag" if dataset["style"] == "ratings" else "pairs" if dataset["style"] == "pairs" else ""
    about = {
        path.stem: {"file_name": path.name, **_columns(form, judged)}
        for path in written.files
        if path.suffix == ".jsonl"
    }
    made = folder / "dataset_info.json"
    with whole_file(made) as file:
        json.dump(about, file, ensure_ascii=False, indent=2)
    return made


def _columns(form: Form, judged: str) -> dict[str, Any]:
    talk = "prompt" if judged and form == "openai" else "messages" if form == "openai" else "conversations"
    columns = {"messages": talk}
    if form == "alpaca":
        columns = {"prompt": "instruction", "query": "input", "system": "system", "history": "history"}
        columns |= {} if judged == "pairs" else {"response": "output"}
    if judged == "pairs":
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    elif judged:
        columns["kto_tag"] = "label" if form == "openai" else "kto_tag"
    told: dict[str, Any] = {"columns": columns, **({"ranking": True} if judged == "pairs" else {})}
    if form != "alpaca":
        told["formatting"] = "sharegpt"
    if form == "openai":
        tags = {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        }
        told["tags"] = tags
    return told


def _suffix(form: Form) -> str:
    return ".parquet" if form == "parquet" else ".jsonl"


def _require_suffix(out: Path, form: Form) -> None:
    able = (".parquet",) if form == "parquet" else (".jsonl", ".json")
    if out.suffix not in able:
        raise UserError(
            f"'{out.name}'은(는) --as {form}에 맞지 않는 이름입니다. {' 또는 '.join(able)}로 끝나는 파일이나, 끝이 없는 폴더 이름을 --out에 주세요.",
            f"'{out.name}' does not fit --as {form}. Give --out a file that ends in {' or '.join(able)}, or the name of a folder.",
        )


def _nothing(dataset_id: str, form: Form, written: Written) -> UserError:
    lost = written.counts["no_place"]
    return UserError(
        f"데이터셋 {dataset_id}에서 {form}(으)로 쓸 수 있는 행이 없습니다(차례가 맞지 않는 행 {lost:,}개). 다른 --split이나 --as openai를 써 보세요.",
        f"Dataset {dataset_id} holds no row that can be written as {form} ({lost:,} whose turns do not alternate). Try another --split, "
        "or --as openai.",
    )


def packed_dataset(
    db: Database, dataset_id: str, form: Form, splits: Sequence[str], allowed: str | None
) -> tuple[bytes, Written]:
    """A zip of what `write_dataset` writes into a folder, and what was written; licences of the sources lie in it as LICENSE.txt.

    allowed: the owner's reason to let personal data that seems to be left pass, recorded. Raises UserError for such data without a
    reason, and as `write_dataset` does.
    """
    dataset = get_dataset(db, dataset_id)
    require_clean_dataset(db, dataset, "export", allowed)
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="malmoi-rows-") as top:
        written = write_dataset(db, dataset, form, Path(top, "rows"), splits)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in written.files:
                archive.write(path, path.name)
            if licences := licences_of(db, dataset["sources"]):
                archive.writestr("LICENSE.txt", "\n".join(f"{source}: {note}" for source, note in licences.items()))
    return packed.getvalue(), written
