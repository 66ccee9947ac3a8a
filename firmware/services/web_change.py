"""The routes of what an owner changes: configuration, register, password, restart."""

from core import event_log, password
from services.web_auth import refuse, with_document


async def on_get_config(parts, request):
    return parts.settings.shown(), 200, {"Cache-Control": "no-store"}


@with_document
async def on_put_config(parts, document):
    try:
        errors = parts.settings.change(document)
    except OSError as error:
        return refuse(507, "config.json: could not be written: {}".format(error))
    if errors:
        return {"error": errors[0], "errors": errors}, 422
    parts.log(event_log.CONFIG)
    return {"applied": "after restart", "restart": "/api/v1/restart"}


@with_document
async def on_post_register(parts, document):
    allow_lower = document.get("allow_lower", False)
    if allow_lower is not True and allow_lower is not False:
        return refuse(422, "allow_lower: not accepted; accepted: true or false")
    try:
        parts.register.set_reading(document.get("kwh"), allow_lower=allow_lower)
    except ValueError as error:
        return refuse(422, str(error).replace("reading_kwh", "kwh"))
    parts.log(event_log.REGISTER_SET)
    return {"kwh": parts.register.reading_kwh()}


@with_document
async def on_put_password(parts, document):
    if not password.acceptable(document.get("password")):
        return refuse(422, "password: not accepted; accepted: text of " + password.ACCEPTED)
    if not await parts.guard.set_password(document["password"]):
        return refuse(507, "password: could not be stored")
    return {"password": "set"}


async def on_post_restart(parts, request):
    parts.restart_soon()
    return {"restart": "in a second"}, 202
