"""Words of the frame: names of pages, the way around, what every page may say."""

WORDS: dict[str, tuple[str, str]] = {
    "app.title": ("말모이", "Malmoi"),
    "app.tagline": (
        "내 자료로 배우는 작은 모델, 이 컴퓨터 안에서",
        "A small model that learns from your own material, on this machine",
    ),
    "nav.home": ("처음", "Home"),
    "nav.data": ("자료", "Data"),
    "nav.curate": ("고르기", "Curate"),
    "nav.train": ("학습", "Train"),
    "nav.runs": ("진행", "Runs"),
    "nav.evaluate": ("평가", "Evaluate"),
    "nav.chat": ("대화", "Chat"),
    "nav.compress": ("가볍게 만들기", "Make lighter"),
    "nav.deploy": ("건네기", "Hand over"),
    "nav.settings": ("설정", "Settings"),
    "nav.language": ("English", "한국어"),
    "nav.order": ("만드는 순서", "Step by step"),
    "frame.words": ("이 화면의 낱말", "Words on this page"),
    "frame.private": ("모든 것이 이 컴퓨터에만 있습니다.", "Everything stays on this machine."),
    "frame.gone": (
        "주소가 가리키는 '{name}'이(가) 저장소에 없습니다. 지워졌거나 다른 저장소의 것입니다. 아래에서 다른 것을 고르세요.",
        "The address names '{name}', which is not in this store. It was deleted, or belongs to another one. Choose below.",
    ),
    "frame.command": ("같은 일을 하는 명령", "The command that does the same"),
    "frame.more": ("더 보기", "Show more"),
    "frame.first": ("맨 앞으로", "To the beginning"),
    "frame.yes": ("예", "Yes"),
    "frame.cancel": ("그만두기", "Cancel"),
}
