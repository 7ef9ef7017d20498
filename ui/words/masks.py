"""Words of the masks: values that stand often, the doubtful ones one by one, corrections with undo and redo."""

WORDS: dict[str, tuple[str, str]] = {
    "data.part": ("가린 것을 어떻게 볼까요?", "How to look at what is hidden"),
    "data.part.messages": ("메시지별로", "By message"),
    "data.part.values": ("자주 나오는 것", "Most frequent"),
    "data.part.review": ("확인할 것", "To decide"),
    "masks.at_work": ("가리는 중 보기", "See it at work"),
    # levels
    "data.levels": ("얼마나 확실한가", "How sure"),
    "data.level.sure": ("확실", "sure"),
    "data.level.likely": ("아마 맞음", "likely"),
    "data.level.doubtful": ("의심스러움", "doubtful"),
    "data.level_help": (
        "확실: 번호의 생김새나 등록된 이름처럼 근거가 뚜렷하거나, 내가 맞다고 한 것. 아마 맞음: 앞뒤 말이 잘 들어맞는 것. "
        "의심스러움: 짐작으로 가린 것. '확인할 것'에서 하나씩 정할 수 있습니다.",
        "Sure: plain evidence, such as the shape of a number or a speaker's name, or confirmed by you. Likely: what stands around "
        "it fits. Doubtful: hidden on a guess; “To decide” goes through these one by one.",
    ),
    # what only a switch hides
    "data.label.AGE": ("나이", "age"),
    "data.label.SCHOOL": ("학교", "school"),
    "data.label.WORK": ("직장", "workplace"),
    "data.label.HEALTH": ("건강", "health"),
    "data.label.FAMILY": ("가족 관계", "family"),
    "data.label.BODY": ("신체", "body measures"),
    "data.label.STUDENT_ID": ("학번", "student number"),
    "data.label.STAFF_ID": ("사번", "staff number"),
    "masks.policy": ("무엇까지 가릴까요?", "How much to hide"),
    "masks.policy_lead": (
        "이름, 번호, 주소 따위는 늘 가립니다. 아래는 고르면 함께 가리고, 모든 자료에 두루 적용됩니다.",
        "Names, numbers, addresses and the like are always hidden. These are hidden too when you choose them, in all sources.",
    ),
    "masks.policy.quasi": ("나이·학교·직장·건강·가족 관계", "Age, school, work, health, family"),
    "masks.policy.quasi_help": (
        "하나로는 누구인지 모르지만, 여럿이 모이면 알아볼 수 있는 것들입니다.",
        "Each alone tells nobody who it is; several together may.",
    ),
    "masks.policy.company_lines": ("1588 같은 회사 대표번호", "Company lines such as 1588-…"),
    "masks.policy.company_lines_help": (
        "누구나 아는 번호라서 보통은 그대로 둡니다.",
        "Everybody may know these, so they usually stay.",
    ),
    "masks.policy.crisis_lines": ("112, 1366 같은 긴급·상담 번호", "Emergency and help lines such as 112, 1366"),
    "masks.policy.crisis_lines_help": (
        "모델이 도움 받을 곳을 알려 줄 수 있도록 보통은 그대로 둡니다.",
        "They usually stay, so that the model can name where to find help.",
    ),
    "masks.policy_again": (
        "바꾼 것은 다시 가려야 이 자료에 적용됩니다. 내가 고친 것은 그대로 남습니다.",
        "A change reaches this source once it is masked anew. Your corrections stay.",
    ),
    # undo and redo
    "masks.undo": ("되돌리기: {what}", "Undo: {what}"),
    "masks.redo": ("다시 하기: {what}", "Redo: {what}"),
    "masks.undone": ("되돌렸습니다({n}곳).", "Undone ({n} places)."),
    "masks.redone": ("다시 했습니다({n}곳).", "Done again ({n} places)."),
    "masks.log": ("고친 기록", "What was corrected, and when"),
    "masks.log_lead": (
        "최근 것부터입니다. 위의 되돌리기는 맨 위의 것부터 거꾸로 갑니다.",
        "Newest first. Undo above goes back from the top.",
    ),
    "masks.log_undone": ("되돌림", "undone"),
    "masks.step.keep_here": ("‘{word}’ 여기만 보이기", "show “{word}” here only"),
    "masks.step.hide_here": ("‘{word}’ 여기 다시 가리기", "hide “{word}” here again"),
    "masks.step.keep": ("‘{word}’ 어디서나 보이기 ({n}곳)", "show “{word}” everywhere ({n})"),
    "masks.step.accept": ("‘{word}’ 맞다고 확인", "confirm “{word}”"),
    "masks.step.add": ("‘{word}’ 가리기 ({n}곳)", "hide “{word}” ({n})"),
    "masks.step.undo": ("‘{word}’ 결정 물리기 ({n}곳)", "take back the decision on “{word}” ({n})"),
    "data.decision.accepted": ("**{word}** ({label}) 가리는 것이 맞음 · 모든 자료", "**{word}** ({label}) is rightly hidden · all sources"),
    "data.more_decisions": ("{n}개 더 보기", "{n} more"),
    # hiding by clicking words
    "masks.pick": ("가릴 낱말 누르기", "Click the words to hide"),
    "masks.pick_help": (
        "여러 개를 누르면 처음 누른 자리부터 마지막 자리까지 이어서 가립니다.",
        "Of several, everything from the first to the last is hidden.",
    ),
    "masks.pick_more": ("다음 낱말 보기", "Further words"),
    "masks.found_hide": ("‘{word}’ 모두 가리기", "Hide every “{word}”"),
    "masks.hide": ("가리기", "Hide"),
    # values
    "masks.values_lead": (
        "같은 값은 한 줄로 모았습니다. 잘못 가린 것은 여기에서 한 번에 보이게 하세요. 원래 말은 이 화면에서만 보입니다.",
        "One line per value. What was hidden by mistake is shown everywhere with one click. Originals are seen on this page only.",
    ),
    "masks.value_facts": ("{label} · {n}곳 · {level}", "{label} · {n} places · {level}"),
    "masks.value_shown": ("{label} · {n}곳에서 보이는 중", "{label} · shown in {n} places"),
    "masks.value_some": ("{label} · {n}곳 가운데 {hidden}곳 가림 · {level}", "{label} · hidden in {hidden} of {n} places · {level}"),
    "masks.not_personal": ("개인정보 아님", "Not personal"),
    "masks.hide_all": ("빠진 곳까지 가리기", "Hide missed places too"),
    "masks.hide_all_help": (
        "이렇게 적힌 말이 가려지지 않은 채 남은 곳이 있으면 모두 가립니다.",
        "Hides these spellings also where they were missed.",
    ),
    "masks.hide_back": ("다시 가리기", "Hide again"),
    "masks.where": ("나오는 곳", "Where"),
    "masks.where_close": ("접기", "Fold"),
    "masks.values_none": ("이 조건에 맞는 값이 없습니다.", "No value fits."),
    # the queue
    "masks.review_lead": (
        "앞뒤 말만 보고 가린 것들입니다. 이름부터, 자주 나오는 것부터 하나씩 정하면 다시 묻지 않습니다.",
        "Hidden by their surroundings alone. Decide one by one, names and frequent ones first; none comes back.",
    ),
    "masks.review_left": ("{n}가지 남음 · {places}곳", "{n} left · {places} places"),
    "masks.review_ask": ("이것은 개인정보인가요?", "Is this personal?"),
    "masks.review_also": ("이렇게도 적혀 있습니다: {words}", "Also written: {words}"),
    "masks.review_yes": ("네, 가리기", "Yes, hide"),
    "masks.review_no": ("아니요, 보이기", "No, show"),
    "masks.review_later": ("나중에", "Later"),
    "masks.review_keys": (
        "키보드로도 됩니다: 1 가리기, 2 보이기, 3 나중에, 0 되돌리기. 글을 쓰는 칸에 있을 때에는 듣지 않습니다.",
        "Keys work too: 1 hide, 2 show, 3 later, 0 undo. They do nothing while you type in a box.",
    ),
    "masks.review_put_off": ("나중으로 미룬 {n}가지만 남았습니다.", "Only the {n} put off are left."),
    "masks.review_again": ("미룬 것 보기", "Look at them"),
    "masks.review_done": ("확인할 것이 없습니다.", "Nothing is left to decide."),
    "masks.done_accepted": ("맞다고 적어 두었습니다.", "Noted as right."),
}  # fmt: skip
