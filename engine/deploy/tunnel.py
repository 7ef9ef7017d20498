"""How others reach a bundle that runs on this machine: through a tunnel program that the owner has. It starts nothing and sends nothing."""

import shutil

PORT = 8501
"""Where Streamlit answers unless told otherwise."""
COMMANDS = {
    "cloudflared": "cloudflared tunnel --url http://127.0.0.1:{port}",
    "ngrok": "ngrok http {port}",
}
"""By the program's name; the first that is found is named first, since it asks for no account."""


def tunnel_commands(port: int = PORT) -> list[str]:
    """The exact command of each tunnel program on PATH."""
    return [command.format(port=port) for name, command in COMMANDS.items() if shutil.which(name)]


def words(commands: list[str]) -> tuple[str, str]:
    """What to do next, in Korean and English."""
    if commands:
        told = " 또는 ".join(f"`{command}`" for command in commands)
        return (
            f"꾸러미를 켠 뒤(`python start.py`) 다른 창에서 {told}을(를) 실행하면 밖에서 들어올 https 주소가 뜹니다.",
            f"Start the bundle (`python start.py`), then run {told.replace(' 또는 ', ' or ')} in another window: it shows the https address "
            "for others.",
        )
    return (
        "이 컴퓨터에서 cloudflared도 ngrok도 찾지 못했습니다. 없어도 이 컴퓨터에서는 쓸 수 있습니다. 밖에서 들어오게 하려면 cloudflared(계정 없이 됨)를 "
        "https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/downloads/ 에서 받아 설치하세요.",
        "Neither cloudflared nor ngrok was found here. Without them the chat works on this machine. To let others in, install cloudflared "
        "(no account needed) from https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/downloads/.",
    )
