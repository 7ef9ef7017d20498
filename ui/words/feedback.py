"""Words of the inbox of what visitors thought."""

WORDS: dict[str, tuple[str, str]] = {
    "feedback.lead": (
        "손님이 누른 엄지와 고쳐 준 말입니다. 들어올 때 개인정보를 가리고, 받아들인 것만 다음 데이터셋에 들어갑니다. 저절로 배우는 것은 없습니다.",
        "Thumbs and corrections of visitors. Personal data is masked as they come in, and only what you take goes into the next dataset. "
        "Nothing is learned by itself.",
    ),
    "feedback.counts": (
        "기다림 {waiting} · 받아들임 {accepted} · 버림 {rejected}",
        "waiting {waiting} · taken {accepted} · left out {rejected}",
    ),
    "feedback.none": ("살펴볼 의견이 없습니다.", "Nothing waits for you."),
    "feedback.bring": ("꾸러미에서 내려받은 의견 들여오기", "Bring in feedback from a bundle"),
    "feedback.file": ("의견 파일(.jsonl)", "Feedback file (.jsonl)"),
    "feedback.file_help": (
        "밖에 올린 채팅 앱에서 손님이 내려받아 보낸 파일입니다.",
        "The file that a visitor downloaded from a chat app that runs elsewhere, and sent to you.",
    ),
    "feedback.take": ("가려서 들여오기", "Mask and bring in"),
    "feedback.masking": ("가리는 중…", "Masking…"),
    "feedback.taken": (
        "새 의견 {new}개(이미 있던 것 {known}개), 가린 값 {masked}개.",
        "{new} new ({known} were here), {masked} values masked.",
    ),
    "feedback.not_text": (
        "UTF-8로 쓰인 글 파일이 아니라서 읽을 수 없습니다. 꾸러미에서 내려받은 의견 파일인지 확인하세요.",
        "This is no text in UTF-8 and cannot be read. Check that it is the feedback file of a bundle.",
    ),
    "feedback.user": ("손님:", "Visitor:"),
    "feedback.assistant": ("모델:", "Model:"),
    "feedback.answer": ("이 답:", "This answer:"),
    "feedback.left": (
        "개인정보처럼 보이는 것이 {n}군데 남아 있습니다. 고친 뒤 받아들이세요.",
        "{n} places still look personal. Mend them before you take it.",
    ),
    "feedback.correction": ("이렇게 답했으면", "It should have said"),
    "feedback.accepted": ("받아들이기", "Take it"),
    "feedback.rejected": ("버리기", "Leave it out"),
    "feedback.to_curate": ("받아들인 것으로 데이터셋 만들기", "Build a dataset of what was taken"),
}
