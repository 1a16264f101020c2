"""The only place that knows which refusal has which status."""

import logging
import secrets

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from assay import errors

# Without a server to say where to, its lines go where those of any library go.
log = structlog.wrap_logger(logging.getLogger(__name__))

STATUS: dict[type[errors.AssayError], int] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.WrongIntake: 406,
    errors.Conflict: 409,
    errors.NotReady: 409,
    errors.LeaseLost: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.UnsupportedFile: 415,
    errors.Malformed: 422,
    errors.Invalid: 422,
    errors.BinsMismatch: 500,
    errors.FormatUnreadable: 500,
    errors.DatabaseMismatch: 503,
    errors.Misconfigured: 500,
    errors.Unavailable: 503,
}


class Error(BaseModel):
    """The body of every answer of 400 and above."""

    message: str


_MEANINGS = {
    400: "The request cannot be parsed.",
    401: "No or wrong token.",
    403: "Not allowed.",
    404: "Not found.",
    405: "The path knows other methods only.",
    406: "Not possible for this kind of intake or output.",
    409: "In the way of something else, or not ready yet.",
    410: "No longer there.",
    413: "Too many rows or bytes.",
    415: "No reader for this content type or encoding.",
    422: "The values are wrong.",
    500: "A fault of the server.",
    503: "The database or the blob store cannot be used now; Retry-After says when to try again.",
}


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Error answers for the API description; 401, 422, 500 and 503 can come from anywhere."""
    return {
        status: {"model": Error, "description": _MEANINGS[status]}
        for status in sorted({400, 401, 404, 422, 500, 503, *statuses})
    }


def described(status: int) -> dict[str, object]:
    """One error answer as the API description spells it."""
    schema = {"$ref": f"#/components/schemas/{Error.__name__}"}
    return {"description": _MEANINGS[status], "content": {"application/json": {"schema": schema}}}


def status_of(error: errors.AssayError) -> int:
    """Status of a refusal: that of its class, or of the nearest class above it."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def answer(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error answer in the one form that clients read."""
    return JSONResponse({"message": message}, status_code=status, headers=headers)


def install(app: FastAPI) -> None:
    """Have every error answered in that form."""
    app.add_exception_handler(errors.AssayError, _refused)
    app.add_exception_handler(RequestValidationError, _wrong_values)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OSError, _system)
    app.add_exception_handler(Exception, _fault)


def refusal(error: errors.AssayError) -> JSONResponse:
    """The answer to a refusal."""
    status = status_of(error)
    return answer(status, str(error), _headers(error))


def _headers(error: errors.AssayError) -> dict[str, str] | None:
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, errors.Unavailable):
        log.warning("request.unavailable", reason=str(error))
        return {"Retry-After": str(error.retry_after_seconds)}
    return None


async def _refused(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, errors.AssayError):
        raise TypeError(f"{type(error).__name__} is no refusal") from error
    return refusal(error)


async def _wrong_values(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise TypeError(f"{type(error).__name__} is no validation error") from error
    return answer(422, "; ".join(_sentence(one) for one in error.errors()[:5]))


def _sentence(error: dict[str, object]) -> str:
    location = error.get("loc", ())
    parts = [str(p) for p in location] if isinstance(location, tuple) else []
    place = ".".join(parts[1:]) or ".".join(parts) or "request"
    if error.get("type") == "missing":
        # What was found is then all that surrounds it, which says nothing.
        return f"{place}: found nothing, expected a value, for the field is required"
    found = repr(error.get("input"))
    wanted = str(error.get("msg")).replace("Input should be", "expected", 1)
    return f"{place}: found {found[:80]}, {wanted[:1].lower()}{wanted[1:]}"


async def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise TypeError(f"{type(error).__name__} is no HTTP error") from error
    if isinstance(error.__cause__, errors.AssayError):
        # The framework has put what the reading of a body raised into an error of its own.
        return refusal(error.__cause__)
    if errors.is_full(error.__cause__):
        return refusal(errors.DiskFull("of the server's temporary files"))
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return answer(404, f"No operation at {_path(request)}: see /openapi.json.", headers)
    if error.status_code == 405:
        # The probes are in no description.
        allowed = allowed_methods(request) or [headers.get("Allow", "none")]
        message = f"{request.method} is not allowed at {_path(request)}, only {', '.join(allowed)}."
        return answer(405, message, {**headers, "Allow": ", ".join(allowed)})
    return answer(error.status_code, str(error.detail), headers)


async def _system(_: Request, error: Exception) -> JSONResponse:
    if errors.is_full(error):
        return refusal(errors.DiskFull("of the server's files"))
    raise error


def _path(request: Request) -> str:
    """The path that was asked for, without the prefix of a proxy."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))


def allowed_methods(request: Request) -> list[str]:
    """Methods of every operation at the request's path; the framework names only the first one's."""
    paths = request.app.openapi()["paths"]
    path = _path(request)
    asked = path.strip("/").split("/")
    exact = path.rstrip("/") + "/"
    found: set[str] = set()
    # A path of words alone, such as datasets/fromFile/, is none with "fromFile" for an id.
    for template, operations in {exact: paths[exact]}.items() if exact in paths else paths.items():
        parts = template.strip("/").split("/")
        if len(parts) == len(asked) and all(p.startswith("{") or p == a for p, a in zip(parts, asked, strict=True)):
            found.update(method.upper() for method in operations)
    return sorted(found)


async def _fault(request: Request, error: Exception) -> JSONResponse:
    reference = request.scope.get("state", {}).get("request_id") or secrets.token_hex(4)
    log.error("request.fault", reference=reference, path=request.url.path, exc_info=error)
    return answer(500, f"The server failed on this request. The log has the details under reference {reference}.")
