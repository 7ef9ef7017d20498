"""Words of the inbox of visitors' feedback."""

WORDS: dict[str, tuple[str, str]] = {
    "feedback.title": ("손님의 의견", "What visitors thought"),
    "feedback.lead": (
        "손님이 엄지를 누르거나 더 나은 답을 알려 준 대화입니다. 개인정보는 들어올 때 가렸습니다. 받아들인 것만 다음에 만드는 선호 쌍·평가 데이터셋에 들어가고, 저절로 학습에 쓰이는 것은 없습니다.",
        "Answers that visitors gave a thumb or suggested a better one for. Personal data was hidden on the way in. Only what you accept goes into the next pairs or ratings; nothing is learned from by itself.",
    ),
    "feedback.masking": ("새 의견을 가리는 중…", "Masking new feedback…"),
    "feedback.counts": (
        "기다림 {waiting} · 받아들임 {accepted} · 버림 {rejected}",
        "waiting {waiting} · accepted {accepted} · left out {rejected}",
    ),
    "feedback.user": ("손님", "Visitor"),
    "feedback.assistant": ("모델", "Model"),
    "feedback.instead": ("더 나은 답", "A better answer"),
    "feedback.instead_help": (
        "손님이 알려 준 말입니다. 고쳐서 받아들여도 됩니다. 비우면 엄지만 받아들입니다.",
        "The visitor's suggestion. You may change it before you accept it; left empty, the thumb alone is taken.",
    ),
    "feedback.left": (
        "가린 뒤에도 개인정보로 보이는 것이 {n}개 남았습니다. 살펴보고 고치거나 버리세요.",
        "{n} places still look personal after masking. Look at them; change the words or leave this out.",
    ),
    "feedback.accept": ("받아들이기", "Accept"),
    "feedback.reject": ("버리기", "Leave out"),
    "feedback.from_file": ("파일로 받은 의견 들여놓기", "Take in feedback from a file"),
    "feedback.file": ("의견 파일 (.jsonl)", "Feedback file (.jsonl)"),
    "feedback.file_help": (
        "꾸러미의 손님이 메뉴에서 내려받아 보내 준 파일입니다. 여기서 가린 뒤에 들여놓습니다.",
        "The file that a bundle's visitor downloaded from the menu and sent you. It is masked here before it is kept.",
    ),
    "feedback.take_in": ("들여놓기", "Take in"),
    "feedback.taken": ("새 의견 {new}개, 이미 있던 것 {known}개.", "{new} new, {known} known before."),
    "feedback.no_text": (
        "글로 된 파일이 아닙니다. 손님이 내려받은 의견 파일을 그대로 주세요.",
        "This is no text file. Give the feedback file as the visitor downloaded it.",
    ),
}
