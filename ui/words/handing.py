"""Words of what a host will hold, of uploads, and of models and data sets as files for other programs."""

WORDS: dict[str, tuple[str, str]] = {
    "deploy.plan.yes": ("{target}에 넉넉히 들어갑니다", "It fits: {target}"),
    "deploy.plan.edge": (
        "{target}에는 빠듯합니다. 붐비면 꺼질 수 있습니다",
        "A tight fit: {target} may end it when it is busy",
    ),
    "deploy.plan.no": ("{target}에는 너무 큽니다", "Too big: {target}"),
    "deploy.plan.size": ("파일 약 {mb} MB", "files about {mb} MB"),
    "deploy.plan.memory": ("메모리 약 {mb} MB", "memory about {mb} MB"),
    "deploy.plan.of": (" (한도 {mb} MB)", " (limit {mb} MB)"),
    "deploy.plan.between": (" (늘 {sure} MB, 많아야 {mb} MB)", " ({sure} MB for sure, {mb} MB at most)"),
    "deploy.plan.free": (" (지금 남은 메모리 {mb} MB)", " ({mb} MB free now)"),
    "deploy.plan.instead": (
        "이렇게 바꾸면 들어갑니다. 누르면 바뀝니다.",
        "These would fit; press one to change to it.",
    ),
    "deploy.plan.nowhere": (
        "여기 있는 어떤 곳에도 넉넉하지 않습니다. 더 작은 모델을 고르거나 ‘가볍게 만들기’를 먼저 하세요.",
        "No place here has room to spare. Choose a smaller model, or make it lighter first.",
    ),
    "deploy.plan.guess": (
        "모델의 크기로 어림한 값입니다. 꾸린 다음에는 정말로 켜서 잽니다.",
        "Estimated from the model's size. Once it is made, it is started and measured.",
    ),
    "deploy.plan.unsure": (
        "모델의 꼴을 다 알 수 없어 크게 틀릴 수 있습니다. 꾸린 다음 정말로 켜서 잽니다.",
        "The model's shape is not fully known, so this may be far off. Once it is made, it is started and measured.",
    ),
    "deploy.plan.card_yes": ("그래픽 카드 {card}(으)로 넉넉합니다", "The card {card} is enough"),
    "deploy.plan.card_no": ("Space의 어떤 카드 하나에도 들어가지 않습니다", "No single card of a Space holds it"),
    "deploy.plan.card": (
        "카드 메모리 약 {vram} MB · 파일 약 {size} MB",
        "about {vram} MB of the card · files about {size} MB",
    ),
    "deploy.plan.card_paid": (
        "카드가 달린 Space는 켜 둔 시간만큼 돈을 냅니다. 카드는 올린 뒤 Settings → Hardware에서 고릅니다.",
        "A Space with a card is paid by the hour. The card is chosen under Settings → Hardware after uploading.",
    ),
    # uploads
    "upload.title": ("허깅페이스에 올리기", "Put it on Hugging Face"),
    "upload.after": ("다 꾸리면 허깅페이스에 바로 올리기", "Upload it to Hugging Face as soon as it is made"),
    "upload.after_help": (
        "점검에서 막히면 올리지 않습니다. 나중에 결과 화면에서 올려도 됩니다.",
        "Nothing goes up when the audit stops it. It can also be uploaded later, from the result.",
    ),
    "upload.repo": ("올릴 이름", "Name there"),
    "upload.repo_hint": ("내계정/채팅이름", "account/name-of-chat"),
    "upload.public": ("누구나 볼 수 있게", "Anybody can see it"),
    "upload.public_help": (
        "끄면 허깅페이스에 로그인한 나만 볼 수 있습니다. 다른 사람이 초대 코드로 들어오게 하려면 켜야 합니다.",
        "Off: only you, signed in there. For others to come in with a code, it must be on.",
    ),
    "upload.public_note": (
        "앱은 초대 코드가 있어야 열리지만, 모델 파일은 누구나 내려받을 수 있게 됩니다.",
        "The app opens with an invitation's code only, but anybody can download the model's files.",
    ),
    "upload.token_is": (
        "허깅페이스 토큰이 있습니다 (열쇠 HF_TOKEN, 설정에서 바꿉니다)",
        "There is a Hugging Face token (key HF_TOKEN, changed in Settings)",
    ),
    "upload.token_none": (
        "쓰기(write) 토큰이 있어야 합니다. {page} 에서 만들어 붙여 넣으세요. 이 컴퓨터의 키링에만 보관합니다.",
        "It takes a token that may write: make one at {page} and paste it. It is kept in this machine's keyring alone.",
    ),
    "upload.token": ("허깅페이스 토큰", "Hugging Face token"),
    "upload.token_keep": ("보관하기", "Keep it"),
    "upload.now": ("올리기", "Upload"),
    "upload.again": ("다시 올리기", "Upload again"),
    "upload.is_up": ("올라가 있습니다: {url}", "It is up: {url}"),
    "upload.open": ("열어 보기", "Open it"),
}
