"""What the owner does once so that a login service vouches for an account: steps in words, and the secrets file they fill.

From the services' own documents: Google (developers.google.com/identity/openid-connect), Kakao (developers.kakao.com, Kakao Login).
"""

import secrets
from dataclasses import dataclass

from engine.errors import UserError

CALLBACK = "/oauth2callback"
"""Where Streamlit's server takes the service's answer."""


@dataclass(frozen=True)
class Service:
    """A service. `steps`: (Korean, English) of each, `{callback}` being this Malmoi's address; `more`: further lines of the file."""

    name: str
    steps: tuple[tuple[str, str], ...]
    metadata: str
    client_id: str
    more: str = ""


LAST = (
    "말모이를 다시 켜고, 설정 → 들어오는 길에서 '로그인해 보기'를 누른 뒤 '이 계정을 주인으로 적기'를 누릅니다.",
    "Start Malmoi again; in Settings → Access press 'Try the login', then 'This account is the owner's'.",
)
SERVICES = {
    "google": Service(
        "Google",
        (
            (
                "https://console.cloud.google.com/auth/clients 에서 프로젝트를 만들고 '클라이언트 만들기'를 눌러 유형을 '웹 애플리케이션'으로 합니다.",
                "At https://console.cloud.google.com/auth/clients make a project, then a client of the type 'Web application'.",
            ),
            (
                "'승인된 리디렉션 URI'에 {callback} 을 한 글자도 다르지 않게 적습니다.",
                "Under 'Authorized redirect URIs' write exactly {callback}",
            ),
            (
                "앱이 '테스트' 상태면 '대상' 화면의 테스트 사용자에 내 Gmail 주소를 더합니다.",
                "While the app is in 'Testing', add your own Gmail address to the test users under 'Audience'.",
            ),
            (
                "나온 클라이언트 ID와 보안 비밀번호를 아래 글에 넣어 .streamlit/secrets.toml로 저장합니다.",
                "Put the client ID and the client secret into the text below and save it as .streamlit/secrets.toml.",
            ),
            LAST,
        ),
        "https://accounts.google.com/.well-known/openid-configuration",
        "….apps.googleusercontent.com",
    ),
    "kakao": Service(
        "Kakao",
        (
            (
                "https://developers.kakao.com 에서 앱을 만들고, '카카오 로그인'에서 사용 설정과 OpenID Connect를 모두 ON으로 합니다.",
                "At https://developers.kakao.com make an app; under 'Kakao Login' switch on both the login and OpenID Connect.",
            ),
            (
                "'카카오 로그인 리다이렉트 URI'에 {callback} 을 한 글자도 다르지 않게 적습니다.",
                "Under 'Redirect URI' of Kakao Login write exactly {callback}",
            ),
            (
                "앱의 'REST API 키'가 client_id이고, '클라이언트 시크릿'(사용함으로 켠 것)이 client_secret입니다.",
                "The app's 'REST API key' is client_id; its 'Client secret', switched on, is client_secret.",
            ),
            (
                "두 값을 아래 글에 넣어 .streamlit/secrets.toml로 저장합니다. 이메일 동의 항목은 없어도 됩니다.",
                "Put both into the text below and save it as .streamlit/secrets.toml. The e-mail consent item is not needed.",
            ),
            LAST,
        ),
        "https://kauth.kakao.com/.well-known/openid-configuration",
        "…",
        # Kakao knows no scopes called email and profile, and takes the secret in the body alone
        'client_kwargs = { scope = "openid", token_endpoint_auth_method = "client_secret_post" }\n',
    ),
}


def service_of(name: str) -> Service:
    """By its name in any case. Raises UserError for another."""
    found = SERVICES.get(name.strip().lower())
    if found is None:
        raise UserError(
            f"'{name[:40]}' 로그인의 순서는 없습니다. 있는 것: {', '.join(SERVICES)}.",
            f"There are no steps for '{name[:40]}'. There are: {', '.join(SERVICES)}.",
        )
    return found


def steps_of(service: Service, address: str) -> list[tuple[str, str]]:
    """(Korean, English) of each step, for a Malmoi that is opened at `address` (http://…, no slash at its end)."""
    return [
        (ko.format(callback=address + CALLBACK), en.format(callback=address + CALLBACK)) for ko, en in service.steps
    ]


def secrets_text(service: Service, address: str, cookie_secret: str | None = None) -> str:
    """What `.streamlit/secrets.toml` has to hold, with two gaps for what the service gives out."""
    return (
        f'[auth]\nredirect_uri = "{address}{CALLBACK}"\ncookie_secret = "{cookie_secret or secrets.token_urlsafe(32)}"\n'
        f'client_id = "{service.client_id}"\nclient_secret = "…"\nserver_metadata_url = "{service.metadata}"\n{service.more}'
    )
