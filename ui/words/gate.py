"""Words at the door: for visitors with an invitation, and for the owner away from the machine."""

WORDS: dict[str, tuple[str, str]] = {
    "gate.opening": ("여는 중입니다…", "Opening…"),
    "gate.title": ("초대받은 분만 들어올 수 있습니다", "By invitation"),
    "gate.what": (
        "받은 링크를 그대로 열거나, 받은 초대 코드를 여기에 넣으세요.",
        "Open the link you were sent, or type your invitation code here.",
    ),
    "gate.code": ("초대 코드", "Invitation code"),
    "gate.enter": ("들어가기", "Come in"),
    "gate.lost": (
        "링크나 코드가 없으면, 초대한 분에게 물어보세요.",
        "Without a link or code, ask the person who invited you.",
    ),
    "gate.wrong_code": (
        "이 코드로는 들어올 수 없습니다. 글자를 다시 확인하고, 그래도 안 되면 초대한 분에게 새 코드를 부탁하세요.",
        "This code does not let you in. Check its letters; if it still does not work, ask for a new one.",
    ),
    "gate.over": (
        "이 초대는 끝났습니다. 더 이야기하고 싶으면 초대한 분에게 말해 주세요.",
        "This invitation is over. If you would like to go on, tell the person who invited you.",
    ),
    "gate.owner": ("말모이 주인이라면", "If you own this Malmoi"),
    "gate.password": ("비밀번호", "Password"),
    "gate.password_help": (
        "잊었으면 말모이가 있는 컴퓨터에서 `python -m engine owner password`로 새로 정하세요.",
        "If you forgot it, set a new one on Malmoi's own machine with `python -m engine owner password`.",
    ),
    "gate.token": ("토큰", "Token"),
    "gate.token_help": (
        "`start.py`를 켠 창에 나온 주소의 token= 뒤에 있는 글자입니다. 그 주소를 그대로 열어도 됩니다.",
        "It stands after token= in the address that `start.py` printed. Opening that address does the same.",
    ),
    "gate.open": ("열기", "Open"),
    "gate.login": ("계정으로 로그인", "Log in with an account"),
    "gate.login_with": ("{name} 계정으로 로그인", "Log in with {name}"),
    "gate.login_no_auth": (
        "`.streamlit/secrets.toml`에 `[auth]`가 없어 아직 로그인할 수 없습니다.",
        "There is no `[auth]` in `.streamlit/secrets.toml` yet, so nobody can log in.",
    ),
    "gate.login_bad_file": (
        "`.streamlit/secrets.toml`을 읽을 수 없습니다. 따옴표와 등호를 확인하고 말모이를 다시 켜세요.",
        "`.streamlit/secrets.toml` cannot be read. Check its quotes and equal signs, and start Malmoi again.",
    ),
    "gate.login_misses": (
        "`.streamlit/secrets.toml`의 `[auth]`에 {names}이(가) 없어 아직 로그인할 수 없습니다.",
        "`[auth]` in `.streamlit/secrets.toml` lacks {names}, so nobody can log in yet.",
    ),
    "gate.login_no_library": (
        "로그인에 쓰는 라이브러리가 없습니다. 말모이가 있는 컴퓨터에서 `python start.py install`을 하고 다시 켜세요.",
        "The library for logging in is missing. On Malmoi's machine run `python start.py install` and start again.",
    ),
    "gate.login_unreachable": (
        "로그인 서비스에 닿지 못했습니다. 서비스가 멈췄거나 인터넷이 끊겼을 수 있습니다. 잠시 뒤에 다시 하고, 계속되면 말모이가 있는 "
        "컴퓨터에서 `.streamlit/secrets.toml`의 주소를 확인하세요.",
        "The login service cannot be reached. It may be down, or there is no network. Try again in a while; if it goes on, check the "
        "address in `.streamlit/secrets.toml` on Malmoi's machine.",
    ),
    "gate.login_cancelled": (
        "로그인을 그만두었습니다. 바뀐 것은 없습니다.",
        "The login was called off. Nothing has changed.",
    ),
    "gate.login_unproven": (
        "로그인 서비스의 답을 믿을 수 없어 들이지 않았습니다. 답이 오래되었거나 이 말모이의 것이 아니거나, 서비스가 답하지 않았습니다. 다시 "
        "로그인해 보고, 계속되면 말모이가 있는 컴퓨터의 시계와 `.streamlit/secrets.toml`의 `client_id`, `client_secret`을 확인하세요.",
        "The service's answer could not be trusted, so nobody was let in: it was too old, not meant for this Malmoi, or never came. Log in "
        "again; if it goes on, check the clock of Malmoi's machine, and `client_id` and `client_secret` in `.streamlit/secrets.toml`.",
    ),
    "gate.login_unlisted": (
        "{account} 계정으로 로그인했지만, 이 말모이의 주인으로 적힌 계정이 아닙니다.",
        "You are logged in as {account}, which is not listed as the owner of this Malmoi.",
    ),
    "gate.login_unverified": (
        "로그인 서비스가 {account} 주소를 확인된 이메일이라고 하지 않아 들일 수 없습니다. 그 서비스에서 이메일을 확인한 뒤 다시 로그인하세요.",
        "The service does not call {account} a verified address, so it cannot let you in. Verify it there, then log in again.",
    ),
    "gate.login_old": (
        "{account}의 로그인이 오래되었거나 이미 쓰였습니다. 아래에서 다시 로그인하세요.",
        "The login of {account} is old, or was used already. Log in again below.",
    ),
    "gate.login_list_it": (
        "주인이라면 말모이가 있는 컴퓨터에서 이 계정을 적으세요.",
        "If you are the owner, list this account on Malmoi's own machine.",
    ),
    "gate.login_other": ("이 계정에서 나가기", "Log out of this account"),
    "gate.wrong_password": ("비밀번호가 맞지 않습니다.", "The password does not fit."),
    "gate.wrong_token": (
        "이 토큰은 맞지 않습니다. 말모이를 다시 켜면 토큰도 바뀝니다. 켠 창에 나온 주소를 여세요.",
        "This token does not fit. It changes whenever Malmoi is started: open the address in that window.",
    ),
    "gate.no_way": (
        "주인이라면: 말모이가 있는 컴퓨터에서 http://127.0.0.1 주소로 열거나, 거기서 `python -m engine owner password`로 비밀번호를 "
        "정한 뒤 다시 오세요.",
        "If you own this Malmoi: open it on its own machine at http://127.0.0.1, or set a password there with "
        "`python -m engine owner password` and come back.",
    ),
    "gate.owners_page": ("이 화면은 주인만 볼 수 있습니다", "Only the owner sees this page"),
    "gate.owner_elsewhere": (
        "주인이라면: `start.py`를 켠 창에 나온 주소를 여기서 열거나, 새 시크릿 창에서 비밀번호로 들어오세요.",
        "If you own this Malmoi: open the address that `start.py` printed here, or come in by password in a new private window.",
    ),
    "gate.to_chat": ("대화로 가기", "To the chat"),
    "gate.leave": ("나가기", "Sign out"),
}
