"""Files that other trainers read (Alpaca, ShareGPT, OpenAI messages; JSON, JSONL, Parquet, CSV), one record per talk. It judges no answer.

A record's text is every turn; its meta {turns, group, split, shape}. Tools and pictures are left out and counted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.sources.reader import ReadReport, Record
from engine.sources.rows_of import first_table_rows, table_rows
from engine.sources.talk_shapes import SHAPES, judged_in, shape_of, talk_in

TALK = "talk"
"""The kind of a record that is a talk as it is to be learned."""
TOLD = {
    "no_answer": "배울 답이 없는 대화 {0:,}개는 데이터셋에 들어가지 않습니다. / {0:,} talks hold no answer to learn and enter no dataset.",
    "tools": "도구 호출과 그 결과 {0:,}개는 읽지 않았습니다. 그 뒤의 답은 보여 주기만 하고 배우지 않습니다. / {0:,} calls and results of tools were left "
    "out; the answers behind them are shown, not learned.",
    "pictures": "그림이나 소리가 든 말 {0:,}개에서는 글만 읽었습니다. / Of {0:,} turns with pictures or sound only the words were read.",
    "disliked": "나쁘다고 매긴 답 {0:,}개는 그대로 배울 답이 아니라서 뺐습니다. 선호로 배우려면 --as preferences로 가져오세요. / {0:,} answers that were rated bad are no "
    "lessons and were left out; import them with --as preferences to learn from them.",
    "unweighted": "무게가 0인 답 {0:,}개는 보여 주기만 하고 배우지 않습니다. / {0:,} answers of weight 0 are shown, not learned.",
}  # fmt: skip
"""What is counted in a file, and how it is told."""


class TalkReader:
    """Rows of one of SHAPES."""

    def __init__(self, shape: str) -> None:
        self.kind = shape

    def recognises(self, path: Path, head: bytes) -> bool:
        rows = first_table_rows(path, head)
        return bool(rows) and all(shape_of(row) == self.kind for row in rows)

    def read(self, path: Path, report: ReadReport) -> Iterator[Record]:
        """Talks in file order. Raises UserError for a file in which no row has the shape."""
        counts: Counter[str] = Counter()
        for number, row, line in table_rows(path, report):
            record = self._record(row, counts) if row is not None else None
            if record is None:
                report.note_unparsed(number)
                record = Record(None, None, "other", line or f"{path.name}:{number}")
            yield record
        if not counts["talks"]:
            raise self._none_here(path)
        report.facts["talks"] = {name: counts[name] for name in TOLD if counts[name]}
        report.warnings += [TOLD[name].format(count) for name, count in report.facts["talks"].items()]

    def _record(self, row: Mapping[str, Any], counts: Counter[str]) -> Record | None:
        if shape_of(row) != self.kind:
            return None
        if (judged := judged_in(row)) is not None and not judged.liked:
            counts["disliked"] += 1  # a bad answer is nothing to learn by heart
            return None
        talk = talk_in(row, self.kind)
        counts["talks"] += 1
        counts["no_answer"] += not talk.answers
        counts["unweighted"] += sum(turn.get("weight") == 0 for turn in talk.turns)
        counts.update(talk.left)
        if not talk.text.strip():
            return None
        meta = {"turns": talk.turns, "group": talk.group, "split": talk.split}
        return Record(None, None, TALK, talk.text, meta)

    def _none_here(self, path: Path) -> UserError:
        wanted = {
            "openai": '{"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}',
            "sharegpt": '{"conversations": [{"from": "human", "value": …}, {"from": "gpt", "value": …}]}',
            "alpaca": '{"instruction": …, "input": …, "output": …}',
        }[self.kind]
        return UserError(
            f"'{path.name}'에 {self.kind} 모양의 행이 하나도 없습니다. 행마다 {wanted} 꼴이어야 합니다. --as를 빼면 모양을 알아냅니다({', '.join(SHAPES)}).",
            f"No row of '{path.name}' has the shape {self.kind}: each must be {wanted}. Leave --as out to have the shape guessed "
            f"({', '.join(SHAPES)}).",
        )
