"""Writes the sample policy from topics.txt and own_topics.txt: clauses and question-answer pairs of two invented products.

Run as:  python starter/data/policy/make_sample.py
The same words give the same files. It knows nothing of the engine; tokens are counted with the starter's tokenizer.
"""

import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261126
COMPANY = "다온손해보험"
PRODUCTS = {"A": "온새미 건강보험", "B": "푸른길 운전자보험"}
PREFIXES = {"A": "onsaemi", "B": "pureungil"}
REFUSAL = "약관에 해당 내용이 없습니다."
TYPES = {"f": "fact", "s": "scenario", "e": "easy"}
NAMED = (
    "{p}에서 {q}", "{p} 가입자인데 {q}", "{p}은 {q}", "{p}인데요, {q}", "{p} 약관을 보면 {q}", "{q} {p}입니다.", "{p}에 들어 있어요. {q}", "{p} 기준으로 {q}",
    "{q} ({p})", "{p} 질문이요. {q}",
)  # fmt: skip
"""How people say which product they mean. Every question about what both products hold needs it."""


@dataclass
class Topic:
    """A subject: the clause of each product that holds it, its values there, questions with answers."""

    chapter: str
    title: str
    clauses: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=lambda: {"A": {}, "B": {}})
    questions: list[tuple[str, str, str]] = field(default_factory=list)
    """(type letter or u, question, answer); u: nothing in either product answers."""


@dataclass
class Clause:
    """One clause as a retriever finds it."""

    chunk_id: str
    product: str
    topic: Topic
    place: str
    """제5조 or 별표 1."""

    @property
    def breadcrumbs(self) -> str:
        return " > ".join([PRODUCTS[self.product], self.topic.chapter, self.heading])

    @property
    def heading(self) -> str:
        return f"{self.place}({self.topic.title})"

    @property
    def text(self) -> str:
        return f"[{PRODUCTS[self.product]} > {self.heading}]\n{self.topic.clauses[self.product]}"


def read_topics(path: Path) -> list[Topic]:
    """The topics of a file, in order."""
    topics: list[Topic] = []
    chapter = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "##":
            chapter = rest
        elif mark == "==":
            topics.append(Topic(chapter, rest))
        elif mark in PRODUCTS:
            topics[-1].clauses[mark] = rest
        elif mark.isdigit():
            for product, value in zip(PRODUCTS, rest.split(" | "), strict=True):
                topics[-1].values[product][mark] = value
        elif mark in TYPES or mark == "u":
            question, _, answer = rest.partition(" => ")
            topics[-1].questions.append((mark, question, answer))
    return topics


def number_clauses(topics: list[Topic]) -> list[Clause]:
    """Articles counted through each product; an appendix (별표 n …) keeps its own number."""
    clauses = []
    for product, prefix in PREFIXES.items():
        article = 0
        for at, topic in enumerate((topic for topic in topics if product in topic.clauses), 1):
            appendix = re.fullmatch(r"(별표 \d+) (.+)", topic.title)
            article += appendix is None
            if appendix:
                topic = Topic("별표", appendix[2], topic.clauses, topic.values, topic.questions)
            place = appendix[1] if appendix else f"제{article}조"
            clauses.append(Clause(f"{prefix}-{at:03}", product, topic, place))
    return clauses


def fill(text: str, values: dict[str, str]) -> str:
    """{1} and {1/을를} replaced by the product's value and its particle."""
    return re.sub(r"\{(\d)(?:/(..))?\}", lambda found: values[found[1]] + particle(values[found[1]], found[2]), text)


def particle(word: str, pair: str | None) -> str:
    if pair is None:
        return ""
    return pair[0 if "가" <= word[-1] <= "힣" and (ord(word[-1]) - 0xAC00) % 28 else 1]


def name_product(question: str, product: str, rng: random.Random) -> str:
    return rng.choice(NAMED).format(p=PRODUCTS[product], q=question)


def pair(clause: Clause, kind: str, question: str, answer: str) -> dict[str, object]:
    """One record of qa_pairs.jsonl; `answer` "" makes it unanswerable."""
    return {
        "question": question, "answer": f"{answer} ({clause.place})" if answer else REFUSAL, "type": TYPES[kind], "answerable": bool(answer),
        "chunk_id": clause.chunk_id, "product": PRODUCTS[clause.product],
    }  # fmt: skip


def ask_about(clause: Clause, rng: random.Random) -> list[dict[str, object]]:
    """Every question of a clause's topic; what both products hold is always asked of one of them by name."""
    shared = len(clause.topic.clauses) == 2
    pairs = []
    for kind, question, answer in clause.topic.questions:
        values = clause.topic.values[clause.product]
        asked = fill(question, values)
        kind = rng.choice("fse") if kind == "u" else kind
        if shared or not answer or rng.random() < 0.4:
            asked = name_product(asked, clause.product, rng)
        pairs.append(pair(clause, kind, asked, fill(answer, values)))
    return pairs


def ask_the_other(clauses: list[Clause], rng: random.Random) -> list[dict[str, object]]:
    """What only one product holds, asked of the other one by name: nothing in its clauses answers."""
    pairs = []
    for owner in clauses:
        if len(owner.topic.clauses) == 2:
            continue
        other = "B" if owner.product == "A" else "A"
        shown = rng.choice([clause for clause in clauses if clause.product == other])
        kind, question, _ = rng.choice([row for row in owner.topic.questions if row[2]])
        pairs.append(pair(shown, kind, name_product(question, other, rng), ""))
    return pairs


def main() -> None:
    from tokenizers import Tokenizer

    rng = random.Random(SEED)
    tokenizer = Tokenizer.from_file(str(HERE.parents[1] / "model" / "tokenizer.json"))
    clauses = number_clauses(read_topics(HERE / "topics.txt") + read_topics(HERE / "own_topics.txt"))
    chunks = [
        {
            "chunk_id": clause.chunk_id, "text": clause.text, "metadata": {
                "source": f"{PRODUCTS[clause.product]}_약관.pdf", "company": COMPANY, "product": PRODUCTS[clause.product], "breadcrumbs": clause.breadcrumbs,
                "token_count": len(tokenizer.encode(clause.text, add_special_tokens=False).ids), "policy_type": PRODUCTS[clause.product].split()[1],
            },
        } for clause in clauses
    ]  # fmt: skip
    pairs = [row for clause in clauses for row in ask_about(clause, rng)] + ask_the_other(clauses, rng)
    write_lines(HERE / "chunked_data.jsonl", chunks)
    write_lines(HERE / "qa_pairs.jsonl", pairs)
    print(f"{len(chunks)} clauses, {len(pairs)} pairs, {sum(not row['answerable'] for row in pairs)} unanswerable")


def write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
