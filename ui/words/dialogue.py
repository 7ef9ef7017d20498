"""Words of dialogues and their summaries: reasons, options, what a page says of them."""

REASONS: dict[str, tuple[str, str, str, str]] = {
    "no_summary": ("요약 없음", "no summary", "요약이 없는 대화입니다. 요약할 대상으로는 쓸 수 있습니다.", "It has no summary. It can be summarised, but teaches nothing."),
    "summary_short": ("짧은 요약", "short summary", "요약이 정한 글자 수보다 짧습니다.", "The summary is shorter than the options ask for."),
    "summary_longer": ("대화보다 긴 요약", "longer than the dialogue", "요약이 대화보다 깁니다. 줄이는 법을 배울 수 없습니다.", "The summary is longer than its dialogue, so nothing is summed up."),
    "duplicate_dialogue": ("같은 대화", "same dialogue", "같은 대화가 앞에 있습니다. 이 요약은 그 대화의 본보기로 모았습니다.", "The dialogue came before. Its summary became one of that one's references."),
}  # fmt: skip
"""Why a row is left out: slug to (word ko, word en, line ko, line en)."""

WORDS: dict[str, tuple[str, str]] = {
    "curate.recipe.summary": ("대화 요약", "Dialogue summaries"),
    "field.style.plain": ("대화만 (BART·T5)", "the dialogue alone (BART, T5)"),
    "field.templates": ("요약을 시키는 문장들", "Instructions"),
    "field.augment": ("지시문 수만큼 늘리기", "A row per instruction"),
    "field.max_characters": ("보여 줄 대화 길이 (글자)", "Dialogue shown (characters)"),
    "field.min_summary_characters": ("가장 짧은 요약 (글자)", "Shortest summary (characters)"),
    "dialogue.what_told": (
        "- **대화와 요약의 표**: CSV, JSON, JSONL, Parquet. 열 이름은 `dialogue`·`summary`나 `대화`·`요약`이면 알아듣습니다(요약이 여럿이면 `summary1`, `summary2` …).\n"
        "- 대화는 `#Person1#: …`이나 `이름: …` 줄로, 또는 말한 사람과 말의 목록으로 적습니다. AI 허브의 대화 요약 파일도 그대로 읽습니다.\n"
        "- 요약이 없는 대화도 가져옵니다. 학습에는 쓰지 않습니다.\n"
        "- **매긴 요약**: 대화·요약·`rating`(1–5)이나 `chosen`·`rejected` 두 요약이 든 표도 가져옵니다.",
        "- **A table of dialogues and summaries**: CSV, JSON, JSONL or Parquet with columns such as `dialogue` and `summary` (`summary1`, `summary2` … for several).\n"
        "- A dialogue is lines of `#Person1#: …` or `name: …`, or a list of speakers and texts. AI Hub's files are read as they are.\n"
        "- Dialogues without a summary come in, too; they train nothing.\n"
        "- **Rated summaries**: tables with dialogue, summary and `rating` (1–5), or with `chosen` and `rejected`, come in as well.",
    ),
    "dialogue.path_help": ("대화와 요약이 든 파일. 여러 개면 한 줄에 하나씩.", "Files of dialogues and summaries, one path a line."),
    "dialogue.path_example": ("~/Downloads/대화.csv", "~/Downloads/dialogues.csv"),
    "dialogue.paste": ("대화와 요약의 표(CSV나 JSONL)를 붙여 넣으세요", "Paste a table of dialogues and summaries (CSV or JSONL)"),
    "dialogue.upload": ("대화 파일 (CSV, JSON, JSONL, Parquet)", "Files of dialogues (CSV, JSON, JSONL, Parquet)"),
    "data.view.dialogues": ("대화와 요약", "Dialogues and summaries"),
    "dialogue.facts": ("대화 {records}개 · {date} 가져옴", "{records} dialogues · imported {date}"),
    "preferences.facts": ("고르거나 매긴 답 {records}개 · {date} 가져옴", "{records} chosen or rated answers · imported {date}"),
    "dialogue.dialogues": ("대화", "Dialogues"),
    "dialogue.mapping": ("이 열로 읽었습니다: {mapping}. 틀리면 --map으로 다시 가져오세요.", "Read by these columns: {mapping}. If that is wrong, import it again with --map."),
    "dialogue.field.dialogue": ("대화", "dialogue"),
    "dialogue.field.summary": ("요약", "summary"),
    "dialogue.field.topic": ("주제", "topic"),
    "dialogue.field.id": ("번호", "id"),
    "dialogue.field.rating": ("점수", "rating"),
    "dialogue.more": ("나머지 {n}차례", "{n} more turns"),
    "dialogue.left_out": ("모델에는 가운데 {n}차례를 빼고 보여 줍니다.", "The model is shown it without {n} turns of its middle."),
    "dialogue.reference": ("다른 본보기 요약", "Another reference"),
    "dialogue.dialogue": ("대화", "Dialogue"),
    "dialogue.summary": ("요약", "Summary"),
    "dialogue.none": ("요약 없음", "no summary"),
    **{f"curate.reason.{slug}": (ko, en) for slug, (ko, en, _, _) in REASONS.items()},
    **{f"curate.reason_why.{slug}": (ko, en) for slug, (_, _, ko, en) in REASONS.items()},
}  # fmt: skip
