import gc
import io
import mimetypes
import os
import socket
import stat
import time
import urllib.request
from contextlib import ExitStack

import pytest
import waitress
from web_helpers import served, services_of, token_in

from unmask.cli import main
from unmask.cli.serving import ServeOptions, config_for, forwarding, is_loopback, run
from unmask.core.errors import StoreError, UsageError
from unmask.jobs.limits import GIB, Limits
from unmask.store import History, Tokens
from unmask.web.views.pages import own_path


def form(token=""):
    return {"file": (io.BytesIO(b"x"), "a"), "csrf_token": token}


def test_forms_need_the_token_of_their_session(client, services):
    client.get("/")
    assert client.post("/", data=form()).status_code == 403
    assert client.post("/", data=form("wrong")).status_code == 403
    assert client.post("/settings", data={"low": "0"}).status_code == 403
    assert services.desk.book.unfinished() == []
    assert list(services.desk.folders.incoming.iterdir()) == []


@pytest.mark.parametrize("token", ["", "\0"])
def test_without_a_session_there_is_no_token(client, token):
    assert client.post("/settings", data={"low": "0", "csrf_token": token}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost:81"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_another_site_cannot_use_the_api_through_a_browser(client, headers):
    answer = client.post("/api/v1/analyses", data=form(), headers=headers)
    assert answer.status_code == 403


def test_a_name_that_is_not_ours_is_refused(client):
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:5000"):
        assert client.get("/", headers={"Host": host}).status_code == 400
    told = client.get("/api/v1/models", headers={"Host": "evil.example"})
    assert (told.status_code, told.mimetype) == (400, "application/problem+json")
    assert "--host-name" in told.json["detail"]
    for host in ("127.0.0.1:5000", "localhost", "[::1]:5000"):
        assert client.get("/", headers={"Host": host}).status_code == 200


def test_our_names_are_known_however_they_are_written(folders, make_app):
    names = ("Unmask.Example", "unmask.test:8443", "2001:DB8:0::5")
    config = config_for(options(host_names=names), folders)
    client = make_app(hosts=config.hosts).test_client()
    for host in ("unmask.example", "UNMASK.example:5000", "unmask.test:8443", "[2001:db8::5]:5000"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
    assert "[2001:db8::7]" in config_for(options(host="2001:db8::7", insecure=True), folders).hosts


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/", "//evil.example", "////evil.example", r"\\//evil.example",
        "\t////evil.example", "/\t///evil.example", r"/\/\/evil.example", "evil.example", "",
    ],
)  # fmt: skip
def test_nobody_is_led_to_another_site(text):
    assert own_path(text) == "/"
    assert own_path("/history?q=a//b") == "/history?q=a//b"


def test_the_policy_allows_no_inline_script_or_style(client, analysed):
    for path in ("/", "/history", "/model", "/settings", "/api", f"/analyses/{analysed}", "/no"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        # Of these no default-src speaks: who frames a page has its buttons clicked unseen.
        for part in ("frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
            assert part in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"  # nor by the button back, signed out
        text = answer.text
        assert "style=" not in text
        assert "<style" not in text
        assert "javascript:" not in text
        assert " on" + "click=" not in text
        for script in text.split("<script")[1:]:
            tag = script.split(">")[0]
            assert "src=" in tag or 'type="application/json"' in tag


def test_what_a_file_says_is_shown_and_not_obeyed(upload, browser, work, clip):
    name = "</script><script>alert(1)</script><b>{{7*7}}.mp4"
    path = upload((clip, name)).headers["Location"]
    for _ in range(2):
        text = browser.get(path).text + browser.get("/history").text
        assert "<script>alert" not in text
        assert "49" not in browser.get(path).text.split("<h1")[1].split("</h1>")[0]
        work()


def test_the_key_is_made_once_and_is_private(app, make_app, folders):
    key = folders.root / "web.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert make_app().config["SECRET_KEY"] == app.config["SECRET_KEY"] == key.read_bytes()
    assert len(key.read_bytes()) == 32


def test_where_tokens_are_required_nothing_is_shown_without(make_app):
    app = make_app(tokens_required=True)
    services, client = services_of(app), app.test_client()
    token, secret = services.tokens.create("desk")
    assert client.get("/api/v1/analyses").status_code == 401
    for path in ("/metrics", "/openapi.json", "/api/v1/openapi.json"):
        refused = client.get(path)
        assert (refused.status_code, refused.mimetype) == (401, "application/problem+json")
    assert client.get("/healthz").status_code == 200
    wrong = {"Authorization": "Bearer unmask_wrong"}
    assert client.get("/api/v1/analyses", headers=wrong).status_code == 401
    right = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/analyses", headers=right).status_code == 200
    for path in ("/", "/history", "/settings", "/analyses/x/media", "/events?job=x", "/api"):
        assert "/sign-in" in client.get(path).headers["Location"]
    services.tokens.delete(token.id)
    assert client.get("/api/v1/analyses", headers=right).status_code == 401


def test_what_is_wrong_inside_is_not_told_to_strangers(make_app, folders, caplog, monkeypatch):
    app = make_app(tokens_required=True)
    secret = services_of(app).tokens.create("desk")[1]
    known = signed_in(app, secret)

    def failing(*_, **__):
        raise StoreError(f"cannot read the history {folders.root}: locked", hint="see there")

    monkeypatch.setattr("unmask.store.history.History.list", failing)
    for name in ("known", "check"):
        monkeypatch.setattr(f"unmask.store.settings.Tokens.{name}", failing)
    stranger, guess = app.test_client(), {"Authorization": "Bearer unmask_guess"}
    answers = [stranger.get("/healthz"), stranger.get("/readyz")]
    answers += [stranger.get("/api/v1/models", headers=guess), stranger.get("/", headers=guess)]
    for answer in answers:
        assert (answer.status_code, "The server cannot answer now." in answer.text) == (503, True)
        assert str(folders.root) not in answer.text
    assert str(folders.root) in caplog.text
    monkeypatch.undo()
    monkeypatch.setattr("unmask.store.history.History.list", failing)
    assert str(folders.root) in known.get("/history").text
    assert str(folders.root) in make_app().test_client().get("/healthz").json["detail"]


def test_a_pages_script_hears_that_nobody_is_signed_in_any_more(make_app):
    client = make_app(tokens_required=True).test_client()
    headers = {"Accept": "application/json", "Accept-Language": "de"}
    for path in ("/uploads", f"/live/{'0' * 32}/frames"):
        answer = client.post(path, headers=headers)  # a redirection would bring it the form
        assert answer.status_code == 401
        assert "nicht mehr angemeldet" in answer.json["detail"]


def test_whoever_sends_a_form_when_the_session_has_ended_comes_back_to_its_page(make_app):
    """The address that a form is sent to shows no page: after signing in there was a 405."""
    client = make_app(tokens_required=True).test_client()
    page = "http://localhost/batches/0123?also=4567"
    asked = client.post("/analyses/0123/again", headers={"Referer": page}).headers["Location"]
    assert asked == "/sign-in?next=/batches/0123?also%3D4567&unsent=1"
    assert "was not done" in client.get(asked).text
    assert "was not done" not in client.get("/sign-in?next=/history").text
    for elsewhere in ({}, {"Referer": "http://elsewhere.example/analyses/0123"}):
        asked = client.post("/settings", headers=elsewhere).headers["Location"]
        assert asked == "/sign-in?next=/&unsent=1"


def test_signing_in_and_out(make_app):
    app = make_app(tokens_required=True)
    services, client = services_of(app), app.test_client()
    token, secret = services.tokens.create("desk")
    csrf = token_in(client.get("/sign-in?next=//evil.example/x").text)
    bad = client.post("/sign-in", data={"csrf_token": csrf, "token": "guess"})
    assert bad.status_code == 401
    data = {"csrf_token": csrf, "token": secret, "next": "https://evil.example/"}
    good = client.post("/sign-in", data=data)
    assert good.headers["Location"] == "/"
    page = client.get("/history").text
    assert 'action="/sign-out"' in page
    assert client.post("/sign-out", data={"csrf_token": token_in(page)}).status_code == 303
    assert client.get("/history").status_code == 302
    sign_in = client.get("/sign-in").text
    assert "/sign-out" not in sign_in
    client.post("/sign-in", data=data | {"csrf_token": token_in(sign_in)})
    assert client.get("/history").status_code == 200
    services.tokens.delete(token.id)
    assert client.get("/history").status_code == 302


def signed_in(app, secret):
    client = app.test_client()
    form = {"csrf_token": token_in(client.get("/sign-in").text), "token": secret}
    assert client.post("/sign-in", data=form).status_code == 303
    return client


def test_signing_out_ends_every_copy_of_the_cookie(make_app):
    app = make_app(tokens_required=True)
    secret = services_of(app).tokens.create("desk")[1]
    client, other = signed_in(app, secret), signed_in(app, secret)
    page, kept = client.get("/history").text, client.get_cookie("unmask").value
    client.post("/sign-out", data={"csrf_token": token_in(page)})
    thief = app.test_client()
    thief.set_cookie("unmask", kept)
    assert thief.get("/history").status_code == 302
    assert other.get("/history").status_code == 200
    with services_of(app).history.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE settings SET value = '1'")  # over long ago
    other.post("/sign-out", data={"csrf_token": token_in(other.get("/history").text)})
    assert len(services_of(app).settings.starting("session-ended:")) == 1


def test_an_answer_under_way_does_not_undo_signing_out(make_app):
    app = make_app(tokens_required=True)
    client = signed_in(app, services_of(app).tokens.create("desk")[1])
    client.get("/history")
    for path in ("/history", "/events?job=x", "/static/page.js", "/healthz"):
        with client.get(path) as answer:
            assert "Set-Cookie" not in answer.headers


def test_a_session_lasts_so_many_days_however_much_it_is_used(make_app, monkeypatch):
    app = make_app(tokens_required=True)
    client = signed_in(app, services_of(app).tokens.create("desk")[1])
    now = time.time()
    for days, code in ((20, 200), (29, 200), (31, 302)):
        monkeypatch.setattr("unmask.web.sessions.time.time", lambda then=days: now + then * 86400)
        with client.session_transaction() as session:
            session["something"] = days  # signed anew
        assert client.get("/history").status_code == code


def test_where_a_proxy_speaks_https_no_site_beside_can_plant_a_session(make_app):
    app = make_app(tokens_required=True, secure_cookies=True)
    cookie = app.test_client().get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("__Host-unmask=")
    assert "; Secure;" in cookie
    assert "Path=/;" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("https", [True, False])
def test_scripts_do_not_read_the_session_and_other_sites_do_not_send_it(make_app, folders, https):
    config = config_for(options(https=https), folders)
    app = make_app(secure_cookies=config.secure_cookies)
    cookie = app.test_client().get("/settings").headers["Set-Cookie"]
    assert ("; Secure;" in cookie) is https
    assert "; HttpOnly;" in cookie
    assert "; SameSite=Lax" in cookie


def test_what_a_token_makes_does_not_outlive_it(make_app):
    app = make_app(tokens_required=True)
    tokens = services_of(app).tokens
    for_ever, contractor = tokens.create("desk"), tokens.create("contractor", days=7)
    for own, secret in (for_ever, contractor):
        client = signed_in(app, secret)
        form = {"csrf_token": token_in(client.get("/settings").text), "name": f"of {own.id}"}
        assert client.post("/settings/tokens", data=form).status_code == 200
        made = next(one for one in tokens.list() if one.name == f"of {own.id}")
        assert made.expires_at == own.expires_at


def test_guessing_is_slowed(make_app):
    app = make_app(tokens_required=True)
    client = app.test_client()
    csrf = token_in(client.get("/sign-in").text)
    codes = [
        client.post("/sign-in", data={"csrf_token": csrf, "token": "x"}).status_code
        for _ in range(12)
    ]
    assert codes[0] == 401
    assert codes[-1] == 429
    form, german = {"csrf_token": csrf, "token": "x"}, {"Accept-Language": "de"}
    said = client.post("/sign-in", data=form, headers=german).text
    assert "zu viele Token versucht" in said  # it said "10 per 1 minute"


def test_the_api_has_a_rate(make_app):
    client = make_app(rate_limit="3 per minute").test_client()
    paths = [f"/api/v1/{one}" for one in ("models", "analyses", "analyses/x", "models", "analyses")]
    answers = [client.get(path) for path in paths]
    assert [one.status_code for one in answers] == [200, 200, 404, 429, 429]
    assert ["Retry-After" in one.headers for one in answers] == [False] * 3 + [True] * 2
    assert answers[0].headers["X-RateLimit-Remaining"] == "2"
    assert answers[3].mimetype == "application/problem+json"
    assert "No more calls are answered in this minute" in answers[3].json["detail"]


def test_guessing_tokens_at_the_api_is_slowed(make_app):
    client = make_app(rate_limit="3 per minute", tokens_required=True).test_client()
    wrong = {"Authorization": "Bearer unmask_wrong"}
    codes = [client.get("/api/v1/models", headers=wrong).status_code for _ in range(4)]
    assert codes == [401, 401, 401, 429]


def options(**changes):
    usual = {
        "host": "127.0.0.1",
        "port": 0,
        "host_names": (),
        "models": (),
        "jobs": 1,
        "max_upload": 10,
        "require_tokens": False,
        "insecure": False,
        "https": False,
        "proxy": None,
    }
    return ServeOptions(**(usual | changes))


def test_only_this_machine_unless_there_are_tokens(folders):
    assert not config_for(options(), folders).tokens_required
    for host in ("0.0.0.0", "::", "192.168.1.5", "unmask.example"):
        with pytest.raises(UsageError, match="no token"):
            config_for(options(host=host), folders)
    assert not config_for(options(host="0.0.0.0", insecure=True), folders).tokens_required
    with History() as history:
        Tokens(history).create("desk")
    config = config_for(options(host="0.0.0.0"), folders)
    assert config.tokens_required
    assert config_for(options(require_tokens=True), folders).tokens_required


def test_what_is_loopback():
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.org")))


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via"]
)
def test_behind_a_proxy_that_nobody_told_of_nothing_is_served(make_app, header):
    """To which the proxy gives this machine's own name, as some do: all come from here then."""
    plain = make_app()
    for path in ("/", "/api/v1/analyses", "/static/page.js"):
        answer = plain.test_client().get(path, headers={header: "203.0.113.9"})
        assert (answer.status_code, "--proxy ADDRESS" in answer.text) == (400, True)
    for config in ({"tokens_required": True}, {"forwarded": True}):
        answer = make_app(**config).test_client().get("/healthz", headers={header: "203.0.113.9"})
        assert answer.status_code == 200


def test_that_there_is_a_proxy_reaches_the_app(folders):
    def echo(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ.get("HTTP_X_FORWARDED_FOR", "nobody").encode()]

    server = waitress.create_server(echo, host="127.0.0.1", port=0, **forwarding(None))
    with served(server) as port:
        seen = urllib.request.Request(
            f"http://127.0.0.1:{port}/", headers={"X-Forwarded-For": "203.0.113.9"}
        )
        with urllib.request.urlopen(seen, timeout=10) as answer:
            assert answer.read() == b"203.0.113.9"


def test_who_serves_everybody_is_not_reached_by_a_name_from_elsewhere(make_app, folders):
    """A page of the wide web, whose name leads here a moment later, would read all there is."""
    config = config_for(options(host="0.0.0.0", insecure=True), folders)
    assert config.forwarded
    assert not config_for(options(), folders).forwarded
    client = make_app(hosts=config.hosts).test_client()
    ours = ("10.1.2.3:5000", "[fd00::7]:5000", "desk:5000", "desk.local", socket.gethostname())
    for name in ours:
        assert client.get("/healthz", base_url=f"http://{name}").status_code == 200
    assert client.get("/history", base_url="http://evil.example:5000").status_code == 400
    asks = make_app(hosts=(), tokens_required=True).test_client()
    assert asks.get("/healthz", base_url="http://unmask.example").status_code == 200


class Enough(Exception):
    """The server would have been made."""


def test_behind_a_proxy_that_speaks_https_the_app_knows_its_own_origin(
    folders, tiny_model, monkeypatch
):
    def create_server(app, *, url_scheme, **_rest):
        services_of(app).cameras.close()
        services_of(app).history.close()
        raise Enough(url_scheme)

    monkeypatch.setattr("waitress.create_server", create_server)
    monkeypatch.setattr("tempfile.tempdir", None)
    for https, scheme in ((True, "https"), (False, "http")):
        with pytest.raises(Enough, match=f"^{scheme}$"):
            run(options(https=https, models=(str(tiny_model),)))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # waitress's socket
def test_a_port_that_is_taken_is_no_bug(folders, tiny_model, monkeypatch, capfd):
    """As 5000 is on a Mac that plays what telephones send it."""
    monkeypatch.setattr("tempfile.tempdir", None)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        command = ["serve", "--model", str(tiny_model), "--jobs", "0", "--port", str(port)]
        assert main(command) == 2
    gc.collect()
    said = capfd.readouterr().err
    assert f"127.0.0.1, port {port} cannot be served at: Address already in use" in said
    assert "choose another --port" in said


def test_where_there_is_only_select_fewer_connections_are_taken(folders, tiny_model, monkeypatch):
    """On Windows, where the 513th would end the server."""

    def create_server(app, *, connection_limit, **_rest):
        services_of(app).cameras.close()
        services_of(app).history.close()
        raise Enough(connection_limit)

    monkeypatch.setattr("waitress.create_server", create_server)
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delattr("select.poll")
    with pytest.raises(Enough, match=r"^480$"):
        run(options(models=(str(tiny_model),)))


def test_scripts_are_scripts_whatever_the_machine_says(make_app, monkeypatch):
    """Where the registry of Windows calls them plain text, browsers would run none of them."""
    mimetypes.init()
    monkeypatch.setattr(mimetypes, "_db", mimetypes.MimeTypes())
    for suffix in (".js", ".css", ".svg"):
        mimetypes.add_type("text/plain", suffix)
    client = make_app().test_client()
    for name, kind in (
        ("page.js", "text/javascript"),
        ("unmask.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
    ):
        with client.get(f"/static/{name}") as answer:
            assert answer.mimetype == kind


def test_more_files_may_be_open_than_select_counts(folders, tiny_model, monkeypatch):
    """At descriptor 1024 that ends a server; a few hundred strangers' connections led there."""
    resource, asked = pytest.importorskip("resource"), {}
    before = resource.getrlimit(resource.RLIMIT_NOFILE)

    def create_server(app, **settings):
        services_of(app).cameras.close()
        services_of(app).history.close()
        asked.update(settings)
        raise Enough

    def hello(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"still here"]

    with monkeypatch.context() as patched, ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[1]), before[1]))
        patched.setattr("waitress.create_server", create_server)
        patched.setattr("tempfile.tempdir", None)
        with pytest.raises(Enough):
            run(options(models=(str(tiny_model),)))
        patched.undo()
        if before[1] < 1200:
            pytest.skip("this user may not open as many files")
        for _ in range(1100):
            stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        usual = {"host", "port", "threads", "map"}
        same = {name: value for name, value in asked.items() if name not in usual}
        server = waitress.create_server(hello, host="127.0.0.1", port=0, threads=1, map={}, **same)
        with (
            served(server) as port,
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer,
        ):
            assert answer.read() == b"still here"


def test_behind_a_proxy_each_caller_has_an_address_of_its_own(folders):
    def echo(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["REMOTE_ADDR"].encode()]

    cases = (("127.0.0.1", "203.0.113.9"), ("10.1.1.1", "127.0.0.1"), (None, "127.0.0.1"))
    for proxy, seen in cases:
        server = waitress.create_server(echo, host="127.0.0.1", port=0, **forwarding(proxy))
        with served(server) as port:
            forwarded = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}  # the first is made up
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers=forwarded)
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert answer.read().decode() == seen
    with pytest.raises(UsageError, match="--proxy nginx is not an IP address"):
        forwarding("nginx")
    with pytest.raises(UsageError, match=r"10\.1\.1\.1 can be reached from elsewhere"):
        config_for(options(proxy="10.1.1.1"), folders)


def test_the_command_refuses_and_says_what_to_do(folders, capfd):
    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert "unmask tokens create" in capfd.readouterr().err


@pytest.mark.parametrize("text", ["lots", "-1", "0", "nan", "inf"])
def test_limits_that_make_no_sense_are_refused_at_the_start(folders, capfd, monkeypatch, text):
    monkeypatch.setenv("UNMASK_JOB_TIME", text)
    for command in ("serve", "worker"):
        assert main([command]) == 2
        assert "UNMASK_JOB_TIME must be a number above 0" in capfd.readouterr().err


def test_limits_left_empty_are_the_usual_ones(monkeypatch):
    monkeypatch.setenv("UNMASK_JOB_CPU", "")
    monkeypatch.setenv("UNMASK_JOB_MEMORY", "1.5")
    assert Limits.from_environment() == Limits(memory=3 * GIB // 2)


def test_tokens_by_command(folders, capfd):
    assert main(["tokens", "create", "desk"]) == 0
    secret = capfd.readouterr().out.strip()
    with History() as history:
        token = Tokens(history).check(secret)
    assert main(["tokens", "list"]) == 0
    listed = capfd.readouterr().out
    assert "desk" in listed
    assert secret not in listed
    assert main(["tokens", "revoke", token]) == 0
    assert main(["tokens", "revoke", token]) == 2
