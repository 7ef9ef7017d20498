"""Words of the settings page."""

WORDS: dict[str, tuple[str, str]] = {
    "settings.sections": ("설정의 갈래", "Sections"),
    "settings.doctor": ("진단", "Health"),
    "settings.screen": ("언어와 화면", "Language"),
    "settings.keys": ("열쇠", "Keys"),
    "settings.privacy": ("개인정보", "Privacy"),
    "settings.storage": ("저장소", "Storage"),
    "settings.about": ("정보", "About"),
    "settings.access": ("들어오는 길", "Access"),
    "settings.access_what": (
        "이 컴퓨터 앞에서 여는 사람은 그대로 주인입니다. 다른 기기에서도 쓰려면 아래 가운데 하나를 정하세요. 하나라도 정하면, 이 컴퓨터에서도 "
        "한 번은 보여 줘야 합니다.",
        "Whoever opens Malmoi on this very machine is its owner. To use it from another device, set up one of the ways below. Once there "
        "is one, this machine has to show it once too.",
    ),
    "settings.access_by_local": ("지금: 이 컴퓨터에서 바로 열었습니다.", "Now: opened on this machine."),
    "settings.access_by_start": (
        "지금: 켤 때 나온 주소로 들어왔습니다. 다시 켜면 새 주소가 나옵니다.",
        "Now: by the address of this start. The next start has another.",
    ),
    "settings.access_by_token": ("지금: 토큰으로 들어왔습니다.", "Now: by the token."),
    "settings.access_by_password": ("지금: 비밀번호로 들어왔습니다.", "Now: by the password."),
    "settings.access_by_login": ("지금: 계정으로 로그인했습니다.", "Now: by logging in."),
    "settings.access_password_on": (
        "정해 두었습니다. 바꾸면 앞의 비밀번호로 들어온 브라우저는 모두 나갑니다.",
        "There is one. Changing it signs out every browser that came in by the old one.",
    ),
    "settings.access_password_off": ("아직 없습니다. 10자 이상, 문장도 좋습니다.", "None yet. 10 characters or more; a sentence is fine."),
    "settings.access_new_password": ("새 비밀번호", "New password"),
    "settings.access_set": ("비밀번호 정하기", "Set the password"),
    "settings.access_password_kept": ("비밀번호를 정했습니다.", "The password is set."),
    "settings.access_close": ("이 길 없애기", "Close this way in"),
    "settings.access_token_what": (
        "주소 뒤에 붙여 여는 긴 열쇠입니다. 다시 켜도 그대로이고, 새로 만들면 옛것은 못 씁니다.",
        "A long key at the end of the address. It outlives a restart; making another voids it.",
    ),
    "settings.access_token_make": ("토큰 만들기", "Make a token"),
    "settings.access_token_again": ("새 토큰으로 바꾸기", "Make another token"),
    "settings.access_token_once": (
        "이번 한 번만 보입니다. 말모이 주소 뒤에 붙여 저장해 두세요.",
        "Shown this once. Keep it, at the end of Malmoi's address.",
    ),
    "settings.access_login_what": (
        "구글·카카오 같은 계정으로 들어옵니다(OIDC). 여기에 적힌 계정만 주인입니다. 서비스는 `.streamlit/secrets.toml`에 한 번 적어 둡니다.",
        "By an account of Google, Kakao and the like (OIDC). Only the accounts listed here are the owner. The service is set up once, in "
        "`.streamlit/secrets.toml`.",
    ),
    "settings.access_emails": ("주인의 계정(이메일 또는 https://서비스#번호, 쉼표로)", "The owner's accounts (e-mail or https://SERVICE#NUMBER), by comma"),
    "settings.access_try": ("서비스는 준비되었습니다. 로그인해 보면 그 계정을 여기에 적을 수 있습니다.", "The service is set up. Try the login, then list its account here."),
    "settings.access_logged_in": ("지금 로그인한 계정: {account}", "Logged in as {account}"),
    "settings.access_list_it": ("이 계정을 주인으로 적기", "This account is the owner's"),
    "settings.access_steps": ("{name} 로그인을 켜는 순서", "Steps for {name}"),
    "settings.access_steps_other": (
        "다른 기기에서 열 주소로 하려면: `python -m engine owner steps {name} --url https://주소`",
        "For the address that other devices open: `python -m engine owner steps {name} --url https://NAME`",
    ),
    "settings.access_browsers": ("들어와 있는 브라우저", "Browsers that are in"),
    "settings.access_no_browsers": ("아직 없습니다.", "None."),
    "settings.access_way_start": ("켤 때 나온 주소", "Address of a start"),
    "settings.access_way_token": ("토큰", "Token"),
    "settings.access_way_password": ("비밀번호", "Password"),
    "settings.access_out": ("모두 내보내기", "Sign all out"),
    "settings.access_gone": ("브라우저 {n}개를 내보냈습니다.", "{n} browsers signed out."),
    "settings.delete": ("지우기", "Delete"),
    "settings.choose": ("고르세요", "Choose"),
    "settings.none": ("없음", "none"),
    "settings.and_more": ("외 {n}개", "and {n} more"),
    "settings.counting": ("세는 중입니다…", "Counting…"),
    # doctor
    "settings.doctor.looking": ("살펴보는 중입니다…", "Looking around…"),
    "settings.doctor.good": ("모두 괜찮습니다. 고칠 것이 없습니다.", "All is well. Nothing needs mending."),
    "settings.doctor.odd": ("쓸 수 있습니다. 알아 둘 것이 {n}가지 있습니다.", "It works. Worth knowing: {n}."),
    "settings.doctor.bad": ("고쳐야 할 것이 {n}가지 있습니다.", "To be mended: {n}."),
    "settings.doctor.again": ("다시 살펴보기", "Look again"),
    "settings.doctor.at": ("{at}에 살펴보았습니다.", "Looked at {at}."),
    "settings.found.Python": ("파이썬", "Python"),
    "settings.found.libraries": ("라이브러리", "Libraries"),
    "settings.found.GPU": ("그래픽 카드", "Graphics card"),
    "settings.found.memory": ("메모리", "Memory"),
    "settings.found.disk": ("남은 디스크", "Free disk"),
    "settings.found.store place": ("저장소의 자리", "Where the store lies"),
    "settings.found.store": ("저장소", "Store"),
    "settings.found.supervisor": ("작업 감독", "Job supervisor"),
    # language and screen
    "settings.language": ("화면의 언어", "Language of the pages"),
    "settings.language_note": (
        "다음에 열 때도 이 언어로 시작합니다. 환경 변수 MALMOI_LANG이 있으면 그것이 먼저입니다.",
        "Kept for your next visit. The environment variable MALMOI_LANG, where set, comes first.",
    ),
    "settings.theme": ("밝은 화면과 어두운 화면", "Light and dark"),
    "settings.theme_note": (
        "처음에는 이 컴퓨터의 밝은/어두운 설정을 따릅니다. 바꾸려면 오른쪽 위 점 세 개(⋮) 메뉴에서 해나 달을 고르세요.",
        "At first it follows this machine's light or dark setting. To change it, open the menu with three dots (⋮) at the "
        "top right and choose the sun or the moon.",
    ),
    # keys
    "settings.keys_what": (
        "다른 서비스를 쓸 때 필요한 열쇠(API 키, 허브 토큰)입니다. 말모이만 쓰면 하나도 없어도 됩니다. 저장한 열쇠는 다시 보여 주지 않고, "
        "저장소·기록·주소 어디에도 적지 않습니다.",
        "Keys (API keys, hub tokens) for other services. Malmoi itself needs none. A saved key is never shown again and "
        "never written into the store, a log or an address.",
    ),
    "settings.no_keys": ("저장한 열쇠가 없습니다.", "No key is saved."),
    "settings.saved": ("저장됨", "saved"),
    "settings.in_keyring": ("OS 키링", "OS keyring"),
    "settings.in_secrets": ("secrets.toml 파일", "secrets.toml"),
    "settings.in_environment": ("환경 변수", "environment"),
    "settings.add_key": ("열쇠 넣기", "Save a key"),
    "settings.key_name": ("무엇의 열쇠인가요", "What it is for"),
    "settings.own_name": ("다른 이름", "Another name"),
    "settings.own_name_help": ("영어 대문자, 숫자, 밑줄 2–64자", "2 to 64 capital letters, digits and underscores"),
    "settings.key": ("열쇠", "Key"),
    "settings.save_key": ("키링에 저장", "Save in the keyring"),
    "settings.kept_in": ("이 컴퓨터의 {place}에 들어갑니다.", "It goes into {place} on this machine."),
    "settings.key_saved": ("{name}: 저장했습니다", "{name}: saved"),
    "settings.key_deleted": ("{name}: 지웠습니다", "{name}: deleted"),
    "settings.no_keyring": (
        "이 컴퓨터에는 쓸 수 있는 OS 키링이 없어 여기서는 저장할 수 없습니다(화면이 없는 리눅스가 흔히 그렇습니다). 대신 프로젝트 폴더의 "
        "`.streamlit/secrets.toml`에 아래처럼 한 줄을 쓰거나, 같은 이름의 환경 변수에 넣으세요. 그 파일은 git에 올라가지 않습니다.",
        "This machine has no working OS keyring, so nothing can be saved here (usual on Linux without a desktop). Write a line "
        "like this into `.streamlit/secrets.toml` in the project's folder instead, or set an environment variable of that name. "
        "Git does not track that file.",
    ),
    # privacy
    "settings.kept.store": (
        "**저장소 파일 하나**에 모든 것이 있습니다: 가져온 대화의 원문, 가린 자리, 모델, 나눈 대화. 암호화하지 않으니 대화 자체처럼 다루세요.",
        "**One store file** holds everything: the original chats, what is masked, models, your talks. It is not encrypted: treat it as you treat the chat.",
    ),
    "settings.kept.masking": (
        "**가리기**는 학습과 내보내기에 쓰는 글에서 개인정보를 감춥니다. 규칙으로 찾기 때문에 모두 찾지는 못합니다.",
        "**Masking** hides personal data from training and exports. It works by rules and finds less than everything.",
    ),
    "settings.style": ("가린 자리에 넣을 것", "What stands in hidden places"),
    "settings.style_placeholder": ("번호 붙은 자리: [이름_1], [전화번호_1]", "A numbered mark: [이름_1], [전화번호_1]"),
    "settings.style_pseudonym": (
        "지어낸 값: 다른 이름과 있을 수 없는 번호",
        "An invented value: another name, a number that cannot exist",
    ),
    "settings.style_note": (
        "이제부터 만드는 데이터셋과 자료 화면의 미리 보기에 적용됩니다. 이미 굳힌 데이터셋은 그대로입니다.",
        "For datasets built from now on, and for the preview on the Data page. Frozen datasets stay as they are.",
    ),
    "settings.vault": ("원래 값 금고", "Vault of originals"),
    "settings.vault_on": (
        "금고가 켜져 있습니다. 가린 값 {n}개가 암호로 잠겨 있습니다.",
        "The vault is on: {n} hidden values are sealed in it.",
    ),
    "settings.vault_off": (
        "금고가 꺼져 있습니다. 가린 값은 대화 원문에만 있습니다. 가린 글을 다른 곳에서 쓰고 되돌릴 일이 있을 때만 아래 명령으로 켜세요. 암호는 터미널에서 적습니다.",
        "The vault is off: hidden values stand only in the original chat. Turn it on, by the command below, only if masked text leaves and must come back; the passphrase is typed in the terminal.",
    ),
    "settings.kept.model": (
        "**학습한 모델**은 배운 말을 되풀이할 수 있습니다. 어댑터도 대화처럼 다루세요.",
        "**A trained model** can repeat what it learned. Treat an adapter as you treat the chat.",
    ),
    "settings.kept.backups": (
        "**백업**에는 그때까지의 모든 것이 들어 있습니다. 여기서 지워도 백업에서는 지워지지 않습니다.",
        "**A backup** holds everything up to its day. What you delete here stays in it.",
    ),
    "settings.kept.cache": (
        "**임시 폴더**에는 풀어 놓은 사본과 작업 기록이 있고, 언제든 다시 만들 수 있습니다. 기록에 대화 글은 적지 않습니다.",
        "**The cache folder** holds unpacked copies and job logs that can be made again. Logs hold no chat text.",
    ),
    "settings.kept.network": (
        "**인터넷**으로는 아무것도 보내지 않습니다. 기반 모델을 받을 때만 그 이름이 허브에 전해집니다.",
        "**Nothing is sent** over the network. Only when a base is downloaded, the hub learns its name.",
    ),
    "settings.forget": ("잊게 하기", "Make it forget"),
    "settings.forget_what": (
        "한 사람이나 자료 하나를 저장소의 모든 곳에서 지웁니다. 그 사람의 말, 그 말로 만든 행, 다른 사람의 글에 나온 이름까지 지우고 파일을 줄입니다. "
        "무엇이 지워질지 먼저 보여 드립니다.",
        "Removes a person or a source everywhere in the store: their words, the rows made from them, and the name where "
        "others wrote it. You see first what would go.",
    ),
    "settings.forget_kind": ("무엇을", "What"),
    "settings.forget_speaker": ("사람", "A person"),
    "settings.forget_source": ("자료", "A source"),
    "settings.nobody": ("가져온 자료가 없습니다. 지울 것도 없습니다.", "Nothing was imported, so there is nothing to forget."),
    "settings.speaker_line": ("{name} (기록 {n}개, 자료 {sources}개)", "{name} ({n} records in {sources} sources)"),
    "settings.source_line": ("{name} (기록 {n}개, {id})", "{name} ({n} records, {id})"),
    "settings.would_go": ("기록 {n}개와 그것으로 만든 행 {rows}개가 지워집니다.", "{n} records and {rows} rows made from them would go."),
    "settings.in_sources": ("자료", "Sources"),
    "settings.in_datasets": ("행이 빠지는 데이터셋", "Datasets that lose rows"),
    "settings.in_evaluations": ("그 모델과 데이터셋의 평가", "Evaluations of those models and datasets"),
    "settings.in_chats": ("그 모델과 나눈 대화", "Chats with those models"),
    "settings.in_runs": ("이미 배워서 다시 학습해야 하는 모델", "Models that learned from it and must be trained again"),
    "settings.in_backups": (
        "아직 이것이 들어 있는 백업입니다. 필요하면 파일을 직접 지우세요.",
        "Backups that still hold it. Delete the files yourself if you must.",
    ),
    "settings.in_capsules": (
        "그 행이 들어 있는 캡슐(다른 컴퓨터에서 학습하려고 내보낸 파일)입니다. 파일을 직접 지우세요. 돌아와도 들이지 않습니다.",
        "Capsules (files made to train elsewhere) that hold those rows. Delete the files yourself; they are not taken back in.",
    ),
    "settings.in_deployments": (
        "이것을 배우고 이미 나가 있는 모델입니다. 올려 둔 곳에서 내리고, 남은 자료로 다시 학습해 새로 건네야 합니다.",
        "Models that learned from it and are out already. Take them down where they run; train anew on what is left and hand that over.",
    ),
    "settings.downloaded": ("내려받은 파일", "downloaded"),
    "settings.no_way_back": (
        "되돌릴 수 없습니다. 이미 학습한 모델은 배운 것을 잊지 않으니 따로 다시 학습해야 합니다. 기록이 백만 개면 1–2분쯤 걸리고, "
        "그동안 다른 작업은 기다립니다.",
        "There is no way back. Models that are trained already do not forget: train them again. A million records take one to two "
        "minutes, and other work waits meanwhile.",
    ),
    "settings.type_name": ("확인을 위해 '{name}'을(를) 그대로 쓰고 Enter를 누르세요", "To confirm, type '{name}' and press Enter"),
    "settings.forget_now": ("모든 곳에서 지우기", "Remove everywhere"),
    "settings.forgetting": (
        "지우는 중입니다. 이 화면을 닫지 마세요…",
        "Removing. Leave this page open…",
    ),
    "settings.forgotten": ("기록 {n}개와 행 {rows}개를 지웠습니다.", "{n} records and {rows} rows were removed."),
    "settings.retrain": ("위의 모델을 다시 학습하려면 남은 자료로 데이터셋을 새로 만드세요.", "To train these models again, build a new dataset from what is left."),
    # storage
    "settings.store_size": ("저장소 파일", "Store file"),
    "settings.free": ("남은 디스크", "Free disk"),
    "settings.low_disk": (
        "디스크가 얼마 남지 않았습니다. 아래 임시 폴더를 지우거나 다른 파일을 치우세요. 학습이 도중에 멈출 수 있습니다.",
        "The disk is nearly full. Delete copies below or other files: training may stop half-way.",
    ),
    "settings.families": ("무엇이 차지하나", "What takes the room"),
    "settings.what": ("무엇", "What"),
    "settings.count": ("개수", "Count"),
    "settings.size": ("크기", "Size"),
    "settings.about_n": ("약 ", "about "),
    "settings.families_note": (
        "'약'은 몇백 개를 재어 어림한 크기입니다. 빈자리는 새 내용이 다시 씁니다.",
        "'about' is an estimate from some hundred samples. Free pages are used again by new content.",
    ),
    "settings.family.records": ("가져온 기록과 가린 자리", "Imported records and masks"),
    "settings.family.rows": ("학습 행", "Training rows"),
    "settings.family.tokens": ("토큰으로 바꿔 둔 행(다음 학습이 빨라짐)", "Rows kept as tokens (the next run starts sooner)"),
    "settings.family.answers": ("평가의 답", "Answers of evaluations"),
    "settings.family.log": ("작업 기록 줄", "Log lines"),
    "settings.family.adapter": ("어댑터(배운 것)", "Adapters (what was learned)"),
    "settings.family.checkpoint": ("체크포인트(이어 하기용)", "Checkpoints (to resume from)"),
    "settings.family.unnamed": ("쓰다 만 파일", "Files half-written"),
    "settings.family.free": ("빈자리", "Free pages"),
    "settings.family.rest": ("찾기 색인과 나머지", "Search index and the rest"),
    "settings.caches": ("임시 폴더", "Cache"),
    "settings.caches_note": (
        "저장소에서 풀어 놓은 사본과 작업 기록입니다. 지워도 필요할 때 다시 만듭니다. 작업이 돌 때는 지우지 않습니다.",
        "Copies unpacked from the store, and job logs. They are made again when needed, and stay while a job runs.",
    ),
    "settings.no_caches": ("비어 있습니다.", "It is empty."),
    "settings.files": ("파일 {n}개", "{n} files"),
    "settings.cache.artifacts": ("풀어 놓은 어댑터", "Unpacked adapters"),
    "settings.cache.runs": ("학습 폴더", "Training folders"),
    "settings.cache.logs": ("작업 기록 파일", "Job log files"),
    "settings.cache.uploads": ("올린 파일", "Uploaded files"),
    "settings.cache.loose": ("그 밖의 파일", "Other files"),
    "settings.freed": ("{size}를 비웠습니다.", "{size} freed."),
    "settings.backups": ("백업", "Backup"),
    "settings.backups_what": (
        "저장소 전체를 파일 하나로 복사합니다. 작업이 돌고 있어도 됩니다. 백업도 암호화하지 않으니 대화처럼 다루세요.",
        "Copies the whole store into one file, even while jobs run. A backup is not encrypted either: treat it as the chat.",
    ),
    "settings.folder": ("백업을 둘 폴더", "Folder for the backup"),
    "settings.no_folder": ("폴더를 쓰세요.", "Give a folder."),
    "settings.backup_now": ("지금 백업하기", "Back up now"),
    "settings.backing_up": ("복사하는 중입니다…", "Copying…"),
    "settings.backed_up": ("백업했습니다({size}).", "Backed up ({size})."),
    "settings.backup_gone": ("(파일 없음) {path}", "(file gone) {path}"),
    "settings.at": ("때", "When"),
    "settings.file": ("파일", "File"),
    "settings.restore": (
        "되돌리려면 말모이를 닫고 백업 파일을 저장소 파일 자리에 복사하세요. 환경 변수 MALMOI_STORE로 백업을 바로 열어 볼 수도 있습니다.",
        "To restore, close Malmoi and copy the backup over the store file. MALMOI_STORE can also open a backup directly.",
    ),
    "settings.check": ("온전한지 보기", "Is it whole?"),
    "settings.check_what": (
        "파일이 상하지 않았는지, 모델과 데이터셋이 빠짐없이 들어 있는지 봅니다. 1 GB에 몇 초 걸립니다.",
        "Looks whether the file is undamaged and every model and dataset is complete. Some seconds per gigabyte.",
    ),
    "settings.check_now": ("살펴보기", "Check now"),
    "settings.checking": ("살펴보는 중입니다…", "Checking…"),
    "settings.whole": ("저장소가 온전합니다.", "The store is whole."),
    "settings.broken": ("이상한 곳이 {n}군데 있습니다. 백업에서 되돌리는 것이 안전합니다.", "{n} problems were found. Restoring a backup is the safe way."),
    "settings.problem.integrity": ("파일 자체가 상했습니다. 디스크가 나빠졌을 수 있습니다.", "The file itself is damaged; the disk may be failing."),
    "settings.problem.foreign": ("없어진 것을 가리키는 줄이 있습니다.", "Something points at what is not there."),
    "settings.problem.blob": ("모델 파일의 조각이 모자랍니다. 그 모델은 쓸 수 없습니다.", "Pieces of a model file are missing; that model cannot be used."),
    "settings.problem.artifact": ("다 저장되지 않은 모델이 있습니다.", "A model was not stored completely."),
    "settings.problem.edge": ("'어디서 왔는지'의 고리가 끊긴 곳이 있습니다.", "A link of 'where it comes from' is broken."),
    "settings.problem.dataset": ("데이터셋이 굳힌 때와 다릅니다. 그것으로 한 평가는 믿기 어렵습니다.", "A dataset differs from when it was frozen; evaluations on it are not reliable."),
    "settings.problem.source": ("자료의 기록이 모자랍니다. 다시 가져오세요.", "Records of a source are missing. Import it again."),
    "settings.problem.full-text": ("찾기 색인이 상했습니다. 찾기만 틀릴 수 있습니다.", "The search index is damaged; only searching may err."),
    "settings.problem.run": ("끝난 학습에 결과가 없습니다. 다시 학습하세요.", "A finished run has no result. Train it again."),
    # about
    "settings.about_what": (
        "말모이는 한국어 자료로 작은 모델을 가르치는 작업실입니다. 모두 이 컴퓨터 안에서 하고, Apache-2.0 라이선스로 자유롭게 쓸 수 있습니다.",
        "Malmoi is a workshop for teaching small models Korean, on this machine alone. It is free software under Apache-2.0.",
    ),
    "settings.versions": ("버전", "Versions"),
    "settings.missing": ("없음", "missing"),
    "settings.promises": ("하지 않는 것", "What it does not do"),
    "settings.promises_text": (
        "- 사용 기록을 보내지 않습니다(라이브러리의 것도 껐습니다).\n- 모델에 딸린 코드를 돌리지 않습니다.\n- 이 컴퓨터 밖에서는 열리지 않습니다(127.0.0.1).\n"
        "- 열쇠를 저장소에 적지 않습니다.",
        "- It sends no usage data; that of its libraries is switched off.\n- It runs no code that comes with a model.\n"
        "- It cannot be opened from other machines (127.0.0.1).\n- It writes no keys into the store.",
    ),
    "settings.place": ("저장소가 있는 곳", "Where the store lies"),
    "settings.place_note": (
        "다른 곳의 저장소를 열려면 환경 변수 MALMOI_STORE에 그 경로를 넣고 시작하세요.",
        "To open another store, start with its path in the environment variable MALMOI_STORE.",
    ),
}  # fmt: skip
