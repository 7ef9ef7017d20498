"""What to click to bring a bundle online, for each place, in Korean and English. Texts only."""

from typing import Any

from engine.deploy.card import HARDWARE
from engine.deploy.targets import Target

STEPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "streamlit-cloud": (
        (
            "https://github.com/new 에서 새 저장소를 만드세요. **Private**을 고르세요.",
            "‘uploading an existing file’을 누르고 이 폴더의 모든 것(숨은 폴더 .streamlit 포함)을 끌어다 놓은 뒤 Commit을 누르세요. 한 번에 100개까지라서 폴더를 나누어 올리거나 `git push`를 쓰세요.",
            "https://share.streamlit.io 에서 GitHub 계정으로 들어가 **Create app**을 누르세요.",
            "저장소를 고르고 Main file path에 `streamlit_app.py`를 적으세요. Advanced settings에서 Python 3.11을 고르세요.",
            "**Deploy**를 누르고, 뜬 주소 뒤에 `/?invite=초대코드`를 붙여 보내세요.",
        ),
        (
            "Make a new repository at https://github.com/new and choose **Private**.",
            "Click “uploading an existing file”, drop everything of this folder (the hidden folder .streamlit too), then Commit. At most 100 files go at once: upload folder by folder, or use `git push`.",
            "Sign in at https://share.streamlit.io with GitHub and click **Create app**.",
            "Choose the repository and write `streamlit_app.py` as main file path. Under Advanced settings choose Python 3.11.",
            "Click **Deploy**, and send the address with `/?invite=CODE` behind it.",
        ),
    ),
    "hf-space": (
        (
            "https://huggingface.co/new-space 에서 이름을 적으세요. Docker Space를 새로 만들려면 유료 계정(PRO, 팀)이어야 합니다.",
            "SDK로 **Docker**, 틀로 Blank를, 기기(Hardware)에서 **{hardware}** 항목을 고르세요{paid_ko}.",
            "**Private**을 고르고 Create Space를 누르세요.",
            "Files → Add file → Upload files에서 이 폴더의 모든 것(숨은 폴더 .streamlit 포함)을 끌어다 놓고 Commit을 누르세요.",
            "App 탭에 대화가 뜨면 ⋮ → Embed this Space에 나오는 Direct URL(`https://소유자-이름.hf.space`) 뒤에 `/?invite=초대코드`를 붙여 보내세요. Private이면 보는 이도 로그인해야 하므로, 초대 코드로 지키려면 Public으로 바꾸세요. 그러면 모델 파일도 누구나 받을 수 있습니다.",
        ),
        (
            "Write a name at https://huggingface.co/new-space. Making a Docker Space takes a paid account (PRO, Team).",
            "Choose **Docker** as SDK, Blank as template, **{hardware}** as hardware{paid_en}.",
            "Choose **Private** and click Create Space.",
            "Under Files → Add file → Upload files drop everything of this folder (the hidden folder .streamlit too), then Commit.",
            "When the tab App shows the chat, send the Direct URL under ⋮ → Embed this Space (`https://OWNER-NAME.hf.space`) with `/?invite=CODE` behind it. A private Space asks its viewers to sign in; a public one lets anybody download the model's files.",
        ),
    ),
    "render": (
        (
            "https://github.com/new 에서 새 저장소를 **Private**으로 만드세요.",
            "이 폴더의 모든 것을 올리세요(`git push`가 가장 쉽습니다).",
            "https://dashboard.render.com 에서 New → **Blueprint**를 누르세요.",
            "저장소를 고르세요. `render.yaml`이 나머지를 정합니다.",
            "**Apply**를 누르고, 뜬 주소와 초대 코드를 보내세요.",
        ),
        (
            "Make a new **private** repository at https://github.com/new.",
            "Upload everything of this folder (`git push` is easiest).",
            "At https://dashboard.render.com click New → **Blueprint**.",
            "Choose the repository; `render.yaml` settles the rest.",
            "Click **Apply**, and send the address and the invitation's code.",
        ),
    ),
    "local": (
        (
            "이 폴더에서 `python -m venv .venv`를 실행하세요.",
            "`.venv/bin/pip install -r requirements.txt` (Windows: `.venv\\Scripts\\pip`)를 실행하세요.",
            "`.venv/bin/python start.py`를 실행하세요. 이 컴퓨터의 http://127.0.0.1:8501 에서 열리고, 어떤 터널 프로그램이 있는지 알려 줍니다.",
            "밖에서 들어오게 하려면 `cloudflared tunnel --url http://127.0.0.1:8501` 또는 `ngrok http 8501`을 실행하세요.",
            "뜬 https 주소와 초대 코드를 보내세요. 컴퓨터를 끄면 대화도 끝납니다.",
        ),
        (
            "In this folder run `python -m venv .venv`.",
            "Run `.venv/bin/pip install -r requirements.txt` (Windows: `.venv\\Scripts\\pip`).",
            "Run `.venv/bin/python start.py`; it opens at http://127.0.0.1:8501 on this machine and says which tunnel program is there.",
            "To let others in, run `cloudflared tunnel --url http://127.0.0.1:8501` or `ngrok http 8501`.",
            "Send the https address and the invitation's code. The talk ends when the machine is switched off.",
        ),
    ),
}
"""Five steps a place: (Korean, English)."""


def steps_of(target: str, hardware: str | None, english: bool) -> list[str]:
    """The steps of a place, as Markdown; none for an unknown one. hardware: what a Space with a card asks for, None without a card."""
    named = _hardware(hardware)
    return [step.format(**named) for step in STEPS.get(target, ((), ()))[english]]


def readme(place: Target, about: dict[str, Any], english: bool) -> str:
    """README of a bundle, as Markdown."""
    steps = steps_of(place.name, about.get("hardware"), english)
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    notice = f"> {about['notice'][1 if english else 0]}\n\n" if about["notice"] else ""
    known = "\n".join(f"- {line}" for line in (_known_en if english else _known_ko)(about))
    model = f"`{about['model']}`, base `{about['base']}`, engine `{about['engine']}`"
    if english:
        return (
            f"# {about['title']}\n\n{notice}A chat with one small language model, made by Malmoi for {place.en} ({model}).\n\n"
            f"## Five steps\n\n{listed}\n\n## Good to know\n\n{known}\n"
        )
    model = f"`{about['model']}`, 베이스 `{about['base']}`, 엔진 `{about['engine']}`"
    return (
        f"# {about['title']}\n\n{notice}작은 언어 모델 하나와 나누는 대화입니다. 말모이가 {place.ko}에 올리도록 만들었습니다({model}).\n\n"
        f"## 다섯 단계\n\n{listed}\n\n## 알아 둘 것\n\n{known}\n"
    )


def _hardware(wanted: str | None) -> dict[str, str]:
    """What the steps call the machine of a Space."""
    label = next((one.label for one in HARDWARE if one.name == wanted), None)
    if label is None:
        return {"hardware": "CPU basic", "paid_ko": "", "paid_en": ""}
    return {"hardware": label, "paid_ko": "(켠 시간만큼 유료)", "paid_en": " (paid by the hour)"}


def _known_ko(about: dict[str, Any]) -> list[str]:
    hub, count = about.get("base_hub"), about["invitations"]
    lines = [
        f"초대 {count}개가 들어 있습니다. 코드는 `invite`나 건네기 쪽이 초대를 만들 때 한 번 보여 준 것이고, 이 폴더에는 해시만 있습니다. 코드가 없으면 "
        "아무도 대화할 수 없습니다."
        if count
        else "**초대가 하나도 들어 있지 않아 아무도 들어올 수 없습니다.** 말모이에서 `python -m engine invite 이름 --models "
        f"{about['model']}`(으)로 초대를 만들고 꾸러미를 다시 만드세요.",
        "이 폴더 말고 필요한 것은 베이스뿐입니다. 처음 물을 때 허깅페이스에서 "
        f"`{hub['repo']}`(판 `{hub['revision'][:12]}`)을(를) 스스로 받습니다. 조건에 동의해야 하는 모델이면 Settings → Variables and secrets에 "
        "읽기 토큰을 `HF_TOKEN`이라는 Secret으로 넣으세요."
        if hub
        else "이 폴더 말고는 아무것도, 열쇠도 다른 서비스도 필요 없습니다.",
        f"손님이 남긴 엄지와 고친 말은 {about['home']}(으)로 보내집니다."
        if about["home"]
        else "손님이 남긴 엄지와 고친 말은 손님이 파일로 내려받아 보내 줄 수 있고, `python -m engine feedback import 파일`로 들입니다.",
        "확인: `python answer.py`는 터미널에서 질문 하나에 답합니다.",
        "모델 폴더의 `manifest.json`에 모든 모델 파일의 해시가 있습니다. 빠지거나 바뀐 파일은 대화를 시작할 때 알립니다.",
    ]
    if about["target"] != "local":
        lines.insert(2, "호스트가 다시 시작하면 나눈 말은 지워집니다.")
    return lines


def _known_en(about: dict[str, Any]) -> list[str]:
    hub, count = about.get("base_hub"), about["invitations"]
    lines = [
        f"It holds {count} invitation{'s' if count > 1 else ''}. A code was shown once, when `invite` or the page made the invitation; here lies its hash "
        "alone. Nobody can talk without a code."
        if count
        else "**It holds no invitation, so nobody can come in.** Make one in Malmoi with `python -m engine invite NAME --models "
        f"{about['model']}`, then make the bundle again.",
        "It needs nothing but this folder and its base, which it fetches itself from Hugging Face when the first question comes: "
        f"`{hub['repo']}` (revision `{hub['revision'][:12]}`). Where its terms must be accepted, put a token that may read under Settings → "
        "Variables and secrets, as a secret called `HF_TOKEN`."
        if hub
        else "It needs nothing but this folder: no key, no other service.",
        f"Thumbs and corrections of visitors are sent to {about['home']}."
        if about["home"]
        else "Visitors can download their thumbs and corrections as a file and send it to you; `python -m engine feedback import FILE` takes it in.",
        "Check: `python answer.py` answers one question in the terminal.",
        "`manifest.json` in the model's folder names every model file with its hash: one that is missing or altered is told when the chat starts.",
    ]
    if about["target"] != "local":
        lines.insert(2, "The host forgets what was said whenever it starts anew.")
    return lines
