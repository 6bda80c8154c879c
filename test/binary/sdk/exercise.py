"""What the kit can do, against a running server. Prints what came of it, as JSON: the same as exercise.mjs."""

import json
import os
import sys
import threading
import urllib.request

from koppla import (
    Conflict,
    DryRunIgnored,
    Invalid,
    InvalidWebhook,
    Koppla,
    LoginError,
    NotFound,
    PreconditionFailed,
    StillRunning,
    Unauthorized,
    Unreachable,
    verify_webhook,
)

url, proxy = os.environ["KOPPLA_URL"], os.environ["PROXY"]
given = json.loads(os.environ["GIVEN"])
told = {}


def raised(kind, what):
    try:
        what()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def fault(**what):
    """What the proxy does to the next request that matches."""
    urllib.request.urlopen(urllib.request.Request(proxy + "/fault", json.dumps(what).encode()))


koppla = Koppla(url, given["token"], client_id=given["client_id"], totp_secret=given["secret"])
told["me"] = koppla.me()["subject"]["kind"]

# Records
trainings = koppla.records("trainings")
told["pushed"] = [one["status"] for one in trainings.push({"id": id, "name": f"N{id}"} for id in range(1, 6))]
told["again"] = [one["status"] for one in trainings.push_all([{"id": 1, "name": "N1"}, {"id": 2, "name": "X"}], size=1)]
told["all"] = [one["id"] for one in trainings.all(page_size=2, sort="-id")]
first = trainings.page(limit=2)
told["page"] = [[one["id"] for one in first["items"]], len(trainings.page(limit=5, cursor=first["next_cursor"])["items"])]
told["created"] = trainings.create({"id": 9, "name": "Ny", "city": "Umeå"})["_meta"]["version"]
told["filtered"] = [one["id"] for one in trainings.all(filter={"city": "Umeå"})]
version = trainings.etag(9)
told["patched"] = trainings.patch(9, {"city": None, "name": "Nyare"}, if_match=version)["name"]
told["stale"] = raised(PreconditionFailed, lambda: trainings.put(9, {"name": "Sen"}, if_match=version)).code
told["put"] = trainings.put(9, {"name": "Satt"})["name"]
told["got"] = trainings.get(9)["name"]
trainings.remove(9)
told["gone"] = raised(NotFound, lambda: trainings.get(9)).code
told["later"] = list(trainings.all(modified_since="2100-06-01T12:27:19.000+0200"))
told["skipped"] = [one["status"] for one in trainings.push([{"id": 10, "name": "A"}, {"id": 11}], on_error="skip")]

# What is wrong
invalid = raised(Invalid, lambda: trainings.push([{"id": 10, "name": "B"}, {"id": 11}]))
told["invalid"] = [invalid.status, invalid.violations, bool(invalid.request_id)]
told["conflict"] = raised(Conflict, lambda: trainings.create({"id": 1, "name": "Igen"})).status
told["unauthorized"] = raised(Unauthorized, lambda: Koppla(url, "koppla_no").me()).status
told["login"] = raised(LoginError, lambda: Koppla(url, "no", client_id="acc_no").me()).error
told["nobody"] = raised(Unreachable, lambda: Koppla("http://127.0.0.1:9", "x", tries=1).me()).__class__.__name__

# The answer is lost: it is sent again with its key, and done once.
fault(method="POST", path="/api/v1/trainings", kind="lost")
told["once"] = trainings.create({"id": 20, "name": "En gång"})["id"]
fault(method="DELETE", path="/api/v1/trainings/20", kind="lost")
trainings.remove(20)
fault(method="GET", path="/api/v1/me", kind="busy")
told["waited"] = koppla.me()["subject"]["kind"]

# Dry run
dry = koppla.dry()
fault(method="PUT", path="/api/v1/trainings/30", kind="dry")
told["dry"] = dry.records("trainings").put(30, {"name": "Torr"})["name"]
fault(method="PUT", path="/api/v1/trainings/31", kind="old")
told["ignored"] = isinstance(raised(DryRunIgnored, lambda: dry.records("trainings").put(31, {"name": "Våt"})), Exception)
told["read"] = dry.records("trainings").get(1)["id"]

# Operations
told["ran"] = koppla.run("resize", {"sizing": "M"}).wait(timeout=30).status
told["unfit"] = raised(Invalid, lambda: koppla.run("resize", {})).status
seen = []
operation = koppla.recover(given["receiver"], since="2020-01-01T00:00:00.000+0200").wait(
    progress=lambda state: seen.append(state["status"])
)
told["recovered"] = [operation.status, operation.kind if hasattr(operation, "kind") else operation.state["kind"]]
told["progress"] = [seen[0], seen[-1]]
told["taken_up"] = koppla.operation(operation.id).wait(timeout=5).result == operation.result
told["listed"] = [one.id for one in koppla.operations(kind="receivers.recover")] == [operation.id]
told["cancel"] = raised(Conflict, operation.cancel).status
fault(method="GET", path="/api/v1/operations/" + operation.id, kind="running")
endless = koppla.operation(operation.id)
told["running"] = raised(StillRunning, lambda: endless.wait(timeout=0)).__class__.__name__

# Changes
changes = koppla.changes(topics=["Trainings.*"], follow=False, page_size=3)
told["changes"] = [[change["action"], change["id"]] for change in changes]
news = koppla.changes(since=changes.cursor, topics=["Trainings.*"])
threading.Timer(0.2, lambda: trainings.put(40, {"name": "Nyhet"})).start()
told["news"] = next(news)["id"]
told["since"] = [one["id"] for one in koppla.changes(since=news.cursor, topics=["Trainings.*"], follow=False)]

# Webhooks
hook = json.loads(os.environ["HOOK"])
told["verified"] = verify_webhook([given["other_secret"], given["hook_secret"]], hook["headers"], hook["body"].encode())
for name, body, headers, more in [
    ("forged", hook["body"] + " ", hook["headers"], {}),
    ("unsigned", hook["body"], {}, {}),
    ("old", hook["body"], hook["headers"], {"tolerance": -1}),
    ("foreign", hook["body"], {**hook["headers"], "webhook-signature": "v1,AAAA v1a,AAAA"}, {}),
]:
    told[name] = str(raised(InvalidWebhook, lambda: verify_webhook(given["hook_secret"], headers, body, **more)))

# An access token that ends after a second, renewed by itself; one that is revoked, too.
short = Koppla(url, given["short"]["token"], client_id=given["short"]["client_id"])
short.me()
threading.Event().wait(1.1)
short.me()
told["renewed"] = urllib.request.urlopen(url + "/grants").read().decode()

json.dump(told, sys.stdout)
