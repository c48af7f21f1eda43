"""Every public name of ``fastcors.flask`` in a program with types: ``mypy --strict`` must pass on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, Flask, Response
from flask.views import MethodView

from fastcors import Policy
from fastcors.flask import CORS, cors_exempt, cross_origin, crossdomain

policy = Policy(allow_origins=["https://app.example.com"], allow_methods=["PUT"])
routes: Mapping[str, Policy | None] = {"/api/": policy, "/api/internal/": None}

app = Flask(__name__)
extension: CORS = CORS(app, policy, handle_errors=False, preflight_continue=False, on_conflict="keep")
CORS(Flask("parameters"), allow_origins=["https://app.example.com"], max_age=timedelta(hours=1))

factory = CORS(routes=routes)
factory.init_app(Flask("factory"))
factory.init_app(Flask("other"), policy, on_conflict="replace")

part = Blueprint("part", __name__)


@app.route("/items/<int:number>", methods=["GET", "PUT"])
@cross_origin(policy)
def item(number: int) -> str:
    return str(number)


@part.get("/later")
@cross_origin(allow_origins="*", expose_headers=["ETag"], automatic_options=False)
async def later() -> Response:
    return Response("later")


@app.get("/internal")
@cors_exempt
def internal() -> dict[str, str]:
    return {}


@app.get("/old")
@crossdomain(origin=["https://app.example.com"], methods=["GET"], headers="X-Key", max_age=timedelta(hours=1))
def old() -> str:
    return "old"


@crossdomain("*", ["GET"], ["X-Key"], 3600, True, True, expose_headers=["ETag"], credentials=False)
def positional() -> str:
    return "positional"


class Items(MethodView):
    decorators = [cross_origin(policy)]

    def get(self) -> str:
        return "items"


@cross_origin(policy)
class Others(MethodView):
    @cors_exempt
    def get(self) -> str:
        return "others"


app.add_url_rule("/all", view_func=Items.as_view("all"))

# A decorated view keeps its type.
text: str = item(7)
others: str = Others().get()


CORS(Blueprint("part", __name__), Policy(allow_origins="*"))
CORS(Flask("methods"), allow_origins=["https://app.example.com"], methods="route")


@cross_origin(allow_origins=["https://app.example.com"], methods="route")
def with_methods(number: int) -> int:
    """Stay what it was."""
    return number


number: int = with_methods(7)
