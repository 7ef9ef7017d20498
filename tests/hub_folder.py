"""An invented folder as AI Hub hands one out: labels in zips and in plain files, in several encodings, with a licence beside them."""

import json
import zipfile
from pathlib import Path
from typing import Any

SET = Path("필수의료 의학지식 데이터", "3.개방데이터", "1.데이터")
TERMS = "본 데이터는 연구 목적으로만 쓸 수 있으며 재배포할 수 없습니다."
PARTS = ("심장", "콩팥", "허파", "쓸개", "지라", "이자", "방광", "식도", "큰창자", "갑상샘")


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def zipped(path: Path, files: dict[str, Any], encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(name, value if isinstance(value, bytes) else text_of(value).encode(encoding))
    return path


def saved(path: Path, value: Any, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text_of(value).encode(encoding))
    return path


def chosen(part: str, number: int) -> dict[str, Any]:
    choices = " \n".join(f"{place}) {part} 검사 {'가나다라마'[place - 1]}형" for place in range(1, 6))
    right = number % 5 + 1
    return {"qa_id": f"c{number}", "domain": 17, "q_type": 1, "question": f"{part}이 아픈 환자에게 먼저 할 검사는?\n{choices}",
            "answer": f"{right}) {part} 검사 {'가나다라마'[right - 1]}형"}  # fmt: skip


def opened(part: str, number: int) -> dict[str, Any]:
    return {"qa_id": f"o{number}", "domain": 16, "q_type": 3, "question": f"{part}에 피가 고이면 처음 나타나는 변화를 쓰시오.",
            "answer": f"{part} 둘레가 붓고 맥박이 빨라집니다."}  # fmt: skip


def document(part: str, number: int) -> dict[str, Any]:
    context = f"{part}은 몸 안에서 맡은 일이 따로 있는 기관이다. {part}의 무게는 {number + 100}그램이다."
    asked = {"question_id": f"{number}-1", "question": f"{part}의 무게는?", "is_impossible": False,
             "answers": {"text": f"{number + 100}그램", "answer_start": 0, "clue_text": part}}  # fmt: skip
    open_ = {"question_id": f"{number}-2", "question": f"{part}의 빛깔은?", "is_impossible": True, "answers": {"text": "", "answer_start": 0}}  # fmt: skip
    return {"doc_id": f"doc-{number}", "doc_title": part, "paragraphs": [{"context": context, "qas": [asked, open_]}]}


def problem(part: str, number: int) -> dict[str, Any]:
    return {"question_filename": f"P{number}", "id": f"p{number}", "question_info": [{"question_grade": "P3", "question_topic_name": "곱셈"}],
            "OCR_info": [{"question_text": f"{part} 그림이 한 장에 {number + 2}개씩 있습니다. 3장에는 몇 개 있나요?", "figure_text": ""}],
            "answer_info": [{"answer_text": f"{number + 2} × 3 = {3 * number + 6}이므로 {3 * number + 6}개"}]}  # fmt: skip


def talk(part: str, number: int) -> dict[str, Any]:
    said = [("의사", "어디가 불편하세요?"), ("환자", f"{part} 쪽이 {number + 1}일째 아파요."), ("의사", f"{part} 쪽에 열도 있나요?"), ("환자", "열은 없어요."),
            ("의사", "내일 병원에 오셔서 검사를 받으세요.")]  # fmt: skip
    return {"info": {"id": f"talk-{number}", "department": "내과"}, "dialogue": [{"speaker": who, "utterance": words} for who, words in said]}  # fmt: skip


def hub_folder(top: Path) -> Path:
    """72 items in ten files and three zips, one file of an unknown shape, one broken."""
    labels = "02.라벨링데이터"
    numbered = list(enumerate(PARTS))
    zipped(top / SET / "Training" / labels / "TL_내과.zip", {f"{n}.json": chosen(part, n) for n, part in numbered})
    marked = {f"{n}.json": "\ufeff" + text_of(opened(part, n)) for n, part in numbered[:7]}
    zipped(top / SET / "Training" / labels / "TL_응급의학과.zip", marked)
    validation = {f"{n}.json": opened(part, n) for n, part in numbered[7:]}
    zipped(top / SET / "Validation" / labels / "VL_응급의학과.zip", validation, "cp949")
    saved(top / "기계독해" / "Training" / "TL_span.json", {"Dataset": {"name": "지문", "license": "AI Hub 이용정책을 따릅니다."},
          "data": [document(part, n) for n, part in numbered]})  # fmt: skip
    for n, part in numbered:
        saved(top / "수학 문제" / "Training" / f"P{n}.json", problem(part, n))
        saved(top / "문진" / "Training" / f"talk-{n}.json", talk(part, n))
    saved(top / "문진" / "Training" / "unknown.json", {"bbox": [1, 2, 3], "memo": "비밀스러운 말"})
    saved(top / "문진" / "Training" / "broken.json", '{"a": ')
    saved(top / "이용약관.txt", TERMS)
    return top
