"""What to click to bring a bundle online, for each place, in Korean and English. Texts only."""

from typing import Any

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
            "SDK로 **Docker**, 틀로 Blank를, 기기는 CPU basic을 고르세요.",
            "**Private**을 고르고 Create Space를 누르세요.",
            "Files → Add file → Upload files에서 이 폴더의 모든 것을 올리세요.",
            "App 탭에 대화가 뜨면 주소와 초대 코드를 보내세요. Private이면 보는 이도 로그인해야 하므로, 초대 코드로 지키려면 Public으로 바꾸세요. 그러면 모델 파일도 누구나 받을 수 있습니다.",
        ),
        (
            "Write a name at https://huggingface.co/new-space. Making a Docker Space takes a paid account (PRO, Team).",
            "Choose **Docker** as SDK, Blank as template, CPU basic as hardware.",
            "Choose **Private** and click Create Space.",
            "Under Files → Add file → Upload files upload everything of this folder.",
            "When the tab App shows the chat, send the address and the invitation's code. A private Space asks its viewers to sign in; a public one lets anybody download the model's files.",
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


def readme(place: Target, about: dict[str, Any], english: bool) -> str:
    """README of a bundle, as Markdown."""
    steps = STEPS[place.name][1 if english else 0]
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    notice = f"> {about['notice'][1 if english else 0]}\n\n" if about["notice"] else ""
    if english:
        return (
            f"# {about['title']}\n\n{notice}A chat with one small language model (`{about['model']}`, base `{about['base']}`, engine "
            f"`{about['engine']}`), made by Malmoi for {place.en}. It needs nothing but this folder: no key, no other service.\n\n"
            f"## Five steps\n\n{listed}\n\n## Good to know\n\n"
            "- Whoever has an invitation's code can talk; nobody else. Make codes with `invite`, and name them when the bundle is made.\n"
            "- A free host forgets what was said whenever it starts anew. Thumbs and corrections can be downloaded, or are sent home.\n"
            "- Check: `python answer.py` answers one question in the terminal.\n"
            "- `model/manifest.json` names every model file with its hash: one that is missing or altered is told when the chat starts.\n"
        )
    return (
        f"# {about['title']}\n\n{notice}작은 언어 모델 하나와 나누는 대화입니다(`{about['model']}`, 베이스 `{about['base']}`, 엔진 "
        f"`{about['engine']}`). 말모이가 {place.ko}에 올리도록 만들었습니다. 이 폴더 말고는 아무것도, 열쇠도 다른 서비스도 필요 없습니다.\n\n"
        f"## 다섯 단계\n\n{listed}\n\n## 알아 둘 것\n\n"
        "- 초대 코드가 있는 사람만 대화할 수 있습니다. `invite`로 코드를 만들고, 꾸러미를 만들 때 그 초대를 고르세요.\n"
        "- 무료 호스트는 다시 시작할 때마다 나눈 말을 잊습니다. 엄지와 고친 말은 내려받거나 집으로 보냅니다.\n"
        "- 확인: `python answer.py`는 터미널에서 질문 하나에 답합니다.\n"
        "- `model/manifest.json`에 모든 모델 파일의 해시가 있습니다. 빠지거나 바뀐 파일은 대화를 시작할 때 알립니다.\n"
    )
