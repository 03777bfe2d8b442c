"""The API's families, one module each; a new file in this folder is found by itself.

A family is a module with a ``Family`` named ``api`` and handlers under its decorators::

    from ..call import Call, Page
    from ..envelope import NotFound
    from ..routing import Family

    api = Family("drafts", billed=False)

    @api.post("/claims/drafts/")
    def create(call: Call) -> Any:
        body = call.validate(Schema(required=("draft",), optional=()))
        draft = {"id": new_id(), "draft": body["draft"]}
        call.store()[draft["id"]] = draft
        return draft

    @api.get("/claims/drafts/")
    def drafts(call: Call) -> Any:
        return Page(list(call.store().values()))

    @api.get("/claims/drafts/{id}")
    def draft(call: Call) -> Any: ...

- Paths are written as documented, last slash included. Fixed paths win over ``{parameters}``,
  in whatever order they stand. ``name=`` is the activity's name where it is not the family's,
  ``billed=`` an exception to the family's billing, ``x12=`` the transaction ("270") of the
  endpoints that also take and give raw X12.
- A handler is a plain function; it runs alone, under the sandbox's lock. It returns JSON-ready
  data, a ``Page`` (cut by ``limit`` and ``offset``), an ``Activity``, or ``Raw`` text. The
  envelope, the call's own activity, billing and the rate are the framework's business.
- It refuses by raising: ``ValidationError({field: [text]})`` is 422, ``NotFound``, ``UnknownTradingPartner``
  (unknown payer), ``Refusal(errors, status=...)`` the rest. ``call.validate(schema)``,
  ``call.require_params(*query, **checks)``, ``call.require_file()``, ``call.require_scope(...)`` and
  ``call.trading_partner("eligibility")`` raise them for you.
- State: ``call.store()`` is a dict of this application and family. Time: ``call.now`` and
  nothing else, so that tests can move it.
- What takes time: ``return call.run_later(SNAPSHOT, delay=60, outcome=...)``; its callback is
  posted when it is done. ``return call.respond(data)`` for what may be ``"async": true``.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from ..server.routing import Endpoint, Family


def endpoints() -> list[Endpoint]:
    """Every endpoint of every module in this folder."""
    found: list[Endpoint] = []
    for module in pkgutil.iter_modules(__path__):
        api: Family = import_module(f"{__name__}.{module.name}").api
        found.extend(api.endpoints)
    return found
