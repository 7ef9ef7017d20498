"""Words of the evaluation page."""

WORDS: dict[str, tuple[str, str]] = {
    "evaluate.talk": ("내 모델과 이야기하기", "Talk to my model"),
    "evaluate.base": ("기반 모델 {name}", "Base {name}"),
    "evaluate.run": ("내 모델 {name}", "My model {name}"),
    "evaluate.run_gone": ("지워진 모델 {name}", "Deleted model {name}"),
    "evaluate.none": (
        "아직 평가가 없습니다",
        "No evaluation yet",
    ),
    "evaluate.what": (
        "평가는 학습에 쓰지 않은 날의 대화로 모델에게 말을 걸고, 그 답을 내 실제 답과 기반 모델의 답에 견주는 일입니다. "
        "수 하나하나가 어느 답에서 나왔는지 열어 볼 수 있습니다.",
        "An evaluation shows the model conversations from days it never trained on, and compares its answers with my real "
        "replies and with its base. Every number opens the answers it came from.",
    ),
    "evaluate.first_train": (
        "평가하려면 먼저 학습한 모델이 있어야 합니다.",
        "There must be a trained model first.",
    ),
    "evaluate.to_train": ("학습하러 가기", "Go and train"),
    "evaluate.to_data": ("자료 가져오기", "Bring in material"),
    "evaluate.which": ("평가", "Evaluation"),
    "evaluate.view": ("볼 것", "What to look at"),
    "evaluate.view.board": ("한눈에", "At a glance"),
    "evaluate.view.answers": ("답 나란히", "Answers"),
    "evaluate.view.vote": ("눈 가린 투표", "Blind vote"),
    "evaluate.view.list": ("지난 평가", "Evaluations"),
    "evaluate.view.new": ("새 평가", "New"),
    "evaluate.pair": ("견줄 모델", "Model to compare"),
    "evaluate.pair_help": (
        "첫 모델과 견줄 모델을 고릅니다.",
        "Which model to compare with the first one.",
    ),
    # the summary
    "evaluate.against": (
        "**{model}** · {base}에 견주어 · 문항 {n}개",
        "**{model}** · against {base} · {n} items",
    ),
    "evaluate.one_model": (
        "**{model}** · 문항 {n}개. 모델이 하나라 견줄 것이 없습니다.",
        "**{model}** · {n} items. One model only: nothing to compare it with.",
    ),
    "evaluate.better_n": ("**{n}가지가 좋아졌습니다.**", "**{n} got better.**"),
    "evaluate.worse_n": ("**{n}가지가 나빠졌습니다.**", "**{n} got worse.**"),
    "evaluate.worse_0": ("나빠진 것은 없습니다.", "None got worse."),
    "evaluate.better_0": ("좋아졌다고 할 수 있는 것은 없습니다.", "None can be said to have got better."),
    "evaluate.same_n": ("{n}가지는 차이를 확인할 수 없습니다.", "For {n} no difference can be shown."),
    "evaluate.changed_n": (
        "{n}가지는 달라졌습니다(좋고 나쁨이 없는 지표).",
        "{n} changed (metrics that know no better or worse).",
    ),
    "evaluate.unknown_n": ("{n}가지는 비교할 수 없었습니다.", "{n} could not be compared."),
    "evaluate.few": (
        "문항이 {n}개뿐이라 작은 차이는 가려낼 수 없습니다. '차이를 확인할 수 없음'은 같다는 뜻이 아닙니다.",
        "With only {n} items small differences cannot be told. 'No clear difference' does not mean equal.",
    ),
    "evaluate.open": ("평가 열기", "Open the evaluation"),
    # the table
    "evaluate.verdict.better": ("좋아짐", "better"),
    "evaluate.verdict.worse": ("나빠짐", "worse"),
    "evaluate.verdict.changed": ("달라짐", "changed"),
    "evaluate.verdict.same": ("차이를 확인할 수 없음", "no clear difference"),
    "evaluate.verdict.unknown": ("비교할 수 없음", "cannot be compared"),
    "evaluate.main": ("얼마나 나를 닮았나", "How much like me"),
    "evaluate.main_help": (
        "↑ 높을수록, ↓ 낮을수록 좋음. [ ]는 95% 구간. 줄을 누르면 아래에 자세히 나옵니다.",
        "↑ higher is better, ↓ lower is better. [ ] holds the 95 % interval. Click a row for its details below.",
    ),
    "evaluate.health": ("건강 검사", "Health checks"),
    "evaluate.health_help": (
        "답에 탈이 없는지 봅니다. 모두 0%에 가까울수록 좋습니다.",
        "Whether something is wrong with the answers. All should be near 0 %.",
    ),
    "evaluate.health_fine": ("**{model}**: 탈이 난 답이 없습니다.", "**{model}**: nothing wrong was found."),
    "evaluate.health_look": ("**{model}**: 눈여겨보세요 · {what}", "**{model}**: look at · {what}"),
    "evaluate.metric": ("지표", "Metric"),
    "evaluate.verdict": ("판정", "Verdict"),
    "evaluate.verdict_of": ("판정: {model}", "Verdict: {model}"),
    "evaluate.mine": ("내 실제 답", "My real replies"),
    "evaluate.mine_help": (
        "내가 실제로 한 답을 같은 자로 잰 값. 모델이 다가갈 수 있는 목표입니다.",
        "My real replies measured the same way: what the model could come near to.",
    ),
    "evaluate.not_judged": ("판단 못 함", "could not be judged"),
    # one metric
    "evaluate.detail": ("지표 하나를 자세히", "One metric in detail"),
    "evaluate.detail_metric": ("자세히 볼 지표", "Metric"),
    "evaluate.values": (
        "점은 값, 가로줄은 95% 구간입니다. {values}.",
        "The dot is the value, the line its 95 % interval. {values}.",
    ),
    "evaluate.values_mine": (
        " 점선은 실제 답의 값({mine})입니다.",
        " The dotted line is what the real answers score ({mine}).",
    ),
    "evaluate.paired": (
        "{verdict} · {model}: 차이 **{delta}** {between}, p {p}, 함께 판단한 답 {n}개, {test}",
        "{verdict} · {model}: difference **{delta}** {between}, p {p}, {n} answers judged for both, {test}",
    ),
    "evaluate.paired_same": (
        "구간이 0을 품고 있거나 p가 0.05 이상이라, 이 문항 수로는 어느 쪽이 나은지 말할 수 없습니다.",
        "The interval holds 0 or p is 0.05 or more: this many items cannot tell which is better.",
    ),
    "evaluate.paired_told": (
        "구간이 0에 걸치지 않고 p가 0.05보다 작아, 우연으로 보기 어렵습니다.",
        "The interval leaves out 0 and p is below 0.05: hardly chance.",
    ),
    "evaluate.to_answers": ("이 수를 만든 답 보기", "See the answers behind it"),
    "evaluate.test.mcnemar_exact": ("맥니마 정확 검정", "exact McNemar test"),
    "evaluate.test.sign_flip_items": ("부호 바꾸기 검정", "sign-flip permutation"),
    "evaluate.test.sign_flip_groups": ("부호 바꾸기 검정(날 묶음)", "sign-flip permutation over days"),
    "evaluate.test.randomization": ("자리 바꾸기 검정", "approximate randomization"),
    "evaluate.test.none": ("검정하지 못함", "not tested"),
    # the forest
    "evaluate.forest": ("무엇이 얼마나 달라졌나", "What changed, and how much"),
    "evaluate.forest_axis": (
        "← 나빠짐 · 좋아짐 →  (100점 가운데)",
        "← worse · better →  (points of 100)",
    ),
    "evaluate.forest_says": (
        "점이 세로줄(0)의 오른쪽이면 {base}보다 나은 쪽입니다. 가로줄은 95% 구간이고, 세로줄에 걸친 회색은 차이를 확인할 수 없는 것입니다.",
        "Right of the vertical line (0) is better than {base}. The horizontal lines are 95 % intervals; gray ones cannot be told from no difference.",
    ),
    "evaluate.forest_most": (
        "가장 크게 좋아진 것은 **{name}**({points}점)입니다.",
        "**{name}** gained most ({points} points).",
    ),
    "evaluate.forest_worst": (
        "가장 크게 나빠진 것은 **{name}**({points}점)입니다.",
        "**{name}** lost most ({points} points).",
    ),
    "evaluate.forest_without": (
        "100점으로 나타낼 수 없는 {names}은(는) 위의 표에 있습니다.",
        "Not on a scale of 100, so in the table above only: {names}.",
    ),
    "evaluate.forest_neither": (
        "주황은 좋고 나쁨 없이 달라진 것입니다(오른쪽이 늘어남).",
        "Orange changed without being better or worse (right means more).",
    ),
    # how it was measured
    "evaluate.how": ("어떻게 쟀나", "How it was measured"),
    "evaluate.how_items": (
        "데이터셋의 {split}에서 문항 {n}개를 물었습니다.",
        "{n} items of the dataset's {split} were asked.",
    ),
    "evaluate.how_left_out": (
        "평가한 모델 가운데 하나라도 학습한 대화 날의 행 {n}개는 뺐습니다.",
        "{n} rows of days that any judged model was trained on were left out.",
    ),
    "evaluate.how_left_none": (
        "평가한 모델이 학습한 대화 날의 행은 하나도 섞이지 않았습니다.",
        "No row of a day that a judged model was trained on was among them.",
    ),
    "evaluate.how_group": (
        "구간은 대화 날 {blocks}묶음을 통째로 다시 뽑아 만들었습니다. 같은 날의 답은 서로 닮기 때문입니다.",
        "Intervals resample {blocks} whole days, because replies of one day resemble each other.",
    ),
    "evaluate.how_item": (
        "구간은 문항 {blocks}개를 하나씩 다시 뽑아 만들었습니다. 대화 날이 열 묶음보다 적어 날로는 뽑지 않았습니다.",
        "Intervals resample {blocks} single items: there are fewer than ten days to resample by.",
    ),
    "evaluate.how_intervals": (
        "비율은 윌슨 구간, 답마다 재는 값은 {draws}번 다시 뽑기(부트스트랩), 모든 답을 모아 재는 값은 하나씩 빼 보기(잭나이프)입니다. "
        "두 모델의 비교는 같은 문항의 답끼리 짝지어 검정했습니다.",
        "Shares have Wilson intervals, values of single answers {draws} bootstrap draws, values over all answers a jackknife. "
        "Models are tested on pairs of answers to the same item.",
    ),
    "evaluate.how_chance": (
        "지표를 여럿 보면 스무 개에 하나쯤은 우연히 달라 보입니다.",
        "Among many metrics about one in twenty differs by chance.",
    ),
    "evaluate.how_version": (
        "평가 모음 {suite}, 버전 {version} · 씨앗 {seed} · 만든 때 {at}",
        "Suite {suite}, version {version} · seed {seed} · made {at}",
    ),
    "evaluate.how_decoding": ("답을 만든 설정", "How answers were drawn"),
    "evaluate.dataset": ("데이터셋 {name}", "Dataset {name}"),
    "evaluate.open_run": ("학습 기록 {name}", "Run {name}"),
    "evaluate.split.imported": ("들여온 것", "imported"),
    "evaluate.engine.ctranslate2": ("CTranslate2 INT8", "CTranslate2 INT8"),
    "evaluate.engine.openvino": ("OpenVINO INT8", "OpenVINO INT8"),
    "evaluate.engine.openvino-int4": ("OpenVINO INT4", "OpenVINO INT4"),
    "evaluate.engine.gguf": ("GGUF INT8", "GGUF INT8"),
    "evaluate.engine.gguf-int4": ("GGUF INT4", "GGUF INT4"),
    "evaluate.engine.bitsandbytes": ("bitsandbytes INT8", "bitsandbytes INT8"),
    "evaluate.imported": ("들여온 모델 {name}", "Imported model {name}"),
    "evaluate.how_imported": (
        "답은 다른 곳에서 만들어 {file} 파일로 들여왔고, 여기서는 판단만 했습니다. 무엇으로 학습했는지는 알 수 없습니다.",
        "The answers were made elsewhere and came in with {file}; they were only judged here. What the models learned from is not known.",
    ),
    "evaluate.split.test": ("시험용", "test part"),
    "evaluate.split.validation": ("검증용", "validation part"),
    "evaluate.split.train": ("학습용", "training part"),
    "evaluate.no_recipe": (
        "이 평가의 레시피를 찾을 수 없어, 지표의 뜻과 좋은 쪽을 모른 채 수만 보여 줍니다.",
        "This evaluation's recipe was not found: numbers are shown without knowing which side is better.",
    ),
    # answers
    "evaluate.answers_metric": ("무엇으로 늘어놓을까요", "Sort by"),
    "evaluate.answers_order": ("차례", "Order"),
    "evaluate.order.best": ("가장 좋아진 답부터", "Most improved first"),
    "evaluate.order.worst": ("가장 나빠진 답부터", "Most worsened first"),
    "evaluate.order.change": ("가장 크게 달라진 답부터", "Biggest change first"),
    "evaluate.order.unjudged": ("판단 못 한 답", "Could not be judged"),
    "evaluate.order.made": ("문항 차례", "In order"),
    "evaluate.order_one.best": ("점수가 가장 좋은 답부터", "Best score first"),
    "evaluate.order_one.worst": ("점수가 가장 나쁜 답부터", "Worst score first"),
    "evaluate.answers_count": (
        "판단한 문항 {judged}개 · 판단 못 한 문항 {unjudged}개",
        "{judged} items judged · {unjudged} not judged",
    ),
    "evaluate.answers_whole": (
        "이 지표는 답 하나가 아니라 모든 답을 모아서 잽니다. 그래서 문항마다의 점수는 없고, 답을 문항 차례로 보여 줍니다.",
        "This metric is measured over all answers together, so single items have no score. Answers are shown in order.",
    ),
    "evaluate.habits": (
        "{n}개 답에서 센 것입니다. 내 실제 답과 가장 다른 버릇이 위에 있습니다. 줄을 누르면 {model}의 그런 답만 나옵니다.",
        "Counted over {n} answers; what differs most from my real replies comes first. Click a row for such answers of {model}.",
    ),
    "evaluate.habit": ("버릇", "Habit"),
    "evaluate.habit_chosen": (
        "'{habit}' 버릇이 나온 {model}의 답 {n}개",
        "{n} answers of {model} with the habit '{habit}'",
    ),
    "evaluate.habit_back": ("모든 답 보기", "Show all answers"),
    "evaluate.habit.casual": ("반말", "casual"),
    "evaluate.habit.polite": ("존댓말", "polite"),
    "evaluate.habit.unknown": ("가릴 수 없음", "unclear"),
    "evaluate.habit.(none)": ("쓰지 않음", "none"),
    "evaluate.habit.(empty)": ("빈 답", "empty answer"),
    "evaluate.loading": ("모델을 올리는 중입니다…", "Loading the model…"),
    "evaluate.answers_unjudged": (
        "두 모델의 답을 함께 판단할 수 있었던 문항이 없습니다. 답을 문항 차례로 보여 줍니다.",
        "No item could be judged for both models. Answers are shown in order.",
    ),
    "evaluate.answers_none": ("이 조건에 드는 문항이 없습니다.", "No item fits."),
    "evaluate.answers_shown": ("{first}–{last} / {total}", "{first}–{last} of {total}"),
    "evaluate.next": ("다음", "Next"),
    "evaluate.previous": ("이전", "Previous"),
    "evaluate.item": ("문항 {item}", "Item {item}"),
    "evaluate.item_back": ("모든 문항 보기", "Show all items"),
    "evaluate.item_link": ("이 문항만 보기", "Only this item"),
    "evaluate.no_prompt": (
        "이 문항을 만든 행이 저장소에 없어 앞말을 보여 줄 수 없습니다.",
        "The row this item was made from is not in the store: its prompt cannot be shown.",
    ),
    "evaluate.role.system": ("설정", "system"),
    "evaluate.role.user": ("상대", "them"),
    "evaluate.role.assistant": ("나", "me"),
    "evaluate.no_answer": ("(답이 없습니다)", "(no answer)"),
    "evaluate.not_answered": ("아직 답하지 않았습니다", "Not answered yet"),
    "evaluate.raw": ("생성된 그대로와 모든 점수", "As generated, and all scores"),
    # votes
    "evaluate.vote_what": (
        "어느 모델의 답인지 가린 채 더 나은 쪽을 고릅니다. 왼쪽과 오른쪽은 문항마다 제비로 정합니다.",
        "Choose the better answer without knowing whose it is. Sides are drawn by lot for every item.",
    ),
    "evaluate.vote_what.persona": (
        "어느 모델의 답인지 가린 채 더 나다운 쪽을 고릅니다. 왼쪽과 오른쪽은 문항마다 제비로 정합니다.",
        "Choose the answer more like you without knowing whose it is. Sides are drawn by lot for every item.",
    ),
    "evaluate.vote_two": (
        "투표하려면 모델이 둘 이상인 평가가 필요합니다. '새 평가'에서 기반 모델과 함께 평가하세요.",
        "Voting needs an evaluation of two models. Make one under 'New', together with the base.",
    ),
    "evaluate.vote_said": ("어느 답이 더 낫습니까?", "Which answer is better?"),
    "evaluate.vote_said.persona": ("이 말에 어느 답이 더 나답습니까?", "Which reply to this is more like you?"),
    "evaluate.vote_left": ("왼쪽", "Left"),
    "evaluate.vote_right": ("오른쪽", "Right"),
    "evaluate.vote_both": ("둘 다 좋음", "Both good"),
    "evaluate.vote_neither": ("둘 다 별로", "Neither"),
    "evaluate.vote_skip": ("건너뛰기", "Skip"),
    "evaluate.vote_undo": ("마지막 표 되돌리기", "Undo last vote"),
    "evaluate.vote_keys": (
        "숫자 자판 1 왼쪽, 2 오른쪽, 3 둘 다 좋음, 4 둘 다 별로로도 고를 수 있습니다.",
        "The keys 1 left, 2 right, 3 both, 4 neither work too.",
    ),
    "evaluate.vote_left_over": (
        "{done}개를 골랐고 {left}개가 남았습니다.",
        "{done} chosen, {left} to go.",
    ),
    "evaluate.vote_alike": (
        "두 답이 똑같은 {n}개는 고를 것이 없어 뺐습니다.",
        "{n} with two identical answers are left out.",
    ),
    "evaluate.vote_done": ("모든 문항을 골랐습니다. 고맙습니다.", "Every item is decided. Thank you."),
    "evaluate.vote_skipped": (
        "건너뛴 {n}개만 남았습니다.",
        "Only {n} skipped ones are left.",
    ),
    "evaluate.vote_unskip": ("건너뛴 것 다시 보기", "Show the skipped ones"),
    "evaluate.vote_already": (
        "이 문항은 다른 창에서 이미 골랐습니다. 먼저 고른 표가 남습니다.",
        "This item was decided in another tab. The earlier vote stays.",
    ),
    "evaluate.vote_again": (
        "전에 고른 문항입니다. 다시 고르면 표가 바뀝니다.",
        "You decided this item before. Choosing again replaces that vote.",
    ),
    "evaluate.vote_undone": ("마지막 표를 되돌렸습니다.", "The last vote was taken back."),
    "evaluate.vote_show": ("결과 보기", "Show the result"),
    "evaluate.vote_show_help": (
        "결과를 열면 지금까지의 표가 누구의 것인지 드러납니다. 남은 문항은 그대로 가려져 있습니다.",
        "This reveals whose answers were chosen so far. The remaining items stay blind.",
    ),
    "evaluate.vote_none": ("아직 표가 없습니다.", "No votes yet."),
    "evaluate.vote_counts": (
        "표 {n}개: {a} {a_n} · {b} {b_n} · 둘 다 좋음 {both} · 둘 다 별로 {neither}",
        "{n} votes: {a} {a_n} · {b} {b_n} · both good {both} · neither {neither}",
    ),
    "evaluate.vote_undecided": (
        "아직 한쪽을 고른 표가 없어 누가 나은지 말할 수 없습니다.",
        "No vote chose a side yet: nothing can be said.",
    ),
    "evaluate.vote_share": (
        "한쪽을 고른 {n}번 가운데 {b} **{share}** [{low}, {high}], p {p}.",
        "Of {n} votes for one side, {b} got **{share}** [{low}, {high}], p {p}.",
    ),
    "evaluate.vote_same": (
        "아직 어느 쪽이 나은지 말할 수 없습니다. 표가 더 있으면 가려질 수 있습니다.",
        "It cannot be said yet which is better. More votes may tell.",
    ),
    "evaluate.vote_better": (
        "**{model}** 쪽의 답을 더 낫다고 골랐습니다.",
        "The answers of **{model}** were preferred.",
    ),
    "evaluate.vote_chart": (
        "점은 {b}의 몫, 가로줄은 정확한 95% 구간입니다. 가운데 세로줄(50%)에 걸치면 아직 모르는 것입니다.",
        "The dot is the share of {b}, the line its exact 95 % interval. While it crosses 50 %, nothing is decided.",
    ),
    "evaluate.vote_list": ("내가 던진 표", "My votes"),
    "evaluate.vote_chosen": ("고른 것", "Chosen"),
    "evaluate.vote_when": ("때", "When"),
    "evaluate.vote_item": ("문항", "Item"),
    "evaluate.vote_pick": (
        "줄을 누르면 그 문항을 다시 고를 수 있습니다.",
        "Click a row to decide that item again.",
    ),
    # the list
    "evaluate.list_help": ("줄을 누르면 그 평가가 열립니다.", "Click a row to open that evaluation."),
    "evaluate.list_at": ("때", "When"),
    "evaluate.list_models": ("모델", "Models"),
    "evaluate.list_state": ("상태", "State"),
    "evaluate.list_result": ("판정", "Verdicts"),
    "evaluate.list_counts": (
        "좋아짐 {better} · 나빠짐 {worse} · 확인할 수 없음 {same}",
        "better {better} · worse {worse} · no difference {same}",
    ),
    "evaluate.state.whole": ("끝남", "done"),
    "evaluate.state.running": ("끝나지 않음", "not finished"),
    "evaluate.list_items": ("문항", "Items"),
    # a new one
    "evaluate.new": ("새 평가", "A new evaluation"),
    "evaluate.new_recipe": ("레시피", "Recipe"),
    "evaluate.new_base": ("기준이 될 모델", "Compare against"),
    "evaluate.new_base_help": (
        "다른 모델을 이것에 견줍니다. 보통은 학습하기 전의 기반 모델입니다.",
        "The others are compared with it. Usually the base, before training.",
    ),
    "evaluate.new_models": ("평가할 내 모델", "My models to judge"),
    "evaluate.new_none": ("(기준 없이)", "(nothing)"),
    "evaluate.new_dataset": ("문항을 가져올 데이터셋", "Dataset to take the items from"),
    "evaluate.new_dataset_label": ("{name} · 평가용 {n}개", "{name} · {n} held out"),
    "evaluate.new_limit": ("문항 수", "Items"),
    "evaluate.new_limit_help": (
        "많을수록 작은 차이도 가려내고, 그만큼 오래 걸립니다.",
        "More items tell smaller differences and take longer.",
    ),
    "evaluate.new_gate": (
        "평가할 모델 가운데 하나라도 학습한 대화 날의 행은 저절로 빠집니다. 외운 답으로 점수를 올릴 수 없습니다.",
        "Rows of days that any of the models was trained on are left out by themselves: recited answers earn no score.",
    ),
    "evaluate.new_settings": ("답을 만드는 설정", "How answers are drawn"),
    "evaluate.new_start": ("평가 시작", "Start the evaluation"),
    "evaluate.new_queued": (
        "평가를 대기열에 넣었습니다. 이 화면을 닫아도 계속되고, 끝나면 여기에 나타납니다.",
        "The evaluation is queued. It goes on if you close this page, and appears here when done.",
    ),
    "evaluate.new_chosen": ("모델을 하나 이상 고르세요.", "Choose at least one model."),
    # at work
    "evaluate.at_work": ("평가하는 중: {models}", "Evaluating: {models}"),
    "evaluate.waits": ("차례를 기다리는 중: {models}", "Waiting its turn: {models}"),
    "evaluate.answering": ("{model} · 답 {done} / {total}", "{model} · answer {done} of {total}"),
    "evaluate.stop": ("멈추기", "Stop"),
    "evaluate.stopping": ("멈추는 중입니다…", "Stopping…"),
    "evaluate.resume": ("이어 하기", "Resume"),
    "evaluate.failed": ("평가가 끝까지 가지 못했습니다.", "The evaluation did not finish."),
    "evaluate.unfinished": (
        "이 평가는 아직 끝나지 않아 점수가 없습니다. 지금까지의 답은 '답 나란히'에서 볼 수 있습니다.",
        "This evaluation is not finished, so there are no scores. See the answers so far under 'Answers'.",
    ),
    "evaluate.answered": ("{model}: 답 {n}개", "{model}: {n} answers"),
    "evaluate.dismiss": ("닫기", "Dismiss"),
}
