"""Words around reports and their download; what stands in a report is in engine/reports/words."""

WORDS: dict[str, tuple[str, str]] = {
    "reports.run": ("학습 보고서 받기", "Download the training report"),
    "reports.dataset": ("데이터셋 보고서 받기", "Download the dataset report"),
    "reports.evaluation": ("평가 보고서 받기", "Download the evaluation report"),
    "reports.help": (
        "이 화면의 수와 설정을 마크다운 파일 하나로 받습니다. 대화 글은 들어가지 않습니다.",
        "All figures and settings as one Markdown file. It holds no chat text.",
    ),
    "reports.examples": ("예시 글 넣기", "With example texts"),
    "reports.examples_help": (
        "가린 글 몇 개를 함께 넣습니다. 가리기가 모든 것을 찾지는 못하니 남에게 넘기기 전에 읽어 보세요.",
        "Adds a few masked texts. Masking finds less than everything: read them before handing the report on.",
    ),
}
