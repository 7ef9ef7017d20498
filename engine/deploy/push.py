"""Files of a model, or a bundle as a Space, go to the Hugging Face hub, or to a server that speaks its language. It writes no file and
judges no model."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.keys import get_key

TOKEN = "HF_TOKEN"


def push_folder(folder: Path, repo: str, *, private: bool, message: str) -> dict[str, Any]:
    """Upload a folder into a repository, made if it is not there; returns {url, commit}. All files come in one commit, or none.

    The server is the hub, or what HF_ENDPOINT names. Raises UserError for a name the hub does not know, no or a wrong token, a
    repository of somebody else, a public repository where a private one was asked for, a broken connection.
    """
    from huggingface_hub import HfApi

    token = get_key(TOKEN)
    if not token:
        raise _no_token(repo)
    api = HfApi(token=token)
    with _told(repo):
        made = api.create_repo(repo, private=private, exist_ok=True)
        if private and not api.model_info(made.repo_id).private:
            raise _public(made.repo_id)
        commit = api.upload_folder(repo_id=made.repo_id, folder_path=folder, commit_message=message)
    return {"url": str(made), "repo": made.repo_id, "commit": commit.oid, "private": private}


def require_push(repo: str) -> None:
    """Raises UserError before anything is made for it: no token, or a name that the hub does not know."""
    from huggingface_hub.utils._validators import validate_repo_id

    if not get_key(TOKEN):
        raise _no_token(repo)
    with _told(repo):
        validate_repo_id(repo)


def push_space(folder: Path, repo: str, *, private: bool) -> dict[str, Any]:
    """Upload a bundle as a Docker Space, made if it is not there; returns {url, repo, commit, private}. Files of an older bundle
    that are no longer needed go. A large folder may come in several commits: after a broken upload, do it again.

    Raises UserError as `push_folder` does, and where the account may make no such Space.
    """
    from huggingface_hub import HfApi

    require_push(repo)
    api = HfApi(token=get_key(TOKEN))
    with _told(repo):
        made = api.create_repo(repo, repo_type="space", space_sdk="docker", private=private, exist_ok=True)
        if private and not api.space_info(made.repo_id).private:
            raise _public(made.repo_id)
        commit = api.upload_folder(
            repo_id=made.repo_id, repo_type="space", folder_path=folder, commit_message="Malmoi", delete_patterns="*"
        )
    return {"url": str(made), "repo": made.repo_id, "commit": commit.oid, "private": private}


@contextmanager
def _told(repo: str) -> Iterator[None]:
    import httpx2  # the client of huggingface_hub, whose errors it lets through
    from huggingface_hub import errors

    try:
        yield
    except errors.HFValidationError as error:
        raise UserError(
            f"'{repo}'은(는) 허브의 이름이 아닙니다. 소유자/이름 꼴로, 영문·숫자·하이픈·밑줄·점만 96자까지 쓰세요.",
            f"'{repo}' is no name of the hub. Write OWNER/NAME with letters, digits, hyphens, underscores and dots, 96 at most.",
        ) from error
    except (errors.OfflineModeIsEnabled, httpx2.TransportError) as error:
        raise UserError(
            f"'{repo}'에 올리지 못했습니다: 허브에 닿지 않거나 연결이 끊겼습니다({type(error).__name__}). 올라간 것은 없습니다. 인터넷을 확인하고 다시 하세요.",
            f"Nothing was uploaded to '{repo}': the hub is out of reach or the connection broke ({type(error).__name__}). Check the network "
            "and try again.",
        ) from error
    except errors.HfHubHTTPError as error:
        raise _refused(repo, error.response.status_code) from error


def _refused(repo: str, status: int) -> UserError:
    if status in (401, 403, 404):
        return UserError(
            f"허브가 '{repo}'에 올리는 것을 허락하지 않았습니다(HTTP {status}). 토큰에 쓰기(write) 권한이 있는지, 소유자 이름이 맞는지 보세요. 토큰은 "
            "https://huggingface.co/settings/tokens 에서 만들고 `keys set HF_TOKEN`으로 넣습니다.",
            f"The hub does not let this token write to '{repo}' (HTTP {status}). Check that the token may write and that the owner's name is "
            "right. Make one at https://huggingface.co/settings/tokens and keep it with `keys set HF_TOKEN`.",
        )
    if status == 402:
        return UserError(
            f"'{repo}'을(를) 만들 수 없습니다(HTTP 402): 허깅페이스는 Docker Space를 유료 계정(PRO, 팀)만 새로 만들게 합니다. 계정을 바꾸거나 --target "
            "streamlit-cloud나 render로 만드세요. 만든 폴더는 그대로 있습니다.",
            f"'{repo}' cannot be made (HTTP 402): Hugging Face lets only paid accounts (PRO, Team) make a Docker Space. Change the account, or use "
            "--target streamlit-cloud or render. The folder that was made is kept.",
        )
    if status == 409:
        return UserError(
            f"'{repo}'이(가) 그 사이에 바뀌었거나 같은 이름이 이미 쓰이고 있습니다(HTTP 409). 다시 하거나 다른 이름을 쓰세요.",
            f"'{repo}' changed meanwhile, or the name is taken (HTTP 409). Try again, or use another name.",
        )
    return UserError(
        f"허브가 '{repo}' 요청을 처리하지 못했습니다(HTTP {status}). 모델은 그대로 있으니 잠시 뒤 다시 하세요.",
        f"The hub could not serve '{repo}' (HTTP {status}). Your model is as it was; try again later.",
    )


def _no_token(repo: str) -> UserError:
    return UserError(
        f"'{repo}'에 올리려면 쓰기(write) 토큰이 있어야 합니다. https://huggingface.co/settings/tokens 에서 만들어 `keys set HF_TOKEN`이나 설정 화면의 "
        "열쇠에 넣으세요.",
        f"Uploading to '{repo}' needs a token that may write. Make one at https://huggingface.co/settings/tokens and keep it with `keys set "
        "HF_TOKEN` or among the keys of the Settings page.",
    )


def _public(repo: str) -> UserError:
    return UserError(
        f"'{repo}'은(는) 이미 있는 공개 저장소라서 --private으로 올리지 않았습니다. 허브에서 비공개로 바꾸거나 다른 이름을 쓰세요.",
        f"'{repo}' exists and is public, so nothing was uploaded with --private. Make it private on the hub, or use another name.",
    )
