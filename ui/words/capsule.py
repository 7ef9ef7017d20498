"""Words of the box for training on another computer."""

WORDS: dict[str, tuple[str, str]] = {
    "runs.standing.away": (
        "다른 컴퓨터에서 학습할 캡슐로 나가 있습니다",
        "It is away, in a capsule for another computer",
    ),
    "runs.standing.returned": ("다른 컴퓨터에서 끝까지 배워 왔습니다", "It was trained on another computer"),
    "runs.why.away": (
        "여기서는 학습하지 않습니다. 다른 컴퓨터에서 끝낸 캡슐을 아래에서 가져오면 결과가 여기에 나타납니다.",
        "It is not trained here. Bring the finished capsule back below, and its results stand here.",
    ),
    "runs.why.returned": (
        "학습한 곳: {machine} ({card}). 이야기하거나 평가해 보세요.",
        "Trained on {machine} ({card}). Talk to it, or judge it.",
    ),
    "capsule.title": ("다른 컴퓨터에서 학습하기", "Train on another computer"),
    "capsule.lead": (
        "이 학습에 필요한 것을 파일 하나(캡슐)에 담아, 빌린 그래픽 카드나 다른 컴퓨터에서 돌리고 결과만 가져옵니다. "
        "**캡슐에는 가린 행과 설정, 프로그램만 들어갑니다.** 원래 대화, 이름, 금고의 내용은 들어가지 않습니다.",
        "Everything this training needs goes into one file, a capsule. Run it on a rented card or another computer, and bring only "
        "the results back. **A capsule holds masked rows, settings and the program**, never the original chats, names or the vault.",
    ),
    "capsule.make": ("1. 캡슐 만들기", "1. Make a capsule"),
    "capsule.kind": ("어디에서 돌리나요?", "Where will it run?"),
    "capsule.kind.python": ("파이썬이 있는 컴퓨터 한 대", "one computer with Python"),
    "capsule.kind.shell": ("리눅스나 맥의 터미널", "a terminal on Linux or macOS"),
    "capsule.kind.slurm": ("Slurm을 쓰는 연구실·학교 서버", "a cluster with Slurm"),
    "capsule.kind.ray": ("Ray 클러스터", "a Ray cluster"),
    "capsule.make_now": ("캡슐과 실행 파일 만들기", "Make the capsule and its script"),
    "capsule.making": ("가린 행을 다시 살피고 담는 중입니다…", "Looking at the masked rows once more and packing…"),
    "capsule.take": ("{name} 내려받기", "Download {name}"),
    "capsule.then": (
        "두 파일을 한 폴더에 옮기고, 그 컴퓨터에서:",
        "Put both files into one folder over there, and run:",
    ),
    "capsule.bring": ("2. 끝난 캡슐 가져오기", "2. Bring it back"),
    "capsule.file": ("학습이 끝난 캡슐 파일", "The capsule, trained"),
    "capsule.path": ("또는 이 컴퓨터에 있는 파일의 경로", "or the path of a file on this computer"),
    "capsule.path_hint": ("1 GB가 넘으면 이쪽으로", "for files over 1 GB"),
    "capsule.bring_now": ("결과 가져오기", "Take the results in"),
    "capsule.bringing": (
        "캡슐이 나간 그대로인지 확인하고 들이는 중입니다…",
        "Checking that it is what left, and taking it in…",
    ),
    "capsule.taken": ("결과를 들였습니다: 학습 {run}", "The results are in run {run}."),
    "capsule.again": ("이미 가져온 캡슐입니다: 학습 {run}", "This capsule was brought in before: run {run}."),
    "capsule.open": ("그 학습 열기", "Open that run"),
    "capsule.is_out": (
        "{when}에 만든 캡슐 {id} ({mb} MB): 아직 돌아오지 않았습니다",
        "Capsule {id} of {when} ({mb} MB): not back yet",
    ),
    "capsule.is_returned": (
        "{when}에 만든 캡슐 {id} ({mb} MB): 돌아왔습니다",
        "Capsule {id} of {when} ({mb} MB): it came back",
    ),
    "capsule.is_forgotten": (
        "{when}에 만든 캡슐 {id} ({mb} MB): 그 안의 사람을 지웠으므로 들이지 않습니다. 파일을 지우세요",
        "Capsule {id} of {when} ({mb} MB): somebody in it was forgotten; it is not taken in. Delete the file",
    ),
}
