"""Words of inviting somebody to talk to a model on this machine."""

WORDS: dict[str, tuple[str, str]] = {
    "invite.lead": (
        "이 컴퓨터에 켜 둔 말모이로 바로 초대합니다. 초대받은 사람은 대화 화면만 보고, 다른 것은 아무것도 보지 못합니다.",
        "Invite somebody straight to this machine's Malmoi. Who is invited sees the chat and nothing else.",
    ),
    "invite.none": ("아직 아무도 초대하지 않았습니다.", "Nobody is invited yet."),
    "invite.made": (
        "{name}의 초대입니다. 지금 한 번만 보이니 복사해 보내세요.",
        "{name}'s invitation. It is shown this once: copy and send it.",
    ),
    "invite.at": ("상대가 여는 주소", "The address they open"),
    "invite.at_help": (
        "집 밖에서 들어오게 하려면 터널(ngrok, cloudflared)이 준 https 주소를 쓰세요.",
        "For somebody outside, the https address that a tunnel (ngrok, cloudflared) gave.",
    ),
    "invite.only_here": (
        "이 링크는 이 컴퓨터에서만 열립니다. 다른 사람에게 보내려면 위 칸에 터널이나 호스트의 주소를 넣으세요.",
        "This link opens on this machine only. To send it to somebody, put the address of your tunnel or host above.",
    ),
    "invite.or_code": ("주소를 열고 이 코드를 넣어도 됩니다.", "Or open the address and type this code."),
    "invite.seen": ("복사했어요", "Copied"),
    "invite.is.open": ("열림", "open"),
    "invite.is.expired": ("날이 지남", "expired"),
    "invite.is.revoked": ("거둠", "revoked"),
    "invite.code": ("코드 …{hint}", "code …{hint}"),
    "invite.left": ("오늘 남은 답 {left}/{n}", "{left} of {n} answers left today"),
    "invite.until": ("{day}까지", "until {day}"),
    "invite.no_end": ("끝나는 날 없음", "no end"),
    "invite.came": ("브라우저 {n}/{most}", "{n} of {most} browsers"),
    "invite.seen_at": ("{when} 다녀감", "seen {when}"),
    "invite.never": ("아직 오지 않음", "not yet come"),
    "invite.renew": ("새 코드", "New code"),
    "invite.renew_help": (
        "옛 코드는 못 쓰게 되고, 들어와 있는 사람은 그대로 있습니다. 오늘부터 7일로 늘어납니다.",
        "The old code is void; who is in stays. It lasts 7 days from today.",
    ),
    "invite.revoke": ("거두기", "Revoke"),
    "invite.revoke_help": ("들어와 있는 사람도 바로 나갑니다.", "Whoever is in is out at once."),
    "invite.new": ("새로 초대하기", "Invite somebody"),
    "invite.name": ("누구를", "Whom"),
    "invite.models": ("말을 걸 수 있는 모델", "Models they may talk to"),
    "invite.per_day": ("하루에 답 몇 개까지", "Answers a day"),
    "invite.days": ("며칠 동안", "For how many days"),
    "invite.days_help": ("0은 거둘 때까지입니다.", "0 means until you revoke it."),
    "invite.make": ("초대 만들기", "Make the invitation"),
}
