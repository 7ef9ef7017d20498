"""Words of the box for opening a run over HTTP, and of asking a model elsewhere."""

WORDS: dict[str, tuple[str, str]] = {
    "api.title": ("API로 열기", "Open over HTTP"),
    "api.lead": (
        "이 모델을 다른 프로그램에서 부를 수 있게 엽니다. 터미널에서 아래 명령을 실행하면 주소와 열쇠가 나옵니다(열쇠는 처음 한 번만). "
        "이 컴퓨터에서만 부를 수 있고, Ctrl-C로 멈춥니다.",
        "Lets other programs ask this model. Run the command in a terminal: it shows an address and a key (the key only once). "
        "Only this computer can reach it; Ctrl-C stops it.",
    ),
    "api.then": (
        "OpenAI와 같은 꼴이라, OpenAI를 쓰던 프로그램은 주소와 열쇠만 바꾸면 됩니다. 브라우저에서 {docs}를 열면 눌러 볼 수 있습니다(암호는 열쇠).",
        "It has OpenAI's form: a program made for that needs only another address and key. Open {docs} in a browser to try it "
        "(the key is the password).",
    ),
    "api.typed": ("이 레시피의 정해진 꼴: {what}", "This recipe's own form: {what}"),
}
