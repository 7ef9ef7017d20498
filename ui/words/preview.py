"""Words of the look at the rows before a run."""

WORDS: dict[str, tuple[str, str]] = {
    "preview.title": ("모델이 볼 행", "The rows as the model will see them"),
    "preview.help": (
        "학습을 시작하기 전에, 고른 모델이 이 데이터셋을 어떻게 읽는지 세어 봅니다. 아무것도 학습하지 않습니다.",
        "Counts how the chosen base reads this dataset, before anything is trained.",
    ),
    "preview.waits": (
        "설정과 데이터셋이 맞으면 여기에서 행을 미리 봅니다.",
        "Once settings and dataset fit, rows are previewed here.",
    ),
    "preview.later": (
        "{base} 모델은 아직 이 컴퓨터에 없어 행을 미리 볼 수 없습니다. 받은 뒤에는 볼 수 있습니다.",
        "{base} is not on this machine yet, so rows cannot be previewed. They can once it is downloaded.",
    ),
    "preview.looking": ("행을 읽는 중", "Reading rows"),
    "preview.comparing": ("평가용 행과 견주는 중", "Comparing with held-out rows"),
    "preview.number.trained": ("배우는 토큰", "Tokens learned"),
    "preview.number.trained_help": (
        "행의 글 가운데 답으로 배우는 몫입니다. 나머지는 읽기만 합니다.",
        "Share of a row that is learned as the answer; the rest is only read.",
    ),
    "preview.number.cut": ("잘린 행", "Rows cut"),
    "preview.number.cut_help": (
        "가장 긴 행(max_length)보다 길어 오래된 말이나 조항의 끝을 뺀 행의 몫입니다.",
        "Share of rows longer than max_length that lose old turns, or the end of their clause.",
    ),
    "preview.number.left_out": ("빠지는 행", "Rows left out"),
    "preview.number.left_out_help": (
        "답만으로도 max_length를 넘거나 앞말이 남지 않아 하나도 배우지 못하는 행입니다. 빼고 배웁니다. 모두 그러면 시작하지 않습니다.",
        "Rows of which nothing would be learned: the answer alone does not fit, or no prompt is left. They are left out; if all are, "
        "the run does not start.",
    ),
    "preview.number.longest": ("가장 긴 행(토큰)", "Longest (tokens)"),
    "preview.number.longest_help": ("자르기 전의 길이입니다.", "Before anything is cut."),
    "preview.number.syllable": ("한 글자에 토큰", "Tokens a syllable"),
    "preview.number.syllable_help": (
        "이 데이터셋의 한국어 답에서 잰 값입니다. 적을수록 같은 글을 빨리 배우고 길게 봅니다.",
        "Measured on this dataset's Korean answers. Fewer: the same text is learned faster, and more of it fits.",
    ),
    "preview.whole": (
        "학습용 {rows}행을 모두 {base} 모델로 세었습니다(한 행에 {length}토큰까지).",
        "All {rows} training rows, counted as {base} reads them (at most {length} tokens a row).",
    ),
    "preview.sample": (
        "학습용 {rows}행 가운데 고르게 뽑은 {seen}행을 {base} 모델로 세었습니다(한 행에 {length}토큰까지).",
        "An even sample of {seen} of {rows} training rows, counted as {base} reads them (at most {length} tokens a row).",
    ),
    "preview.stops": (
        "본 {seen}행 모두 답이 {length}토큰에 들어가지 않습니다. 이대로는 학습을 시작하지 않습니다. '가장 긴 행'을 늘리세요.",
        "None of the {seen} rows looked at fits {length} tokens. The run will not start. Raise 'Longest row'.",
    ),
    "preview.leaves": (
        "{n}행은 답이 {length}토큰에 들어가지 않아 하나도 배우지 못합니다. 이 행들은 빼고 배웁니다.",
        "{n} rows do not fit {length} tokens, so nothing would be learned of them. They are left out.",
    ),
    "preview.cuts": (
        "{n}행이 {length}토큰보다 길어 오래된 말이나 조항의 끝이 잘립니다. 중요한 내용이 잘리는지 아래에서 보세요.",
        "{n} rows are longer than {length} tokens and lose old turns, or the end of their clause. See below whether it matters.",
    ),
    "preview.wordless": (
        "{n}행은 답에 글자가 없어 멈추는 것만 배웁니다.",
        "{n} rows have an answer without a word: only stopping is learned from them.",
    ),
    "preview.parts": (
        "토큰의 {share}가 글자의 조각입니다. {base} 모델이 모르는 한글을 바이트로 쪼개 읽는다는 뜻이고, 느리고 짧게 배웁니다.",
        "{share} of the tokens are parts of a character: {base} reads Hangul it does not know byte by byte, slowly and in less length.",
    ),
    "preview.time": (
        "이 모델의 지난 학습 속도(초당 {speed}토큰)로 {steps}스텝, {tokens}토큰에 약 {span} 걸립니다.",
        "At the speed of this base's last run ({speed} tokens a second), {steps} steps and {tokens} tokens take about {span}.",
    ),
    "preview.rows": ("행을 하나씩 보기", "See the rows one by one"),
    "preview.kind": ("어떤 행", "Which rows"),
    "preview.kind.random": ("고르게", "spread"),
    "preview.kind.longest": ("가장 긴", "longest"),
    "preview.kind.shortest": ("가장 짧은", "shortest"),
    "preview.kind.truncated": ("잘린", "cut"),
    "preview.kind.left_out": ("빠지는", "left out"),
    "preview.back": ("앞 행", "Back"),
    "preview.on": ("다음 행", "Next"),
    "preview.place": ("{place} / {n}", "{place} of {n}"),
    "preview.gone": ("이 행은 그사이 지워졌습니다.", "This row was removed meanwhile."),
    "preview.row": ("이 행을 고르기 화면에서 열기", "Open this row on the Curate page"),
    "preview.overlap": ("평가 자료와 겹치는지 보기", "See whether evaluation rows are given away"),
    "preview.overlap_help": (
        "평가할 행이 학습 행과 같으면 점수가 실제보다 좋게 나옵니다.",
        "Where a row to be judged on stands among the training rows, scores look better than they are.",
    ),
    "preview.no_held_out": ("평가용으로 떼어 둔 행이 없습니다.", "There are no held-out rows."),
    "preview.own": ("이 데이터셋의 {split}:", "This dataset's {split}:"),
    "preview.other": ("평가에 쓴 데이터셋 {id}의 {split}:", "{split} of dataset {id}, used for an evaluation:"),
    "preview.split.validation": ("검증용", "validation rows"),
    "preview.split.test": ("시험용", "test rows"),
    "preview.alike": (
        "{rows}행 가운데 {n}행이 학습 행과 겹칩니다(같은 날·조항 {group}, 똑같음 {exact}, 거의 같음 {near}).",
        "{n} of {rows} rows overlap with training rows (same day or clause {group}, the same {exact}, nearly the same {near}).",
    ),
    "preview.apart": (
        "{rows}행 모두 학습 행과 겹치지 않습니다.",
        "none of {rows} rows overlaps with training rows.",
    ),
    "preview.at_least": (
        "표본으로 견주어 실제로는 더 많을 수 있습니다.",
        "Samples were compared; there may be more.",
    ),
    "preview.alike_help": (
        "같은 날이나 조항, 같은 질문은 평가할 때 저절로 뺍니다. 짧은 인사처럼 흔한 말은 같아도 그대로 둡니다.",
        "The same day, clause or question is left out of an evaluation by itself. Common short turns stay in.",
    ),
}
