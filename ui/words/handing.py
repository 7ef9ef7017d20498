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
        "이렇게 바꾸면 됩니다. 누르면 바뀝니다.",
        "These would do; press one to change to it.",
    ),
    "deploy.plan.tight": ("{what} (빠듯함)", "{what} (tight)"),
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
    # a model as files
    "export.lead": (
        "모델을 다른 프로그램에서 여는 파일로 내보내거나 허깅페이스 허브에 올립니다. 나가기 전에 꾸러미처럼 점검합니다. 누군가와 채팅을 나누려면 ‘꾸러미’를 쓰세요.",
        "Write the model as files for other programs, or put it on the Hugging Face hub. It is audited first, as a bundle is. To let somebody "
        "chat with it, make a bundle instead.",
    ),
    "export.kind": ("어떤 모양으로", "In which form"),
    "export.kind.adapter": ("어댑터", "Adapter"),
    "export.kind.merged": ("합친 모델", "Whole model"),
    "export.kind.int8": ("8비트 (OpenVINO)", "8 bits (OpenVINO)"),
    "export.kind.gguf": ("GGUF 파일 하나", "One GGUF file"),
    "export.about.adapter": (
        "배운 것만 담은 작은 파일. 같은 기반 모델이 있는 사람에게.",
        "A small file with what was learned; for somebody who has the same base.",
    ),
    "export.about.merged": (
        "기반 모델에 합친 전체. transformers로 열고 더 학습할 수 있습니다.",
        "Base and adapter in one; opens with transformers and can be trained on.",
    ),
    "export.about.int8": (
        "그래픽 카드 없이 빠르게 답하는 모양. 처음엔 몇 분 걸립니다.",
        "Answers fast without a card. Takes minutes the first time.",
    ),
    "export.about.gguf": ("Ollama, LM Studio에서 바로 열립니다.", "Opens in Ollama and LM Studio."),
    "export.where": ("어디로", "Where to"),
    "export.where.here": ("이 컴퓨터의 폴더", "A folder here"),
    "export.where.hub": ("허깅페이스 허브", "Hugging Face"),
    "export.out": ("둘 폴더", "Folder"),
    "export.card": ("함께 올라갈 소개(모델 카드) 미리 보기", "Preview the model card that goes along"),
    "export.card_show": ("모델 카드 보기", "Show the model card"),
    "export.allowed": ("그래도 나가도 되는 까닭", "Why it may leave all the same"),
    "export.allowed_help": (
        "네 글자 이상. 기록에 남습니다. 비우면 남은 것이 있을 때 나가지 않습니다.",
        "At least four letters; it is recorded. Left empty, nothing leaves when something is left.",
    ),
    "export.start": ("점검하고 내보내기", "Audit and export"),
    "export.all": ("내보낸 것 모두", "All exports"),
    "export.recent": ("내보낸 것", "Exported"),
    "export.again": ("까닭을 적고 다시 내보내기", "Export it again, with a reason"),
    "export.title": ("{kind}: {model}", "{kind}: {model}"),
    "export.done_here": ("{n}개 파일, {mb} MB가 이 폴더에 있습니다.", "{n} files, {mb} MB in this folder."),
    "export.done_hub": ("허브에 올렸습니다: {url}", "It is on the hub: {url}"),
    "export.red": (
        "점검에서 밖으로 나가면 안 되는 것이 나와 파일을 남기지 않았습니다. 아래를 보고 고치거나, 괜찮다면 까닭을 적으세요.",
        "The audit found what must not leave, so no file was kept. See below and mend it, or give a reason why it is harmless.",
    ),
    # a data set as files
    "rows.title": ("다른 학습 프로그램에서 쓸 파일로 받기", "Download for other training programs"),
    "rows.form": ("어떤 모양으로", "In which form"),
    "rows.form.alpaca": ("Alpaca", "Alpaca"),
    "rows.form.sharegpt": ("ShareGPT", "ShareGPT"),
    "rows.form.openai": ("OpenAI 메시지", "OpenAI messages"),
    "rows.form.parquet": ("Parquet", "Parquet"),
    "rows.about.alpaca": (
        "질문 하나에 답 하나. LLaMA-Factory, Axolotl.",
        "One question, one answer: LLaMA-Factory, Axolotl.",
    ),
    "rows.about.sharegpt": (
        "여러 번 주고받은 대화. LLaMA-Factory, Axolotl, Unsloth.",
        "Talks of several turns: LLaMA-Factory, Axolotl, Unsloth.",
    ),
    "rows.about.openai": ("역할이 적힌 대화. TRL, OpenAI.", "Talks with roles: TRL, OpenAI."),
    "rows.about.parquet": (
        "OpenAI와 같은 내용을 압축한 표. 큰 데이터에.",
        "The same as OpenAI's, as a compressed table; for large sets.",
    ),
    "rows.make": ("파일 만들기", "Make the files"),
    "rows.looking": ("남은 개인정보가 있는지 보고 씁니다", "Looking for personal data that is left, then writing"),
    "rows.take": ("{name} 받기 ({mb} MB)", "Download {name} ({mb} MB)"),
    "rows.done": ("{n}행을 담았습니다.", "{n} rows are in it."),
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
    "upload.is_private": (
        "지금은 나만 볼 수 있습니다. 초대한 사람이 들어오게 하려면 그 페이지의 Settings에서 Public으로 바꾸세요.",
        "Only you can see it now. For your guests to come in, change it to Public under Settings there.",
    ),
    "upload.open": ("열어 보기", "Open it"),
}
