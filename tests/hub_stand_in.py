"""A stand-in of the Hugging Face Hub on the loopback: dataset repositories with commits, branches, tags, LFS."""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_theOneThatMayWrite"
READ_ONLY = "hf_theOneThatMayOnlyRead"
ORGANIZATION = "org"
SIGNATURE = "secretSignature"
LARGE = (".parquet", ".png")

Files = dict[str, str]


@dataclass
class Repo:
    """One dataset repository; a commit maps paths to digests."""

    private: bool
    commits: dict[str, Files] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, files: Files) -> str:
        oid = sha1(json.dumps([len(self.commits), branch, files]).encode()).hexdigest()
        self.commits[oid] = files
        self.branches[branch] = oid
        return oid

    def resolve(self, revision: str) -> str | None:
        oid = self.branches.get(revision) or self.tags.get(revision) or revision
        return oid if oid in self.commits else None


class Hub:
    """State, a log of what was asked for, and faults to order: answers by path, a line that is cut, lost bytes."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.contents: dict[str, bytes] = {}  # by SHA-256 for large files, by git's SHA-1 for the others
        self.uploads: list[str] = []
        self.asked: list[str] = []
        self.answers: list[tuple[str, int]] = []  # each is given once, to a path that its pattern is found in
        self.refuses_card = ""
        self.uploads_left: int | None = None  # then the line is cut in the middle of every further one
        self.cut = threading.Event()
        self.spoils = ""  # a path that every commit stores something else at
        self.lock = threading.RLock()
        self.url = ""

    def store(self, content: bytes, *, large: bool) -> str:
        digest = sha256(content).hexdigest() if large else _git_digest(content)
        self.contents[digest] = content
        return digest

    def files(self, repo: str, revision: str = "main") -> dict[str, bytes]:
        held = self.repos[repo]
        oid = held.resolve(revision)
        assert oid is not None
        return {path: self.contents[digest] for path, digest in held.commits[oid].items()}

    def put(self, repo: str, path: str, content: bytes) -> None:
        """What a person does in the browser: one file on the main branch."""
        held = self.repos.setdefault(repo, self.new_repo(private=False))
        files = held.commits[held.branches["main"]]
        held.commit("main", {**files, path: self.store(content, large=path.endswith(LARGE))})

    def new_repo(self, *, private: bool) -> Repo:
        repo = Repo(private)
        repo.commit("main", {".gitattributes": self.store(b"*.parquet filter=lfs\n", large=False)})
        return repo


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _folders(files: Files) -> set[str]:
    return {path.rsplit("/", depth)[0] for path in files for depth in range(1, path.count("/") + 1)}


def _git_digest(content: bytes) -> str:
    return sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass
class _Request:
    repo: str
    body: bytes
    query: dict[str, list[str]]


class _RefusalError(Exception):
    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: two of them wait for each other

    def log_message(self, *arguments: object) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        body = self._body()
        if body is None:
            return
        with self.hub.lock:
            self.hub.asked.append(f"{self.command} {address.path}")
            try:
                self._fault(address.path)
                self._route(address.path, parse_qs(address.query), body)
            except _RefusalError as refusal:
                self._send(refusal.status, {"error": refusal.text}, **refusal.headers)

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server calls

    def _body(self) -> bytes | None:
        """The whole body, or None where the line is cut in its middle."""
        length = int(self.headers.get("Content-Length", 0))
        if self.command != "PUT" or self._may_upload():
            return self.rfile.read(length)
        self.rfile.read(length // 2)
        self.close_connection = True
        self.hub.cut.set()
        return None

    def _may_upload(self) -> bool:
        with self.hub.lock:
            if self.hub.uploads_left is None:
                return True
            self.hub.uploads_left -= 1
            return self.hub.uploads_left >= 0

    def _fault(self, path: str) -> None:
        for order in self.hub.answers:
            if re.search(order[0], path):
                self.hub.answers.remove(order)
                raise _RefusalError(order[1], "as ordered")

    def _send(self, status: int, data: Any = None, *, content: bytes | None = None, **headers: str) -> None:
        body = content if content is not None else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if content is None else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _token(self) -> str | None:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ") or None
        if given not in (None, TOKEN, READ_ONLY):
            raise _RefusalError(
                401, "Invalid username or password.", X_Error_Message="Invalid credentials in Authorization header"
            )
        return given

    def _route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if path.startswith("/objects/"):
            return self._put_object(path.removeprefix("/objects/"), query, body)
        token = self._token()
        if path == "/api/validate-yaml":
            errors = [{"message": self.hub.refuses_card}] if self.hub.refuses_card else []
            return self._send(400 if errors else 200, {"errors": errors, "warnings": []})
        if path == "/api/repos/create":
            return self._create_repo(json.loads(body), token)
        for pattern, writes, act in _ROUTES:
            if found := re.fullmatch(pattern, f"{self.command} {path}"):
                repo = self._repo(found["repo"], token, writes=writes)
                rest = {name: unquote(value or "") for name, value in found.groupdict().items() if name != "repo"}
                return act(self, repo, _Request(found["repo"], body, query), **rest)
        raise _RefusalError(404, f"the stand-in does not know {self.command} {path}")

    def _repo(self, name: str, token: str | None, *, writes: bool) -> Repo:
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and token is None):
            raise _RefusalError(404 if token else 401, "Repository not found", X_Error_Code="RepoNotFound")
        if writes and token != TOKEN:
            raise _RefusalError(403 if token else 401, "You are not allowed to write")
        return repo

    def _create_repo(self, asked: dict[str, Any], token: str | None) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        if token != TOKEN or asked["organization"] != ORGANIZATION:
            raise _RefusalError(403 if token else 401, f"You may not create repositories in {asked['organization']}")
        exists = name in self.hub.repos
        if not exists:
            self.hub.repos[name] = self.hub.new_repo(private=asked.get("visibility") == "private")
        self._send(409 if exists else 200, {"url": f"{self.hub.url}/datasets/{name}"})

    def _put_object(self, digest: str, query: dict[str, list[str]], body: bytes) -> None:
        if query.get("signature") != [SIGNATURE] or sha256(body).hexdigest() != digest:
            raise _RefusalError(403, "wrong signature or content")
        self.hub.contents[digest] = body
        self.hub.uploads.append(digest)
        self._send(200, {})

    def _commit_of(self, repo: Repo, revision: str) -> tuple[str, Files]:
        oid = repo.resolve(revision or "main")
        if oid is None:
            raise _RefusalError(404, f"Invalid rev id: {revision}", X_Error_Code="RevisionNotFound")
        return oid, repo.commits[oid]

    def _info(self, repo: Repo, request: _Request, revision: str) -> None:
        oid, files = self._commit_of(repo, revision)
        known = {"id": request.repo, "sha": oid, "private": repo.private, "gated": False, "tags": []}
        self._send(200, {**known, "siblings": [{"rfilename": path} for path in sorted(files)]})

    def _refs(self, repo: Repo, _: _Request) -> None:
        refs = {
            kind: [{"name": name, "ref": f"refs/{where}/{name}", "targetCommit": oid} for name, oid in held.items()]
            for kind, where, held in (("branches", "heads", repo.branches), ("tags", "tags", repo.tags))
        }
        self._send(200, {**refs, "converts": []})

    def _branch(self, repo: Repo, _: _Request, branch: str) -> None:
        exists = branch in repo.branches
        repo.branches.setdefault(branch, repo.branches["main"])
        self._send(409 if exists else 200, {})

    def _tag(self, repo: Repo, request: _Request, revision: str) -> None:
        tag = json.loads(request.body)["tag"]
        if tag in repo.tags:
            raise _RefusalError(409, "Tag reference exists already")
        repo.tags[tag], _files = self._commit_of(repo, revision)
        self._send(200, {})

    def _entry(self, path: str, files: Files) -> dict[str, Any]:
        if path not in files:
            return {"type": "directory", "path": path, "oid": _git_digest(path.encode())}
        digest = files[path]
        entry = {"type": "file", "path": path, "size": len(self.hub.contents[digest]), "oid": digest}
        if path.endswith(LARGE):
            pointer = {"oid": digest, "size": entry["size"], "pointerSize": 130}
            entry |= {"oid": _git_digest(digest.encode()), "lfs": pointer}
        return entry

    def _tree(self, repo: Repo, request: _Request, revision: str, folder: str) -> None:
        _oid, files = self._commit_of(repo, revision)
        paths = files.keys() | _folders(files)
        inside = {path for path in paths if not folder or path.startswith(f"{folder}/")}
        if request.query.get("recursive") != ["true"]:
            inside = {path for path in inside if path.count("/") == (folder.count("/") + 1 if folder else 0)}
        self._send(200, [self._entry(path, files) for path in sorted(inside)])

    def _preupload(self, repo: Repo, request: _Request, revision: str) -> None:
        _oid, files = self._commit_of(repo, revision)
        modes = [
            {"path": path, "uploadMode": "lfs" if path.endswith(LARGE) else "regular", "oid": files.get(path)}
            for path in (file["path"] for file in json.loads(request.body)["files"])
        ]
        self._send(200, {"files": [{**mode, "shouldIgnore": False} for mode in modes]})

    def _batch(self, _: Repo, request: _Request) -> None:
        objects = json.loads(request.body)["objects"]
        for one in objects:
            if one["oid"] not in self.hub.contents:
                one["actions"] = {"upload": {"href": f"{self.hub.url}/objects/{one['oid']}?signature={SIGNATURE}"}}
        self._send(200, {"transfer": "basic", "objects": objects})

    def _commit(self, repo: Repo, request: _Request, revision: str) -> None:
        files = dict(self._commit_of(repo, revision)[1])
        for line in map(json.loads, request.body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = self.hub.store(b64decode(value["content"]), large=False)
            elif line["key"] == "lfsFile":
                if value["oid"] not in self.hub.contents:
                    raise _RefusalError(400, f"{value['path']}: its object was not uploaded")
                files[value["path"]] = value["oid"]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        if self.hub.spoils:
            files[self.hub.spoils] = self.hub.store(b"spoiled", large=False)
        oid = repo.commit(revision, files)
        self._send(200, {"commitUrl": f"{self.hub.url}/datasets/{request.repo}/commit/{oid}", "commitOid": oid})

    def _download(self, repo: Repo, _: _Request, revision: str, path: str) -> None:
        oid, files = self._commit_of(repo, revision)
        if path not in files:
            raise _RefusalError(404, "Entry not found", X_Error_Code="EntryNotFound", X_Repo_Commit=oid)
        content = self.hub.contents[files[path]]
        headers = {"ETag": f'"{files[path]}"', "X_Repo_Commit": oid, "Accept_Ranges": "bytes"}
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            first, last = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
            headers["Content_Range"] = f"bytes {first}-{last}/{len(content)}"
            return self._send(206, content=content[first : last + 1], **headers)
        return self._send(200, content=content, **headers)


_NAME = r"(?P<repo>[^/]+/[^/]+)"
_API = f"/api/datasets/{_NAME}"
_Act = Callable[..., None]
_ROUTES: list[tuple[str, bool, _Act]] = [
    (rf"GET {_API}(?:/revision/(?P<revision>[^/]+))?", False, _Handler._info),
    (rf"GET {_API}/refs", False, _Handler._refs),
    (rf"GET {_API}/tree/(?P<revision>[^/]+)(?:/(?P<folder>.+))?", False, _Handler._tree),
    (rf"POST {_API}/branch/(?P<branch>[^/]+)", True, _Handler._branch),
    (rf"POST {_API}/tag/(?P<revision>[^/]+)", True, _Handler._tag),
    (rf"POST {_API}/preupload/(?P<revision>[^/]+)", True, _Handler._preupload),
    (rf"POST {_API}/commit/(?P<revision>[^/]+)", True, _Handler._commit),
    (rf"POST /datasets/{_NAME}\.git/info/lfs/objects/batch", True, _Handler._batch),
    (rf"(?:GET|HEAD) /datasets/{_NAME}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", False, _Handler._download),
]
