"""Words about medical material: on the Data page, on the Curate page, and why a row is left out."""

from engine.curate.medical_rows import REASONS

WHY: dict[str, tuple[str, str]] = {
    "wrong_answer": ("정답 번호가 보기의 수보다 크거나 작습니다.", "The right answer's number is that of no choice."),
    "few_choices": ("고를 것이 없거나 같은 보기가 둘 있어 정답을 가릴 수 없습니다.", "There is nothing to choose from, or two choices are the same."),
    "answer_short": ("정한 길이보다 짧은 답입니다.", "The answer is shorter than was set."),
    "one_sided": ("한 사람만 말해 배울 답이 없습니다.", "One speaks alone, so there is no answer to learn."),
    "over_mix": ("섞는 비율을 맞추려고 학습용에서 남긴 행입니다. 비율이나 '가장 많이 빼는 몫'을 바꾸면 달라집니다.", "Left out of training to keep the mix. Other shares, or another limit of what may be cut, change that."),
}  # fmt: skip
WORDS: dict[str, tuple[str, str]] = {
    "aihub.path_help": ("AI Hub에서 받은 폴더나 zip, JSON 파일, 문제의 표(csv, jsonl)를 읽습니다.", "Reads a folder or zip of AI Hub, JSON files, and tables of questions (csv, jsonl)."),
    "aihub.path_example": ("~/Downloads/필수의료 의학지식 데이터", "~/Downloads/aihub-folder"),
    "aihub.upload": ("AI Hub의 zip이나 JSON, 문제의 표 (zip, json, jsonl, csv, parquet)", "A zip or JSON of AI Hub, or a table of questions (zip, json, jsonl, csv, parquet)"),
    "aihub.paste": ("JSON이나 문제의 표를 그대로 붙여 넣으세요.", "Paste JSON or a table of questions as it is."),
    "aihub.what_told": (
        "- **AI Hub 폴더나 zip**: 라벨링데이터(TL, VL)의 zip을 풀지 않고 그대로 주세요. 문진, 지문과 질문, 수학 풀이, 필수·전문의료를 알아봅니다. 폴더는 '경로'로 주는 것이 빠릅니다.\n"
        "- **객관식 문제의 표**: 문제, 보기, 정답(번호·글자·글)이 있는 CSV, JSONL, Parquet\n"
        "- **질문과 답의 표**\n"
        "- 데이터는 AI Hub에서 직접 신청해 받으시고 이용 조건을 지켜 주세요. 글은 이 컴퓨터 밖으로 나가지 않습니다.",
        "- **A folder or zip of AI Hub**: give the label data (TL, VL) with its zips as they are. Interviews, passages with questions, worked maths, essential and specialist medicine are recognised. A folder is best given by its path.\n"
        "- **A table of questions with choices**: question, choices and answer (number, letter or words) as CSV, JSONL or Parquet\n"
        "- **A table of questions and answers**\n"
        "- Apply for the data at AI Hub yourself and keep to its terms. No text leaves this computer.",
    ),
    "medical.bucket.base": ("기본기: 문진·지문", "Base: interviews, passages"),
    "medical.bucket.distil": ("풀이: 증류할 것", "Worked: to distil from"),
    "medical.bucket.domain": ("의학: 객관식·주관식", "Medicine: choices, open"),
    "medical.bucket_why.base": ("여러 차례 주고받은 문진과, 지문을 읽고 답하는 질문. 한국어를 알아듣는지 지킵니다.", "Interviews of several turns, and questions on a passage: they keep the model's Korean."),
    "medical.bucket_why.distil": ("풀이가 있는 수학 문제. 큰 모델에게서 작은 모델이 생각하는 차례를 배웁니다.", "Maths with worked solutions: what a small model learns steps from."),
    "medical.bucket_why.domain": ("필수의료와 전문의료의 문제와 답.", "Questions and answers of essential and specialist medicine."),
    "medical.licence": ("이용 조건", "Licence"),
    "medical.licence_why": ("폴더에서 찾은 글을 그대로 옮겼습니다. 이 자료로 만든 데이터셋과 보고서에도 따라갑니다.", "As found in the folder. It goes with every dataset and report made from this source."),
    "medical.unknown": ("읽지 못한 파일 {n}개", "{n} files not read"),
    "medical.unknown_why": ("모양을 알 수 없거나 깨진 파일입니다. 글은 저장하지 않고 이름만 남겼습니다.", "Of unknown shape, or broken. Their names are kept, their text is not."),
    "medical.answer": ("답", "Answer"),
    "medical.no_answer": ("답이 없습니다. 학습에는 들어가지 않습니다.", "No answer: it trains nothing."),
    "medical.turn.user": ("환자", "Patient"),
    "medical.turn.assistant": ("상담", "Counsel"),
    "medical.hint.train": ("AI Hub 학습용 폴더", "AI Hub: Training"),
    "medical.hint.validation": ("AI Hub 검증용 폴더", "AI Hub: Validation"),
    "medical.field.question": ("문제", "question"),
    "medical.field.answer": ("정답", "answer"),
    "medical.field.choices": ("보기", "choices"),
    "medical.field.explanation": ("해설", "explanation"),
    "medical.field.specialty": ("과목", "specialty"),
    "medical.field.group": ("묶음", "group"),
    "medical.field.id": ("번호", "id"),
    "data.view.items": ("문항", "Items"),
    "data.kind.interview": ("문진", "interview"),
    "data.kind.passage": ("지문 질문", "passage question"),
    "data.kind.maths": ("수학 풀이", "worked maths"),
    "data.kind.mcqa": ("객관식", "multiple choice"),
    "data.shape.aihub": ("AI Hub", "AI Hub"),
    "data.shape.mcqa": ("객관식 문제의 표", "table of questions with choices"),
    "curate.recipe.medical": ("건강 상담 모델", "A health counselling model"),
    "curate.type.interview": ("문진", "interview"),
    "curate.type.passage": ("지문", "passage"),
    "curate.type.maths": ("수학", "maths"),
    "curate.type.mcqa": ("객관식", "multiple choice"),
    "curate.type.qa": ("주관식", "open"),
    "mix.title": ("섞은 비율", "The mix"),
    "mix.why": ("학습용 행만 비율에 맞춥니다. 검증용과 시험용은 그대로 둡니다.", "Only training rows are mixed; validation and test rows stay as they are."),
    "mix.part": ("갈래", "Part"),
    "mix.got": ("이룬 비율", "Reached"),
    "mix.wanted": ("바란 비율", "Wanted"),
    "mix.rows": ("학습 행", "Training rows"),
    "mix.over": ("남긴 행", "Left out"),
    "mix.missing": ("모자란 행", "Missing"),
    "mix.licence": ("이용 조건: {notes}", "Licence: {notes}"),
    "field.mix": ("섞는 비율 (기본기/풀이/의학)", "Mix (base/worked/medicine)"),
    "field.mix.20/30/50": ("20 / 30 / 50", "20 / 30 / 50"),
    "field.mix.off": ("섞지 않고 다 쓰기", "Keep all rows"),
    "field.most_cut": ("비율을 맞추려고 가장 많이 빼는 몫", "Most that may be cut for the mix"),
    "field.explanations": ("해설도 배우기", "Learn explanations, too"),
    "field.most_turns": ("문진마다 배우는 답의 수", "Answers learned of an interview"),
    "field.most_characters": ("가장 긴 행 (글자)", "Longest row (characters)"),
} | {f"curate.reason.{slug}": REASONS[slug] for slug in WHY} | {f"curate.reason_why.{slug}": why for slug, why in WHY.items()}  # fmt: skip
