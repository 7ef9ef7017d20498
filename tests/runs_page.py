"""The runs page opened in a test, and all that it says. It holds no tests."""

from streamlit.testing.v1 import AppTest

HOSTILE = "![몰래](http://127.0.0.1:9/a.png) <script>alert(1)</script> :red[빨강] $x$"


def open_runs(app: AppTest, **address: str) -> AppTest:
    app.run()
    app.switch_page("pages/4_Runs.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    """All that the page says."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success", "code")
    said = [element.value for kind in kinds for element in app.get(kind)]
    labels = [button.label for button in app.button]
    links = [link.proto.label for link in app.get("page_link")]
    return "\n".join([*said, *labels, *links])


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button}
