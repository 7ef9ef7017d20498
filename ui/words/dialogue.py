"""Words of dialogues and their summaries: reasons, options, what a page says of them."""

REASONS: dict[str, tuple[str, str, str, str]] = {
    "no_summary": ("요약 없음", "no summary", "요약이 없는 대화입니다. 요약할 대상으로는 쓸 수 있습니다.", "It has no summary. It can be summarised, but teaches nothing."),
    "summary_short": ("짧은 요약", "short summary", "요약이 정한 글자 수보다 짧습니다.", "The summary is shorter than the options ask for."),
    "summary_longer": ("대화보다 긴 요약", "longer than the dialogue", "요약이 대화보다 깁니다. 줄이는 법을 배울 수 없습니다.", "The summary is longer than its dialogue, so nothing is summed up."),
    "duplicate_dialogue": ("같은 대화", "same dialogue", "같은 대화가 앞에 있습니다. 이 요약은 그 대화의 본보기로 모았습니다.", "The dialogue came before. Its summary became one of that one's references."),
}  # fmt: skip
"""Why a row is left out: slug to (word ko, word en, line ko, line en)."""

WORDS: dict[str, tuple[str, str]] = {
    "field.style.plain": ("대화만 (BART·T5)", "the dialogue alone (BART, T5)"),
    "field.templates": ("요약을 시키는 문장들", "Instructions"),
    "field.augment": ("지시문 수만큼 늘리기", "A row per instruction"),
    "field.max_characters": ("보여 줄 대화 길이 (글자)", "Dialogue shown (characters)"),
    "field.min_summary_characters": ("가장 짧은 요약 (글자)", "Shortest summary (characters)"),
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
    "dialogue.summary": ("요약", "Summary"),
    "dialogue.none": ("요약 없음", "no summary"),
    **{f"curate.reason.{slug}": (ko, en) for slug, (ko, en, _, _) in REASONS.items()},
    **{f"curate.reason_why.{slug}": (ko, en) for slug, (_, _, ko, en) in REASONS.items()},
}  # fmt: skip
