"""The API's families, one module each. A new module in this folder is found automatically.

A module has a ``Family`` named ``api``, and its decorators mark the handlers::

    from ..server.call import Call, Page
    from ..server.routing import Family

    api = Family("drafts", billed=False)

    @api.post("/claims/drafts/")
    def create(call: Call) -> Any:
        body = call.validate(Schema(required=("draft",), optional=()))
        draft = {"id": new_id(), "draft": body["draft"]}
        call.store()[draft["id"]] = draft
        return draft

    @api.get("/claims/drafts/")
    def drafts(call: Call) -> Page:
        return Page(list(call.store().values()))

    @api.get("/claims/drafts/{id}")
    def draft(call: Call) -> Any:
        return call.find("draft", "id")

- Paths are written as documented, with their last slash. Fixed paths win over ``{parameters}``,
  in any order.
- Options of an endpoint: ``name=`` is the activity's name, ``billed=`` overrides the family's,
  ``x12=`` is the transaction ("270") if it also takes and returns raw X12. ``invented=`` says what
  the sandbox made up. It appears in ``README.md`` and as ``X-Sandbox-Invented: 1``.
- A handler is a plain function. It runs alone, under the sandbox's lock. It returns JSON data, a
  ``Page`` (cut by ``limit`` and ``offset``), an ``Activity``, or ``Raw`` text. The server adds the
  envelope, the call's own activity, billing and rate limit.
- Errors are raised: ``ValidationError({field: [text]})`` (422), ``NotFound``,
  ``UnknownTradingPartner``, or ``Refusal(errors, status=...)``. These methods raise them:
  ``call.validate(schema)``, ``call.find(what, param)``, ``call.require_params(*names, **checks)``,
  ``call.require_file()``, ``call.require_scope(...)``, ``call.trading_partner("eligibility")``.
- State: ``call.store()`` is a dict of this application and family. Time: only ``call.now``,
  because tests move the clock.
- What takes time: ``return call.run_later(SNAPSHOT, delay=60, outcome=...)``; its callback is
  posted at the end. ``return call.respond(data)`` where ``"async": true`` is allowed.
"""

from __future__ import annotations

import functools
import pkgutil
from importlib import import_module

from ..server.routing import Endpoint, Family


@functools.cache
def endpoints() -> tuple[Endpoint, ...]:
    """Return every endpoint of every module in this folder."""
    found: list[Endpoint] = []
    for module in pkgutil.iter_modules(__path__):
        api: Family = import_module(f"{__name__}.{module.name}").api
        found.extend(api.endpoints)
    return tuple(found)
