"""Words of the summary board."""

WORDS: dict[str, tuple[str, str]] = {
    "evaluate.mine.summary": ("본보기 요약", "Reference summary"),
    "summary.caption": (
        "배우지 않은 대화를 모델이 요약하고, 본보기 요약과 대화에 견줍니다.",
        "Models summarise dialogues they never learned; the summaries are held against references and dialogues.",
    ),
    "summary.what": (
        "학습에 쓰지 않은 대화를 요약하게 하고, 본보기 요약과 겹치는 정도와 대화에 없는 이름·숫자가 나오는지를 봅니다.",
        "Models summarise dialogues kept apart from training; what they share with the references, and names or numbers the dialogue does not have, are counted.",
    ),
    "summary.rouge": ("본보기 요약과 얼마나 겹치나 (ROUGE)", "How much is shared with the references (ROUGE)"),
    "summary.rouge_help": (
        "같은 요약을 세 단위로 셌습니다. **형태소를 먼저 보세요.** 글자는 늘 높게, 어절은 늘 낮게 나오므로 같은 단위끼리만 견줍니다. [ ]는 95% 구간이고, 칸을 누르면 그 답들이 열립니다.",
        "The same summaries counted in three units. **Look at morphemes first.** Syllables always come out high and words low, so compare within a unit. [ ] is the 95% interval; a click on a cell opens its answers.",
    ),
    "summary.col.kind": ("세는 법", "Counted"),
    "summary.col.model": ("모델", "Model"),
    "summary.col.verdict": ("판정(형태소)", "Verdict (morphemes)"),
    "summary.unit.morpheme": ("형태소", "Morphemes"),
    "summary.unit.syllable": ("글자", "Syllables"),
    "summary.unit.word": ("어절", "Words"),
    "summary.kind.rouge1": ("ROUGE-1 하나씩", "ROUGE-1 single"),
    "summary.kind.rouge2": ("ROUGE-2 둘씩", "ROUGE-2 pairs"),
    "summary.kind.rougeL": ("ROUGE-L 차례", "ROUGE-L order"),
    "summary.kind.rougeLsum": ("ROUGE-Lsum 문장마다", "ROUGE-Lsum by sentence"),
    "summary.first": ("견주는 기준", "compared with"),
    "summary.faithful": ("대화에 충실한가", "Faithful to the dialogue"),
    "summary.faithful_help": (
        "본보기가 아니라 대화에 견줍니다. 낮을수록 좋습니다. 사람이 쓴 본보기 요약도 같은 규칙으로 재어 맨 아래에 두었습니다. 칸을 누르면 답이 열립니다.",
        "Held against the dialogue, not the reference; lower is better. The references, written by people, are measured by the same rules in the last row. A click on a cell opens answers.",
    ),
    "summary.shape": ("길이와 꼴", "Length and form"),
    "summary.strange_names": ("대화에 없는 이름: {what}", "Names not in the dialogue: {what}"),
    "summary.strange_numbers": ("대화에 없는 숫자: {what}", "Numbers not in the dialogue: {what}"),
    "summary.wrong_speaker": (
        "**{named}**의 일로 적었지만 대화에서는 **{said_by}**의 말입니다({turn}번째 말).",
        "Told of **{named}**, but **{said_by}** says it in the dialogue (turn {turn}).",
    ),
}
