"""Words of the visitor's page."""

WORDS: dict[str, tuple[str, str]] = {
    "visit.hello": (
        "{name} 님, 반가워요. 시작하기 전에 무엇이 남는지 먼저 읽어 주세요.",
        "Hello, {name}. Before you begin, please read what is kept.",
    ),
    "visit.told_machine": (
        ":material/smart_toy: **사람이 아니라 AI가 답합니다.** 틀린 말, 이상한 말을 할 수 있으니 중요한 일은 꼭 사람에게 확인하세요.",
        ":material/smart_toy: **An AI answers, not a person.** It can say wrong or odd things: check what matters with a person.",
    ),
    "visit.told_kept": (
        ":material/save: 여기서 나눈 말과 누른 엄지는 **초대한 사람의 컴퓨터**에 저장됩니다. 다른 손님은 볼 수 없습니다.",
        ":material/save: What you say here, and your thumbs, are kept on **the computer of the person who invited you**. Other guests cannot see it.",
    ),
    "visit.told_passing": (
        ":material/hourglass_top: 여기서 나눈 말은 이 페이지가 놓인 **무료 서버에 잠시만** 있습니다. 서버가 다시 켜지면 모두 사라집니다. 다른 손님은 볼 수 없습니다.",
        ":material/hourglass_top: What you say here stays **for a while only**, on the free server that holds this page, and is gone when it starts anew. Other guests cannot see it.",
    ),
    "visit.told_read": (
        ":material/visibility: 초대한 사람은 저장된 대화를 볼 수 있습니다. 그 밖의 누구에게도, 다른 회사에도 보내지 않습니다.",
        ":material/visibility: The person who invited you can see what is kept. It is sent to nobody else and to no company.",
    ),
    "visit.told_sent": (
        ":material/send: 엄지를 누르거나 고쳐 준 답만, 그 앞의 대화와 함께 초대한 사람에게 보내집니다. 나머지 대화는 보내지 않습니다.",
        ":material/send: Only answers that you give a thumb or correct are sent to the person who invited you, with what was said before them. The rest is not sent.",
    ),
    "visit.told_download": (
        ":material/visibility: 아무에게도 저절로 보내지 않습니다. 엄지를 누르거나 고쳐 준 답은 원할 때 파일로 내려받아 초대한 사람에게 줄 수 있습니다.",
        ":material/visibility: Nothing is sent by itself. Answers that you gave a thumb or corrected can be downloaded as a file for the person who invited you.",
    ),
    "visit.told_learning": (
        ":material/school: 엄지와 고친 말은 이름·전화번호 같은 것을 가린 뒤 초대한 사람이 하나씩 살펴봅니다. 저절로 학습에 쓰이지는 않습니다.",
        ":material/school: Thumbs and corrections are looked through one by one by the person who invited you, after names, phone numbers and the like are hidden. Nothing is learned from by itself.",
    ),
    "visit.told_private": (
        ":material/shield: 주민등록번호, 비밀번호, 카드 번호나 남의 비밀은 쓰지 마세요.",
        ":material/shield: Do not write resident numbers, passwords, card numbers, or other people's secrets.",
    ),
    "visit.told_delete": (
        ":material/delete: 내 대화는 언제든 메뉴에서 내려받거나 모두 지울 수 있습니다.",
        ":material/delete: You can download or delete all your chats from the menu whenever you like.",
    ),
    "visit.told_age": (
        ":material/family_restroom: 만 14세가 되지 않았다면 보호자와 함께 쓰세요.",
        ":material/family_restroom: If you are under 14, use it together with a parent or guardian.",
    ),
    "visit.agree": ("읽었고, 동의합니다", "I have read this and agree"),
    "visit.disagree": (
        "동의하지 않으면 이 창을 닫으면 됩니다. 아무것도 저장하지 않았습니다.",
        "If you do not agree, close this window. Nothing has been stored.",
    ),
    "visit.forgets": (
        "이 브라우저는 다녀간 분을 기억하지 못합니다(저장을 막아 두었거나, https가 아닌 주소입니다). 새로 고치면 초대 코드를 다시 묻고 지난 대화는 보이지 않습니다. 새 탭이나 다른 브라우저에서 열면 기억합니다.",
        "This browser cannot remember you (its storage is shut, or the address is not https). A refresh asks for the code again, and earlier chats will not show. In a new tab or another browser it can.",
    ),
    "visit.no_model": (
        "지금 이야기할 수 있는 모델이 없습니다. 초대한 사람에게 알려 주세요.",
        "There is no model to talk to right now. Please tell the person who invited you.",
    ),
    "visit.tell_them": (
        "초대한 사람에게 이 글을 보여 주세요. 잠시 뒤에 이 페이지를 새로 열어 볼 수도 있습니다.",
        "Please show these words to the person who invited you. You can also open this page again in a while.",
    ),
    "visit.gone": (
        "그 대화는 없습니다. 지워졌을 수 있습니다. 새 대화를 시작하세요.",
        "That chat is not there. It may have been deleted. Begin a new one.",
    ),
    "visit.model": ("이야기할 모델", "Whom to talk to"),
    "visit.placeholder": ("말을 걸어 보세요", "Say something"),
    "visit.first": ("아래에 편하게 말을 걸어 보세요.", "Say something below, whatever you like."),
    "visit.first_again": (
        "아래에 편하게 말을 걸어 보세요. 지난 대화는 오른쪽 위 메뉴에 있습니다.",
        "Say something below, whatever you like. Earlier chats are in the menu at the top right.",
    ),
    "visit.left": ("오늘 답 {n}개 남음", "{n} answers left today"),
    "visit.none_left": (
        "오늘 나눌 수 있는 답을 모두 썼습니다. 한국 시간 자정이 지나면 다시 이야기할 수 있습니다.",
        "All answers of today are used up. After midnight in Korea you can talk again.",
    ),
    "visit.thinking": ("생각하는 중…", "Thinking…"),
    "visit.loading": (
        "모델을 깨우는 중… 처음에는 시간이 조금 걸립니다.",
        "Waking the model… the first time takes a moment.",
    ),
    "visit.stop": ("그만", "Stop"),
    "visit.again": ("다시", "Again"),
    "visit.answer_now": ("답 듣기", "Get an answer"),
    "visit.edit": ("고쳐 말하기", "Edit"),
    "visit.edit_after": (
        "고쳐 보내면 이 말 뒤의 답은 새 답으로 바뀝니다.",
        "Once it is sent, what follows this message is replaced by a new answer.",
    ),
    "visit.send": ("보내기", "Send"),
    "visit.cancel": ("그만두기", "Cancel"),
    "visit.empty": ("아직 답이 없습니다.", "Not answered yet."),
    "visit.stopped": ("중간에 멈춘 답입니다.", "This answer was stopped half-way."),
    "visit.failed": ("중간에 끊긴 답입니다.", "This answer broke off half-way."),
    "visit.remembered": (
        "모델은 여기부터 기억합니다",
        "The model remembers from here on",
    ),
    "visit.cut": (
        "말이 길어서 모델이 앞부분을 읽지 못했습니다.",
        "The message was too long: the model could not read its beginning.",
    ),
    "visit.before": ("앞의 말 더 보기", "Show what was said before"),
    "visit.correct": ("더 나은 답", "Better answer"),
    "visit.instead": ("이렇게 답했으면 좋겠어요", "A better answer would be"),
    "visit.keep": ("알려 주기", "Suggest"),
    "visit.kept": ("고맙습니다. 초대한 사람이 살펴봅니다.", "Thank you. The person who invited you will look at it."),
    "visit.unsent": ("보내지 못한 말", "What was not sent"),
    "visit.menu": ("메뉴", "Menu"),
    "visit.new": ("새 대화", "New chat"),
    "visit.mine": ("내 대화", "My chats"),
    "visit.download": ("내 대화 내려받기", "Download my chats"),
    "visit.feedback": ("엄지와 고친 말 내려받기", "Download my thumbs and corrections"),
    "visit.not_home": (
        "엄지와 고친 말을 아직 보내지 못했습니다. 잠시 뒤 저절로 다시 보냅니다.",
        "Your thumbs and corrections could not be sent yet. They are sent again by themselves in a while.",
    ),
    "visit.delete_one": ("이 대화 지우기", "Delete this chat"),
    "visit.delete_all": ("내 대화 모두 지우기", "Delete all my chats"),
    "visit.delete_ask": (
        "말과 엄지가 모두 사라집니다. 되돌릴 수 없습니다.",
        "All messages and thumbs will be gone. There is no way back.",
    ),
    "visit.delete_yes": ("네, 지웁니다", "Yes, delete"),
    "visit.deleted": ("지웠습니다.", "Deleted."),
    "visit.what_is_kept": ("무엇이 남나요?", "What is kept?"),
}
