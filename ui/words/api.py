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
    "elsewhere.title": ("다른 서버에 묻기", "Ask another server"),
    "elsewhere.lead": (
        "`serve`로 연 모델이나 OpenAI와 같은 꼴의 서버(vLLM, llama.cpp, Ollama …)와 이야기합니다. 쓴 말은 그 서버로 갑니다.",
        "Talk to a model opened with `serve`, or any server of OpenAI's form (vLLM, llama.cpp, Ollama …). Your words go to that server.",
    ),
    "elsewhere.address": ("서버 주소", "Address"),
    "elsewhere.key": ("열쇠 (필요하면)", "Key, if it asks for one"),
    "elsewhere.key_held": (
        "열쇠 (저장해 둔 것이 있습니다. 바꿀 때만 쓰세요)",
        "Key (one is kept; write only another one)",
    ),
    "elsewhere.key_help": (
        "저장소에도 주소에도 남지 않습니다. 키링에 넣지 않으면 이 프로그램을 끌 때까지만 기억합니다.",
        "It is kept neither in the store nor in the address; without the keyring only until this program ends.",
    ),
    "elsewhere.keep": ("열쇠를 OS 키링에 보관", "Keep the key in the OS keyring"),
    "elsewhere.find": ("모델 찾기", "Find its models"),
    "elsewhere.no_address": ("서버 주소를 쓰세요.", "Write the server's address."),
    "elsewhere.found": ("{address}: 모델 {n}개", "{address}: {n} models"),
    "elsewhere.model": ("모델", "Model"),
    "elsewhere.talk": ("이 모델과 이야기", "Talk to it"),
    "elsewhere.label": ("{host}의 {name}", "{name} at {host}"),
    "elsewhere.private": (
        "이 대화는 이 컴퓨터의 저장소에 남고, 쓴 말과 앞의 말 일부가 {host}로 갑니다.",
        "This chat stays in the store on this machine; your words, and some before them, go to {host}.",
    ),
}
