"""Words about patent cases: on the Data page, and how a row of one reads."""

REASONS = {
    "no_claim": ("청구항 없음", "no claim", "청구항이 비어 있습니다.", "The claim is empty."),
    "no_product": ("제품 설명 없음", "no product", "견줄 제품 설명이 없습니다.", "There is no product to compare."),
    "no_label": ("판단 없음", "no verdict", "위험도와 비교와 이유가 없어 배울 것이 없습니다. 물어볼 수는 있습니다.", "Without a verdict there is nothing to learn; it can still be asked."),
    "broken_label": ("판단을 읽을 수 없음", "verdict not readable", "위험도, 비교, 이유 가운데 빠졌거나 정해진 말이 아닌 것이 있습니다.", "A part of the verdict is missing, or not one of the known labels."),
    "inconsistent_label": ("판단이 서로 어긋남", "verdict contradicts itself", "모두 일치하면 높음, 하나라도 불일치면 낮음, 나머지는 애매여야 합니다. `inconsistent=keep`이면 그대로 둡니다.", "All met is 높음, one missing 낮음, else 애매. With `inconsistent=keep` such cases stay."),
    "duplicate": ("같은 사건", "the same case", "같은 제품과 청구항이 앞에 이미 있습니다.", "The same product and claim stood before."),
}  # fmt: skip
WORDS: dict[str, tuple[str, str]] = {
    "patent.not_advice": (
        "법률 자문이 아닙니다. 침해 여부는 변리사나 변호사에게 확인하세요.",
        "This is not legal advice. Ask a patent attorney about infringement.",
    ),
    "patent.facts": ("사건 {cases}개 · {date}", "{cases} cases · {date}"),
    "patent.path_help": (
        "사건의 표(JSON, JSONL, CSV, TSV, Parquet)나 청구항 글(txt)을 읽습니다.",
        "Reads tables of cases (JSON, JSONL, CSV, TSV, Parquet) and claims as text (txt).",
    ),
    "patent.path_example": ("~/Downloads/cases.jsonl", "~/Downloads/cases.jsonl"),
    "patent.upload": ("사건의 표나 청구항 글 (json, jsonl, csv, tsv, parquet, txt)", "Cases or claims (json, jsonl, csv, tsv, parquet, txt)"),
    "patent.paste": ("청구항을 그대로 붙여 넣으세요. 청구항마다 【청구항 1】로 시작합니다.", "Paste the claims as they are. Each begins with 【청구항 1】."),
    "patent.what_told": (
        "- **사건의 표**: 제품 설명과 청구항, 있으면 위험도·비교·이유. 열 이름은 `product`·`claim`이나 `제품`·`청구항`이면 알아듣습니다.\n"
        "- **`{\"input\": …, \"output\": …}`** 꼴과 `instruction/input/output` 행\n"
        "- **청구항 글**: `【청구항 1】`처럼 번호를 붙인 글. 구성요소로 나누어 나무로 보여 줍니다.\n"
        "- 판단이 없는 사건도 가져옵니다. 학습에는 쓰지 않고 물어볼 수 있습니다.",
        "- **A table of cases**: product and claim, and where there is one the risk, the comparisons and the reason. Columns called `product` and `claim` or `제품` and `청구항` are understood.\n"
        "- **`{\"input\": …, \"output\": …}`** and `instruction/input/output` rows\n"
        "- **Claims as text**, numbered as in `【청구항 1】`: cut into elements and shown as a tree.\n"
        "- Cases without a verdict come in, too. They train nothing, but can be asked.",
    ),
    "patent.cases": ("사건", "Cases"),
    "patent.cases_help": ("제품 하나와 청구항 하나를 견준 것이 사건 하나입니다.", "One case compares one product with one claim."),
    "patent.claims": ("서로 다른 청구항", "Different claims"),
    "patent.labelled": ("판단이 있는 사건", "With a verdict"),
    "patent.risks": ("위험도별 사건", "Cases by risk"),
    "patent.fields": ("분야별 사건", "Cases by field"),
    "patent.what": ("무엇", "What"),
    "patent.count": ("수", "Count"),
    "patent.unnamed": ("(적히지 않음)", "(not told)"),
    "patent.mapping": ("열을 이렇게 읽었습니다: {mapping}.", "Columns were read so: {mapping}."),
    "data.view.claims": ("청구항 나무", "Claims as a tree"),
    "data.view.names": ("약어 사전", "Abbreviations"),
    "patent.tree_lead": (
        "청구항을 구성요소로 나누었습니다. 침해는 구성요소가 모두 제품에 있어야 성립하므로, 나뉜 것이 맞는지 먼저 보세요.",
        "Each claim is cut into its elements. A product infringes only when it has all of them, so check first that they are cut right.",
    ),
    "patent.depends": ("청구항 {numbers}을(를) 이어받음", "goes back to claim {numbers}"),
    "patent.preamble": ("전제부", "preamble"),
    "patent.no_elements": ("나눌 수 있는 구성요소가 없습니다.", "No element could be told apart."),
    "patent.elements_more": ("구성요소 {n}개 더 보기", "{n} more elements"),
    "patent.problems": ("살펴볼 것 {n}가지", "{n} things to look at"),
    "patent.problem.repeated": ("청구항 {which}이(가) 두 번 나옵니다.", "Claim {which} stands twice."),
    "patent.problem.missing": ("{which}: 이어받는 청구항이 없습니다.", "{which}: the claim it goes back to is not there."),
    "patent.problem.later": ("{which}: 자기 자신이나 뒤의 청구항을 이어받습니다.", "{which}: goes back to itself or a later claim."),
    "patent.problem.no_elements": ("청구항 {which}: 구성요소를 찾지 못했습니다.", "Claim {which}: no element was found."),
    "patent.problem.long": ("청구항 {which}: 구성요소가 100개를 넘어 작은 모델이 다 견주지 못합니다.", "Claim {which} has over 100 elements, more than a small model can compare."),
    "patent.category.장치": ("장치", "device"),
    "patent.category.방법": ("방법", "method"),
    "patent.category.조성물": ("조성물", "composition"),
    "patent.page": ("{first}–{last} / {all}", "{first}–{last} of {all}"),
    "patent.earlier": ("앞으로", "Earlier"),
    "patent.later": ("다음", "Later"),
    "patent.names_lead": (
        "같은 것의 이름들입니다. 자료에서 '전체 이름(약어)' 꼴을 찾아 모았고, 더하거나 뺄 수 있습니다. 학습 행을 늘릴 때와 질문을 읽을 때 함께 쓰입니다.",
        "Names of one thing, found where a text spells out an abbreviation. Add or remove some: they vary training rows and are used when a question is read.",
    ),
    "patent.names_none": ("아직 찾은 약어가 없습니다.", "No abbreviation was found yet."),
    "patent.names_short": ("약어", "Short"),
    "patent.names_long": ("전체 이름", "Full name"),
    "patent.names_add": ("더하기", "Add"),
    "patent.names_remove": ("뺄 이름", "Name to remove"),
    "patent.names_choose": ("이름을 고르세요", "Choose a name"),
    "patent.names_remove_go": ("빼기", "Remove"),
    "patent.names_saved": ("사전을 고쳤습니다. 다음에 만드는 데이터셋부터 쓰입니다.", "The dictionary was changed. Datasets built from now on use it."),
    "patent.product": ("제품", "Product"),
    "patent.claim": ("청구항", "Claim"),
    "patent.verdict": ("판단", "Verdict"),
    "patent.element": ("청구항의 구성요소", "Element of the claim"),
    "patent.in_product": ("제품에서", "In the product"),
    "patent.match": ("일치 여부", "Match"),
    "patent.reason": ("이유", "Reason"),
    "patent.prompt": ("모델이 받는 글 그대로", "The prompt as the model gets it"),
    "patent.variant.original": ("원래 사건", "as given"),
    "patent.variant.abbreviated": ("약어로 바꿈", "abbreviated"),
    "patent.variant.spelled_out": ("전체 이름으로 바꿈", "spelled out"),
    "patent.variant.synonym": ("비슷한말로 바꿈", "synonym"),
    "patent.variant.reordered": ("차례를 바꿈", "reordered"),
    "patent.variant.range_edge": ("수치를 경계로 옮김", "amount at the edge"),
    "data.kind.patent": ("사건", "case"),
    "data.shape.patent": ("특허 사건", "patent cases"),
} | {f"curate.reason.{slug}": (ko, en) for slug, (ko, en, _, _) in REASONS.items()} | {
    f"curate.reason_why.{slug}": (ko, en) for slug, (_, _, ko, en) in REASONS.items()
}  # fmt: skip
